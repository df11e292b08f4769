"""What an amount in another currency is in dollars, on a day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from listings.rates import UNKNOWN, Converted, Rate, dollars, rate_on, rates_for
from tests.factories import ExchangeRateFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _rates() -> None:
    ExchangeRateFactory(currency="EUR", date=DAY, usd_per_unit="1.1")
    ExchangeRateFactory(currency="EUR", date=DAY - timedelta(days=60), usd_per_unit="1.2")
    ExchangeRateFactory(currency="GBP", date=DAY, usd_per_unit="1.3")


@pytest.mark.parametrize(
    ("currency", "days", "expected"),
    [
        ("EUR", 0, ("1.1", 0)),
        ("EUR", 45, ("1.1", 0)),
        ("EUR", 46, None),
        ("EUR", -1, None),
        ("EUR", -15, ("1.2", -60)),
        ("EUR", -16, ("1.2", -60)),
        ("EUR", -61, None),
        ("PLN", 0, None),
        ("USD", 99, ("1", 99)),
    ],
)
def test_the_rate_on_or_before_the_day(currency: str, days: int, expected: tuple[str, int] | None) -> None:
    wanted = expected and Rate(Decimal(expected[0]), DAY + timedelta(days=expected[1]))
    assert rate_on(currency, DAY + timedelta(days=days)) == wanted


def test_the_first_and_the_last_day_there_are() -> None:
    assert rate_on("EUR", date.min) is rate_on("EUR", date.max) is None


def test_many_are_one_query(django_assert_num_queries) -> None:
    pairs = [(currency, DAY + timedelta(days=n)) for n in range(-400, 400) for currency in ("EUR", "GBP", "USD")]
    with django_assert_num_queries(1):
        rates = rates_for(pairs)
    assert rates.on("EUR", DAY) == (Decimal("1.1"), DAY)
    assert rates.on("GBP", DAY) == (Decimal("1.3"), DAY)
    with django_assert_num_queries(0):
        rates_for([("USD", DAY)])


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("1199.00", "EUR", "1318.90"),
        ("0.05", "EUR", "0.06"),  # 0.055, half a cent up
        ("0.15", "GBP", "0.20"),  # 0.195
        ("12.34", "USD", "12.34"),
        ("0", "EUR", "0.00"),
    ],
)
def test_dollars(amount: str, currency: str, expected: str) -> None:
    rates = rates_for([(currency, DAY)])
    made = dollars(Decimal(amount), currency, DAY, rates)
    assert made == Converted(Decimal(expected), rates.on(currency, DAY).usd_per_unit, DAY)
    assert str(made.price_usd) == expected


def test_without_a_rate_there_are_no_dollars() -> None:
    assert dollars(Decimal(100), "PLN", DAY, rates_for([("PLN", DAY)])) == UNKNOWN
