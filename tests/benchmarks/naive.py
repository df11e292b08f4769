"""The obvious way: one listing at a time, with its queries, the reference interpreter and a save."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from listings.models import Listing
from tests.valuation.reference import value_listing
from valuation.engine import RulesetSpec
from valuation.models import ListingValuation, Ruleset
from valuation.recalculation.rulebook import ruleset_specs


def value_each(sample: Sequence[int]) -> None:
    """Value these listings: the rules are fetched once, a listing and its parts for each, as obvious code does."""
    specs = ruleset_specs(Ruleset.objects.filter(is_active=True))
    for pk in sample:
        listing = Listing.objects.get(pk=pk)
        _save(listing, value(listing, specs))


def value(listing: Listing, specs: Sequence[RulesetSpec]) -> Any:
    return value_listing(specs, facts_of(listing), static_ruleset=0, disabled=frozenset())


def _save(listing: Listing, outcome: Any) -> None:
    ListingValuation.objects.update_or_create(
        listing=listing,
        defaults={
            "input_version": listing.input_version,
            "revision": 0,
            "price_cents": outcome.price_cents,
            "total_cents": outcome.total_cents,
            "adjusted_cents": outcome.adjusted_cents,
            "valued_at": timezone.now(),
        },
    )


def facts_of(listing: Listing) -> dict[str, object]:
    """The facts of docs/rules.md, one attribute at a time."""
    facts: dict[str, object] = {
        name: getattr(listing, name)
        for name in ("title", "condition", "manufacturer", "os_license", "ram_gb", "primary_storage_gb")
    }
    facts["price_usd"] = None if listing.price_usd is None else Decimal(listing.price_usd)
    if listing.cpu is not None:
        for name in ("cpu_mark_multi", "cpu_mark_single", "cores", "tdp_w", "release_year", "manufacturer"):
            facts[f"cpu.{name}"] = getattr(listing.cpu, name)
        if listing.cpu.release_year is not None:
            facts["age_years"] = max(0, timezone.localdate().year - listing.cpu.release_year)
    if listing.gpu is not None:
        facts["gpu.gpu_mark"] = listing.gpu.gpu_mark
    if listing.primary_storage_profile is not None:
        facts["storage.primary.medium"] = listing.primary_storage_profile.medium
    ports = (
        {} if listing.ports_profile is None else {port.type: port.count for port in listing.ports_profile.ports.all()}
    )
    facts["ports.has_thunderbolt"] = ports.get("thunderbolt", 0) > 0
    return {path: None if fact == "" else fact for path, fact in facts.items()}
