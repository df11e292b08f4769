"""What the patterns of part names have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Found = re.Match[str]
Make = Callable[[Found], str | None]
Row = tuple[frozenset[str], re.Pattern[str], Make]


@dataclass(frozen=True, slots=True)
class Place:
    """A name and where it was read, as places in the folded text."""

    name: str
    start: int
    end: int


# What may stand between a family and its number: "i5 8th Gen. 8250U", "Ryzen 5 Processor (5500U)".
BETWEEN = (
    r"(?:[\s,:(/_-]{0,3}(?:\d{1,2}(?:st|nd|rd|th)?[\s-]?gen(?:eration|\.)?|\d{1,2}(?:st|nd|rd|th)|vpro|cpu|processors?|"
    r"procesor|quad[\s-]?core|dual[\s-]?core|core\s?i[3579])){0,3}[\s:(_/-]{0,3}"
)
# A number ends here: no letter, no unit, no second half of a resolution or a clock.
END = (
    r"(?:(?=cpu)|(?<=[a-z])(?=\d[.,]\d{1,2}\s?ghz)|(?![\w]|\s{0,2}(?:gb|tb|mb|ghz|mhz|go|гб|rpm)\b|"
    r"(?<!\d\d\d\d)(?<![a-z])(?<![a-z]\d)[.,]\d|\s?x\s?\d{3}))"
)
# A word begins, and not behind a decimal point.
WORD = r"(?<![\w.])"
# Lines of a screen and such, which stand behind "i5" and are no numbers of it.
NOT_NUMBERS = frozenset(
    ["1080", "1200", "1366", "1440", "1536", "1600", "1680", "1920", "2160", "2560", "2880", "3840", "4096"]
)


def row(hints: str, pattern: str, make: Make) -> Row:
    """A pattern is tried on texts that hold one of its hints, which are cheaper to look for; `make` gives the name of
    the part that it found, or refuses."""
    return frozenset(hints.split()), re.compile(pattern), make
