"""How far off the estimate is for offers that it has not seen, and the interval that follows.

Split conformal: offers are left out by whole models, five times; what they ask beside what was then said they are worth
is the error that buyers would have met. The error is divided by how large an error was to be expected there, and the
quantiles of what is left hold for the next offer, whatever their distribution is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from zlib import crc32

import numpy as np

from valuation.market.estimate.fitting import Fit, fit_rules
from valuation.market.estimate.neighbours import MOST_RESIDUAL, Near, Pool
from valuation.market.estimate.offers import Floats, Offers, Rows

FOLDS = 5
MOST_HELD_OUT = 20_000  # offers in the folds together
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
NO_MATTER = 0.002  # of the error
LEAST_SCALE, MOST_SCALE = 0.03, 0.8
NEVER_ZERO = 0.02
LOW, HIGH = 0.10, 0.90
GRID = np.arange(1, 200) / 200
CLASSES = ("the third with the least comparables", "the third between", "the third with the most comparables")


@dataclass(frozen=True)
class HeldOut:
    """Offers that the estimate did not see, and what it said: `rules` and `price` in USD.

    `trust` is how much of what comparables say is taken, 0 to 1.
    """

    rows: Rows
    fold: Rows
    price: Floats
    rules: Floats
    near: Near
    trust: float = 1.0

    @property
    def fair(self) -> Floats:
        """Rules and comparables together, USD."""
        return np.asarray(self.rules * np.exp(self.trust * self.near.correction))

    @property
    def error(self) -> Floats:
        """The logarithm of price over fair value."""
        return np.log(self.price / self.fair)


def best_trust(held: HeldOut) -> float:
    """How much of the comparables' word makes the least error; where it hardly matters, the less.

    Where machines differ only by what the rules know, the rest of a price is noise, and so is that of comparables.
    """
    errors = {trust: _mean_error(replace(held, trust=trust)) for trust in TRUSTS}
    least = min(errors.values())
    return next(trust for trust in TRUSTS if errors[trust] <= least * (1 + NO_MATTER))


def _mean_error(held: HeldOut) -> float:
    return float(np.mean(np.minimum(np.abs(held.error), MOST_RESIDUAL)))


@dataclass(frozen=True)
class Spread:
    """The scale of errors and the quantiles of scaled errors.

    `scale` are the coefficients of its logarithm, float64[6]; `middle` and `width` those of the logarithm of rules'
    prices; `quantiles` float64[199] of log(price/fair)/scale at 0.5 %, 1 %, ... 99.5 %, `low` and `high` those of the
    interval, a little further out than 10 % and 90 %, because there are finitely many offers.
    """

    scale: Floats
    middle: float
    width: float
    quantiles: Floats
    low: float
    high: float

    def scales(self, near: Near, missing: Floats, rules: Floats) -> Floats:
        """How large an error is to be expected of each offer, in logarithms."""
        features = _features(near, missing, rules, self.middle, self.width)
        return np.asarray(np.clip(np.exp(features @ self.scale), LEAST_SCALE, MOST_SCALE))

    def share_below(self, scaled: Floats) -> Floats:
        """Which share of offers asks less beside its fair value, 0 to 1."""
        return np.interp(scaled, self.quantiles, GRID, left=0.0, right=1.0)

    def quantile(self, share: float) -> float:
        return float(np.interp(share, GRID, self.quantiles))

    @property
    def deviation(self) -> float:
        """A robust standard deviation of scaled errors: from the quartiles of a normal distribution."""
        return max((self.quantile(0.75) - self.quantile(0.25)) / 1.349, 1e-9)


def by_model(offers: Offers) -> Rows:
    """The fold of each offer: one for all of a model, whatever else is for sale."""
    folds = np.array([crc32(name.encode()) % FOLDS for name in offers.model.names] + [0])
    alone = np.arange(len(offers)) % FOLDS
    return np.where(offers.model.codes < 0, alone, folds[offers.model.codes])


def by_offer(offers: Offers) -> Rows:
    """The fold of each offer, whatever its model: others of the model are seen."""
    return np.arange(len(offers)) % FOLDS


def hold_out(offers: Offers, weight: Floats, folds: Callable[[Offers], Rows], *, most_rules: int) -> HeldOut:
    """Every offer valued by what is fitted to the other folds; at most `MOST_HELD_OUT`, spread evenly."""
    sample = np.arange(0, len(offers), max(1, -(-len(offers) // MOST_HELD_OUT)))
    offers, weight = offers.take(sample), weight[sample]
    fold = folds(offers)
    parts = []
    for number in range(FOLDS):
        seen, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if len(seen) and len(held):
            parts.append((held, *_said(offers.take(seen), weight[seen], offers.take(held), most_rules)))
    rows = np.concatenate([part[0] for part in parts])
    rules = np.concatenate([part[1] for part in parts])
    near = _joined([part[2] for part in parts])
    return HeldOut(sample[rows], fold[rows], offers.price[rows], rules, near)


def _said(seen: Offers, weight: Floats, held: Offers, most_rules: int) -> tuple[Floats, Near]:
    fit: Fit = fit_rules(seen, weight, most=most_rules, resamples=0)
    rules = fit.fitted(held)
    return rules, Pool(seen, fit.fitted(seen)).near(held, rules)


def _joined(parts: list[Near]) -> Near:
    return Near(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Near)})


def spread_of(held: HeldOut, missing: Floats) -> Spread:
    """The scale and quantiles of what was held out; `missing` is of those offers."""
    logs = np.log(held.rules)
    middle, width = float(np.mean(logs)), max(float(np.std(logs)), 1e-6)
    features = _features(held.near, missing, held.rules, middle, width)
    logs_off = np.log(np.abs(held.error) + NEVER_ZERO)
    scale = np.asarray(np.linalg.lstsq(features, logs_off, rcond=None)[0], dtype=np.float64)
    spread = Spread(scale, middle, width, np.zeros(len(GRID)), 0.0, 0.0)
    scaled = held.error / spread.scales(held.near, missing, held.rules)
    low, high = conformal(scaled)
    return Spread(scale, middle, width, np.quantile(scaled, GRID), low, high)


def conformal(scaled: Floats) -> tuple[float, float]:
    """The order statistics between which the next error lies with at least the promised share (n + 1, not n)."""
    ordered, count = np.sort(scaled), len(scaled)
    low = max(int(np.floor((count + 1) * LOW + 1e-9)) - 1, 0)
    high = min(int(np.ceil((count + 1) * HIGH - 1e-9)) - 1, count - 1)
    return float(ordered[low]), float(ordered[high])


def coverage(held: HeldOut, missing: Floats) -> dict[str, float]:
    """The share of each fold, and of each class of comparables, that lay within the interval of the other folds."""
    inside = np.zeros(len(held.rows), dtype=bool)
    judged = np.zeros(len(held.rows), dtype=bool)
    for number in range(FOLDS):
        here, others = np.flatnonzero(held.fold == number), np.flatnonzero(held.fold != number)
        if len(here) and len(others):
            spread = spread_of(_some(held, others), missing[others])
            part = _some(held, here)
            scaled = part.error / spread.scales(part.near, missing[here], part.rules)
            inside[here] = (scaled >= spread.low) & (scaled <= spread.high)
            judged[here] = True
    found = {"all": _share(inside[judged])}
    found |= {f"fold {n + 1}": _share(inside[judged & (held.fold == n)]) for n in range(FOLDS)}
    edges = np.searchsorted(np.quantile(held.near.total, [1 / 3, 2 / 3]), held.near.total)
    found |= {name: _share(inside[judged & (edges == place)]) for place, name in enumerate(CLASSES)}
    return {name: share for name, share in found.items() if not np.isnan(share)}


def _share(mask: np.ndarray) -> float:
    return float(mask.mean()) if len(mask) else float("nan")


def _some(held: HeldOut, rows: Rows) -> HeldOut:
    near = Near(**{f.name: getattr(held.near, f.name)[rows] for f in fields(Near)})
    return HeldOut(held.rows[rows], held.fold[rows], held.price[rows], held.rules[rows], near, held.trust)


def _features(near: Near, missing: Floats, rules: Floats, middle: float, width: float) -> Floats:
    """float64[n, 6]: 1, how far comparables lie apart, how little they weigh, what is not stated, cheap, dear."""
    place = (np.log(rules) - middle) / width
    cheap, dear = np.maximum(-1 - place, 0), np.maximum(place - 1, 0)
    return np.column_stack([np.ones(len(rules)), near.scatter, 1 / (1 + near.total), missing, cheap, dear])
