"""Exactly one scoring profile is the default, once there is any; custom fields keep a history."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from catalog.choices import ChangeAction
from catalog.models import CustomField, CustomFieldChange, Profile
from dealbrain.actor import actor_name

# What a definition says; its number and its times are not part of that.
DEFINITION = [
    field.name for field in CustomField._meta.concrete_fields if field.name not in ("id", "created_at", "updated_at")
]


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
    if not instance.is_default:
        return
    rows = Profile.objects.order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()  # else it may be deleted by somebody between the look and the save
    if (heir := rows.first()) is not None:
        heir.is_default = True
        heir.save(update_fields=["is_default"])


@receiver(pre_save, sender=CustomField)
def remember_custom_field(instance: CustomField, raw: bool, **_: Any) -> None:
    """What is stored until now, for the history."""
    stored = None if raw else CustomField.objects.filter(pk=instance.pk).values(*DEFINITION).first()
    instance._before = stored  # type: ignore[attr-defined]  # from here to `note_custom_field` only


@receiver(post_save, sender=CustomField)
def note_custom_field(instance: CustomField, raw: bool, **_: Any) -> None:
    if raw:
        return
    before, after = instance._before, _definition(instance)  # type: ignore[attr-defined]  # as above
    if before != after:
        _note(instance, ChangeAction.UPDATED if before else ChangeAction.CREATED, before, after)


@receiver(post_delete, sender=CustomField)
def note_deleted_custom_field(instance: CustomField, **_: Any) -> None:
    _note(instance, ChangeAction.DELETED, _definition(instance), None)


def _definition(field: CustomField) -> dict[str, Any]:
    return {name: getattr(field, name) for name in DEFINITION}


def _note(field: CustomField, action: ChangeAction, before: Any, after: Any) -> None:
    CustomFieldChange.objects.create(
        field_id=field.pk,
        entity=field.entity,
        key=field.key,
        actor=actor_name(),
        action=action,
        before=before,
        after=after,
    )
