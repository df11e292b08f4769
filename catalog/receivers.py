"""Exactly one scoring profile is the default, once there is any."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_delete, pre_save
from django.dispatch import receiver

from catalog.models import Profile


@receiver(pre_save, sender=Profile)
def keep_one_default(instance: Profile, raw: bool, update_fields: Collection[str] | None, **_: Any) -> None:
    """A new default takes the place of the old one, in the same transaction; the only default stays one."""
    if raw or (update_fields is not None and "is_default" not in update_fields):
        return
    others = Profile.objects.filter(is_default=True).exclude(pk=instance.pk)
    if instance.is_default:
        others.update(is_default=False)
    elif not others.exists():
        instance.is_default = True


@receiver(post_delete, sender=Profile)
def replace_default(instance: Profile, **_: Any) -> None:
    """The oldest profile that is left follows a default that went."""
    heir = Profile.objects.order_by("pk").first()
    if instance.is_default and heir is not None:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
