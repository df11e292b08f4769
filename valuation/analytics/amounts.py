"""How the amounts of one rule are spread, counted page by page in a bounded space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from valuation.engine.money import Cents

MOST_DIFFERENT = 10_000  # amounts of one rule; beyond that they are counted in steps
MOST_SPAN = 1 << 18  # cents from the lowest to the highest amount that a plain count has room for
PERCENTILES = (10, 25, 50, 75, 90)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Cents: so many percent of the amounts are this or lower. Each is an amount that some listing has."""

    p10: int
    p25: int
    p50: int
    p75: int
    p90: int


class Amounts:
    """The amounts that a rule gives: which there are, and how often.

    To the cent, as long as there are no more than MOST_DIFFERENT; else to a five-thousandth of their range.
    """

    def __init__(self) -> None:
        self._values: Cents = np.zeros(0, dtype=np.int64)
        self._counts: Counts = np.zeros(0, dtype=np.int64)
        self._step = 1

    def add(self, cents: Cents) -> None:
        if not len(cents):
            return
        values, counts = _counted(cents)
        self._values, self._counts = _summed(
            np.concatenate([self._values, values // self._step * self._step]), np.concatenate([self._counts, counts])
        )
        while len(self._values) > MOST_DIFFERENT:
            self._step *= 2
            self._values, self._counts = _summed(self._values // self._step * self._step, self._counts)

    def spread(self) -> Spread | None:
        """None where there is no amount."""
        if not len(self._values):
            return None
        below = np.cumsum(self._counts)
        wanted = [-(-share * int(below[-1]) // 100) for share in PERCENTILES]  # the first that has so many up to it
        return Spread(*self._values[np.searchsorted(below, wanted)].tolist())


def _counted(cents: Cents) -> tuple[Cents, Counts]:
    low = int(cents.min())
    span = int(cents.max()) - low
    if span > MOST_SPAN:
        values, counts = np.unique(cents, return_counts=True)
        return values, counts
    found = np.bincount(cents - low, minlength=span + 1)
    places = np.flatnonzero(found)
    return places + low, found[places]


def _summed(values: Cents, counts: Counts) -> tuple[Cents, Counts]:
    """Each value once, in order, with the sum of its counts."""
    order = np.argsort(values, kind="stable")
    values, counts = values[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return values[first], np.add.reduceat(counts, first)
