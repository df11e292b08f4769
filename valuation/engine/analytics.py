"""What a CPU's listings say about its price (docs/rules.md, processors).

Callers pass adjusted prices above 0 of active listings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, stdev

import numpy as np

from .money import round_half_away

CONFIDENCE = ((10, "high"), (5, "medium"), (2, "low"))
ENOUGH = 2  # listings, for a target
MOST_BINS = 20
RATINGS = ("excellent", "good", "fair", "poor")


@dataclass(frozen=True, slots=True)
class PriceTargets:
    """USD: good is the mean, great one standard deviation below it, fair one above; None under two listings."""

    good: float | None
    great: float | None
    fair: float | None
    sample_size: int
    confidence: str


def confidence_of(count: int) -> str:
    """How far to trust what so many listings say."""
    return next((name for least, name in CONFIDENCE if count >= least), "insufficient")


def price_targets(prices: Sequence[float]) -> PriceTargets:
    """The targets of one CPU from its listings' adjusted prices in USD; the deviation is that of a sample."""
    count = len(prices)
    confidence = confidence_of(count)
    if count < ENOUGH:
        return PriceTargets(None, None, None, count, confidence)
    mean, spread = fmean(prices), stdev(prices)
    good, great, fair = (round_half_away(value, 2) for value in (mean, max(mean - spread, 0.0), mean + spread))
    return PriceTargets(good, great, fair, count, confidence)


def performance_ratings(values: Sequence[float]) -> list[tuple[float, str]]:
    """For each CPU's mean USD per mark: its percentile among them (0 best, 100 worst) and its quartile's rating."""
    count = len(values)
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    percentiles = [0.0 if count < 2 else 100.0 * first[value] / (count - 1) for value in values]
    return [(round_half_away(p, 1), RATINGS[min(int(p // 25), 3)]) for p in percentiles]


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie in `low <= value < high`; the last bin holds its upper end as well."""

    low: float
    high: float
    count: int


def histogram(values: Sequence[float]) -> list[Bin]:
    """The distribution of the values in at most 20 bins of one width, which is 1, 2 or 5 times a power of ten."""
    if not len(values):
        return []
    found = np.asarray(values, dtype=np.float64)
    low, high = float(found.min()), float(found.max())
    raw = max((high - low) / MOST_BINS, 1e-6)
    power = 10.0 ** math.floor(math.log10(raw))
    width = next(step * power for step in (1, 2, 5, 10, 20) if (high - low) / (step * power) <= MOST_BINS - 1)
    # Each value says its bin, and the edges follow from those: an edge that is computed may lie above the lowest value.
    # What lies on an edge but for binary error (0.3 / 0.1 is 2.9999...) is on it.
    steps = np.floor(round_half_away(found / width, 6)).astype(np.int64)
    first = int(steps.min())
    counts = np.bincount(steps - first)
    edges = pairwise(round_half_away((first + step) * width, 6) for step in range(len(counts) + 1))
    return [Bin(low, high, int(count)) for (low, high), count in zip(edges, counts, strict=True)]
