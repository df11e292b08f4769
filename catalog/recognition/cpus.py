"""Processors: the full name of the model that a text names. A family ("i7", "Core i5 8th Gen") is no model.

Each row of FAMILIES reads one way of writing. Patterns have bounded repetitions only. A number is taken where it is
well-formed for its family; whether such a model exists is for an index to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .amd import AMD
from .index import Index
from .intel import INTEL
from .known import NUMBERS
from .patterns import END, WORD, Found, Make, Place, Row, row


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


def _known_number(found: Found) -> str | None:
    return NUMBERS.get(found["number"])


FAMILIES: tuple[Row, ...] = (
    *INTEL,
    *AMD,
    row(
        "apple macbook imac ipad mac chip",
        r"(?<![\w.])m-?(?:series-m)?(?P<number>[1-5])(?:[\s-]{1,2}(?P<kind>pro|max|ultra))?(?![\w.]|\s?(?:ssd|nvme)|"
        r"-?\d)",
        _apple,
    ),
    row(
        "snapdragon",
        r"snapdragon[\s-]{0,2}(?P<model>x elite|x plus|x|7c\+?|8cx|8c|850|835|sq\d)[\s-]{0,3}(?:gen\s?(?P<gen>\d))?"
        r"(?P<number>x1[ep]?-?\d{2}-\d{3})?(?![\w])",
        _snapdragon,
    ),
    row(
        "mt8 kompanio",
        rf"{WORD}(?:mediatek\s)?(?:kompanio\s)?(?P<number>mt8\d{{3}}c?|(?<=kompanio )\d{{3,4}}){END}",
        _mediatek,
    ),
    row(
        "n9 n1 n2 n50",
        rf"(?:(?:intel|processor|cpu|twin lake|alder lake)[\s-]{{1,2}})(?P<number>n(?:50|95|97|100|150|200|250)){END}",
        _known_number,
    ),
    row("n95 n97 n100", rf"{WORD}(?P<number>n95|n97|n100){END}", _known_number),
)
_HINTS = frozenset(hint for hints, _, _ in FAMILIES for hint in hints)
_SHORT = re.compile(
    rf"(?:(?<![\w.-])|(?<=\s[3579]-)|(?<=\s1[3579]-))(?P<number>[nj]\d{{4}}a?|\d{{4,5}}(?:g[1-7]|u|h|hq|hk|hx|hs|mq|qm|"
    rf"y|m)){END}"
)
_COMPARED = re.compile(
    r"(?<!\w)(?:beats?|(?:better|faster|slower|more\spowerful)\sthan|than|vs\.?|versus|compar(?:ed|able)\s(?:to|with)|"
    r"similar\sto|equivalent\sto|"
    r"equal\sto|outperforms?|besser\sals|schneller\sals|>)[\s(]{1,2}(?:(?:the|an?|intel|amd|core|nvidia|"
    r"geforce)[\s-]){0,4}$"
)
_COMPARING = ("beat", "than", "vs", "versus", "compar", "similar", "equivalent", "equal", "outperform", "als", ">")
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


def _read(low: str, pattern: re.Pattern[str], make: Make, taken: list[Place]) -> Iterator[Place]:
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
    before = low[max(0, start - 40) : start]
    return bool([word for word in _COMPARING if word in before]) and bool(_COMPARED.search(before))


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
