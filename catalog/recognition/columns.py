"""A cell of a column of processors: the model it names, or the words that name none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .cpus import cpu_family, find_cpus
from .index import UNKNOWN, Index, Match
from .keys import part_key
from .known import NUMBERS
from .texts import fold, is_empty, lower

_NUMBER = re.compile(r"[\s(-]{0,3}([a-z]{0,2}\d{3,5}[a-z0-9]{0,4})[\s)]{0,3}$")


@dataclass(frozen=True, slots=True)
class CpuReading:
    """What a cell says: a full name and what it is in the catalog; or only words ("Core i5 8th Gen"), a remark."""

    name: str | None = None
    match: Match = UNKNOWN
    words: str = ""
    varies: bool = False


def read_cpu(text: str | None, index: Index | None = None) -> CpuReading:
    """Read a cell: "Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz", "8365U", "Core i5 8250U". What the catalog has under
    these very words is known, whatever its form."""
    if text is None or is_empty(text):
        return CpuReading()
    low = lower(fold(text))
    names = list(dict.fromkeys(place.name for place in find_cpus(low, index)))
    if len(names) > 1:
        return CpuReading(words=text.strip(), varies=True)
    if not names:
        return _by_its_words(text, low, index)
    match = index.lookup(names[0]) if index is not None else UNKNOWN
    return CpuReading(match.name or names[0], match)


def _by_its_words(text: str, low: str, index: Index | None) -> CpuReading:
    """A number alone, or a name that only the catalog knows. A family is none, even if a catalog has it for a name."""
    number = _NUMBER.match(low)
    name = NUMBERS.get(number[1]) if number else None
    match = index.lookup(name or text) if index is not None else UNKNOWN
    if match and not is_family_alone(low):
        return CpuReading(match.name, match)
    return CpuReading(name, match) if name else CpuReading(words=text.strip())


def is_family_alone(low: str) -> bool:
    """Whether a text holds the name of a family and no number beside it."""
    span = cpu_family(low)
    return span is not None and not any(char.isdigit() for char in part_key(low[: span[0]] + low[span[1] :]))
