"""What every model of ours shares: checked writes, text in NFC, and counters that only ever go up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models, router, transaction
from django.db.models import F, Lookup
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone

from dealbrain.folding import clean
from dealbrain.text import nfc_json


class CounterField(models.PositiveBigIntegerField):  # type: ignore[type-arg]  # generic in the stubs only
    """A number that is moved by set-based UPDATEs alone (`SET version = version + 1`), starting at 1.

    An instance that was loaded before such an UPDATE holds the old number. Were `save()` to write it back, the
    edit in between would look as if it had never happened; so saving an existing row sets the column to itself.
    Naming the field in `QuerySet.bulk_update` is the one way round this, and a mistake.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", 1)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else F(self.attname)


class _Nfc(models.Field):  # type: ignore[type-arg]  # generic in the stubs only
    """A column whose text is in NFC however it is written (bulk writes and `update()` too) and however it is asked for.

    To migrations it is Django's own field: the database knows no difference.
    """

    written_as = ""

    def to_python(self, value: Any) -> Any:
        return nfc_json(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return nfc_json(super().get_prep_value(value))

    def get_lookup(self, lookup_name: str) -> Any:
        found = super().get_lookup(lookup_name)
        return found and _in_nfc(found)  # type: ignore[arg-type]  # a class is hashable

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, self.written_as or path, args, kwargs


@cache
def _in_nfc(lookup: type[Lookup[Any]]) -> type[Lookup[Any]]:
    """The lookup with what it looks for in NFC: Django prepares the value of some of them only."""

    def begin(self: Any, lhs: Any, rhs: Any) -> None:
        lookup.__init__(self, lhs, nfc_json(rhs))

    return type(lookup.__name__, (lookup,), {"__init__": begin, "__module__": lookup.__module__})


class CharField(_Nfc, models.CharField):  # type: ignore[type-arg]  # as above
    """Text of one line, in NFC."""

    written_as = "django.db.models.CharField"


class TextField(_Nfc, models.TextField):  # type: ignore[type-arg]  # as above
    """Text, in NFC."""

    written_as = "django.db.models.TextField"


class JSONField(_Nfc, models.JSONField):
    """JSON whose texts are in NFC."""

    written_as = "django.db.models.JSONField"


class NameField(_Nfc, models.CharField):  # type: ignore[type-arg]  # as above
    """A name as `clean` keeps it, whoever writes it; nothing that can be seen is no name."""

    def to_python(self, value: Any) -> Any:
        return clean(value) if isinstance(value, str) else super().to_python(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """For writes by sets, which check nothing."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class CheckedModel(models.Model):
    """A model that code cannot fill with what a form would refuse.

    `save()` runs the field validators and `clean()` first. It leaves out what the database itself refuses, and
    more reliably: uniqueness and CHECK constraints (a query beforehand can be overtaken) and whether a foreign key
    leads anywhere. Bulk writes and fixtures do not pass through here.

    Both writes are one transaction with what their signal receivers do, so a change and the mark that makes its
    dependants stale are committed together or not at all. (Django sends `post_save` after its own transaction.)
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic(using=kwargs.get("using") or router.db_for_write(type(self), instance=self)):
            self.clean_fields(exclude=self._not_checked(kwargs.get("update_fields")))
            self.clean()
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic(using=kwargs.get("using") or router.db_for_write(type(self), instance=self)):
            return super().delete(*args, **kwargs)

    def _not_checked(self, update_fields: Any) -> set[str]:
        """Names of the fields without a value of ours to check.

        Foreign keys (above), columns that were not loaded (reading each would be a query), columns that this save
        does not write, and expressions, whose value only the database knows.
        """
        deferred = self.get_deferred_fields()
        written = None if update_fields is None else set(update_fields)
        return {
            field.name
            for field in self._meta.concrete_fields
            if field.is_relation
            or field.attname in deferred
            or (written is not None and not written & {field.name, field.attname})
            or hasattr(getattr(self, field.attname), "resolve_expression")
        }


def update_rows(model: type[models.Model], rows: Iterable[Any], names: Sequence[str]) -> None:
    """`UPDATE ... WHERE id` as one statement for all rows: `bulk_update` takes many times as long.

    Nothing is checked and no signal is sent.
    """
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk] for row in rows
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE id = %s", values)  # noqa: S608  # ours


@receiver(pre_save)
def stamp_loaded(instance: models.Model, raw: bool, **_: Any) -> None:
    """A dump of before a table had these times lacks them, and loading one asks no field for its own value."""
    if raw:
        for field in instance._meta.concrete_fields:
            is_stamp = getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False)
            if is_stamp and getattr(instance, field.attname) is None:
                setattr(instance, field.attname, timezone.now())
