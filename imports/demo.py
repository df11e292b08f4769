"""The demo market: parts, scoring profiles and listings from `data/demo/`. What exists already is left as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from catalog.choices import PortType
from catalog.models import Cpu, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from listings.models import Listing, ListingComponent

DATA = Path(__file__).parent / "data" / "demo"
SPECS = ("ram", "primary_storage", "secondary_storage")


@dataclass(slots=True)
class DemoOutcome:
    """How many rows were made; 0 everywhere on a second run."""

    cpus: int = 0
    gpus: int = 0
    profiles: int = 0
    listings: int = 0


def load_demo() -> DemoOutcome:
    """Load what is missing, in one transaction."""
    outcome = DemoOutcome()
    with transaction.atomic():
        outcome.cpus = sum(_make(Cpu, item) for item in _items("cpus"))
        outcome.gpus = sum(_make(Gpu, item) for item in _items("gpus"))
        outcome.profiles = sum(_make_profile(item) for item in _items("profiles"))
        outcome.listings = sum(_make_listing(item) for item in _items("listings"))
    return outcome


def _items(name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))["items"]
    return items


def _make(model: type[Cpu] | type[Gpu], item: dict[str, Any]) -> bool:
    if model.objects.named(item["name"]).exists():
        return False
    model.objects.create(**item)
    return True


def _make_profile(item: dict[str, Any]) -> bool:
    """A profile of the demo is the default only where no other one is."""
    is_default = item["is_default"] and not Profile.objects.filter(is_default=True).exists()
    _, created = Profile.objects.get_or_create(name=item["name"], defaults={**item, "is_default": is_default})
    return created


def _make_listing(item: dict[str, Any]) -> bool:
    if Listing.objects.filter(marketplace=item["marketplace"], vendor_item_id=item["vendor_item_id"]).exists():
        return False
    plain = {name: value for name, value in item.items() if name not in (*SPECS, "cpu", "gpu", "ports", "components")}
    plain["price_usd"] = None if item["price_usd"] is None else Decimal(item["price_usd"])
    plain["price_date"] = date.fromisoformat(item["price_date"])
    listing = Listing.objects.create(
        **plain,
        cpu=Cpu.objects.named(item["cpu"]).get() if item["cpu"] else None,
        gpu=Gpu.objects.named(item["gpu"]).get() if item["gpu"] else None,
        ram_spec=RamSpec.objects.get_or_make(**item["ram"])[0] if item["ram"] else None,
        primary_storage_profile=_storage(item["primary_storage"]),
        secondary_storage_profile=_storage(item["secondary_storage"]),
        ports_profile=_ports(item["ports"]),
    )
    for component in item["components"]:
        ListingComponent.objects.create(listing=listing, **component)
    return True


def _storage(item: dict[str, Any] | None) -> StorageProfile | None:
    return StorageProfile.objects.get_or_make(**item)[0] if item else None


def _ports(items: list[dict[str, Any]]) -> PortsProfile | None:
    """One profile for each distinct set of ports, named after it."""
    if not items:
        return None
    name = ", ".join(f"{item['count']} × {PortType(item['type']).label}" for item in items)
    profile, created = PortsProfile.objects.get_or_create(name=name)
    if created:
        for item in items:
            Port.objects.create(ports_profile=profile, **item)
    return profile
