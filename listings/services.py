"""What happens to a listing's own data when it is written."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone

from catalog.choices import StorageMedium
from catalog.custom_values import definitions_loaded, merged
from catalog.models import Port, PortsProfile, RamSpec, StorageProfile
from catalog.models.ports import PRIVATE_NAME
from dealbrain.children import own_values, replace_children
from dealbrain.constraints import MOST_DOLLARS
from dealbrain.db import update_rows
from dealbrain.deadlines import check_deadline
from dealbrain.folding import name_key
from listings.models import Listing, ListingComponent
from listings.pricing import ORIGINAL, Price, day_of, price_of, rates_needed, settle
from listings.querysets import ListingQuerySet
from listings.rates import Converted, dollars, rates_for
from listings.signals import listings_written
from listings.specs import RAM_HINTS, assign, hold_parts

CHUNK = 100  # rows of one INSERT
STORAGE_SLOTS = ("primary", "secondary")


def align_specs(listing: Listing) -> None:
    """Make references and plain numbers agree, in place; call before every write that skips `save()`.

    A reference wins: it sets the number. A number without a reference finds or makes one; 0 or null makes none.
    """
    if listing.ram_spec is not None:
        listing.ram_gb = listing.ram_spec.total_capacity_gb
    elif listing.ram_gb:
        listing.ram_spec, _ = RamSpec.objects.get_or_make(total_capacity_gb=listing.ram_gb)
    for slot in STORAGE_SLOTS:
        _align_storage(listing, slot)


def _align_storage(listing: Listing, slot: str) -> None:
    profile = getattr(listing, f"{slot}_storage_profile")
    if profile is None and getattr(listing, f"{slot}_storage_gb"):
        medium = getattr(listing, f"{slot}_storage_type") or StorageMedium.UNKNOWN
        profile, _ = StorageProfile.objects.get_or_make(
            medium=medium, capacity_gb=getattr(listing, f"{slot}_storage_gb")
        )
        setattr(listing, f"{slot}_storage_profile", profile)
    if profile is not None:
        setattr(listing, f"{slot}_storage_gb", profile.capacity_gb)
        setattr(listing, f"{slot}_storage_type", profile.medium)


@definitions_loaded()
def write_many(*, listings: Sequence[Listing], values: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    """Set the same fields of many loaded listings; an attribute of None is removed.

    Each is checked as if it were saved alone, but written with the others: one statement, run for each row. The
    caller holds a transaction, so that an exception leaves all of them as they were.
    """
    aligned = {"ram_spec", "ram_gb"}
    for slot in STORAGE_SLOTS:
        aligned |= {f"{slot}_storage_profile", f"{slot}_storage_gb", f"{slot}_storage_type"}
    columns = values.keys() - RAM_HINTS.keys()
    written = {*columns, "updated_at"} | (aligned if (aligned | RAM_HINTS.keys()) & values.keys() else set())
    if written & {"price_usd", *ORIGINAL}:
        written |= set(Price._fields)
    if attributes:
        written.add("attributes")
    hold_parts(values)
    rates = rates_needed((listing, values) for listing in listings)
    now = timezone.now()
    ports_before = {listing.ports_profile_id for listing in listings}
    for listing in listings:
        check_deadline()
        before = price_of(listing)
        assign(listing, values)
        settle(listing, before, values, rates)
        listing.attributes = merged(listing.attributes, attributes)
        listing.updated_at = now
        listing.clean_fields(exclude={field.name for field in Listing._meta.fields} - written)
        listing.clean()
        align_specs(listing)
    update_rows(Listing, listings, sorted(written))
    if "ports_profile" in values:
        let_go_of_ports(ports_before)
    listings_written.send(Listing, ids=[listing.pk for listing in listings])


def create_many(given: Sequence[dict[str, Any]]) -> tuple[list[Listing], list[int]]:
    """Make listings of valid values: all of them, in the order given, and the ids of the new ones.

    An item of a marketplace and source that is listed already, or twice among those given, is the one there is,
    unchanged. Each is checked as if it were saved alone, but written with the others. The caller holds a transaction.
    """
    known = _known_items(given)
    rows: list[Listing] = []
    fresh: list[Listing] = []
    components: list[ListingComponent] = []
    references = {field.name for field in Listing._meta.concrete_fields if field.is_relation}  # their rows are at hand
    rates = rates_needed((None, values) for values in given)
    for values in given:
        check_deadline()
        parts = values.pop("components", None) or []
        key = _item_key(values)
        listing = known.get(key) if key else None
        if listing is None:
            listing = Listing()
            before = price_of(listing)
            assign(listing, values)
            settle(listing, before, values, rates)
            align_specs(listing)
            listing.clean_fields(exclude=references)
            listing.clean()
            fresh.append(listing)
            components += [ListingComponent(listing=listing, **own_values(part)) for part in parts]
            if key:
                known[key] = listing
        rows.append(listing)
    Listing.objects.bulk_create(fresh, batch_size=CHUNK)
    ListingComponent.objects.bulk_create(components, batch_size=CHUNK)
    ids = [listing.pk for listing in fresh]
    if ids:
        listings_written.send(Listing, ids=ids)
    return rows, ids


def convert_unknown(listings: ListingQuerySet) -> tuple[int, int]:
    """Give dollars to those of these listings that have an original price alone: how many, and how many stay without.

    For rates that were loaded after the prices. The caller holds a transaction.
    """
    waiting = listings.filter(price_usd=None, price_original__isnull=False)
    waiting.hold()
    rows = list(waiting)
    rates = rates_for((row.currency, day_of(row.price_date)) for row in rows)
    converted = []
    for row in rows:
        made = dollars(row.price_original, row.currency, day_of(row.price_date), rates)
        if made.price_usd is not None and made.price_usd <= MOST_DOLLARS:
            row.price_usd, row.exchange_rate, row.rate_date = made
            row.updated_at = timezone.now()
            converted.append(row)
    update_rows(Listing, converted, [*Converted._fields, "updated_at"])
    listings_written.send(Listing, ids=[row.pk for row in converted])
    return len(converted), len(rows) - len(converted)


def _item_key(values: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Marketplace, source and number of what these values describe; None without a number."""
    number = values.get("vendor_item_id")
    market = values.get("marketplace", Listing._meta.get_field("marketplace").default)
    return (market, values.get("source") or "", number) if number else None


def _known_items(given: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Listing]:
    """The listings of these items, by marketplace, source and the market's own id. One query."""
    named = {key[2] for values in given if (key := _item_key(values))}
    rows = Listing.objects.filter(vendor_item_id__in=named) if named else ()
    return {(row.marketplace, row.source, row.vendor_item_id): row for row in rows}


def replace_ports(listing: Listing, ports: Sequence[tuple[str, int]]) -> None:
    """Give a listing these (type, count) ports and no others; saves the listing, which the caller has locked.

    Ports belong to a profile, which other listings may share: theirs do not change. So a listing gets a profile of
    its own, made when it is first needed.
    """
    own = _own_ports(listing) if ports else None
    if own is not None:
        given = [{"type": kind, "count": count} for kind, count in ports]
        replace_children(own.ports.all(), given, like=("type",), new=lambda: Port(ports_profile=own))
    listing.ports_profile = own
    listing.save()


def _own_ports(listing: Listing) -> PortsProfile:
    """The profile that is this listing's alone: the one it has, or a new one under a name that is free."""
    current = listing.ports_profile
    if current is not None and current.is_private and not current.listings.exclude(pk=listing.pk).exists():
        return current
    name = f"{PRIVATE_NAME}{listing.pk}"
    for number in itertools.count(2):
        made = {"name": name, "is_private": True}
        own, is_new = PortsProfile.objects.get_or_create(name_key=name_key(name), defaults=made)
        if is_new:
            break
        name = f"{PRIVATE_NAME}{listing.pk} ({number})"
    return own


def let_go_of_ports(ids: Iterable[int | None]) -> None:
    """Delete those of these profiles that were made for one listing, and that none has any more."""
    left = {pk for pk in ids if pk is not None}
    for profile in PortsProfile.objects.filter(pk__in=left, is_private=True, listings=None):
        profile.delete()
