"""What a bucket's label means, before its siblings are looked at: plain data between `buckets` and `tiers`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from valuation.engine import Field


class Unreadable(Exception):
    """A label without one clear meaning, and why."""


class Senseless(Unreadable):
    """The label has this form and no other, and in this field it makes no sense."""


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers from `low` to `high`; a bound counts if it is `closed`."""

    low: float = -inf
    high: float = inf
    low_closed: bool = False
    high_closed: bool = False

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed))

    def meets(self, other: Span) -> Span:
        """What is in both; it may be empty."""
        low, low_open = max((self.low, not self.low_closed), (other.low, not other.low_closed))
        high, high_closed = min((self.high, self.high_closed), (other.high, other.high_closed))
        return Span(low, high, not low_open, high_closed)

    def without(self, other: Span) -> tuple[Span, ...]:
        """What is in this alone: nothing, one piece or two."""
        if self.meets(other).is_empty:
            return (self,)
        below = self.meets(Span(high=other.low, high_closed=not other.low_closed))
        above = self.meets(Span(low=other.high, low_closed=not other.high_closed))
        return tuple(piece for piece in (below, above) if not piece.is_empty)


@dataclass(frozen=True, slots=True)
class Reading:
    """All of what is stated has to hold. `path`s are canonical paths of the field registry.

    `is_plain`: a bare capacity, which goes on to the next tier. `is_exact`: the label is the very name of the value.
    `is_rest`: whatever no sibling names, and everything when there is none.
    """

    values: frozenset[str | bool] = frozenset()
    values_path: str = ""
    span: Span | None = None
    span_path: str = ""
    unit: str = ""
    name: str = ""
    name_path: str = ""
    known: bool = True
    known_path: str = ""
    is_plain: bool = False
    is_exact: bool = False
    is_rest: bool = False


def gaps(spans: Iterable[tuple[Span, str]], fact: Field | None) -> list[str]:
    """Between which of these labelled spans of one fact there are values that belong to neither."""
    ordered = sorted(spans, key=lambda item: (item[0].low, not item[0].low_closed))
    found = []
    for (below, first), (above, second) in pairwise(ordered):
        hole = Span(below.high, above.low, not below.high_closed, not above.low_closed)
        if not hole.is_empty and not (fact is not None and fact.integer and not _has_integer(hole)):
            found.append(f'nothing applies between "{first}" and "{second}"')
    return found


def _has_integer(span: Span) -> bool:
    if math.isinf(span.low) or math.isinf(span.high):
        return True
    first = math.ceil(span.low)
    first += first == span.low and not span.low_closed
    return first < span.high or (first == span.high and span.high_closed)
