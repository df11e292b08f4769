"""What the name of a processor says about its rank: family and generation, for marks that nobody has stated."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Found = re.Match[str]


class Rank(NamedTuple):
    """A family as buyers name it ("Core i5") and the generation within it, "" where the name does not say."""

    family: str
    generation: str


def _core(found: Found) -> Rank:
    return Rank(f"Core {found['rank']}", _intel_generation(found["number"] or ""))


def _intel_generation(number: str) -> str:
    """`8500` is of the 8th, `12700` of the 12th and `1135`, which a letter follows, of the 11th."""
    if len(number) == 5 or (len(number) == 4 and number.startswith("1")):
        return number[:2]
    return number[:1] if len(number) == 4 else ""


_FAMILIES: tuple[tuple[re.Pattern[str], Callable[[Found], Rank]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (
            r"\bcore ultra (?P<rank>[3579])(?:\D+(?P<number>\d))?",
            lambda m: Rank(f"Core Ultra {m['rank']}", m["number"] or ""),
        ),
        (r"\bcore (?P<rank>[im][3579]?)\b(?:[ -]+(?P<number>\d{3,5}))?", _core),
        (r"\bcore (?P<rank>[3579])\b(?:\D+(?P<number>\d))?", lambda m: Rank(f"Core {m['rank']}", m["number"] or "")),
        (r"\bcore ?2\b", lambda m: Rank("Core 2", "")),
        (r"\bthreadripper\b(?:\D+(?P<number>\d))?", lambda m: Rank("Threadripper", m["number"] or "")),
        (
            r"\bryzen (?:ai )?(?P<rank>[3579])\b(?:\D+(?P<number>\d))?",
            lambda m: Rank(f"Ryzen {m['rank']}", m["number"] or ""),
        ),
        (r"\bathlon\b|\ba(?:4|6|8|9|10|12)[ -]\d", lambda m: Rank("Athlon and A series", "")),
        (r"\b(?:celeron|pentium)\b|\bintel(?: processor)? [nju]\d", lambda m: Rank("Celeron, Pentium and N", "")),
        (r"\batom\b", lambda m: Rank("Atom", "")),
        (r"\bxeon\b", lambda m: Rank("Xeon", "")),
        (r"\bepyc\b|\bopteron\b", lambda m: Rank("EPYC", "")),
        (
            r"\bapple (?P<name>[am]\d+)(?P<tail> (?:pro|max|ultra))?",
            lambda m: Rank(f"Apple {m[0][6:].title()}", m["name"]),
        ),
        (r"\bsnapdragon\b", lambda m: Rank("Snapdragon", "")),
    )
)


def rank_of(name: str) -> Rank | None:
    """The family and generation of a processor's full name ("Intel Core i5-8500T"); None where it has no family."""
    low = name.casefold()
    for pattern, make in _FAMILIES:
        if found := pattern.search(low):
            return make(found)
    return None
