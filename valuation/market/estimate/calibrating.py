"""An estimate from an inventory: fitted, tested on offers it had not seen, and refused where it is no use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from valuation.market.estimate.bands import Band, price_bands
from valuation.market.estimate.fitting import MOST_RULES, Fit, fit_rules
from valuation.market.estimate.gating import Gate, gate, weights
from valuation.market.estimate.grading import Judged, is_implausible, judge
from valuation.market.estimate.neighbours import Near, Pool
from valuation.market.estimate.offers import Floats, Mask, Offers, Ranks, Rows, fill_marks, mark_medians
from valuation.market.estimate.solving import RIDGE
from valuation.market.estimate.spread import (
    HeldOut,
    Spread,
    best_trust,
    by_model,
    by_offer,
    coverage,
    hold_out,
    spread_of,
)
from valuation.market.estimate.terms import design, terms_for

FEWEST = 30
SKETCH, SKETCH_RULES = 100, 10
SURE = 300  # below that, an amount is worth no more than its interval
BETTER_BY = 0.20  # than one price for everything
ONE_SELLER, MOST_DAYS = 0.30, 180.0
COVERED = (0.75, 0.85)


class TooThin(ValueError):
    """Why there is no estimate; the text says what is missing, `reasons` counts the offers left out."""

    def __init__(self, message: str, reasons: Mapping[str, int]) -> None:
        super().__init__(message)
        self.reasons = dict(reasons)


@dataclass(frozen=True)
class Market:
    """An estimate: rules, the offers to compare with, and the spread. `trust` is how much of what
    comparables say is taken; `marks` are what unstated marks are taken for.

    `errors` are median absolute shares of the price (0.15 is 15 %) by method, for models that were not seen ("new") and
    for offers of which others of the model were ("known"); `covered` the share of held-out offers that lay in their
    interval; `bands` the errors for new models by price.
    """

    fit: Fit
    pool: Pool
    spread: Spread
    trust: float
    marks: Mapping[str, float]
    offers: int
    left_out: Mapping[str, int]
    errors: Mapping[str, Mapping[str, float]]
    covered: Mapping[str, float]
    warnings: tuple[str, ...]
    bands: tuple[Band, ...] = ()

    @property
    def is_sketch(self) -> bool:
        """Too few offers for more than ten rules and a careful grade."""
        return self.offers < SKETCH

    def value(self, offers: Offers) -> Valued:
        """Fair values, intervals and grades of any offers, with a price or without."""
        offers = with_marks(offers, self.marks)
        rules = self.fit.stated(offers)
        near = self.pool.near(offers, rules)
        fair = np.maximum(np.round(rules * np.exp(self.trust * near.correction), 2), 0.01)
        scale = self.spread.scales(near, offers.missing, rules)
        judged = judge(
            offers.price, fair, scale, self.spread, knows_parts=knows_parts(offers), is_sketch=self.is_sketch
        )
        low = np.round(fair * np.exp(np.minimum(self.spread.low, 0) * scale), 2)
        high = np.round(fair * np.exp(np.maximum(self.spread.high, 0) * scale), 2)
        return Valued(rules, fair, low, high, near, judged)


@dataclass(frozen=True, slots=True)
class Valued:
    """n offers valued: USD, to the cent. `rules` is what the rules give, `fair` with what comparables say."""

    rules: Floats
    fair: Floats
    low: Floats
    high: Floats
    near: Near
    judged: Judged


def knows_parts(offers: Offers) -> Mask:
    """Whether an offer says what CPU or how much memory it has."""
    return np.asarray(
        ~np.isnan(offers.numbers["cpu_mark"]) | (offers.cpu.codes >= 0) | ~np.isnan(offers.numbers["ram_gb"])
    )


def with_marks(offers: Offers, medians: Mapping[str, float]) -> Offers:
    """The offers with unstated CPU marks filled in."""
    filled = fill_marks(offers.numbers["cpu_mark"], Ranks.of(offers.cpu).kind, medians)
    numbers = {**offers.numbers, "cpu_mark": filled}
    return replace(offers, numbers=numbers)


@dataclass(frozen=True)
class _Usable:
    """The offers that count, with filled marks and weights, and the gate they came through."""

    offers: Offers
    weight: Floats
    gate: Gate
    marks: Mapping[str, float]

    @cached_property
    def most_rules(self) -> int:
        return SKETCH_RULES if len(self.offers) < SKETCH else MOST_RULES


def calibrate(offers: Offers, *, most_rules: int | None = None, fewest: int = FEWEST) -> Market:
    """The estimate of an inventory. Deterministic: the same offers, in whatever order, give the same market.

    Raises TooThin where fewer than `fewest` offers can be used, or where one price for everything is nearly as good.
    """
    first = _usable(offers)
    _refuse_few(len(first.offers), fewest, first.gate)
    rules = most_rules or first.most_rules
    odd = _implausible(first, rules)
    kept = _without(first, odd)
    _refuse_few(len(kept.offers), fewest, kept.gate)
    left_out = kept.gate.counted() | ({"implausible price": int(odd.sum())} if odd.any() else {})
    new = _trusted(hold_out(kept.offers, kept.weight, by_model, most_rules=rules))
    known = replace(hold_out(kept.offers, kept.weight, by_offer, most_rules=rules), trust=new.trust)
    errors = {"new": _errors(kept, new), "known": _errors(kept, known)}
    if errors["new"]["rules_and_comparables"] >= (1 - BETTER_BY) * errors["new"]["constant"]:
        raise TooThin(
            "What the offers say about themselves explains their prices too little: an estimate would be off "
            f"by {errors['new']['rules_and_comparables']:.0%}, one price for all by {errors['new']['constant']:.0%}.",
            left_out,
        )
    missing = kept.offers.missing[new.rows]
    covered = coverage(new, missing)
    fit = fit_rules(kept.offers, kept.weight, most=rules)
    return Market(
        fit=fit,
        pool=Pool(kept.offers, fit.stated(kept.offers)),
        spread=spread_of(new, missing),
        trust=new.trust,
        marks=kept.marks,
        offers=len(kept.offers),
        left_out=left_out,
        errors=errors,
        covered=covered,
        warnings=_warnings(kept, covered),
        bands=price_bands(new),
    )


def pool_of(offers: Offers, marks: Mapping[str, float], implausible: Mask) -> Offers:
    """The offers that others are compared with, among all that are for sale now: usable and plausible ones."""
    filled = with_marks(offers, marks)
    rows = gate(filled).rows
    return filled.take(rows[~implausible[rows]])


def _usable(offers: Offers) -> _Usable:
    medians = mark_medians(offers.numbers["cpu_mark"], Ranks.of(offers.cpu).kind)
    filled = with_marks(offers, medians)
    through = gate(filled)
    usable = filled.take(through.rows)
    return _Usable(usable, weights(usable), through, medians)


def _without(usable: _Usable, odd: Mask) -> _Usable:
    rows: Rows = np.flatnonzero(~odd)
    return _Usable(usable.offers.take(rows), usable.weight[rows], usable.gate, usable.marks)


def _refuse_few(count: int, fewest: int, through: Gate) -> None:
    if count < fewest:
        told = "; ".join(f"{number} {reason}" for reason, number in through.counted().items())
        raise TooThin(
            f"{count} offers can be used, and {fewest} are needed." + (f" Left out: {told}." if told else ""),
            through.counted(),
        )


def _implausible(usable: _Usable, most_rules: int) -> Mask:
    """Prices that a first estimate, which absurd prices cannot move, says are none of such machines."""
    held = _trusted(hold_out(usable.offers, usable.weight, by_model, most_rules=most_rules))
    fit = fit_rules(usable.offers, usable.weight, most=most_rules, resamples=0)
    rules = fit.fitted(usable.offers)
    near = Pool(usable.offers, rules).near(usable.offers, rules)
    fair = rules * np.exp(held.trust * near.correction)
    spread = spread_of(held, usable.offers.missing[held.rows])
    scaled = np.log(usable.offers.price / fair) / spread.scales(near, usable.offers.missing, rules)
    return is_implausible(usable.offers.price, fair, scaled, spread)


def _errors(usable: _Usable, held: HeldOut) -> dict[str, float]:
    price = usable.offers.price[held.rows]
    return {
        "constant": _off(price, _constant(usable, held)),
        "log_linear": _off(price, _log_linear(usable, held)),
        "rules": _off(price, held.rules),
        "rules_and_comparables": _off(price, held.fair),
    }


def _trusted(held: HeldOut) -> HeldOut:
    return replace(held, trust=best_trust(held))


def _off(price: Floats, said: Floats) -> float:
    return float(np.median(np.abs(said - price) / price))


def _constant(usable: _Usable, held: HeldOut) -> Floats:
    """The median price of the other folds."""
    price = usable.offers.price[held.rows]
    medians = {fold: np.median(price[held.fold != fold]) for fold in np.unique(held.fold)}
    return np.array([medians[fold] for fold in held.fold])


def _log_linear(usable: _Usable, held: HeldOut) -> Floats:
    """The logarithm of the price by least squares on the same columns: what a spreadsheet would do."""
    offers = usable.offers.take(held.rows)
    matrix, goal = design(terms_for(offers), offers), np.log(offers.price)
    said = np.empty(len(goal))
    for fold in np.unique(held.fold):
        seen, here = held.fold != fold, held.fold == fold
        normal = matrix[seen].T @ matrix[seen] + np.diag([1e-9, *[RIDGE] * (matrix.shape[1] - 1)])
        said[here] = matrix[here] @ np.linalg.solve(normal, matrix[seen].T @ goal[seen])
    return np.exp(said)


def _warnings(usable: _Usable, covered: Mapping[str, float]) -> tuple[str, ...]:
    offers, found = usable.offers, []
    sellers = np.bincount(offers.seller.codes[offers.seller.codes >= 0], minlength=1)
    if sellers.max() > ONE_SELLER * len(offers):
        name = offers.seller.names[int(sellers.argmax())]
        found.append(f"{sellers.max() / len(offers):.0%} of the offers are of one seller, {name}.")
    days = offers.days_old[~np.isnan(offers.days_old)]
    if len(days) and np.ptp(days) > MOST_DAYS:
        found.append(f"Prices are up to {np.ptp(days):,.0f} days apart.")
    if not COVERED[0] <= covered["all"] <= COVERED[1]:
        found.append(f"{covered['all']:.0%} of the offers held out lay in their interval, where 80% should.")
    if len(offers) < SURE:
        found.append(f"{len(offers)} offers: the amount of one part is worth no more than its interval.")
    return tuple(found)
