"""Where values came from, and which of them somebody has corrected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from listings.choices import Whence
from listings.models import ListingOrigin
from listings.origins import corrected, facts_of, stored
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


@pytest.mark.parametrize("facts", [["title"], {"title": "column"}, {"title": ["guess", "x"]}, {"title": ["column"]}])
def test_other_shapes_are_no_facts(facts: Any) -> None:
    with pytest.raises(ValidationError):
        ListingOrigin(listing=ListingFactory(), facts=facts).save()


def test_a_listing_takes_its_origin_along() -> None:
    listing = ListingFactory()
    ListingOrigin.objects.create(listing=listing)
    listing.delete()
    assert not ListingOrigin.objects.exists()
