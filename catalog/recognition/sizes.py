"""Sizes ("8GB", "1,5 To", "2x512GB", "128+1Tb") and the words beside them that say of what, in the order of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# In GB. What sizes are made in; a number without its unit counts only where it is one of these.
MEMORY_SIZES = frozenset(
    (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 18, 20, 24, 32, 36, 40, 48, 64, 96, 128, 192, 256, 512)
)
DRIVE_SIZES = frozenset(
    (
        16,
        32,
        60,
        64,
        80,
        100,
        120,
        128,
        160,
        180,
        200,
        240,
        250,
        256,
        300,
        320,
        400,
        480,
        500,
        512,
        640,
        750,
        960,
        1000,
        1024,
        2000,
    )
)
_MOST_ITEMS = 24

_UNITS = {
    **dict.fromkeys(
        ("gb", "gib", "go", "гб", "gbyte", "gbytes", "gig", "gigs", "gigabyte", "gigabytes", "g", "b", "gbs"), 1.0
    ),
    **dict.fromkeys(("tb", "tib", "to", "тб", "tbyte", "terabyte", "terabytes", "t", "tbs"), 1000.0),
    **dict.fromkeys(("mb", "mo", "мб", "mib", "megabyte", "megabytes"), 1 / 1024),
}
_UNIT = (
    r"gb(?:yte)?s?|gib|gigabytes?|gigs?|go|гб|tb(?:yte)?s?|tib|terabytes?|to|тб|mb|mib|megabytes?|mo|мб|g|t|"
    r"b(?=\s{0,2}(?:ssd|hdd|nvme|emmc))"
)
_GLUED = r"ram|ssd|hdd|lpddr|ddr|nvme|emmc|memory|m\.2|sshd|pcie|arbeitsspeicher|озу"
# "i5,16GB" and "DDR4,256GB" have no decimal comma.
_BEFORE = (
    r"(?:(?<!\w)(?:(?<!\d[.,])|(?<=[a-z]\d[.,])|(?<=\.\d,))|(?<=ssd)|(?<=ram)|(?<=hdd)|(?<=nvme)|(?<=emmc)|"
    r"(?<=ddr[345])|(?<=new)|(?<=with))"
)
_SIZE = re.compile(
    rf"(?=\d){_BEFORE}(?:(?P<times>\d{{1,2}})\s?[x*]\s?)?(?P<number>\d{{1,4}}(?:[.,]\d{{1,3}})?)(?P<gap>\s{{0,2}})"
    rf"(?P<unit>{_UNIT})(?=\W|$|(?:{_GLUED})|x\s?\d)(?!\s?/\s?s(?!\w)|\s?(?:lan|"
    rf"ethernet))(?:\s?[x*]\s?(?P<more>\d)(?![\w.]))?"
)
# Each begins with its digit, and looks back from there: so the pattern is tried at digits only.
_WITHOUT_UNIT = re.compile(
    r"\d(?:"
    # first of a pair or of several: "8/16GB", "128+1Tb"; or before a word for drives or memory: "128 SSD", "16 RAM"
    r"(?<![\w/+]\d)(?<!\d[.,]\d)\d{0,3}(?P<first>)(?=\s?[/+|\\]\s?(?:\d{1,4}\s?[/+|\\]\s?){0,3}\d{1,4}(?:[.,]\d)?\s?(?:gb|tb|go|to|гб|тб|g|t)(?![a-z]))"
    r"|(?<!\w\d)(?<!\d[.,/]\d)\d{1,3}(?P<drive>)(?=\s?-?\s?(?:hd\sssd|ssd|hdd|nvme|emmc|m\.2\s|solid\sstate|"
    r"hard\s(?:drive|"
    r"disk)|gbssd))"
    r"|(?<![\w-]\d)(?<!\d[.,]\d)\d{0,2}(?P<memory>)(?=\s?(?:(?:ram|memory)(?![a-z])|(?:lp)?ddr[345]))"
    # behind one: "SSD 256", "16GB/512"
    r"|(?:(?<=ssd\d)|(?<=ssd[\s:-]\d))\d{2,3}(?P<behind>)(?![\w.,]|\s{0,2}(?:gb|tb|go|mb|mhz))"
    r"|(?:(?<=gb[/|]\d)|(?<=gb\s[/|]\d)|(?<=gb\s[/|]\s\d)|(?<=gb[/|]\s\d))\d{2,3}(?P<second>)(?![\w.,\"]|\s{0,2}(?:gb|"
    r"tb|go|mhz|x\d))"
    r")"
)
_PAIR = re.compile(
    r"(?<![\w/])(?<!\d[.,])(4|8|12|16|24|32|64)\s?/\s?(64|120|128|240|250|256|480|500|512|1000|1024)(?![\w/.,])"
)
_UP_TO = re.compile(r"(?:up\s?to|upto|upgrad\w{0,7}\sto|bis\szu|jusqu'[aà]|hasta|até|à|maximal|макс\.?)[\s:]{0,2}$")
_PLUS = re.compile(r"\s{0,2}(?:\+|&|and|und|et|plus|i|y|e|и)\s{0,2}")
_LIST = re.compile(r"\s{0,2},\s{0,2}")
_OR = re.compile(r"\s{0,2}(?:/|\||\\|or|oder|ou|lub|veya|или|to|-|or\s?up\s?to|~)\s{0,2}")


@dataclass(slots=True)
class Size:
    """One size in GB as the text says it, times `count`. `up_to` is a promise and no fact."""

    start: int
    end: int
    gb: float
    count: int = 1
    up_to: bool = False
    unit: bool = True

    @property
    def total(self) -> float:
        return self.gb * self.count


@dataclass(slots=True)
class Label:
    """Words that say what a size beside them is of. `kinds` are those of one label: "M.2 NVMe SSD" has three."""

    start: int
    end: int
    role: str  # memory, drive or other
    kinds: set[str] = field(default_factory=set)
    generation: str | None = None
    speed: int | None = None


def join_of(low: str, left: Size, right: Size) -> str:
    """How two sizes that follow each other are joined: "plus", "or", "list" (a comma), "space"; "" by words."""
    between = low[left.end : right.start]
    if _PLUS.fullmatch(between):
        return "plus"
    if _LIST.fullmatch(between):
        return "list"
    if _OR.fullmatch(between):
        return "or"
    return "space" if not between.strip() and "\n" not in between else ""


def find_sizes(low: str, raw: str) -> list[Size]:
    """Every size of the folded text `raw`, in order; `low` is the same in lower case, with what was read blanked."""
    sizes = [size for found in _SIZE.finditer(low) if (size := _size(found, low, raw))]
    taken = [(size.start, size.end) for size in sizes]
    for size in _sizes_without_unit(low):
        if not any(size.start < end and start < size.end for start, end in taken):
            sizes.append(size)
    sizes.sort(key=lambda size: size.start)
    return sizes[:_MOST_ITEMS]


def _size(found: re.Match[str], low: str, raw: str) -> Size | None:
    unit, start = found["unit"], found.start("times") if found["times"] else found.start("number")
    written = raw[found.start("unit") : found.end("unit")]
    if unit == "to" and (not written[0].isupper() or re.match(r"\s{0,2}\d", low[found.end() :][:3])):
        return None  # "up to", "8 to 16"
    if unit in ("g", "t") and not _is_short_unit(found, low):
        return None
    gb = number_of(found["number"]) * _UNITS[unit]
    count = int(found["times"] or found["more"] or 1)
    if not 0.03 < gb < 100_000 or not 1 <= count <= 16:
        return None
    return Size(start, found.end(), gb, count, bool(_UP_TO.search(low[max(0, start - 14) : start])))


def _is_short_unit(found: re.Match[str], low: str) -> bool:
    """Whether "32G" or "1T" is a size: "4G" and "5G" are networks, unless memory is named."""
    if found["gap"] or low[found.end() : found.end() + 1] == "-":
        return False
    number = number_of(found["number"])
    if found["unit"] == "t":
        return number in (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8)
    if number in (2, 3, 4, 5, 6):
        return bool(re.match(r"\s?(?:ram|ddr|memory|[/+]\s?\d)", low[found.end() : found.end() + 8]))
    return number in MEMORY_SIZES or number in DRIVE_SIZES


def _sizes_without_unit(low: str) -> Iterator[Size]:
    for found in _WITHOUT_UNIT.finditer(low):
        gb = float(found[0])
        known = {
            "first": gb in MEMORY_SIZES or gb in DRIVE_SIZES,
            "memory": gb in (4, 8, 12, 16, 24, 32, 64),
            "drive": gb in DRIVE_SIZES,
        }.get(found.lastgroup or "", gb in DRIVE_SIZES and gb >= 64)
        if known:
            yield Size(found.start(), found.end(), gb, unit=False)
    if "/" in low:
        for found in _PAIR.finditer(low):
            yield from (Size(found.start(at), found.end(at), float(found[at]), unit=False) for at in (1, 2))


def number_of(text: str) -> float:
    """ "1,5" and "1.5" are one and a half; "1.000" and "1,024" have thousands."""
    digits = text.replace(",", ".")
    whole, point, rest = digits.partition(".")
    return float(whole + rest) if point and len(rest) == 3 and whole != "0" else float(digits)
