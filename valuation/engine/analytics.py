"""What a CPU's listings say about its price (SEMANTICS 7). Callers pass adjusted prices above 0 of active listings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from .money import round_half_away

CONFIDENCE = ((10, "high"), (5, "medium"), (2, "low"))
RATINGS = ("excellent", "good", "fair", "poor")


@dataclass(frozen=True, slots=True)
class PriceTargets:
    """USD: good is the mean, great one standard deviation below it, fair one above; None under two listings."""

    good: float | None
    great: float | None
    fair: float | None
    sample_size: int
    confidence: str


def price_targets(prices: Sequence[float]) -> PriceTargets:
    """The targets of one CPU from its listings' adjusted prices in USD; the deviation is that of a sample."""
    count = len(prices)
    confidence = next((name for least, name in CONFIDENCE if count >= least), "insufficient")
    if count < 2:
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
