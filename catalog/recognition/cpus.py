"""Processors: the full name of the model that a text names. A family ("i7", "Core i5 8th Gen") is no model.

Each row of FAMILIES reads one way of writing: a word that must be there, a pattern, and the function that makes the
name
or refuses. Patterns have bounded repetitions only. A number is taken where it is well-formed for its family; whether
such a model exists is for an index to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .index import Index
from .known import FIRST_CORES, NUMBERS

Found = re.Match[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A name and where it was read, as places in the folded text."""

    name: str
    start: int
    end: int


# What may stand between a family and its number: "i5 8th Gen. 8250U", "Ryzen 5 Processor (5500U)".
_BETWEEN = (
    r"(?:[\s,:(/_-]{0,3}(?:\d{1,2}(?:st|nd|rd|th)?[\s-]?gen(?:eration|\.)?|\d{1,2}(?:st|nd|rd|th)|vpro|cpu|processors?|"
    r"procesor|quad[\s-]?core|dual[\s-]?core|core\s?i[3579])){0,3}[\s:(_/-]{0,3}"
)
# A number ends here: no letter, no unit, no second half of a resolution or a clock.
_END = (
    r"(?:(?=cpu)|(?<=[a-z])(?=\d[.,]\d{1,2}\s?ghz)|(?![\w]|\s{0,2}(?:gb|tb|mb|ghz|mhz|go|гб|rpm)\b|"
    r"(?<!\d\d\d\d)(?<![a-z])(?<![a-z]\d)[.,]\d|\s?x\s?\d{3}))"
)
_CORE_SUFFIXES = frozenset(
    [
        "u",
        "h",
        "hk",
        "hq",
        "hx",
        "k",
        "kf",
        "ks",
        "f",
        "t",
        "te",
        "s",
        "p",
        "r",
        "c",
        "x",
        "xe",
        "m",
        "mq",
        "mx",
        "qm",
        "xm",
        "y",
        "b",
        "e",
        "eq",
        "ue",
        "ul",
        "hl",
        "um",
        "lm",
        "le",
        "me",
        "qe",
        "du",
        "hf",
        "gre",
        "g",
        "g1",
        "g4",
        "g7",
        "ng4",
        "ng7",
        "g1e",
        "g7e",
        "he",
        "rk",
        "rx",
        "rxe",
        "hr",
        "uc",
    ]
) | {""}
_RYZEN_SUFFIXES = frozenset(
    ["u", "h", "hs", "hx", "hx3d", "g", "ge", "x", "xt", "x3d", "e", "c", "f", "gt", "wx", "s", "b"]
) | {""}
# Lines of a screen and such, which stand behind "i5" and are no numbers of it.
_NOT_NUMBERS = frozenset(
    ["1080", "1200", "1366", "1440", "1536", "1600", "1680", "1920", "2160", "2560", "2880", "3840", "4096"]
)
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


_OLD_LINES = {"m": "m", "q": "qm", "l": "lm", "u": "um"}


def _core_number(number: str, *, spaced: bool) -> str | None:
    """The number of an Intel Core i in its own case, or None where it is something else."""
    low = number.replace(" ", "").lower()
    if low[0] in _OLD_LINES and low[1:] + _OLD_LINES[low[0]] in FIRST_CORES:
        return low[1:] + _OLD_LINES[low[0]].upper()  # "i5 CPU M 520", as the first ones call themselves
    if len(low) < 4 or not low[:4].isdigit():
        if re.fullmatch(r"[5-8]y\d\d", low):
            return low.upper()
        return low.upper() if low in FIRST_CORES else None
    digits = low[:5] if low[4:5].isdigit() else low[:4]
    suffix = low[len(digits) :]
    if suffix not in _CORE_SUFFIXES or (len(digits) == 5 and not "10000" <= digits < "15000") or digits < "1000":
        return None
    if digits in _NOT_NUMBERS and suffix in ("", "p"):
        return None
    if not suffix and spaced and 1990 <= int(digits) <= 2035:
        return None  # a year
    return digits + suffix.upper()


def _intel_core(found: Found) -> str | None:
    number = _core_number(
        found["number"], spaced=found["number"][:1] != "-" and found[0][-len(found["number"]) - 1] in " ,("
    )
    return f"Intel Core i{found['tier']}-{number}" if number else None


def _intel_core_n(found: Found) -> str | None:
    return f"Intel Core i3-{found['number'].upper()}"


def _core_ultra(found: Found) -> str | None:
    number, suffix = found["number"], found["suffix"].upper()
    return f"Intel Core Ultra {found['tier'].upper()} {number}{suffix}" if suffix or number[-1] == "5" else None


def _core_new(found: Found) -> str | None:
    return f"Intel Core {found['tier']} {found['number'].upper()}"


def _core_m(found: Found) -> str | None:
    tier, number = found["tier"] or "", found["number"].upper()
    return f"Intel Core {'m' + tier if tier else 'M'}-{number}"


def _core_two(found: Found) -> str | None:
    number = found["number"].upper()
    if found["two"]:
        return f"Intel Core2 {found['kind'].capitalize()} {number}"
    return f"Intel Core {found['kind'].capitalize()} {number}" if found["kind"] in ("duo", "solo") else None


def _celeron(found: Found) -> str | None:
    number = found["number"].upper().replace(" ", "").replace("-", "")
    family, colour = found["family"], (found["colour"] or "").strip()
    known = NUMBERS.get(number.lower(), "")
    if known.startswith(f"Intel {family.capitalize()}"):
        return known
    if number.isdigit() and (len(number) != 4 or number[0] not in "123456789" or number in ("1920", "1366", "2000")):
        return None
    if number.isdigit() and 1990 <= int(number) <= 2035:
        return None
    return " ".join(word for word in ("Intel", family.capitalize(), colour.capitalize(), number) if word)


def _xeon(found: Found) -> str | None:
    model = found["model"].upper().replace(" ", "-")
    version = f" v{found['version']}" if found["version"] else ""
    return f"Intel Xeon {model}-{found['number'].upper()}{version}"


def _xeon_named(found: Found) -> str | None:
    metal = f"{found['metal'].capitalize()} " if found["metal"] else ""
    return f"Intel Xeon {metal}{found['number'].upper()}"


def _atom(found: Found) -> str | None:
    number = found["number"].upper()
    line = f"{found['line']}-" if found["line"] else ""
    return NUMBERS.get(number.lower()) or f"Intel Atom {line}{number}"


def _ryzen(found: Found) -> str | None:
    number, suffix = found["number"], found["suffix"]
    bare = found["ryzen"] == "r"
    if suffix not in _RYZEN_SUFFIXES or (bare and not suffix) or found["tier"] is None:
        return None
    if not suffix and number in _NOT_NUMBERS | {"2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000"}:
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


_OLD_WORDS = {"ii": "II", "x2": "X2", "x3": "X3", "x4": "X4", "x6": "X6", "64": "64", "fx": "FX", "xp": "XP"}


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


def _apple(found: Found) -> str | None:
    kind = f" {found['kind'].capitalize()}" if found["kind"] else ""
    return f"Apple M{found['number']}{kind}"


def _snapdragon(found: Found) -> str | None:
    model = found["model"]
    if model.startswith("x"):
        number = (found["number"] or "").upper().strip("- ")
        return f"Qualcomm Snapdragon {' '.join(w.capitalize() for w in model.split())} {number}" if number else None
    generation = f" Gen {found['gen']}" if found["gen"] else ""
    return f"Qualcomm Snapdragon {model.replace(' ', '')}{generation}"


def _mediatek(found: Found) -> str | None:
    number = found["number"].upper()
    return f"MediaTek {number}" if number.startswith("MT") else f"MediaTek Kompanio {number}"


def _amd_server(found: Found) -> str | None:
    family = {"epyc": "EPYC", "opteron": "Opteron"}[found["family"]]
    return f"AMD {family} {found['number'].upper()}" + (f" {found['tail'].upper()}" if found["tail"] else "")


def _ryzen_embedded(found: Found) -> str | None:
    return f"AMD Ryzen Embedded {found['number'].upper()}"


def _celeron_m(found: Found) -> str | None:
    return f"Intel {found['family'].capitalize()} {found['letter'].upper()} {found['number']}"


def _known_number(found: Found) -> str | None:
    return NUMBERS.get(found["number"])


_B = r"(?<![\w.])"  # a word begins, and not behind a decimal point
Row = tuple[frozenset[str], re.Pattern[str], Callable[[Found], str | None]]


def _row(hints: str, pattern: str, make: Callable[[Found], str | None]) -> Row:
    """A pattern is tried on texts that hold one of its hints, which are cheaper to look for."""
    return frozenset(hints.split()), re.compile(pattern), make


FAMILIES: tuple[Row, ...] = (
    _row("i3", rf"i3[\s-]{{0,2}}(?P<number>n\d{{3}}){_END}", _intel_core_n),
    _row(
        "i3 i5 i7 i9",
        rf"(?<![a-z0-9]\.)(?:(?<![a-z0-9])|(?<=core)|(?<=pro))i(?P<tier>[3579]){_BETWEEN}-{{0,2}}\s?"
        rf"(?P<number>\d{{3}}[a-z]{{0,2}}|[mqlu]\s?\d{{3}}|[5-8]y\d\d|\d{{4,5}}(?:\s?n?g[1-7]e?|\s?(?:u|hq|mq|qm)|"
        rf"[a-z]{{0,3}})){_END}",
        _intel_core,
    ),
    _row(
        "ultra u5 u7 u9",
        rf"{_B}(?:core[\s-]{{0,2}})?(?:ultra[\s-]{{0,2}}(?=x?[579])|u)(?P<tier>x?[579])(?:\s?processor)?[\s-]{{1,3}}"
        rf"(?P<number>[123]\d[02-8])(?P<suffix>hx|kf|[uhvktf]?){_END}",
        _core_ultra,
    ),
    _row(
        "core",
        rf"core[\s-]{{0,2}}(?P<tier>[3579]){_BETWEEN}(?P<number>[12]\d0(?:u|h|hl|e|te)|n\d{{3}}){_END}",
        _core_new,
    ),
    _row(
        "m3 m5 m7 core",
        rf"{_B}(?:core[\s-]{{0,2}})?m(?P<tier>[357])?{_BETWEEN}(?P<number>[5-8]y\d\d[ac]?|8[01]00y){_END}",
        _core_m,
    ),
    _row(
        "duo quad solo extreme c2d",
        rf"core[\s-]{{0,2}}(?P<two>2)?[\s-]{{0,2}}(?P<kind>duo|quad|solo|extreme)[\s,-]{{0,3}}(?:cpu\s|processor\s|"
        rf"mobile\s)?"
        rf"\(?(?P<number>(?:s[lpu]|q[x]?|[etplux])\s?\d{{4}}[a-z]?){_END}",
        _core_two,
    ),
    _row(
        "duo c2d",
        rf"{_B}(?:c2d|(?P<x>core)?(?P<two>2)\s?duo)[\s-]{{0,2}}(?P<number>[etplu]\d{{4}})(?P<kind>){_END}",
        lambda found: f"Intel Core2 Duo {found['number'].upper()}",
    ),
    _row(
        "celeron pentium",
        r"(?P<family>celeron|pentium)[\s-]{0,2}(?P<colour>silver|gold)?[\s-]{0,2}(?:dual[\s-]?core|quad[\s-]?core)?"
        rf"(?:\s?(?:processor|cpu|inside))?[\s:(-]{{0,3}}(?P<number>(?:n|j|g|b|p|t|u|su|e)[\s-]?\d{{3,4}}[a-z]?|"
        rf"\d{{3,4}}[a-z]{{0,2}}){_END}",
        _celeron,
    ),
    _row(
        "celeron pentium",
        rf"(?P<family>celeron|pentium)[\s-](?P<letter>m|d)[\s-]{{0,2}}(?P<number>[3-9]\d\d){_END}",
        _celeron_m,
    ),
    _row(
        "e3- e5- e7- e3 e5 e7",
        rf"{_B}(?:xeon\s{{0,2}})?(?P<model>e[357])[\s-](?P<number>[1248]\d{{3}}[a-z]{{0,2}}?)[\s-]{{0,2}}(?:v(?P<version>\d))?{_END}",
        _xeon,
    ),
    _row(
        "xeon e-2 w-",
        rf"{_B}(?:xeon\s{{0,2}})?(?P<model>e|w|d|w[3579])-(?P<number>[123]\d{{3,4}}[a-z]{{0,2}}){_END}(?P<version>)",
        _xeon,
    ),
    _row(
        "xeon",
        rf"xeon\s{{0,2}}(?:processor\s|cpu\s)?(?:(?P<metal>bronze|silver|gold|platinum)[\s-]{{0,2}})?"
        rf"(?P<number>[ewxl]?\d{{4}}[a-z]{{0,2}}){_END}",
        _xeon_named,
    ),
    _row("atom x5-z x7-z", rf"{_B}(?:atom[\s-]{{0,2}})?(?P<line>x[57])-?(?P<number>[ze]\d{{4}}[a-z]?){_END}", _atom),
    _row("atom", rf"atom[\s-]{{0,2}}(?:cpu\s|processor\s)?(?P<line>)(?P<number>[nzdec]\d{{3,4}}[a-z]?){_END}", _atom),
    _row("threadripper", rf"threadripper[\s-]{{0,2}}(?P<pro>pro\s)?(?P<number>\d{{4}}w?x?){_END}", _threadripper),
    _row("ryzen", rf"ryzen\s?ai\s?max(?P<plus>\+)?\s?(?P<pro>pro\s)?(?P<number>3\d\d){_END}", _ryzen_max),
    _row(
        "ryzen",
        rf"ryzen\s?ai\s?(?P<tier>[3579])[\s-]{{0,2}}(?P<pro>pro\s)?(?P<hx>hx[\s-]{{0,2}})?(?P<number>[34]\d\d){_END}",
        _ryzen_ai,
    ),
    _row("ryzen", rf"ryzen[\s-]?z(?P<number>[12])(?:\s(?P<kind>extreme|go|a)\b)?{_END}", _ryzen_z),
    _row(
        "ryzen r3 r5 r7 r9",
        rf"(?:ryzen[\s-]{{0,2}}(?P<first>pro\s)?|{_B}r)(?P<tier>[3579])[\s-]{{0,3}}(?P<pro>pro[\s-]{{0,2}})?{_BETWEEN}"
        rf"(?P<number>[1-9]\d{{3}})\s?(?P<suffix>(?<=\d)[a-z0-9]{{0,4}}|(?<=\s)(?:u|h|hs|hx|g)(?!\w)){_END}(?P<ryzen>)",
        _ryzen,
    ),
    _row(
        "ryzen r3 r5 r7 r9",
        rf"(?:(?P<ryzen>ryzen)[\s-]{{0,2}}|{_B}(?<!radeon )(?P<r>r))(?P<tier>[3579])[\s-]{{1,2}}(?P<pro>pro\s)?"
        rf"(?P<number>\d{{2,3}})(?!\w|\s{{0,2}}(?:gb|tb|mb|ghz|mhz|ssd|hdd|ram)|[.,/]\d|\")",
        _ryzen_new,
    ),
    _row(
        "a4 a6 a8 a9 a10 a12",
        rf"(?<![\w-])(?P<amd>amd\s)?(?P<first>pro[\s-])?a(?P<tier>4|6|8|9|10|12)(?P<gap>[\s-]{{1,3}})(?P<pro>pro[\s-])?"
        rf"(?P<number>[3-9]\d{{3}}(?:bp|mx|[pbmktecn]?)){_END}",
        _amd_a,
    ),
    _row("e1- e2- e1 e2", rf"(?<![\w-])e(?P<tier>[12])[\s-](?P<number>\d{{4}}[a-z]?){_END}", _amd_e),
    _row(
        "amd /c- /e-",
        rf"(?:amd\s(?:dual[\s-]?core\s)?|(?<=/)(?=[ce]-))(?P<letter>e|c|z)-?(?P<number>(?:240|300|350|450|470|30|50|60|"
        rf"70|01)d?){_END}",
        _amd_e_old,
    ),
    _row("fx", rf"(?:amd\s|{_B})fx[\s-](?P<number>[4-9]\d{{3}}[pekb]?){_END}", _amd_fx),
    _row(
        "athlon",
        rf"athlon[\s-]{{0,2}}(?P<colour>silver\s|gold\s)?(?P<pro>pro\s)?(?P<number>\d{{3,4}}(?:ge|[ueg])){_END}",
        _athlon,
    ),
    _row(
        "athlon turion phenom sempron",
        r"(?P<family>athlon|turion|phenom|sempron)[\s-]{0,2}(?P<words>(?:(?:64|ii|x[2346]|neo|ultra|mobile|"
        r"dual[\s-]core)[\s-]{1,2}){0,4})"
        rf"(?P<number>(?:[a-z]{{1,2}}-?)?\d{{2,4}}[a-z]?\+?){_END}",
        _amd_old,
    ),
    _row(
        "epyc opteron",
        rf"(?P<family>epyc|opteron)[\s-](?P<number>\d{{3,4}}[a-z]{{0,2}})(?:\s(?P<tail>he|se|ee))?{_END}",
        _amd_server,
    ),
    _row("gx-", rf"{_B}(?P<number>gx-\d{{3}}[a-z]{{2}}){_END}", lambda found: f"AMD {found['number'].upper()}"),
    _row("embedded", rf"ryzen\sembedded\s(?P<number>[vr]\d{{4}}[a-z]?){_END}", _ryzen_embedded),
    _row("3020e 3015e 3015ce", rf"{_B}(?P<number>30(?:20e|15ce|15e)){_END}", _amd_small),
    _row(
        "apple macbook imac ipad mac chip",
        r"(?<![\w.])m-?(?:series-m)?(?P<number>[1-5])(?:[\s-]{1,2}(?P<kind>pro|max|ultra))?(?![\w.]|\s?(?:ssd|nvme)|"
        r"-?\d)",
        _apple,
    ),
    _row(
        "snapdragon",
        r"snapdragon[\s-]{0,2}(?P<model>x elite|x plus|x|7c\+?|8cx|8c|850|835|sq\d)[\s-]{0,3}(?:gen\s?(?P<gen>\d))?"
        r"(?P<number>x1[ep]?-?\d{2}-\d{3})?(?![\w])",
        _snapdragon,
    ),
    _row(
        "mt8 kompanio",
        rf"{_B}(?:mediatek\s)?(?:kompanio\s)?(?P<number>mt8\d{{3}}c?|(?<=kompanio )\d{{3,4}}){_END}",
        _mediatek,
    ),
    _row(
        "n9 n1 n2 n50",
        rf"(?:(?:intel|processor|cpu|twin lake|alder lake)[\s-]{{1,2}})(?P<number>n(?:50|95|97|100|150|200|250)){_END}",
        _known_number,
    ),
    _row("n95 n97 n100", rf"{_B}(?P<number>n95|n97|n100){_END}", _known_number),
)
_HINTS = frozenset(hint for hints, _, _ in FAMILIES for hint in hints)
_SHORT = re.compile(
    rf"(?:(?<![\w.-])|(?<=\s[3579]-)|(?<=\s1[3579]-))(?P<number>[nj]\d{{4}}a?|\d{{4,5}}(?:g[1-7]|u|h|hq|hk|hx|hs|mq|qm|"
    rf"y|m)){_END}"
)
_COMPARED = re.compile(
    r"(?<!\w)(?:beats?|(?:better|faster|slower|more\spowerful)\sthan|than|vs\.?|versus|compar(?:ed|able)\s(?:to|with)|"
    r"similar\sto|equivalent\sto|"
    r"equal\sto|outperforms?|besser\sals|schneller\sals|>)[\s(]{1,2}(?:(?:the|an?|intel|amd|core|nvidia|"
    r"geforce)[\s-]){0,4}$"
)
_MAC = ("mac", "apple", "ipad")
_FAMILY_WORDS = re.compile(
    r"(?<![\w.])(?:(?:core\s?)?i[3579](?![\w]*\d)|core\s?ultra(?:\s?[579])?|ultra\s?[579]|core\s?2\s?(?:duo|quad)|"
    r"core\s?m[357]?|"
    r"core\s[3579]|celeron(?:\s[nmj])?|pentium(?:\s(?:gold|silver|4|iii|ii|m|dual[\s-]core))?|xeon|atom|"
    r"ryzen\s?ai(?:\s?[3579])?|"
    r"ryzen(?:\s?[3579])?(?:\spro)?|athlon|turion|phenom|sempron|(?:(?<=amd\s)a(?:4|6|8|9|10|12)|a(?:4|6|8|9|10|"
    r"12)(?=\s?(?:series|processor|cpu|apu)))|"
    r"snapdragon(?:\sx(?:\s(?:elite|plus))?)?|exynos|kompanio|mediatek)(?![\w])"
)


def find_cpus(low: str, index: Index | None = None) -> list[Place]:
    """Every processor that a folded text in lower case names, in its order, the same one once."""
    places: list[Place] = []
    present = {hint for hint in _HINTS if hint in low}
    for hints, pattern, make in FAMILIES:
        if not present.isdisjoint(hints):
            places.extend(_read(low, pattern, make, places))
    if not places:
        places.extend(_short_forms(low, index))
    return sorted(places, key=lambda place: place.start)


def _read(
    low: str, pattern: re.Pattern[str], make: Callable[[Found], str | None], taken: list[Place]
) -> Iterator[Place]:
    for found in pattern.finditer(low):
        if make is _apple and not _is_apple(low):
            continue
        if any(found.start() < place.end and place.start < found.end() for place in taken):
            continue
        name = make(found)
        if name and not is_compared(low, found.start()):
            yield Place(name, found.start(), found.end())


def is_compared(low: str, start: int) -> bool:
    """Whether the part at `start` is one that the offered part is compared with: "(beats i5-1135G7)"."""
    return bool(_COMPARED.search(low[max(0, start - 40) : start]))


def _is_apple(low: str) -> bool:
    """Whether M1 is Apple's chip. A MacBook of 2015 to 2019 with an "m3" has a Core m3."""
    return any(word in low for word in _MAC) and not re.search(r"\b201[5-9]\b", low)


def _short_forms(low: str, index: Index | None) -> Iterator[Place]:
    for found in _SHORT.finditer(low):
        number = found["number"]
        name = (index.find(number) if index else None) or NUMBERS.get(number)
        if name and number[-1] not in "my":  # "9470m" and "4720m" are notebooks and cards as well
            yield Place(name, found.start(), found.end())


def cpu_family(low: str) -> tuple[int, int] | None:
    """Where a text names a family of processors, for texts that name no model."""
    found = _FAMILY_WORDS.search(low)
    return found.span() if found else None
