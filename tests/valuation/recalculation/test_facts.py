"""What a rule sees of a listing that does not say everything."""

from __future__ import annotations

import pytest

from catalog.models import RamSpec, StorageProfile
from listings.models import Listing
from tests.factories import CustomFieldFactory, ListingFactory
from valuation.engine import CategoryColumn
from valuation.recalculation.facts import load_facts
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db

TEXTS = [
    *("condition", "ram_type", "ram_spec.ddr_generation", "primary_storage_type", "storage.primary.medium"),
    *("secondary_storage_type", "storage.secondary.medium", "seller", "custom.colour"),
]


def seen(listing: Listing) -> dict[str, str | None]:
    """The texts of TEXTS that a rule sees, None where it sees nothing."""
    rows = Listing.objects.filter(pk=listing.pk)
    columns = load_facts(rows, fields=TEXTS, registry=field_registry(), year=2026).batch.columns
    found = {}
    for path in TEXTS:
        column = columns[path]
        assert isinstance(column, CategoryColumn), path
        found[path] = column.categories[column.codes[0]] if column.codes[0] >= 0 else None
    return found


def test_what_an_offer_does_not_say_is_missing() -> None:
    CustomFieldFactory(key="colour", data_type="enum", options=["red", "unknown"])
    drive = StorageProfile.objects.get_or_make(medium="unknown", capacity_gb=512)[0]
    listing = ListingFactory(
        condition="",
        ram_spec=RamSpec.objects.get_or_make(total_capacity_gb=16)[0],
        primary_storage_profile=drive,
        secondary_storage_profile=drive,
        seller="unknown",
        attributes={"colour": "unknown"},
    )
    stated = {path for path, text in seen(listing).items() if text is not None}
    assert stated == {"seller", "custom.colour"}, "`unknown` is a choice of our own lists, and a word elsewhere"


def test_what_it_says_is_seen() -> None:
    drive = StorageProfile.objects.get_or_make(medium="ssd", capacity_gb=512)[0]
    ram = RamSpec.objects.get_or_make(ddr_generation="ddr4", total_capacity_gb=16)[0]
    listing = ListingFactory(condition="new", ram_spec=ram, primary_storage_profile=drive, seller="shop")
    missing = {"secondary_storage_type", "storage.secondary.medium", "custom.colour"}
    assert {path for path, text in seen(listing).items() if text is None} == missing
    assert (str(drive), seen(listing)["primary_storage_type"]) == ("SSD 512GB", "ssd")
