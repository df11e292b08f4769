"""Two small things every model shares: counters that a stale instance cannot turn back, and saves that check."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import F


class CounterField(models.PositiveBigIntegerField):
    """A counter that starts at 1 and is moved only by set-based UPDATEs.

    `save()` of an instance that was read before the counter moved would otherwise write the old number back, and an
    edit would look like one that has been dealt with. So an update by `save()` writes the column's own value.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": 1, "editable": False, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else F(self.attname)


class CheckedModel(models.Model):
    """A model whose writes are checked and whole.

    Django sends `post_save` after the row is committed when no transaction is open; here the write and what its
    receivers mark commit together. And code cannot store what a form would refuse: fields and `clean()` are checked
    on every save. Uniqueness and references are left to the database, which alone can decide them.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            self.clean_fields(exclude={field.name for field in self._meta.fields if field.is_relation})
            self.clean()
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            return super().delete(*args, **kwargs)
