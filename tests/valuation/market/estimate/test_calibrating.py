"""The estimate of a market whose truth is known, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.valuation.market.estimate.made import PER_MARK, RAM, STORAGE, Made, made
from valuation.market.estimate.calibrating import Market, TooThin, calibrate, pool_of, with_marks
from valuation.market.estimate.fitting import Fit
from valuation.market.estimate.gating import FREE, NO_PARTS, NO_PRICE, TWIN, gate, weights
from valuation.market.estimate.grading import NO_PRICE as UNGRADED
from valuation.market.estimate.offers import Offers, labels_of
from valuation.market.estimate.stored import from_json, to_json
from valuation.market.estimate.terms import Shape

SEEDS = range(3)  # the figures of twenty are in docs/market.md


@cache
def world(seed: int, count: int = 1000, junk: float = 0.03) -> tuple[Made, Market]:
    this = made(count, seed, junk=junk)
    return this, calibrate(this.offers)


def amounts(fit: Fit) -> dict[tuple[str, float, str], float]:
    return {(a.term.field, a.term.at, a.term.label): a.usd for a in fit.amounts}


def worth(fit: Fit, field: str, value: float) -> float:
    """What the steps and slopes of a field give to a value, USD."""
    found = 0.0
    for amount in fit.amounts:
        term = amount.term
        if term.field == field and term.shape is Shape.STEP and value >= term.at:
            found += amount.usd
        if term.field == field and term.shape is Shape.SLOPE:
            found += amount.usd * float(np.clip((value - term.at) / (term.to - term.at), 0, 1))
    return found


def error(this: Made, market: Market) -> float:
    fair, sound = market.value(this.offers).fair, ~this.absurd
    return float(np.mean((np.abs(fair - this.truth) / this.truth)[sound]))


@pytest.mark.parametrize("seed", SEEDS)
class TestAMarketOfKnownTruth:
    def test_parts_are_worth_what_they_were_made_of(self, seed: int) -> None:
        fit = world(seed)[1].fit
        off = {gb: worth(fit, "ram_gb", gb) - worth(fit, "ram_gb", 4) - usd for gb, usd in RAM.items()}
        assert {gb: usd for gb, usd in off.items() if abs(usd) > (25 if gb == 64 else 15)} == {}
        off = {gb: worth(fit, "storage_gb", gb) - worth(fit, "storage_gb", 120) - usd for gb, usd in STORAGE.items()}
        assert {gb: usd for gb, usd in off.items() if abs(usd) > 25} == {}
        gained = worth(fit, "cpu_mark", 20_000) - worth(fit, "cpu_mark", 8_000)
        assert gained == pytest.approx(12_000 * PER_MARK, abs=25)

    def test_fair_values_are_close_and_absurd_prices_flagged(self, seed: int) -> None:
        this, market = world(seed)
        flagged = market.value(this.offers).judged.implausible
        assert error(this, market) <= 0.025
        assert not (this.absurd & ~flagged).any()
        assert (flagged & ~this.absurd).mean() <= 0.01

    def test_a_tenth_of_absurd_prices_hardly_matters(self, seed: int) -> None:
        assert error(*world(seed, junk=0.10)) <= error(*world(seed)) + 0.015

    def test_more_is_never_worth_less_by_the_rules(self, seed: int) -> None:
        assert [a for a in world(seed)[1].fit.amounts if a.term.sign > 0 and a.usd < 0] == []

    def test_the_interval_holds(self, seed: int) -> None:
        assert 0.77 <= world(seed)[1].covered["all"] <= 0.83


def test_the_order_of_offers_and_their_ids_change_nothing() -> None:
    this, market = world(0)
    other = calibrate(this.permuted(np.random.default_rng(5)))
    assert to_json(other) == to_json(market)


def test_every_offer_twice_is_every_offer_once() -> None:
    this, market = world(0)
    rows = np.concatenate([np.arange(len(this.offers))] * 2)
    doubled = replace(this.offers.take(rows), ids=np.arange(len(rows)))
    other = calibrate(doubled)
    assert amounts(other.fit) == amounts(market.fit)
    assert other.left_out[TWIN] == len(this.offers)


def test_three_times_the_prices_are_three_times_the_dollars() -> None:
    this, market = world(0)
    other = calibrate(replace(this.offers, price=this.offers.price * 3))
    step = 5.0 * 3 + 5.0  # either side is rounded
    before, after = amounts(market.fit), amounts(other.fit)
    assert {
        key: (usd, after.get(key, 0.0)) for key, usd in before.items() if abs(after.get(key, 0) - 3 * usd) > step
    } == {}


def test_a_stored_estimate_says_the_same() -> None:
    this, market = world(0)
    valued = market.value(this.offers)
    usable = pool_of(this.offers, market.marks, valued.judged.implausible)
    again = from_json(to_json(market), usable).value(this.offers)
    sound = ~valued.judged.implausible
    assert np.median(np.abs(again.fair - valued.fair)[sound]) == 0
    assert to_json(from_json(to_json(market), usable)) == to_json(market)


def test_an_offer_without_a_price_has_a_value_and_no_grade() -> None:
    this, market = world(0)
    valued = market.value(replace(this.offers, price=np.full(len(this.offers), np.nan)))
    assert (valued.fair > 0).all()
    assert set(valued.judged.reason) == {UNGRADED}
    assert (valued.low < valued.fair).all()
    assert (valued.fair < valued.high).all()


def test_the_target_is_no_more_than_is_asked_and_grades_go_with_the_price() -> None:
    this, market = world(0)
    valued = market.value(this.offers)
    assert (valued.judged.target <= this.offers.price).all()
    order = ["great", "good", "fair", "high", "overpriced"]
    graded = valued.judged.grade != ""
    places = np.array([order.index(grade) for grade in valued.judged.grade[graded]])
    scaled = valued.judged.scaled[graded]
    assert (np.diff(places[np.argsort(scaled, kind="stable")]) >= 0).all()


def _without_facts(offers: Offers) -> Offers:
    empty = np.full(len(offers), np.nan)
    return replace(offers, numbers={**offers.numbers, "ram_gb": empty, "cpu_mark": empty})


REFUSED: dict[str, Callable[[], Offers]] = {
    "none": lambda: made(0, 0).offers,
    "one": lambda: made(1, 0).offers,
    "few": lambda: made(29, 0).offers,
    "no prices": lambda: replace(made(50, 0).offers, price=np.full(50, np.nan)),
    "prices of zero": lambda: replace(made(50, 0).offers, price=np.zeros(50)),
    "all of one price": lambda: replace(made(200, 0).offers, price=np.full(200, 500.0)),
    "prices that mean nothing": lambda: replace(
        made(400, 0).offers, price=np.round(np.exp(np.random.default_rng(1).normal(6, 1, 400)), 2)
    ),
    "nothing known": lambda: _without_facts(made(200, 0).offers),
}


@pytest.mark.parametrize("offers", REFUSED.values(), ids=REFUSED)
def test_too_little_to_go_by_is_refused(offers: Callable[[], Offers]) -> None:
    with pytest.raises(TooThin):
        calibrate(offers())


def test_few_offers_give_a_sketch() -> None:
    this = made(80, 1, junk=0.0, noise=0.05)
    market = calibrate(this.offers)
    assert market.is_sketch
    assert len(market.fit.rules()) <= 10
    assert not {"great", "overpriced"} & set(market.value(this.offers).judged.grade)


def test_a_price_of_a_billion_and_one_seller_of_everything_are_survived() -> None:
    offers = made(300, 2).offers
    price = offers.price.copy()
    price[0] = 1e9
    market = calibrate(replace(offers, price=price, seller=labels_of(["shop"] * 300)))
    assert any("one seller, shop" in warning for warning in market.warnings)
    assert market.value(replace(offers, price=price)).judged.implausible[0]


def test_the_gate_gives_each_reason_once() -> None:
    offers = made(6, 0, junk=0.0).offers
    numbers = {name: values.copy() for name, values in offers.numbers.items()}
    price, refused = offers.price.copy(), offers.refused.copy()
    price[0], price[1] = np.nan, 0.0
    numbers["ram_gb"][2] = numbers["cpu_mark"][2] = np.nan
    refused[3] = "for parts"
    rows = np.array([0, 1, 2, 3, 4, 5, 5])
    found = gate(replace(offers, price=price, numbers=numbers, refused=refused).take(rows))
    assert sorted(found.reasons) == sorted([NO_PRICE, FREE, NO_PARTS, "for parts", "", "", TWIN])
    assert found.counted() == {NO_PRICE: 1, FREE: 1, NO_PARTS: 1, "for parts": 1, TWIN: 1}


def test_a_seller_with_many_of_a_model_counts_as_the_root_and_old_prices_less() -> None:
    offers = made(4, 0).offers
    same = replace(
        offers,
        model=labels_of(["m"] * 4),
        seller=labels_of(["a", "a", "a", None]),
        days_old=np.array([0.0, 0.0, 180.0, np.nan]),
    )
    assert weights(same) == pytest.approx([3**-0.5, 3**-0.5, 3**-0.5 / 2, 1.0])


def test_unstated_marks_are_those_of_family_and_generation() -> None:
    offers = made(3, 0).offers
    marks = np.array([10_000.0, np.nan, np.nan])
    cpus = labels_of(["Intel Core i5-8500T", "Intel Core i5-8400", "Intel Core i5-9400"])
    filled = with_marks(
        replace(offers, cpu=cpus, numbers={**offers.numbers, "cpu_mark": marks}), {"Core i5 8": 9_000.0}
    )
    assert filled.numbers["cpu_mark"][:2].tolist() == [10_000.0, 9_000.0]
    assert np.isnan(filled.numbers["cpu_mark"][2])
