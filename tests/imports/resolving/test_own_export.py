"""Our own export, read again: every column is its field again, or is left out on purpose, and nothing is added."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from catalog.recognition import Index
from imports.demo import load_demo
from imports.headers import IGNORED
from imports.resolving import Catalog, CustomField
from imports.resolving.outcomes import Offer
from listings.api.exporting import as_csv, as_json_lines, columns
from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory, RamSpecFactory
from tests.factories import StorageProfileFactory as Drive
from tests.imports.resolving.conftest import Resolved, resolve_file

pytestmark = pytest.mark.django_db
# What the database gives, and our figures of the listing.
NOT_TAKEN = {
    *("id", "cpu_id", "gpu_id", "ram_spec_id", "ports_profile_id", "primary_storage_profile_id"),
    *("secondary_storage_profile_id", "created_at", "updated_at", "valued_at", "adjusted_price_usd"),
    *("total_adjustment", "score_cpu_multi", "score_cpu_single", "score_gpu", "score_composite", "perf_per_watt"),
    *("dollar_per_cpu_mark", "dollar_per_single_mark", "dollar_per_cpu_mark_multi", "dollar_per_cpu_mark_single"),
    *("dollar_per_cpu_mark_multi_adjusted", "dollar_per_cpu_mark_single_adjusted"),
    *("fair_value_usd", "fair_low_usd", "fair_high_usd", "target_price_usd", "discount"),
    *("grade", "grade_reason", "comparables_count", "price_is_implausible"),
}
PLAIN = (
    *("title", "listing_url", "seller", "condition", "status", "marketplace", "vendor_item_id", "device_model"),
    *("manufacturer", "series", "model_number", "form_factor", "ram_notes", "os_license", "notes"),
)
CUSTOM = [
    CustomField("colour", "string"),
    CustomField("size", "number"),
    CustomField("tags", "multi_select", ("a", "b")),
]


def make_one() -> Listing:
    for key, kind in (("colour", "string"), ("size", "number")):
        CustomFieldFactory(key=key, data_type=kind)
    CustomFieldFactory(key="tags", data_type="multi_select", options=["a", "b"])
    made: Listing = ListingFactory(
        title="Refurbished OptiPlex 7060 i7-8700 for parts",
        listing_url="https://www.ebay.com/itm/225566778899?hash=1",
        other_urls=[{"url": "https://example.com/a", "label": "more"}],
        seller="=SUM(A1)",
        price_usd=Decimal("320.50"),
        price_date=date(2026, 11, 3),
        marketplace="ebay",
        vendor_item_id="0042",
        form_factor="Tiny 1L",
        os_license="none",
        notes="-",
        cpu=CpuFactory(name="i7 of ours"),
        gpu=GpuFactory(name="A card of ours"),
        ram_spec=RamSpecFactory(),
        primary_storage_profile=Drive(medium="hdd", form_factor="3.5 inch", performance_tier="low", capacity_gb=1000),
        secondary_storage_profile=Drive(medium="nvme", interface="PCIe 4.0", capacity_gb=512),
        other_components=["mouse; pad", "=1"],
        attributes={"colour": "'red", "size": 1.5, "tags": ["a", "b"]},
        raw_payload={"a": {"b": [1]}},
    )
    return made


def exported(kind: str, folder: Path) -> Resolved:
    path = folder / f"listings.{kind}"
    write = as_csv if kind == "csv" else as_json_lines
    path.write_bytes(b"".join(write(Listing.objects.order_by("pk"), columns())))
    catalog = Catalog(Index(["i7 of ours"]), Index(["A card of ours"]), CUSTOM)
    return resolve_file(path, catalog=catalog)


def fields_of(part: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(part, name) for name in names if getattr(part, name) not in (None, "", "unknown")}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_listing_comes_back_as_it_is(kind: str, tmp_path: Path) -> None:
    listing = make_one()
    found = exported(kind, tmp_path)
    assert found.asked == []
    offer = found.offer
    assert {name: offer.text(name) for name in PLAIN} == {name: getattr(listing, name) for name in PLAIN}
    assert offer.facts["other_urls"].value == listing.other_urls
    assert offer.facts["other_components"].value == listing.other_components
    assert {key: fact.value for key, fact in offer.custom.items()} == listing.attributes
    assert offer.cpu is not None
    assert offer.gpu is not None
    assert (offer.cpu.name, offer.cpu.is_known, offer.cpu.fields) == ("i7 of ours", True, {})
    assert (offer.gpu.name, offer.gpu.is_known, offer.gpu.fields) == ("A card of ours", True, {})
    assert offer.memory is not None
    assert offer.memory.fields == fields_of(listing.ram_spec, *type(listing.ram_spec).identity_fields)
    profiles = (listing.primary_storage_profile, listing.secondary_storage_profile)
    assert [drive.fields for drive in offer.drives] == [
        fields_of(profile, *type(profile).identity_fields) for profile in profiles
    ]
    assert offer.price is not None
    assert (offer.price.amount, offer.price.currency, offer.price.day) == (
        *(listing.price_usd, "USD"),
        listing.price_date,
    )
    assert (offer.flags, offer.words, offer.history) == ((), {}, ())


def test_what_is_not_stated_stays_unstated(tmp_path: Path) -> None:
    ListingFactory(title="Dell Latitude 5490 i5-8350U 16GB 512GB SSD Win 11 Pro, used", price_usd=None, cpu=None)
    offer = exported("csv", tmp_path).offer
    assert (offer.price, offer.cpu, offer.memory, offer.drives) == (None, None, None, ())
    assert set(offer.facts) <= {"title", "condition", "status", "marketplace"}


def test_every_column_is_taken_or_left_out_on_purpose(tmp_path: Path) -> None:
    make_one()
    found = exported("csv", tmp_path)
    left = {item.header for item in found.mapping.guesses if item.column in ("", IGNORED)}
    assert left == NOT_TAKEN
    assert all(isinstance(outcome, Offer) for outcome in found.outcomes)


def test_the_demo_comes_back_as_it_is(tmp_path: Path) -> None:
    load_demo()
    path = tmp_path / "listings.csv"
    path.write_bytes(b"".join(as_csv(Listing.objects.order_by("pk"), columns())))
    cpus, gpus = (Index(model.objects.values_list("name", flat=True)) for model in (Cpu, Gpu))
    offers = resolve_file(path, catalog=Catalog(cpus, gpus)).outcomes
    parts = ("cpu", "gpu", "ram_spec", "primary_storage_profile", "secondary_storage_profile")
    listings = list(Listing.objects.select_related(*parts).order_by("pk"))
    assert len(offers) == len(listings) > 50
    for offer, listing in zip(offers, listings, strict=True):
        assert isinstance(offer, Offer)
        assert {name: offer.text(name) for name in PLAIN} == {name: getattr(listing, name) for name in PLAIN}
        assert (offer.cpu and offer.cpu.name) == (listing.cpu and listing.cpu.name)
        assert (offer.gpu and offer.gpu.name) == (listing.gpu and listing.gpu.name)
        spec = listing.ram_spec
        assert (offer.memory and offer.memory.fields) == (spec and fields_of(spec, *RamSpec.identity_fields))
        assert [drive.fields for drive in offer.drives] == [
            fields_of(profile, *StorageProfile.identity_fields)
            for profile in (listing.primary_storage_profile, listing.secondary_storage_profile)
            if profile is not None
        ]
        assert offer.flags == ()
