"""The one rounding function, and money and numbers as people read them."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from valuation.engine import format_usd, round_half_away, to_cents
from valuation.engine.money import format_dollars, format_exact, format_factor, format_number, format_written


@pytest.mark.parametrize(
    ("dollars", "cents"),
    [
        (0.0, 0),
        (0.004, 0),
        (0.0049, 0),
        (0.005, 1),
        (-0.004, 0),
        (-0.005, -1),
        # Halves that binary cannot write: each lies a little below.
        (1.005, 101),
        (-1.005, -101),
        (2.675, 268),
        (1.115, 112),
        (1_000_000.005, 100_000_001),
        (0.1 + 0.2, 30),
        (999_999_999.995, 100_000_000_000),
        (1e9, 100_000_000_000),
        (-1e9, -100_000_000_000),
    ],
)
def test_cents(dollars: float, cents: int) -> None:
    assert to_cents(dollars) == cents
    assert to_cents(np.array([dollars])).tolist() == [cents]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.5, 0, 1),
        (-0.5, 0, -1),
        (1.5, 0, 2),
        (2.5, 0, 3),
        (-2.5, 0, -3),
        (2.4999, 0, 2),
        (1.00005, 4, 1.0001),
        (-1.00005, 4, -1.0001),
        (12.345, 2, 12.35),
        (1250, -2, 1300),
        (-1250, -2, -1300),
        (1249, -2, 1200),
        (0, 2, 0),
    ],
)
def test_rounding_is_half_away_from_zero(value: float, digits: int, expected: float) -> None:
    assert round_half_away(value, digits) == expected
    assert round_half_away(np.array([float(value)]), digits).tolist() == [expected]


def test_what_is_not_finite_stays_and_zero_has_no_sign() -> None:
    rounded = round_half_away(np.array([np.nan, np.inf, -np.inf]))
    assert math.isnan(rounded[0])
    assert rounded[1:].tolist() == [np.inf, -np.inf]
    assert math.copysign(1, round_half_away(-0.1)) == 1


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "$0.00"), (5, "$0.05"), (-5, "-$0.05"), (-123_450, "-$1,234.50"), (123_456_789, "$1,234,567.89")],
)
def test_cents_for_people(cents: int, text: str) -> None:
    assert format_usd(cents) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (2.5, "$2.50"),
        (-2.5, "-$2.50"),
        (0.0025, "$0.0025"),
        (2.675, "$2.675"),
        (1234.5, "$1,234.50"),
        # Binary error is nothing to show.
        (4.35 * 100, "$435.00"),
        (0.1 + 0.2, "$0.30"),
        (-1e-9, "$0.00"),
    ],
)
def test_unrounded_dollars_for_people(dollars: float, text: str) -> None:
    assert format_dollars(dollars) == text


@pytest.mark.parametrize(
    ("value", "number", "factor"),
    [
        (16, "16", "16.00"),
        (0.5, "0.5", "0.50"),
        (0.8, "0.8", "0.80"),
        (1.125, "1.125", "1.125"),
        (0, "0", "0.00"),
        (-3, "-3", "-3.00"),
    ],
)
def test_numbers_and_factors_for_people(value: float, number: str, factor: str) -> None:
    assert format_number(value) == number
    assert format_factor(value) == factor


def test_thousands_are_separated() -> None:
    assert format_number(12_400) == "12,400"


amounts = st.decimals(min_value=-1_000_000_000, max_value=1_000_000_000, places=4)
halves = st.integers(0, 10**11 - 1).map(lambda cents: Decimal(cents) / 100 + Decimal("0.005"))


@given(amount=amounts | halves | halves.map(lambda half: -half))
@example(amount=Decimal("680097733.805"))
@example(amount=Decimal("999999999.995"))
@example(amount=Decimal("999999999.9949"))
def test_cents_are_those_of_decimals_up_to_the_limit(amount: Decimal) -> None:
    expected = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert to_cents(float(amount)) == expected
    assert to_cents(np.array([float(amount)])).tolist() == [expected]


@given(amount=halves.map(lambda half: half / 2), percent=st.sampled_from([200, -200]))
def test_a_share_that_is_a_half_in_decimals_is_one(amount: Decimal, percent: int) -> None:
    share = float(amount) * percent / 100
    assert to_cents(share) == int((amount * percent).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("value", [2.0**48, 2.0**49, 2.0**52, 2.0**53, 1e300, -(2.0**49)])
def test_a_whole_number_stays_however_large(value: float) -> None:
    assert round_half_away(value) == value


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (1234567.0, True, "+1,234,567"),
        (1e-7, False, "0.0000001"),
        (-2.5, True, "-2.5"),
        (0.07 * 100, False, "7"),
        (100.0, False, "100"),
        (0.0, False, "0"),
        (1e9, False, "1,000,000,000"),
    ],
)
def test_numbers_have_all_their_digits_and_no_exponent(value: float, sign: bool, text: str) -> None:
    assert format_exact(value, sign=sign) == text


@pytest.mark.parametrize(("usd", "text"), [(1e-7, "$0.0000001"), (-1e-7, "-$0.0000001"), (0, "$0.00"), (5, "$5.00")])
def test_dollars_as_written(usd: float, text: str) -> None:
    assert format_written(usd) == text
