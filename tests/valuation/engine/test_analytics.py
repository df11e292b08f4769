"""Histograms: every value is counted once, in the bin whose edges it lies between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuation.engine import histogram
from valuation.engine.analytics import MOST_BINS

cents = st.integers(-(10**11), 10**11)


@pytest.mark.parametrize("values", [[-3.1], [1.7, 3.3], [-696.47], [0.1, 0.3, 0.7], [0.0], [-0.01, 0.01], [1e9, -1e9]])
def test_each_value_is_counted(values: list[float]) -> None:
    assert sum(bar.count for bar in histogram(values)) == len(values)


@given(st.lists(cents | st.integers(-10_000, 10_000), min_size=1, max_size=60))
def test_each_value_is_counted_where_it_lies(amounts: list[int]) -> None:
    values = [amount / 100 for amount in amounts]
    bars = histogram(values)
    assert sum(bar.count for bar in bars) == len(values)
    assert len(bars) <= MOST_BINS
    assert bars[0].count
    assert bars[-1].count
    assert all(one.high == next_one.low for one, next_one in pairwise(bars))
    slack = 1e-6 * max(1.0, *map(abs, values))
    for bar in bars:
        inside = sum(bar.low - slack <= value <= bar.high + slack for value in values)
        assert bar.count <= inside


def test_a_value_on_an_edge_is_in_the_bin_that_begins_there() -> None:
    bars = histogram([0.1 * step for step in range(11)])
    assert [bar.count for bar in bars if bar.count] == [1] * 11
