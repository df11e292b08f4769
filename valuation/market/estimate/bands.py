"""How far off the estimate is for cheap machines and for dear ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from valuation.market.estimate.spread import HeldOut
from valuation.market.estimate.terms import nice

BANDS = 6
FEWEST = 10  # offers in a band: of fewer, the middle says nothing


@dataclass(frozen=True, slots=True)
class Band:
    """Held-out offers that ask `low` to less than `high` USD. `error` is the median absolute share of the price (0.15
    is 15 %), `lean` the median signed one: above zero the estimate says more than is asked.
    """

    low: float
    high: float
    offers: int
    error: float
    lean: float


def price_bands(held: HeldOut) -> tuple[Band, ...]:
    """The errors between round prices, with about as many offers in each band; a band with too few joins the next."""
    off = (held.fair - held.price) / held.price
    inner = sorted({nice(float(at)) for at in np.quantile(held.price, np.arange(1, BANDS) / BANDS)})
    found: list[Band] = []
    low = 0.0
    for high in [*inner, np.inf]:
        here = (held.price >= low) & (held.price < high)
        rest = int((held.price >= high).sum())
        if int(here.sum()) < FEWEST or 0 < rest < FEWEST:
            continue
        found.append(
            Band(low, float(high), int(here.sum()), float(np.median(np.abs(off[here]))), float(np.median(off[here])))
        )
        low = high
    return tuple(found)
