"""A session's file goes with it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from imports.models import ImportSession
from imports.sessions import progress
from imports.sessions.kept import forget
from imports.sessions.storing import discard


@receiver(post_delete, sender=ImportSession)
def file_goes_too(instance: ImportSession, **_: Any) -> None:
    transaction.on_commit(partial(discard, instance.stored_as))
    transaction.on_commit(partial(progress.forget, instance.stored_as))
    transaction.on_commit(partial(forget, instance.stored_as))
