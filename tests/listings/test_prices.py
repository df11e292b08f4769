"""What the database holds of prices: currencies, rates, and one record of a price a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from listings.models import ExchangeRate, Listing, PriceRecord
from tests.factories import ListingFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def test_a_number_counts_within_the_marketplace_and_the_source() -> None:
    ListingFactory(marketplace="ebay", source="a.csv", vendor_item_id="1")
    ListingFactory(marketplace="ebay", source="", vendor_item_id="1")
    ListingFactory(marketplace="other", source="a.csv", vendor_item_id="1")
    with pytest.raises(IntegrityError):
        ListingFactory(marketplace="ebay", source="a.csv", vendor_item_id="1")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price_original": Decimal(1)}, "currency"),
        ({"price_original": Decimal(-1), "currency": "EUR"}, "price_original"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"exchange_rate": Decimal(0)}, "exchange_rate"),
        ({"exchange_rate": Decimal(1000)}, "exchange_rate"),
    ],
)
def test_refused_prices(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ListingFactory(**values)
    assert set(refused.value.message_dict) == {field}


@pytest.mark.parametrize(
    "values",
    [
        {"price_original": Decimal(1), "currency": ""},
        {"price_original": Decimal(-1), "currency": "EUR"},
        {"exchange_rate": Decimal(0)},
        {"exchange_rate": Decimal(1000)},
    ],
)
def test_the_database_has_the_last_word(values: dict[str, Any]) -> None:
    with pytest.raises((IntegrityError, DataError)):  # PostgreSQL has no room for so large a rate
        Listing.objects.bulk_create([ListingFactory.build(cpu=None, **values)])


def test_a_rate_is_kept_to_twelve_decimals() -> None:
    for currency, rate in (("IDR", "0.000061714285"), ("EUR", "1.086400000000"), ("GBP", "999.123456789012")):
        ExchangeRate.objects.create(currency=currency, date=DAY, usd_per_unit=Decimal(rate))
        assert str(ExchangeRate.objects.get(currency=currency).usd_per_unit) == rate


def test_a_price_is_told_once_a_day() -> None:
    listing = ListingFactory()
    told = {"listing": listing, "date": DAY, "price_original": Decimal("9.50"), "currency": "EUR"}
    PriceRecord.objects.create(**told, import_session=1)
    PriceRecord.objects.create(**{**told, "currency": "GBP"})
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceRecord.objects.create(**told, import_session=2)
    listing.delete()
    assert not PriceRecord.objects.exists()
