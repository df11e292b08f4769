"""Processors of Intel, a row for each way of writing."""

from __future__ import annotations

import re

from .known import FIRST_CORES, NUMBERS
from .patterns import BETWEEN, END, NOT_NUMBERS, WORD, Found, Row, row

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
    if digits in NOT_NUMBERS and suffix in ("", "p"):
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


def _celeron_m(found: Found) -> str | None:
    return f"Intel {found['family'].capitalize()} {found['letter'].upper()} {found['number']}"


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


INTEL: tuple[Row, ...] = (
    row("i3", rf"i3[\s-]{{0,2}}(?P<number>n\d{{3}}){END}", _intel_core_n),
    row(
        "i3 i5 i7 i9",
        rf"(?=i[3579])(?<![a-z0-9]\.)(?:(?<![a-z0-9])|(?<=core)|(?<=pro))i(?P<tier>[3579]){BETWEEN}-{{0,2}}\s?"
        rf"(?P<number>\d{{3}}[a-z]{{0,2}}|[mqlu]\s?\d{{3}}|[5-8]y\d\d|\d{{4,5}}(?:\s?n?g[1-7]e?|\s?(?:u|hq|mq|qm)|"
        rf"[a-z]{{0,3}})){END}",
        _intel_core,
    ),
    row(
        "ultra u5 u7 u9",
        rf"{WORD}(?:core[\s-]{{0,2}})?(?:ultra[\s-]{{0,2}}(?=x?[579])|u)(?P<tier>x?[579])(?:\s?processor)?[\s-]{{1,3}}"
        rf"(?P<number>[123]\d[02-8])(?P<suffix>hx|kf|[uhvktf]?){END}",
        _core_ultra,
    ),
    row(
        "core",
        rf"core[\s-]{{0,2}}(?P<tier>[3579]){BETWEEN}(?P<number>[12]\d0(?:u|h|hl|e|te)|n\d{{3}}){END}",
        _core_new,
    ),
    row(
        "m3 m5 m7 core",
        rf"{WORD}(?:core[\s-]{{0,2}})?m(?P<tier>[357])?{BETWEEN}(?P<number>[5-8]y\d\d[ac]?|8[01]00y){END}",
        _core_m,
    ),
    row(
        "duo quad solo extreme c2d",
        rf"core[\s-]{{0,2}}(?P<two>2)?[\s-]{{0,2}}(?P<kind>duo|quad|solo|extreme)[\s,-]{{0,3}}(?:cpu\s|processor\s|"
        rf"mobile\s)?"
        rf"\(?(?P<number>(?:s[lpu]|q[x]?|[etplux])\s?\d{{4}}[a-z]?){END}",
        _core_two,
    ),
    row(
        "duo c2d",
        rf"{WORD}(?:c2d|(?P<x>core)?(?P<two>2)\s?duo)[\s-]{{0,2}}(?P<number>[etplu]\d{{4}})(?P<kind>){END}",
        lambda found: f"Intel Core2 Duo {found['number'].upper()}",
    ),
    row(
        "celeron pentium",
        r"(?P<family>celeron|pentium)[\s-]{0,2}(?P<colour>silver|gold)?[\s-]{0,2}(?:dual[\s-]?core|quad[\s-]?core)?"
        rf"(?:\s?(?:processor|cpu|inside))?[\s:(-]{{0,3}}(?P<number>(?:n|j|g|b|p|t|u|su|e)[\s-]?\d{{3,4}}[a-z]?|"
        rf"\d{{3,4}}[a-z]{{0,2}}){END}",
        _celeron,
    ),
    row(
        "celeron pentium",
        rf"(?P<family>celeron|pentium)[\s-](?P<letter>m|d)[\s-]{{0,2}}(?P<number>[3-9]\d\d){END}",
        _celeron_m,
    ),
    row(
        "e3- e5- e7- e3 e5 e7",
        rf"{WORD}(?:xeon\s{{0,2}})?(?P<model>e[357])[\s-](?P<number>[1248]\d{{3}}[a-z]{{0,2}}?)[\s-]{{0,2}}(?:v(?P<version>\d))?{END}",
        _xeon,
    ),
    row(
        "xeon e-2 w-",
        rf"{WORD}(?:xeon\s{{0,2}})?(?P<model>e|w|d|w[3579])-(?P<number>[123]\d{{3,4}}[a-z]{{0,2}}){END}(?P<version>)",
        _xeon,
    ),
    row(
        "xeon",
        rf"xeon\s{{0,2}}(?:processor\s|cpu\s)?(?:(?P<metal>bronze|silver|gold|platinum)[\s-]{{0,2}})?"
        rf"(?P<number>[ewxl]?\d{{4}}[a-z]{{0,2}}){END}",
        _xeon_named,
    ),
    row("atom x5-z x7-z", rf"{WORD}(?:atom[\s-]{{0,2}})?(?P<line>x[57])-?(?P<number>[ze]\d{{4}}[a-z]?){END}", _atom),
    row("atom", rf"atom[\s-]{{0,2}}(?:cpu\s|processor\s)?(?P<line>)(?P<number>[nzdec]\d{{3,4}}[a-z]?){END}", _atom),
)
