"""At most forty rules in round dollars, each with how sure it is and how many offers are behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from valuation.market.estimate.offers import Floats, Labels, Offers
from valuation.market.estimate.solving import LEAST_FIT, SMOOTH, fit_of, solve
from valuation.market.estimate.terms import Shape, Term, design, terms_for

MOST_RULES = 40
ROUND_USD = 5.0
ROUND_SHARE = 0.01
BOOTSTRAPS = 20
MOST_RESAMPLED = 5_000  # offers in one resample: the interval of a rule needs no more
BASES_TRIED = 40
ROUGHLY = 1e-4  # of the loss: an interval is of dollars, not of cents
SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Amount:
    """What one term adds, in USD, with the interval in which it lay in four of five resamples."""

    term: Term
    usd: float
    low: float
    high: float
    offers: int


@dataclass(frozen=True)
class Fit:
    """A base and amounts, in USD. `unit` is the median price, by which prices and dollars scale."""

    base: float
    amounts: tuple[Amount, ...]
    unit: float

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        return tuple(amount.term for amount in self.amounts)

    @cached_property
    def dollars(self) -> Floats:
        return np.array([self.base, *(amount.usd for amount in self.amounts)])

    def fitted(self, offers: Offers) -> Floats:
        """What the rules alone say these offers are worth, USD > 0."""
        return fit_of(design(self.terms, offers), self.dollars, self.unit)

    def field_amounts(self, offers: Offers) -> dict[str, Floats]:
        """What each field gives to each offer, USD in whole cents, float64[n]; a formula is rounded half away from 0.

        This, with the base, is what a baseline of these rules gives to the same listings.
        """
        found: dict[str, Floats] = {}
        for amount in self.amounts:
            given = amount.usd * amount.term.column(offers)
            found[amount.term.field] = found.get(amount.term.field, 0.0) + given
        return {field: to_cents(usd) for field, usd in found.items()}

    def stated(self, offers: Offers) -> Floats:
        """What the rules say, USD in whole cents, and at least a hundredth of the median price."""
        total = self.base + sum(self.field_amounts(offers).values(), np.zeros(len(offers)))
        return np.maximum(to_cents(total), to_cents(np.array(LEAST_FIT * self.unit)))

    def rules(self) -> dict[tuple[str, str], tuple[Amount, ...]]:
        """The amounts by rule, in the order of the terms."""
        found: dict[tuple[str, str], tuple[Amount, ...]] = {}
        for amount in self.amounts:
            found[amount.term.rule] = (*found.get(amount.term.rule, ()), amount)
        return found


def fit_rules(offers: Offers, weight: Floats, *, most: int = MOST_RULES, resamples: int = BOOTSTRAPS) -> Fit:
    """The best `most` rules, rounded. `offers` all have a price; without resamples every interval is the amount."""
    terms = terms_for(offers)
    matrix = design(terms, offers)
    dollars = solve(matrix, offers.price, weight, _signs(terms))
    kept = _most_important(terms, matrix, dollars, weight, most)
    terms, matrix = tuple(terms[place] for place in kept), matrix[:, [0, *(place + 1 for place in kept)]]
    start = dollars[[0, *(place + 1 for place in kept)]]
    dollars = solve(matrix, offers.price, weight, _signs(terms), start)
    unit = float(np.median(offers.price))
    step = round_to(unit)
    lows, highs = _intervals(matrix, offers, weight, terms, dollars, resamples)
    rounded = _rounded(terms, dollars[1:], step)
    base = _base(offers.price, matrix[:, 1:] @ rounded, weight, dollars[0], step, unit)
    behind = [_behind(term, offers) for term in terms]
    amounts = map(Amount, terms, map(float, rounded), map(float, lows), map(float, highs), behind)
    return Fit(base, tuple(amount for amount in amounts if _says_something(amount)), unit)


def to_cents(usd: Floats) -> Floats:
    """Dollars in whole cents, half away from zero; a part of a millionth of a cent short of a half is a half."""
    return np.asarray(np.copysign(np.floor(np.abs(usd) * 100 + 0.5 + 1e-8), usd) / 100 + 0.0)


def round_to(median: float) -> float:
    """Amounts are multiples of this: five dollars, or a hundredth of the median price where that is less."""
    return min(ROUND_USD, ROUND_SHARE * median)


def _signs(terms: Sequence[Term]) -> list[int]:
    return [term.sign for term in terms]


def _says_something(amount: Amount) -> bool:
    """An amount of nothing stays where it is a piece of a formula, which would otherwise have a hole."""
    return amount.usd != 0 or amount.term.shape is Shape.SLOPE


def _most_important(terms: Sequence[Term], matrix: Floats, dollars: Floats, weight: Floats, most: int) -> list[int]:
    """Places of the terms of the rules by which offers differ most: mean absolute departure from the median."""
    by_rule: dict[tuple[str, str], list[int]] = {}
    for place, term in enumerate(terms):
        by_rule.setdefault(term.rule, []).append(place)
    importance = {}
    for rule, places in by_rule.items():
        given = matrix[:, [place + 1 for place in places]] @ dollars[[place + 1 for place in places]]
        importance[rule] = float(np.average(np.abs(given - np.median(given)), weights=weight))
    best = sorted(importance, key=lambda rule: (-importance[rule], rule))[:most]
    return sorted(place for rule in best if importance[rule] > 0 for place in by_rule[rule])


def _rounded(terms: Sequence[Term], dollars: Floats, step: float) -> Floats:
    """Multiples of `step`. Of a formula, what it gives at its knots is rounded, so that errors do not add up."""
    rounded = np.round(dollars / step) * step
    for field in dict.fromkeys(term.field for term in terms if term.shape is Shape.SLOPE):
        places = [p for p, term in enumerate(terms) if term.field == field and term.shape is Shape.SLOPE]
        at_knots = np.round(np.cumsum(dollars[places]) / step) * step
        rounded[places] = np.diff(at_knots, prepend=0.0)
    return np.asarray(np.round(rounded, 2)) + 0.0  # no -0


def _base(price: Floats, rest: Floats, weight: Floats, base: float, step: float, unit: float) -> float:
    """The round base that fits best beside amounts that are rounded already."""
    first = max(round(base / step), 1)
    tried = step * np.arange(max(first - BASES_TRIED, 1), first + BASES_TRIED + 1)
    losses = []
    for candidate in tried:
        residual = np.abs(np.log(price / np.maximum(candidate + rest, unit / 100)))
        losses.append(weight @ np.where(residual < SMOOTH, residual**2 / (2 * SMOOTH), residual - SMOOTH / 2))
    return float(round(float(tried[int(np.argmin(losses))]), 2))


def _behind(term: Term, offers: Offers) -> int:
    """How many offers an amount rests on: those that it is given to; of a formula, those with a mark at all."""
    if term.shape is Shape.SLOPE:
        return int((offers.numbers[term.field] > 0).sum())
    return int(term.column(offers).sum())


def _intervals(
    matrix: Floats, offers: Offers, weight: Floats, terms: Sequence[Term], dollars: Floats, resamples: int
) -> tuple[Floats, Floats]:
    """The 10 % and 90 % quantile of each term's dollars over resamples of whole models."""
    if not resamples:
        return dollars[1:], dollars[1:]
    members = members_of(offers.model)
    random = np.random.default_rng(SEED)
    found = np.empty((resamples, len(terms)))
    for number in range(resamples):
        rows = _resample(members, len(offers), random)
        found[number] = solve(matrix[rows], offers.price[rows], weight[rows], _signs(terms), dollars, enough=ROUGHLY)[
            1:
        ]
    low, high = np.quantile(found, [0.1, 0.9], axis=0)
    return low, high


def members_of(model: Labels) -> list[np.ndarray]:
    """The rows of each model, by its name; an offer whose model is not stated is a model of its own."""
    order = np.argsort(model.codes, kind="stable")
    unknown = int((model.codes < 0).sum())
    alone = [order[place : place + 1] for place in range(unknown)]
    codes = model.codes[order[unknown:]]
    return alone + np.split(order[unknown:], np.flatnonzero(np.diff(codes)) + 1) if len(codes) else alone


def _resample(members: list[np.ndarray], count: int, random: np.random.Generator) -> np.ndarray:
    """Rows of models drawn with replacement, until there are as many offers as there were, or enough."""
    wanted = min(count, MOST_RESAMPLED)
    drawn: list[np.ndarray] = []
    have = 0
    while have < wanted:
        for model in random.integers(0, len(members), size=max(8, (wanted - have) * len(members) // count)):
            drawn.append(members[model])
            have += len(members[model])
            if have >= wanted:
                break
    return np.sort(np.concatenate(drawn))
