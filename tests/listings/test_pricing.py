"""When the dollars of a foreign price are computed, and when they are somebody's word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from listings.models import Listing
from listings.pricing import Price, original_price, settled
from tests.factories import ExchangeRateFactory

pytestmark = pytest.mark.django_db
DAY, RATE = date(2026, 11, 20), Decimal("1.1")
NOTHING = Price(None, None, "", None, None)
HUNDRED = Price(Decimal("110.00"), Decimal(100), "EUR", RATE, DAY)
SAID = Price(Decimal(99), Decimal(100), "EUR", None, None)
FOREIGN = {"price_original": Decimal(100), "currency": "EUR"}


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        (NOTHING, FOREIGN, HUNDRED),
        (NOTHING, {**FOREIGN, "price_usd": None}, HUNDRED),
        (NOTHING, {**FOREIGN, "price_usd": Decimal(99)}, SAID),
        (NOTHING, {"price_usd": Decimal(99)}, NOTHING._replace(price_usd=Decimal(99))),
        (NOTHING, {"currency": "EUR"}, NOTHING._replace(currency="EUR")),
        (
            NOTHING,
            {"price_original": Decimal(5), "currency": "USD"},
            Price(Decimal(5), Decimal(5), "USD", Decimal(1), DAY),
        ),
        # no rate, no dollars
        (NOTHING, {**FOREIGN, "currency": "PLN"}, NOTHING._replace(price_original=Decimal(100), currency="PLN")),
        (HUNDRED, {"currency": "PLN"}, NOTHING._replace(price_original=Decimal(100), currency="PLN")),
        # another original
        (
            HUNDRED,
            {"price_original": Decimal(200)},
            HUNDRED._replace(price_usd=Decimal(220), price_original=Decimal(200)),
        ),
        (SAID, {"price_original": Decimal(200)}, HUNDRED._replace(price_usd=Decimal(220), price_original=Decimal(200))),
        # dollars that somebody says have no rate
        (HUNDRED, {"price_usd": Decimal(99)}, SAID),
        (HUNDRED, {"price_usd": None}, SAID._replace(price_usd=None)),
        (HUNDRED, {**FOREIGN, "price_usd": Decimal(99)}, SAID),
        # what is sent back as it was stays, with its rate
        (HUNDRED, {}, HUNDRED),
        (HUNDRED, FOREIGN, HUNDRED),
        (HUNDRED, {**FOREIGN, "price_usd": Decimal(110)}, HUNDRED),
        (HUNDRED, {**FOREIGN, "price_usd": None}, HUNDRED),
        (HUNDRED._replace(exchange_rate=Decimal(2)), FOREIGN, HUNDRED._replace(exchange_rate=Decimal(2))),
        (SAID, FOREIGN, SAID),
        # a rate that has come since
        (SAID._replace(price_usd=None), FOREIGN, HUNDRED),
        # no original any more
        (HUNDRED, {"price_original": None}, Price(Decimal(110), None, "EUR", None, None)),
    ],
)
def test_settled(before: Price, given: dict[str, Any], after: Price) -> None:
    ExchangeRateFactory(currency="EUR", date=DAY, usd_per_unit=RATE)
    assert settled(before, before._replace(**given), given=given, day=DAY) == after


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (NOTHING, ""),
        (Price(Decimal(5), Decimal(5), "USD", Decimal(1), DAY), ""),
        (HUNDRED, "€100.00 → $110.00, rate of 2026-11-20"),
        (SAID, "€100.00"),
        (SAID._replace(price_usd=None), "€100.00, no exchange rate for its day"),
        (
            HUNDRED._replace(price_original=Decimal("1234567.5"), currency="PLN"),
            "PLN 1,234,567.50 → $110.00, rate of 2026-11-20",
        ),
        (SAID._replace(price_original=Decimal(120_000), currency="JPY"), "¥120,000"),
        (SAID._replace(price_original=Decimal("0.5"), currency="JPY"), "¥0.50"),
    ],
)
def test_in_words(price: Price, words: str) -> None:
    assert original_price(Listing(**price._asdict())) == words
