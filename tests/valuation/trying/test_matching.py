"""Counts of matching listings: what the engine says of each listing, however few rows the database makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from listings.models import Listing
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    PortFactory,
    RamSpecFactory,
    StorageProfileFactory,
)
from tests.valuation.strategies import conditions
from valuation.engine import Matcher, parse_conditions
from valuation.engine.conditions import leaves
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.matching import count_matches, examples

pytestmark = pytest.mark.django_db


def world() -> None:
    """Listings of which some are alike, with every kind of fact, and with facts that are missing."""
    for key, kind in (("color", "text"), ("score", "number"), ("tested", "boolean")):
        CustomFieldFactory(key=key, data_type=kind)
    ports = PortFactory(type="usb_c", count=2).ports_profile
    ram, drive = RamSpecFactory(), StorageProfileFactory(interface="PCIe 3")
    cpu = CpuFactory(cores=6, release_year=2019, tdp_w=35)
    for number in range(12):
        ListingFactory(
            cpu=cpu if number % 2 else None,
            ram_spec=ram if number % 3 else None,
            primary_storage_profile=drive if number % 4 else None,
            ports_profile=ports if number % 5 else None,
            condition=("new", "used", "refurb")[number % 3],
            price_usd=(None, "99.99", "250.00")[number % 3],
            manufacturer=("Lenovo", "DELL", "")[number % 3],
            attributes={"color": "red", "score": 1.5, "tested": True} if number % 2 else {},
            title="Mini PC wi-fi 6e" if number % 2 else "Straße 16 GB",
        )
    ListingFactory(status="archived")


def one_by_one(tree: Any) -> tuple[int, list[int]]:
    """The same counts from every listing's own facts."""
    registry = field_registry()
    condition, _ = parse_conditions(tree, registry)
    fields = frozenset(leaf.field for leaf in leaves(condition))
    listings = Listing.objects.active().order_by("pk")
    batch = load_facts(listings, fields=fields, registry=registry, year=revision_row().year, scores=False).batch
    matcher = Matcher(batch)
    return int(matcher.match(condition).sum()), [int(matcher.match(leaf).sum()) for leaf in leaves(condition)]


def test_counts_are_what_the_engine_says_of_each_listing() -> None:
    world()
    registry = field_registry()

    @settings(max_examples=60, deadline=None)
    @given(conditions)
    def same(tree: Any) -> None:
        found = count_matches(tree, registry)
        whole, each = one_by_one(tree)
        assert (found.total, found.matched, list(found.leaves.values())) == (12, whole, each)

    same()


def test_examples_are_what_listings_have() -> None:
    world()
    found = examples(field_registry())
    assert found["cpu.cores"] == "6"
    assert found["custom.tested"] == "yes"
    assert found["title"] == "Straße 16 GB"
    assert found["ports.usb_c"] == "2"
    assert "gpu.name" not in found
    assert examples(field_registry()).keys() <= {field.path for field in field_registry().fields}


def test_an_empty_inventory_has_no_examples_and_matches_nothing() -> None:
    assert set(examples(field_registry()).values()) <= {"0", "no"}
    found = count_matches({"field_name": "ram_gb", "operator": "gte", "value": 1}, field_registry())
    assert (found.total, found.matched) == (0, 0)
