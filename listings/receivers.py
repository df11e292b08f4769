"""A listing's numbers follow its parts."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from catalog.models import RamSpec, StorageProfile
from listings.models import Listing
from listings.querysets import ListingQuerySet
from listings.services import STORAGE_SLOTS, align_specs, let_go_of_ports


@receiver(pre_save, sender=Listing)
def align_before_save(instance: Listing, raw: bool, **_: Any) -> None:
    if not raw:
        align_specs(instance)


@receiver(post_save, sender=Listing)
def leave_ports_after_save(instance: Listing, raw: bool, **_: Any) -> None:
    left, instance.loaded_ports_id = instance.loaded_ports_id, instance.ports_profile_id
    if not raw and left not in (None, instance.ports_profile_id):
        let_go_of_ports([left])


@receiver(post_delete, sender=Listing)
def leave_ports_after_delete(instance: Listing, **_: Any) -> None:
    if instance.ports_profile_id is not None:
        let_go_of_ports([instance.ports_profile_id])


@receiver(post_save, sender=RamSpec)
def follow_ram_spec(instance: RamSpec, raw: bool, created: bool, **_: Any) -> None:
    if not raw and not created:
        _follow(instance.listings.all(), ram_gb=instance.total_capacity_gb)


@receiver(post_save, sender=StorageProfile)
def follow_storage_profile(instance: StorageProfile, raw: bool, created: bool, **_: Any) -> None:
    if raw or created:
        return
    for slot in STORAGE_SLOTS:
        numbers = {f"{slot}_storage_gb": instance.capacity_gb, f"{slot}_storage_type": instance.medium}
        _follow(Listing.objects.filter(**{f"{slot}_storage_profile": instance}), **numbers)


def _follow(listings: ListingQuerySet, **numbers: Any) -> None:
    listings.hold()
    listings.update(**numbers)
