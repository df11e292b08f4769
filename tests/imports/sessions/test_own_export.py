"""Our own export, imported again, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from imports.demo import load_demo
from imports.sessions.known import COLUMNS
from listings.api.exporting import as_csv, as_json_lines, columns
from listings.models import Listing, ListingComponent
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingFactory,
    PortsProfileFactory,
    RamSpecFactory,
    StorageProfileFactory,
)
from tests.imports.sessions.helpers import committed, counts, messages, opened

pytestmark = pytest.mark.django_db
WRITERS: dict[str, Callable[..., Iterator[bytes]]] = {"csv": as_csv, "jsonl": as_json_lines}


def exported(form: str) -> bytes:
    return b"".join(WRITERS[form](Listing.objects.order_by("pk"), columns()))


def state() -> list[dict[str, Any]]:
    return list(Listing.objects.order_by("pk").values(*COLUMNS, "raw_payload", "updated_at"))


def rich_listings() -> None:
    """Listings with every kind of part, and with all that a column may hold."""
    CustomFieldFactory(key="color", data_type="enum", options=["black", "red"])
    CustomFieldFactory(key="score", data_type="number")
    CustomFieldFactory(key="tested", data_type="boolean")
    CustomFieldFactory(key="tags", data_type="multi_select", options=["a", "b", "c"])
    drive = StorageProfileFactory(medium="nvme", interface="PCIe 4.0", form_factor="M.2 2280", performance_tier="fast")
    other = StorageProfileFactory(medium="hdd", interface="SATA", form_factor='3.5"', capacity_gb=4000)
    attributes = {"color": "red", "score": 1.5, "tested": False, "tags": ["a", "c"]}
    ListingFactory(
        title='=Formula, "quoted"; half',
        listing_url="https://www.ebay.com/itm/123456789012?_trksid=p1&hash=abc",
        other_urls=[{"url": "https://example.org/x", "label": "x"}],
        seller="+seller",
        price_date=date(2026, 11, 1),
        condition="",
        vendor_item_id="000123",
        source="shop one",
        cpu=CpuFactory(name="Ghost CPU 9"),
        gpu=GpuFactory(name="NVIDIA RTX A2000"),
        ram_spec=RamSpecFactory(ddr_generation="ddr5", speed_mhz=4800),
        primary_storage_profile=drive,
        secondary_storage_profile=other,
        ports_profile=PortsProfileFactory(),
        ram_notes="0",
        os_license="Windows 11 Pro",
        other_components=["Fan; loud", "Cable"],
        notes="1.000,50\nsecond line",
        attributes=attributes,
        raw_payload={"odd": ["x"]},
    )
    ListingFactory(
        title="Euro offer",
        price_usd=Decimal("108.00"),
        price_original=Decimal("100.00"),
        currency="EUR",
        exchange_rate=Decimal("1.08"),
        rate_date=date(2026, 11, 2),
        price_date=date(2026, 11, 3),
    )
    ListingFactory(title="No price", price_usd=None, cpu=None, status="archived", condition="refurb")
    ListingFactory(title="No price, in yen", price_usd=None, price_original=Decimal(5000), currency="JPY")
    ListingFactory(title="Same title", vendor_item_id="a", source="one")
    ListingFactory(title="Same title", vendor_item_id="a", source="two")
    twin = ListingFactory(title="Twin without a number")
    ListingFactory(title=twin.title, cpu=twin.cpu)
    ListingFactory(title="Only a second drive", secondary_storage_profile=other)
    ListingFactory(title="Bare RAM", ram_spec=RamSpec.objects.get_or_make(total_capacity_gb=24)[0])
    ListingFactory(title="An accessory: charger for Dell Latitude")
    ListingComponent.objects.create(listing=twin, component_type="wifi", name="AX200")


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("fill", [load_demo, rich_listings], ids=["demo", "rich"])
def test_nothing_changes(form: str, fill: Callable[[], object]) -> None:
    fill()
    before, raw = state(), exported(form)
    parts = [model.objects.count() for model in (Cpu, Gpu, RamSpec, StorageProfile)]
    session = opened(raw, name=f"export.{form}")
    assert (session.state, counts(session), messages(session)) == ("ready", {"unchanged": len(before)}, [])
    session = committed(raw, name=f"export.{form}")
    assert counts(session) == {"unchanged": len(before)}
    assert state() == before
    assert [model.objects.count() for model in (Cpu, Gpu, RamSpec, StorageProfile)] == parts
    assert exported(form) == raw
