"""What happens to a listing's own data when it is written."""

from __future__ import annotations

from catalog.choices import StorageMedium
from catalog.models import RamSpec, StorageProfile
from listings.models import Listing

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
