"""Processors of AMD, a row for each way of writing."""

from __future__ import annotations

from .known import NUMBERS
from .patterns import BETWEEN, END, NOT_NUMBERS, WORD, Found, Row, row

_RYZEN_SUFFIXES = frozenset(
    ["u", "h", "hs", "hx", "hx3d", "g", "ge", "x", "xt", "x3d", "e", "c", "f", "gt", "wx", "s", "b"]
) | {""}
_NEW_RYZEN = frozenset(
    ["10", "30", "40", "110", "120", "130", "150", "160", "170", "210", "215", "220", "230", "240", "250", "260", "270"]
)
_AMD_E = frozenset(
    [
        "1200",
        "1500",
        "1800",
        "2000",
        "2100",
        "2200",
        "2500",
        "3000",
        "3000m",
        "3200",
        "3800",
        "6010",
        "6015",
        "6110",
        "7010",
        "7015",
        "7110",
        "9000",
        "9000e",
        "9010",
        "9030",
    ]
)
_AMD_E_OLD = frozenset(["240", "300", "350", "350d", "450", "470"])
_OLD_WORDS = {"ii": "II", "x2": "X2", "x3": "X3", "x4": "X4", "x6": "X6", "64": "64", "fx": "FX", "xp": "XP"}


def _ryzen(found: Found) -> str | None:
    number, suffix = found["number"], found["suffix"]
    bare = found["ryzen"] == "r"
    if suffix not in _RYZEN_SUFFIXES or (bare and not suffix) or found["tier"] is None:
        return None
    if not suffix and number in NOT_NUMBERS | {"2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000"}:
        return None  # a series, or the lines of a screen
    tail = suffix if suffix in ("e", "c") and number[0] == "3" else suffix.upper()
    pro = "PRO " if found["pro"] or found["first"] else ""
    return f"AMD Ryzen {found['tier']} {pro}{number}{tail}"


def _ryzen_new(found: Found) -> str | None:
    number = found["number"]
    if number not in _NEW_RYZEN or (found["ryzen"] == "r" and (len(number) != 2 and number[0] != "1")):
        return None
    return f"AMD Ryzen {found['tier']} {'PRO ' if found['pro'] else ''}{number}"


def _ryzen_ai(found: Found) -> str | None:
    words = [
        found["tier"] and found["tier"].capitalize(),
        found["pro"] and "PRO",
        found["hx"] and "HX",
        found["number"],
    ]
    return "AMD Ryzen AI " + " ".join(word for word in words if word)


def _ryzen_max(found: Found) -> str | None:
    return f"AMD Ryzen AI Max{found['plus'] or ''} {'PRO ' if found['pro'] else ''}{found['number']}"


def _ryzen_z(found: Found) -> str | None:
    return f"AMD Ryzen Z{found['number']}" + (f" {found['kind'].capitalize()}" if found["kind"] else "")


def _threadripper(found: Found) -> str | None:
    return f"AMD Ryzen Threadripper {'PRO ' if found['pro'] else ''}{found['number'].upper()}"


def _ryzen_embedded(found: Found) -> str | None:
    return f"AMD Ryzen Embedded {found['number'].upper()}"


def _amd_a(found: Found) -> str | None:
    number, tier = found["number"].upper(), found["tier"]
    if found["gap"].isspace() and not found["amd"]:
        return None
    if found["pro"] or found["first"] or (number.endswith("B") and number[0] in "789"):
        return f"AMD PRO A{tier}-{number}" if number[0] in "89" else f"AMD A{tier} PRO-{number}"
    return f"AMD A{tier}-{number}"


def _amd_e(found: Found) -> str | None:
    number = found["number"]
    before = found.string[max(0, found.start() - 12) : found.start()]
    if number not in _AMD_E or before.rstrip(" -/,|").endswith(("aspire", "travelmate")):
        return None
    return f"AMD E{found['tier']}-{number[:4]}{number[4:].upper() if number.endswith('m') else number[4:]}"


def _amd_e_old(found: Found) -> str | None:
    return f"AMD {found['letter'].upper()}-{found['number'].upper()}"


def _athlon(found: Found) -> str | None:
    number = found["number"]
    colour = f"{found['colour'].strip().capitalize()} " if found["colour"] else ""
    tail = number if number.endswith("e") else number.upper()
    return NUMBERS.get(number.lower()) or f"AMD Athlon {colour}{'PRO ' if found['pro'] else ''}{tail}"


def _amd_old(found: Found) -> str | None:
    words = [_OLD_WORDS.get(word, word.capitalize()) for word in found["words"].replace("-", " ").split()]
    number = found["number"].upper()
    if number.isdigit() and len(number) < 3:
        return None  # "Athlon 64 X2"
    return " ".join(["AMD", found["family"].capitalize(), *words, number])


def _amd_small(found: Found) -> str | None:
    return NUMBERS.get(found["number"])


def _amd_fx(found: Found) -> str | None:
    return f"AMD FX-{found['number'].upper()}"


def _amd_server(found: Found) -> str | None:
    family = {"epyc": "EPYC", "opteron": "Opteron"}[found["family"]]
    return f"AMD {family} {found['number'].upper()}" + (f" {found['tail'].upper()}" if found["tail"] else "")


AMD: tuple[Row, ...] = (
    row("threadripper", rf"threadripper[\s-]{{0,2}}(?P<pro>pro\s)?(?P<number>\d{{4}}w?x?){END}", _threadripper),
    row("ryzen", rf"ryzen\s?ai\s?max(?P<plus>\+)?\s?(?P<pro>pro\s)?(?P<number>3\d\d){END}", _ryzen_max),
    row(
        "ryzen",
        rf"ryzen\s?ai\s?(?P<tier>[3579])[\s-]{{0,2}}(?P<pro>pro\s)?(?P<hx>hx[\s-]{{0,2}})?(?P<number>[34]\d\d){END}",
        _ryzen_ai,
    ),
    row("ryzen", rf"ryzen[\s-]?z(?P<number>[12])(?:\s(?P<kind>extreme|go|a)\b)?{END}", _ryzen_z),
    row(
        "ryzen r3 r5 r7 r9",
        rf"(?:ryzen[\s-]{{0,2}}(?P<first>pro\s)?|{WORD}r)(?P<tier>[3579])[\s-]{{0,3}}(?P<pro>pro[\s-]{{0,2}})?{BETWEEN}"
        rf"(?P<number>[1-9]\d{{3}})\s?(?P<suffix>(?<=\d)[a-z0-9]{{0,4}}|(?<=\s)(?:u|h|hs|hx|g)(?!\w)){END}(?P<ryzen>)",
        _ryzen,
    ),
    row(
        "ryzen r3 r5 r7 r9",
        rf"(?:(?P<ryzen>ryzen)[\s-]{{0,2}}|{WORD}(?<!radeon )(?P<r>r))(?P<tier>[3579])[\s-]{{1,2}}(?P<pro>pro\s)?"
        rf"(?P<number>\d{{2,3}})(?!\w|\s{{0,2}}(?:gb|tb|mb|ghz|mhz|ssd|hdd|ram)|[.,/]\d|\")",
        _ryzen_new,
    ),
    row(
        "a4 a6 a8 a9 a10 a12",
        rf"(?<![\w-])(?P<amd>amd\s)?(?P<first>pro[\s-])?a(?P<tier>4|6|8|9|10|12)(?P<gap>[\s-]{{1,3}})(?P<pro>pro[\s-])?"
        rf"(?P<number>[3-9]\d{{3}}(?:bp|mx|[pbmktecn]?)){END}",
        _amd_a,
    ),
    row("e1- e2- e1 e2", rf"(?<![\w-])e(?P<tier>[12])[\s-](?P<number>\d{{4}}[a-z]?){END}", _amd_e),
    row(
        "amd /c- /e-",
        rf"(?:amd\s(?:dual[\s-]?core\s)?|(?<=/)(?=[ce]-))(?P<letter>e|c|z)-?(?P<number>(?:240|300|350|450|470|30|50|60|"
        rf"70|01)d?){END}",
        _amd_e_old,
    ),
    row("fx", rf"(?:amd\s|{WORD})fx[\s-](?P<number>[4-9]\d{{3}}[pekb]?){END}", _amd_fx),
    row(
        "athlon",
        rf"athlon[\s-]{{0,2}}(?P<colour>silver\s|gold\s)?(?P<pro>pro\s)?(?P<number>\d{{3,4}}(?:ge|[ueg])){END}",
        _athlon,
    ),
    row(
        "athlon turion phenom sempron",
        r"(?P<family>athlon|turion|phenom|sempron)[\s-]{0,2}(?P<words>(?:(?:64|ii|x[2346]|neo|ultra|mobile|"
        r"dual[\s-]core)[\s-]{1,2}){0,4})"
        rf"(?P<number>(?:[a-z]{{1,2}}-?)?\d{{2,4}}[a-z]?\+?){END}",
        _amd_old,
    ),
    row(
        "epyc opteron",
        rf"(?P<family>epyc|opteron)[\s-](?P<number>\d{{3,4}}[a-z]{{0,2}})(?:\s(?P<tail>he|se|ee))?{END}",
        _amd_server,
    ),
    row("gx-", rf"{WORD}(?P<number>gx-\d{{3}}[a-z]{{2}}){END}", lambda found: f"AMD {found['number'].upper()}"),
    row("embedded", rf"ryzen\sembedded\s(?P<number>[vr]\d{{4}}[a-z]?){END}", _ryzen_embedded),
    row("3020e 3015e 3015ce", rf"{WORD}(?P<number>30(?:20e|15ce|15e)){END}", _amd_small),
)
