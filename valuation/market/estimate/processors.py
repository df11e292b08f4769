"""What the name of a processor says about its rank: family and generation, for marks that nobody has stated.

A family is a pattern in the language of conditions (RE2, without case), so that a rule can ask for it, too. No name is
of two families.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CORE = r"\bcore(?:\(tm\))? "
_RYZEN = r"\bryzen(?:\(tm\))? (?:ai )?"

# family as buyers name it -> its pattern
FAMILIES: dict[str, str] = {
    **{f"Core Ultra {rank}": rf"{_CORE}ultra {rank}\b" for rank in (3, 5, 7, 9)},
    **{f"Core i{rank}": rf"{_CORE}i{rank}\b" for rank in (3, 5, 7, 9)},
    **{f"Core {rank}": rf"{_CORE}{rank}\b" for rank in (3, 5, 7, 9)},
    "Core m": rf"{_CORE}m[357]?\b",
    "Core 2": r"\bcore(?:\(tm\))? ?2\b",
    **{f"Ryzen {rank}": rf"{_RYZEN}(?:pro )?{rank}\b" for rank in (3, 5, 7, 9)},
    "Ryzen AI Max": rf"{_RYZEN}max\b",
    "Threadripper": r"\bthreadripper\b",
    "Athlon and A series": r"\bathlon\b|\bamd (?:pro )?a(?:4|6|8|9|10|12)[ -]",
    "Celeron, Pentium and N": r"\b(?:celeron|pentium)\b|\bintel(?:\(r\))? (?:processor )?[nju]\d",
    "Atom": r"\batom\b",
    "Xeon": r"\bxeon\b",
    "EPYC and Opteron": r"\b(?:epyc|opteron)\b",
    "FX and Phenom": r"\bfx-\d|\bphenom\b",
    **{f"Apple M{number}": rf"\bapple m{number}(?: [^pmu].*)?$" for number in range(1, 7)},
    **{
        f"Apple M{number} {tail}": rf"\bapple m{number} {tail.lower()}\b"
        for number in range(1, 7)
        for tail in ("Pro", "Max", "Ultra")
    },
    "Snapdragon": r"\bsnapdragon\b",
}
_COMPILED = {family: re.compile(pattern) for family, pattern in FAMILIES.items()}
_NUMBER = re.compile(r"\D*?(\d+)(?=[a-z]*\d*\b)")
_INTEL_NUMBERED = tuple(f"Core i{rank}" for rank in (3, 5, 7, 9))


class Rank(NamedTuple):
    """A family ("Core i5") and the generation within it, "" where the name does not say."""

    family: str
    generation: str


def rank_of(name: str) -> Rank | None:
    """The family and generation of a processor's full name ("Intel Core i5-8500T"); None where it has no family."""
    low = name.casefold()
    for family, pattern in _COMPILED.items():
        if found := pattern.search(low):
            return Rank(family, _generation(family, low[found.end() :]))
    return None


def _generation(family: str, rest: str) -> str:
    """`8500` is of the 8th, `12700` of the 12th and `1135`, of Intel, of the 11th; elsewhere the first digit."""
    found = _NUMBER.match(rest)
    if not found or family.startswith(("Apple", "Celeron", "Xeon", "Atom")):
        return ""
    number = found[1]
    if family not in _INTEL_NUMBERED:
        return number[0]
    if len(number) == 5 or (len(number) == 4 and number.startswith("1")):
        return number[:2]
    return number[0] if len(number) == 4 else ""
