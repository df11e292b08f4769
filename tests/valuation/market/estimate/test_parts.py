"""The pieces of the estimate, each beside a slow and obvious way."""

from __future__ import annotations

import numpy as np
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.valuation.market.estimate.made import made
from valuation.market.estimate.fitting import members_of
from valuation.market.estimate.neighbours import LOGS, NEAREST, REACH, Pool, weighted_median
from valuation.market.estimate.offers import labels_of
from valuation.market.estimate.processors import FAMILIES, rank_of
from valuation.market.estimate.solving import Bounds, bounded_least, solve
from valuation.market.estimate.spread import conformal
from valuation.market.estimate.terms import knots_of, nice, terms_for

RANKS = {
    "Intel Core i5-8500T": ("Core i5", "8"),
    "Intel Core i7-12700H": ("Core i7", "12"),
    "Intel Core i5 1135G7": ("Core i5", "11"),
    "Intel Core i7-1355U": ("Core i7", "13"),
    "Intel Core i3-540": ("Core i3", ""),
    "Intel Core Ultra 7 155H": ("Core Ultra 7", "1"),
    "Intel Core m3-7Y30": ("Core m", "7"),
    "Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz": ("Core i5", "8"),
    "Intel Core 5 120U": ("Core 5", "1"),
    "Intel Core 2 Duo E8400": ("Core 2", "8"),
    "AMD Ryzen Threadripper 3990X": ("Threadripper", "3"),
    "AMD Ryzen 5 5500U": ("Ryzen 5", "5"),
    "AMD Ryzen 7 PRO 6850U": ("Ryzen 7", "6"),
    "AMD Ryzen AI 9 HX 370": ("Ryzen 9", "3"),
    "Intel Celeron N4020": ("Celeron, Pentium and N", ""),
    "Intel Processor N100": ("Celeron, Pentium and N", ""),
    "Intel Xeon E5-2680 v4": ("Xeon", ""),
    "Apple M1 Pro": ("Apple M1 Pro", ""),
    "Apple M1 8 Core 3200 MHz": ("Apple M1", ""),
    "Apple M2": ("Apple M2", ""),
}


@pytest.mark.parametrize(("name", "rank"), RANKS.items())
def test_ranks_of_processors(name: str, rank: tuple[str, str]) -> None:
    assert rank_of(name) == rank


@pytest.mark.parametrize("name", RANKS)
def test_a_name_is_of_one_family_in_the_language_of_conditions(name: str) -> None:
    """RE2 without case, as a rule would ask."""
    options = re2.Options()
    options.case_sensitive = False
    found = [family for family, pattern in FAMILIES.items() if re2.search(pattern, name, options=options)]
    assert found == [RANKS[name][0]]


def test_a_name_without_a_family_has_no_rank() -> None:
    assert rank_of("Some chip 9000") is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12))
def test_the_bounded_least_is_one_that_no_small_step_improves(seed: int, size: int) -> None:
    """The conditions of Karush, Kuhn and Tucker: no slope where it may move, and at a bound none that leads inside."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(size + 3, size))
    normal, right = rows.T @ rows + 1e-6 * np.eye(size), random.normal(size=size) * 3
    signs = random.integers(-1, 2, size - 1).tolist()
    bounds = Bounds.of(signs)
    found = bounded_least(normal, right, bounds, np.zeros(size))
    slope = normal @ found - right
    assert ((found >= bounds.low) & (found <= bounds.high)).all()
    small = 1e-4 * (1 + np.abs(right).max())
    inside = (found > bounds.low + 1e-9) & (found < bounds.high - 1e-9)
    assert (np.abs(slope[inside]) <= small).all()
    assert (slope[found <= bounds.low + 1e-9] >= -small).all()
    assert (slope[found >= bounds.high - 1e-9] <= small).all()


def test_the_solver_finds_dollars_through_absurd_prices() -> None:
    random = np.random.default_rng(3)
    matrix = np.column_stack([np.ones(500), random.integers(0, 2, (500, 3))])
    price = matrix @ np.array([200.0, 50.0, 0.0, 80.0])
    price[:50] = 12.0
    found = solve(matrix, price, np.ones(500), [1, 1, 0])
    assert found == pytest.approx([200, 50, 0, 80], abs=3)


def test_knots_are_round_and_ascend() -> None:
    values = np.linspace(1_000, 30_000, 500)
    knots = knots_of(values)
    assert knots == sorted(set(knots))
    assert all(nice(knot) == knot for knot in knots)
    assert knots[0] >= 1_000
    assert knots[-1] <= 30_000
    assert knots_of(np.full(50, 8_000.0)) == [8_000.0]


def test_a_column_needs_enough_offers_on_both_sides() -> None:
    offers = made(300, 0).offers
    fields = {(term.field, term.at) for term in terms_for(offers)}
    assert ("ram_gb", 64.0) in fields
    rare = dict(offers.numbers)
    rare["ram_gb"] = np.where(np.arange(300) < 9, 64.0, 8.0)
    from_few = {(t.field, t.at) for t in terms_for(type(offers)(**{**vars(offers), "numbers": rare}))}
    assert not {at for field, at in from_few if field == "ram_gb"}


def test_the_window_finds_what_looking_at_everything_finds() -> None:
    """With fewer offers than a window holds, the nearest are the nearest of all, by distances worked out one by one."""
    offers = made(120, 4).offers
    rules = made(120, 4).truth
    near = Pool(offers, rules).near(offers, rules)
    for row in range(0, 120, 17):
        distances = []
        for other in range(120):
            if other == row:
                continue
            apart = sum(
                weight * abs(np.log(max(offers.numbers[name][row], 1)) - np.log(max(offers.numbers[name][other], 1)))
                for name, weight in LOGS.items()
                if name != "gpu_mark"
            )
            apart += 0.5 * (offers.model.texts()[row] != offers.model.texts()[other])
            apart += 0.5 * (offers.labels["condition"].texts()[row] != offers.labels["condition"].texts()[other])
            apart += 0.5 * (offers.labels["manufacturer"].texts()[row] != offers.labels["manufacturer"].texts()[other])
            distances.append((apart, other))
        nearest = sorted(distances)[:NEAREST]
        assert near.distance[row] == pytest.approx([distance for distance, _ in nearest], abs=1e-4)
        assert near.weight[row] == pytest.approx(np.exp(-near.distance[row] / REACH))
        assert row not in near.places[row]


def test_offers_of_the_same_seller_are_no_comparables() -> None:
    offers = made(40, 4).offers
    sold = type(offers)(**{**vars(offers), "seller": labels_of(["one" if row % 2 else None for row in range(40)])})
    near = Pool(sold, sold.price).near(sold, sold.price)
    for row in range(1, 40, 2):
        assert not [place for place in near.places[row] if place >= 0 and place % 2]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_weighted_median_is_that_of_so_many_copies(pairs: list[tuple[int, int]]) -> None:
    values, weight = (np.array([column], dtype=float) for column in zip(*pairs, strict=True))
    copies = np.repeat(values[0], weight[0].astype(int))
    expected = float(np.median(copies)) if len(copies) else 0.0
    assert weighted_median(values, weight)[0] == expected


def test_conformal_bounds_are_order_statistics_of_n_plus_one() -> None:
    assert conformal(np.arange(1, 100.0)) == (10.0, 90.0)
    assert conformal(np.array([3.0, 1.0])) == (1.0, 3.0)


def test_members_are_the_rows_of_each_model_and_the_unnamed_alone() -> None:
    found = [sorted(rows.tolist()) for rows in members_of(labels_of(["b", None, "a", "b", None]))]
    assert sorted(found) == [[0, 3], [1], [2], [4]]
    assert len(members_of(labels_of([None, None]))) == 2
