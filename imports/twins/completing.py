"""What the listing that is kept takes over from the other. Nothing is replaced and nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.models import RamSpec, StorageProfile
from imports.sessions.identity import clean_url
from imports.sessions.merging import UNKNOWN, fields_of, fits, merged_drive, merged_memory
from imports.sessions.prices import PRICES
from listings.choices import Marketplace
from listings.models import Listing
from listings.origins import CUSTOM
from listings.validation import MOST_URLS

# Notes and what an importer left unread are about the other offer: they stay with it.
PLAIN = (
    *("seller", "condition", "device_model", "manufacturer", "series", "model_number", "form_factor"),
    *("os_license", "ram_notes", "other_components", "gpu", "ports_profile"),
)
SLOTS = ("primary_storage_profile", "secondary_storage_profile")


def completed(kept: Listing, other: Listing) -> dict[str, Any]:
    """{field: value} of what the kept listing does not say and the other does; custom fields as `custom.<key>`."""
    found = {name: getattr(other, name) for name in PLAIN if not getattr(kept, name) and getattr(other, name)}
    found |= {
        f"{CUSTOM}{key}": value
        for key, value in other.attributes.items()
        if value is not None and kept.attributes.get(key) is None
    }
    for slot, spec in _drives_of(kept, other):
        if (drive := _joined(getattr(kept, slot), spec, merged_drive, StorageProfile)) is not None:
            found[slot] = drive
    if (memory := _joined(kept.ram_spec, other.ram_spec, merged_memory, RamSpec)) is not None:
        found["ram_spec"] = memory
    if is_newer(other, kept):
        found |= {name: getattr(other, name) for name in PRICES}
    return found


def is_newer(other: Listing, kept: Listing) -> bool:
    """Whether the other's price is the current one: it is of a later day, or the kept listing has none."""
    if not has_price(other):
        return False
    if not has_price(kept):
        return True
    return kept.price_date is not None and other.price_date is not None and other.price_date > kept.price_date


def has_price(listing: Listing) -> bool:
    return listing.price_usd is not None or listing.price_original is not None


def addresses(kept: Listing, other: Listing) -> tuple[str, list[dict[str, Any]], int]:
    """The address of the kept listing, its other ones with those of the other listing, and how many had no room."""
    label = f"{Marketplace(other.marketplace).label}{f', {other.source}' if other.source else ''} (listing {other.pk})"
    given = [{"url": other.listing_url, "label": label}] if other.listing_url else []
    given += other.other_urls
    url = kept.listing_url
    if not url and other.listing_url:
        url, given = other.listing_url, given[1:]
    known = {clean_url(url), *(clean_url(item["url"]) for item in kept.other_urls)}
    more = []
    for item in given:
        if (clean := clean_url(item["url"])) not in known:
            known.add(clean)
            more.append(item)
    room = max(MOST_URLS - len(kept.other_urls), 0)
    return url, [*kept.other_urls, *more[:room]], len(more[room:])


def _drives_of(kept: Listing, other: Listing) -> Iterator[tuple[str, StorageProfile | None]]:
    """The kept listing's slots, and the other's drive for each: both name the same drives, perhaps in another order."""
    own = [getattr(kept, slot) for slot in SLOTS]
    drives = [getattr(other, slot) for slot in SLOTS]
    if not _all_fit(own, drives) and _all_fit(own, drives[::-1]):
        drives.reverse()
    return zip(SLOTS, drives, strict=True)


def _all_fit(own: list[StorageProfile | None], drives: list[StorageProfile | None]) -> bool:
    pairs = [(fields_of(one), fields_of(other)) for one, other in zip(own, drives, strict=True)]
    return all(bool(one) == bool(other) and fits(one, merged_drive(one, UNKNOWN, other)[0]) for one, other in pairs)


def _joined(current: Any, other: Any, merge: Any, model: Any) -> Any:
    """The spec of what both say together, made if need be; None where the current one says all or they disagree."""
    if current is None or other is None or current.pk == other.pk:
        return None
    fields = fields_of(current)
    together, _ = merge(fields, UNKNOWN, fields_of(other))
    if together == fields or not fits(fields, together):
        return None
    return other if together == fields_of(other) else model.objects.get_or_make(**together)[0]
