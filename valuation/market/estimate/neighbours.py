"""What comparable offers say that the rules do not: the twelve nearest, and how far their prices are from the rules.

Two offers are as far apart as the logarithms of what they have, weighted by what it is worth, with something added for
another model, maker, condition, and so on. Only offers whose fitted prices lie close are looked at: a window over the
offers in order of fitted price, so that n offers take n windows and not n x n.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from valuation.market.estimate.offers import Floats, Offers, Rows

WINDOW = 400  # offers to either side in order of fitted price
NEAREST = 12
REACH = 0.4  # a comparable at this distance counts e times less than one that is the same
HOLD = 0.1  # the correction is held back by this much weight of "nothing to correct"
MOST_RESIDUAL = 1.0
BLOCK = 256  # offers looked at together: a few megabytes

LOGS = {"ram_gb": 0.5, "storage_gb": 0.35, "cpu_mark": 1.1, "gpu_mark": 0.6}
YEAR = 0.12
ANOTHER_MODEL, OTHER_CARD = 0.5, 0.6
OTHERS = {
    "manufacturer": 0.5,
    "condition": 0.5,
    "series": 0.5,
    "medium": 0.35,
    "form_factor": 0.3,
    "os_license": 0.2,
    "cpu_family": 0.2,
}
OTHER_CUSTOM = 0.3  # each custom fact that is one of few words
UNKNOWN_LOG = float(np.log(2.0))  # one of the two is not stated: as if it were twice or half as much
UNKNOWN_YEARS = 2.0


@dataclass(frozen=True, slots=True)
class Near:
    """The comparables of q offers, the nearest first; -1 and infinity where there are fewer than twelve.

    `places` int[q, 12] into the pool, `distance`, `weight` and `residual` (log of price over rules) float64[q, 12].
    `total` is the sum of weights, `correction` the log by which they move the rules' price, `scatter` how far their
    residuals lie apart: the weighted mean absolute deviation from their median.
    """

    places: Rows
    distance: Floats
    weight: Floats
    residual: Floats
    total: Floats
    correction: Floats
    scatter: Floats

    @property
    def count(self) -> Rows:
        return np.asarray((self.places >= 0).sum(axis=1))


class Pool:
    """Offers with prices that others are compared with, in order of what the rules say they are worth."""

    def __init__(self, offers: Offers, fitted: Floats) -> None:
        order = np.lexsort((np.arange(len(offers)), fitted))
        self.order = order
        self.offers = offers.take(order)
        self.fitted = fitted[order]
        self.residual = np.clip(np.log(self.offers.price / self.fitted), -MOST_RESIDUAL, MOST_RESIDUAL)

    def __len__(self) -> int:
        return len(self.order)

    @cached_property
    def _traits(self) -> _Traits:
        return _Traits(self.offers)

    def near(self, offers: Offers, fitted: Floats) -> Near:
        """The comparables of these offers, which the rules value at `fitted`. Never itself, nor its own seller's.

        `places` are those of the offers that the pool was made of.
        """
        asked = _Traits(offers)
        blocks = [
            self._block(asked, fitted, np.arange(first, min(first + BLOCK, len(offers))))
            for first in range(0, len(offers), BLOCK)
        ]
        if not blocks:
            blocks = [(np.empty((0, NEAREST), dtype=np.intp), np.empty((0, NEAREST)))]
        places = np.concatenate([block[0] for block in blocks])
        distance = np.concatenate([block[1] for block in blocks])
        known = places >= 0
        weight = np.where(known, np.exp(-distance / REACH), 0.0)
        residual = np.where(known, np.append(self.residual, 0.0)[places], 0.0)
        total = weight.sum(axis=1)
        middle = weighted_median(residual, weight)
        scatter = (weight * np.abs(residual - middle[:, None])).sum(axis=1) / np.maximum(total, 1e-12)
        named = np.where(known, np.append(self.order, -1)[places], -1)
        return Near(named, distance, weight, residual, total, middle * total / (total + HOLD), scatter)

    def _block(self, asked: _Traits, fitted: Floats, rows: Rows) -> tuple[Rows, Floats]:
        """Places in this order and distances of the nearest of each row's window."""
        width = min(2 * WINDOW + 1, len(self))
        if not width:
            return np.full((len(rows), NEAREST), -1), np.full((len(rows), NEAREST), np.inf)
        middle = np.searchsorted(self.fitted, fitted[rows])
        first = np.clip(middle - WINDOW, 0, len(self) - width)
        window = first[:, None] + np.arange(width)
        distance = asked.distance(rows, self._traits, window)
        kept = min(NEAREST, width)
        near = np.argpartition(distance, kept - 1, axis=1)[:, :kept]
        found = np.take_along_axis(distance, near, axis=1)
        names = np.take_along_axis(window, near, axis=1)
        order = np.lexsort((names, found), axis=1)
        found, names = np.take_along_axis(found, order, axis=1), np.take_along_axis(names, order, axis=1)
        fill = ((0, 0), (0, NEAREST - kept))
        names = np.where(np.isfinite(found), names, -1)
        return np.pad(names, fill, constant_values=-1), np.pad(found, fill, constant_values=np.inf)


class _Traits:
    """What distances are measured by; float32 and codes, because windows are wide."""

    def __init__(self, offers: Offers) -> None:
        self.ids = offers.ids
        self.logs = {
            name: np.log(np.maximum(offers.numbers[name], 1.0)).astype(np.float32)
            for name in LOGS
            if name != "gpu_mark"
        }
        card = offers.numbers["card"]
        mark = np.where(card > 0, offers.numbers["gpu_mark"], 1.0)
        self.logs["gpu_mark"] = np.log(np.maximum(mark, 1.0)).astype(np.float32)
        self.card = card.astype(np.int8)
        self.years = offers.numbers["age_years"].astype(np.float32)
        self.model, self.seller = offers.model.texts(), offers.seller.texts()
        self.others = {name: labels.texts() for name, labels in offers.labels.items()}

    @cached_property
    def hashed(self) -> dict[str, np.ndarray]:
        """Texts as numbers that are the same in every set of offers; 0 is not stated."""
        texts = {"model": self.model, "seller": self.seller, **self.others}
        return {name: _hashes(column) for name, column in texts.items()}

    def distance(self, rows: Rows, pool: _Traits, window: Rows) -> Floats:
        """float64[rows, window]; infinite for the offer itself and for its seller's."""
        found = np.zeros(window.shape, dtype=np.float32)
        same_card = self.card[rows][:, None] == pool.card[window]
        both = (self.card[rows][:, None] > 0) & same_card
        for name, weight in LOGS.items():
            apart = np.abs(self.logs[name][rows][:, None] - pool.logs[name][window])
            apart = _unknown(apart, self.logs[name][rows], pool.logs[name][window], UNKNOWN_LOG)
            found += np.where(both, apart, 0) * weight if name == "gpu_mark" else apart * weight
        years = np.abs(self.years[rows][:, None] - pool.years[window])
        found += YEAR * _unknown(years, self.years[rows], pool.years[window], UNKNOWN_YEARS)
        found += np.where(same_card, 0, np.float32(OTHER_CARD))
        mine, theirs = self.hashed, pool.hashed
        found += np.where(_same(mine["model"][rows], theirs["model"][window]), 0, np.float32(ANOTHER_MODEL))
        for name in sorted(self.others.keys() & pool.others.keys()):
            weight = OTHERS.get(name, OTHER_CUSTOM)
            found += np.where(mine[name][rows][:, None] == theirs[name][window], 0, np.float32(weight))
        barred = _same(mine["seller"][rows], theirs["seller"][window])
        barred |= self.ids[rows][:, None] == pool.ids[window]
        return np.where(barred, np.inf, found.astype(np.float64))


def distances(offers: Offers, others: Offers) -> Floats:
    """float64[offers, others]: of few from few, since every pair is looked at; infinite as in `Pool.near`."""
    rows = np.arange(len(offers))
    everything = np.broadcast_to(np.arange(len(others)), (len(offers), len(others)))
    return _Traits(offers).distance(rows, _Traits(others), everything)


def _unknown(apart: np.ndarray, mine: np.ndarray, theirs: np.ndarray, alone: float) -> np.ndarray:
    """Nothing where neither says, `alone` where only one does."""
    silent, also_silent = np.isnan(mine)[:, None], np.isnan(theirs)
    return np.where(silent & also_silent, 0, np.where(silent | also_silent, np.float32(alone), apart))


def _same(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The same text, and one that is stated."""
    return np.asarray((mine[:, None] == theirs) & (mine[:, None] != 0))


def _hashes(texts: np.ndarray) -> np.ndarray:
    names = {text: hash(text) or 1 for text in set(texts.tolist())}
    names[""] = 0
    return np.array([names[text] for text in texts.tolist()], dtype=np.int64)


def weighted_median(values: Floats, weight: Floats) -> Floats:
    """Of each row; the middle of the two values between which half the weight lies. 0 for a row without weight."""
    order = np.argsort(values, axis=1, kind="stable")
    values, weight = np.take_along_axis(values, order, axis=1), np.take_along_axis(weight, order, axis=1)
    so_far = np.cumsum(weight, axis=1)
    half = so_far[:, -1:] / 2
    low = np.argmax(so_far >= half - 1e-12, axis=1)
    high = np.argmax(so_far > half + 1e-12, axis=1)
    rows = np.arange(len(values))
    return np.asarray(np.where(half[:, 0] > 0, (values[rows, low] + values[rows, high]) / 2, 0.0))
