"""Values of custom fields are enforced on every write: one check for models, forms, importers and the API.

What is written is checked, what is left alone is not. So a row from before a field became required, lost an option or
got a stricter check can still be saved for another reason (a new price), and keeps what it has; but a value that is
new or changed fits its definition, a required value cannot be taken away, and a new row has them all.

A key without a definition is refused, with the nearest name, unless the row has exactly that under it already.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model

from catalog.choices import CustomFieldEntity
from catalog.custom_storage import COLUMN
from catalog.custom_types import TEXTS, did_you_mean, is_blank, printable
from catalog.models.custom_fields import CustomField
from dealbrain.text import nfc_json

_loaded: ContextVar[dict[str, list[CustomField]] | None] = ContextVar("custom_fields", default=None)


@contextmanager
def definitions_loaded() -> Iterator[None]:
    """Read the definitions once for all writes inside: for whoever saves many rows. They must not change meanwhile."""
    token = _loaded.set({})
    try:
        yield
    finally:
        _loaded.reset(token)


@contextmanager
def definitions_read() -> Iterator[None]:
    """The same for who only looks, and stores nothing of it: whoever changes a definition does not wait for that."""
    token = _loaded.set(_by_entity())
    try:
        yield
    finally:
        _loaded.reset(token)


def _by_entity() -> dict[str, list[CustomField]]:
    found: dict[str, list[CustomField]] = {known: [] for known in CustomFieldEntity.values}
    for field in CustomField.objects.all():
        found[field.entity].append(field)
    return found


def hold_definitions() -> None:
    """Keep the definitions as they are until this transaction ends; those who write values do not wait for each other.

    Whoever changes or deletes one holds it first, and then the rows that have a value of it. So does a writer: first
    this, then the rows. (For share, a lock that Django does not know. Who writes to SQLite is alone with it.)
    """
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {CustomField._meta.db_table} ORDER BY id FOR SHARE")  # noqa: S608  # ours


def definitions(entity: str) -> list[CustomField]:
    """Every custom field of an entity, inactive ones too, in the order they are shown. At most one query."""
    loaded = _loaded.get()
    if loaded is None:
        return list(CustomField.objects.filter(entity=entity))
    if not loaded:
        hold_definitions()
        loaded |= _by_entity()
    return loaded[entity]


def default_attributes(entity: str) -> dict[str, Any]:
    """What a new row holds when nobody says anything."""
    return _defaults(definitions(entity))


def merged(attributes: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with changes applied; a change to None removes."""
    return {key: value for key, value in {**attributes, **changes}.items() if value is not None}


def check_attributes(
    *,
    entity: str,
    attributes: Any,
    fields: Iterable[CustomField] | None = None,
    previous: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The attributes to store; a null removes its key.

    `previous` is what the row holds now, None for a new row, where a key that is not given gets its default. `fields`
    are the definitions, where the caller has them. Raises ValidationError under `attributes` with one message for each
    problem, which begins with its path (`attributes.colour: ...`); codes are unknown, inactive, required and invalid.
    """
    known = _by_key(definitions(entity) if fields is None else fields)
    stored, problems = _examine(attributes, known, with_defaults=previous is None)
    _raise(problems if previous is None else _without_old(problems, attributes, previous))
    return stored


def clean_attributes(row: Model, *, entity: str) -> None:
    """As `check_attributes`, for the `clean` of a model: puts what is to be stored in its place.

    What the row holds now is asked for only where something is wrong.
    """
    if COLUMN in row.get_deferred_fields():
        return  # not loaded, so not written
    if _loaded.get() is None:
        hold_definitions()
    attributes = getattr(row, COLUMN)
    is_new = row._state.adding
    # A form cleans a new row and saving cleans it again: what was cleared in between stays cleared.
    wants_defaults = is_new and not hasattr(row, "_has_defaults")
    stored, problems = _examine(attributes, _by_key(definitions(entity)), with_defaults=wants_defaults)
    if problems and not is_new:
        previous = type(row)._base_manager.filter(pk=row.pk).values_list(COLUMN, flat=True).first()
        problems = _without_old(problems, attributes, previous if isinstance(previous, dict) else {})
    _raise(problems)
    setattr(row, COLUMN, stored)
    row._has_defaults = True  # type: ignore[attr-defined]  # as above


def _by_key(fields: Iterable[CustomField]) -> dict[str, CustomField]:
    return {field.key: field for field in fields}


def _defaults(fields: Iterable[CustomField]) -> dict[str, Any]:
    return {
        field.key: copy.deepcopy(field.default) for field in fields if field.is_active and field.default is not None
    }


def _examine(
    attributes: Any, known: Mapping[str, CustomField], *, with_defaults: bool
) -> tuple[dict[str, Any], dict[str, ValidationError]]:
    """What would be stored, and what is wrong by key, as if every value were written now."""
    if not isinstance(attributes, dict):
        raise ValidationError({COLUMN: "Custom fields are an object of key and value."})
    attributes = nfc_json(attributes)
    stored = {key: kept for key, value in attributes.items() if (kept := _kept(value, known.get(key))) is not None}
    problems = {key: problem for key, value in stored.items() if (problem := _problem(key, value, known))}
    if with_defaults:
        stored |= {key: value for key, value in _defaults(known.values()).items() if key not in attributes}
    for key, field in known.items():
        if field.is_active and field.is_required and key not in problems and is_blank(stored.get(key)):
            problems[key] = _error(key, f"{field.label} is required.", "required")
    return stored, problems


def _kept(value: Any, field: CustomField | None) -> Any:
    """A value as it is stored: text without blanks around it, as in every column."""
    if field is None or field.data_type not in TEXTS or not isinstance(value, str):
        return value
    return value.strip()


def _problem(key: Any, value: Any, known: Mapping[str, CustomField]) -> ValidationError | None:
    field = known.get(key)
    if field is None:
        names = [field.key for field in known.values() if field.is_active]
        return _error(key, f"there is no such custom field.{did_you_mean(key, names)}", "unknown")
    if not field.is_active:
        return _error(key, f"{field.label} is switched off: it takes no new values.", "inactive")
    message = field.problem_of(value)
    return _error(key, message, "invalid") if message else None


def _error(key: Any, message: str, code: str) -> ValidationError:
    return ValidationError(f"{COLUMN}.{printable(key)}: {message}", code=code)


def _without_old(
    problems: Mapping[str, ValidationError], attributes: Mapping[str, Any], previous: Mapping[str, Any]
) -> dict[str, ValidationError]:
    """The problems that this write makes: those of keys that change."""
    return {key: problem for key, problem in problems.items() if not _same(attributes.get(key), previous.get(key))}


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON. (For Python, 1 and true are equal.)"""
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    except (TypeError, ValueError, RecursionError):  # not what a database gave back
        return False


def _raise(problems: Mapping[str, ValidationError]) -> None:
    if problems:
        raise ValidationError({COLUMN: list(problems.values())})
