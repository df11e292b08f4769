"""Which offers count for the estimate, why others do not, and how much each counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from valuation.market.estimate.offers import Floats, Offers, Rows

NO_PRICE = "no price"
FREE = "a price of zero"
NO_PARTS = "neither CPU nor memory known"
TWIN = "the same offer again"
HALF_LIFE_DAYS = 180.0


@dataclass(frozen=True, slots=True)
class Gate:
    """The places of the offers that count, in an order that depends on what they say alone, and why others do not."""

    rows: Rows
    reasons: tuple[str, ...]

    def counted(self) -> dict[str, int]:
        """How many are left out for each reason, the most common first."""
        return dict(Counter(reason for reason in self.reasons if reason).most_common())


def gate(offers: Offers) -> Gate:
    """Offers that say what they ask for and what for. Each is left out for the first reason that fits."""
    reasons = offers.refused.copy()

    def refuse(mask: np.ndarray, reason: str) -> None:
        reasons[mask & (reasons == "")] = reason

    refuse(np.isnan(offers.price), NO_PRICE)
    refuse(~(offers.price > 0), FREE)
    unknown = np.isnan(offers.numbers["cpu_mark"]) & (offers.cpu.codes < 0) & np.isnan(offers.numbers["ram_gb"])
    refuse(unknown, NO_PARTS)
    order = _by_content(offers)
    usable = order[reasons[order] == ""]
    kept = usable[~_repeats(offers, usable)]
    twins = np.ones(len(offers), dtype=bool)
    twins[kept] = False
    refuse(twins, TWIN)
    return Gate(kept, tuple(reasons))


def _keys(offers: Offers) -> list[np.ndarray]:
    numbers = [np.nan_to_num(offers.numbers[name], nan=-1.0) for name in sorted(offers.numbers)]
    labels = [offers.labels[name].codes for name in sorted(offers.labels)]
    return [offers.title.codes, offers.model.codes, offers.cpu.codes, *labels, *numbers, offers.price]


def _by_content(offers: Offers) -> Rows:
    """Places in an order that does not depend on ids or on how the offers came."""
    return np.lexsort((offers.ids, *_keys(offers)))


def _repeats(offers: Offers, rows: Rows) -> np.ndarray:
    """Of rows ordered by content, which say what the row before them says."""
    same = np.ones(len(rows), dtype=bool)
    if len(rows):
        same[0] = False
    for key in _keys(offers):
        values = key[rows]
        same[1:] &= values[1:] == values[:-1]
    return same


def weights(offers: Offers) -> Floats:
    """How much each offer counts: n offers of one model by one seller together as sqrt(n), old prices less."""
    pairs = offers.seller.codes.astype(np.int64) * (len(offers.model.names) + 1) + offers.model.codes
    known = (offers.seller.codes >= 0) & (offers.model.codes >= 0)
    _, place, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    share = np.where(known, 1.0 / np.sqrt(counts[place]), 1.0)
    age = np.maximum(np.nan_to_num(offers.days_old), 0.0)
    return np.asarray(share * 0.5 ** (age / HALF_LIFE_DAYS))
