"""Where values came from, and which of them somebody has corrected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from listings.choices import Whence
from listings.models import ListingOrigin
from listings.origins import OriginRow, corrected, describe, facts_of, stored
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("title", "Gro\u0308\u00dfe", "Gr\u00f6\u00dfe"),
        ("price_usd", Decimal("289.5"), "289.50"),
        ("price_usd", None, None),
        ("exchange_rate", Decimal("1.08"), "1.080000000000"),
        ("price_date", date(2026, 11, 20), "2026-11-20"),
        ("ram_gb", 16, 16),
    ],
)
def test_values_are_kept_as_json(name: str, value: Any, fact: Any) -> None:
    assert stored(ListingFactory.build(cpu=None, **{name: value}), name) == fact


def test_parts_are_kept_by_their_ids_and_custom_fields_by_their_keys() -> None:
    cpu = CpuFactory()
    listing = ListingFactory.build(cpu=cpu, attributes={"hue": ["red"]})
    assert [stored(listing, name) for name in ("cpu", "gpu", "custom.hue", "custom.gone")] == [
        cpu.pk,
        None,
        ["red"],
        None,
    ]


def test_what_differs_was_corrected() -> None:
    CustomFieldFactory(key="hue")
    listing = ListingFactory(price_usd=Decimal("289.50"), ram_gb=16, attributes={"hue": "red"})
    facts = facts_of(
        listing,
        {
            "title": (Whence.COLUMN, "Titel"),
            "price_usd": (Whence.COLUMN, "Preis"),
            "ram_gb": Whence.TITLE,
            "cpu": Whence.CATALOG,
            "custom.hue": Whence.DEFAULT,
        },
    )
    assert facts["price_usd"] == ["column", "289.50", "Preis"]
    assert facts["ram_gb"] == ["title", 16]
    origin = ListingOrigin.objects.create(listing=listing, facts={**facts, "no_more": ["column", 1]})
    listing.refresh_from_db()
    origin.refresh_from_db()
    assert corrected(listing, origin) == set()

    listing.price_usd, listing.cpu, listing.attributes = Decimal(280), CpuFactory(), {}
    assert corrected(listing, origin) == {"price_usd", "cpu", "custom.hue"}
    assert corrected(listing, None) == set()


def test_origins_in_words() -> None:
    CustomFieldFactory(key="hue", label="hue of the case")
    cpu = CpuFactory(name="i5-8500T")
    listing = ListingFactory(cpu=cpu, price_usd=Decimal("289.50"), condition="refurb", attributes={"hue": "red"})
    whence = {"custom.hue": Whence.DEFAULT, "cpu": Whence.TITLE, "condition": Whence.COLUMN, "seller": Whence.COLUMN}
    facts = facts_of(listing, {**whence, "price_usd": (Whence.COLUMN, "Preis")})
    origin = ListingOrigin(listing=listing, facts={**facts, "custom.gone": ["column", 1], "gone": ["column", 1]})
    rows = [
        OriginRow("Seller", "–", "column"),
        OriginRow("Price (USD)", "289.50", 'column "Preis"'),
        OriginRow("Condition", "Refurbished", "column"),
        OriginRow("CPU", "i5-8500T", "title"),
        OriginRow("Hue of the case", "red", "default of the import"),
    ]
    assert describe(listing, origin) == rows
    assert describe(listing, None) == []

    listing.price_usd, listing.cpu, listing.attributes = None, None, {"hue": "x" * 300}
    said = {row.label: (row.value, row.whence, row.imported) for row in describe(listing, origin)}
    assert said["Price (USD)"] == ("–", "a person", "289.50")
    assert said["CPU"] == ("–", "a person", "another one")
    assert said["Hue of the case"] == ("x" * 200 + "…", "a person", "red")


@pytest.mark.parametrize("facts", [["title"], {"title": "column"}, {"title": ["guess", "x"]}, {"title": ["column"]}])
def test_other_shapes_are_no_facts(facts: Any) -> None:
    with pytest.raises(ValidationError):
        ListingOrigin(listing=ListingFactory(), facts=facts).save()


def test_a_listing_takes_its_origin_along() -> None:
    listing = ListingFactory()
    ListingOrigin.objects.create(listing=listing)
    listing.delete()
    assert not ListingOrigin.objects.exists()
