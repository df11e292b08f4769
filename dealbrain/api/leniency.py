"""What is understood though it is not written as we write it: nulls, older names, names without a meaning here, and
what a client sends back that it has read.

One walk over a body, before it is checked, beside the serializer that will check it. Names that nobody knows are left
for the check, which refuses them: lenient in what is meant, strict in names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from dealbrain.api.renderers import json_bytes

WARNINGS = "warnings"
UNKNOWN = "unknown"
STAMPS = ("created_at", "updated_at", "valued_at", "stale")  # they say when, and nothing that could be lost
NOISE = Decimal("0.000001")
MOST_NOTES = 50


@dataclass(slots=True)
class Notes:
    """What an answer has to say about its request, once each: a path, and a sentence."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, message: str) -> None:
        if len(self.found) < MOST_NOTES:
            self.found.setdefault(path, message)

    def taken(self) -> list[tuple[str, str]]:
        """The notes, for whoever tells them in another way."""
        found, self.found = list(self.found.items()), {}
        return found

    def shown(self) -> list[str]:
        return [f"{path}: {message}" for path, message in self.found.items()]


def notes_of(reader: Any) -> Notes:
    """The notes of the request that a serializer or a field reads; of nobody's where it reads for itself."""
    context: dict[str, Any] = reader.context
    notes: Notes = context.setdefault("notes", Notes())
    return notes


def understood(reader: Any, data: Any, notes: Notes, path: str = "") -> Any:
    """`data` as `reader` would like to have it. What is not understood stays as it is, to be refused by name."""
    if isinstance(data, list):
        child = getattr(reader, "child", None)
        data = reader.arranged(data) if hasattr(reader, "arranged") else data
        return [understood(child, item, notes, f"{path}[{at}]") for at, item in enumerate(data)] if child else data
    if not (isinstance(data, dict) and hasattr(reader, "idle_names")):
        return data
    fields: Mapping[str, Any] = reader.fields
    found: dict[str, Any] = {}
    for name, value in data.items():
        place = f"{path}.{name}" if path else str(name)
        ours = reader.older_names.get(name, name)
        if ours != name and (ours not in data or data[ours] == value or value is None):
            if ours not in data:
                found[ours] = value
        elif name in reader.idle_names:
            if value not in (None, "", [], {}) and (about := reader.idle_names[name]):
                notes.add(place, about)
        else:
            found[name] = value
    for name, value in found.items():
        reads = fields.get(name)
        if reads is None or reads.read_only:
            continue
        place = f"{path}.{name}" if path else name
        found[name] = empty_of(reads) if value is None else understood(reads, value, notes, place)
    return found


def empty_of(reader: Any) -> Any:
    """What null means to a field: the empty text, list or object. None where null itself is read, or means nothing."""
    if reader.allow_null:
        return None
    if isinstance(reader, serializers.ListSerializer | serializers.ListField) or getattr(reader, "holds", None) is list:
        return []
    if isinstance(reader, serializers.DictField) or getattr(reader, "holds", None) is dict:
        return {}
    if isinstance(reader, serializers.ChoiceField):
        return "" if reader.allow_blank else UNKNOWN if UNKNOWN in reader.choices else None
    if isinstance(reader, serializers.CharField):
        return ""
    return None


def check_read_only(reader: Any, data: Mapping[str, Any], notes: Notes) -> dict[str, list[ErrorDetail]]:
    """Read-only names of a body that say something else than what is stored, by name. What follows by itself, and
    may have moved since it was read, is only noted."""
    wrong = {}
    for name, value in data.items():
        reads = reader.fields.get(name)
        if reads is None or not reads.read_only or name in reader.hints or name in STAMPS:
            continue
        if _says_what_is_stored(reader, reads, value) or (value is None and name in reader.derived):
            continue
        if name in reader.derived:
            notes.add(name, "This follows by itself: what was sent is not kept.")
        else:
            stored = "is not what is stored" if reader.instance is not None else "is given by us"
            message = f"This cannot be written, and {stored}: leave it out."
            wrong[name] = [ErrorDetail(message, "read_only")]
    return wrong


def _says_what_is_stored(reader: Any, reads: Any, value: Any) -> bool:
    """Whether a value is what a read-only field shows of the row, or would show of a new one."""
    row = reader.instance
    if row is None:
        if value in (None, [], {}, "") or not hasattr(reader, "Meta"):
            return True
        row = reader.Meta.model()
    return bool(settled(shown(reads, row), reader) == settled(value, reader))


def shown(reads: Any, row: Any) -> Any:
    """What a field shows of a row, as JSON; None where a row that is not stored yet has none."""
    try:
        value = reads.get_attribute(row)
        return None if value is None else json.loads(json_bytes(reads.to_representation(value)))
    except (serializers.SkipField, AttributeError, ValueError, ObjectDoesNotExist):
        return None


def settled(value: Any, reader: Any) -> Any:
    """A value without what moves by itself, at any depth."""
    if isinstance(value, dict):
        return {
            name: settled(item, reader)
            for name, item in value.items()
            if name not in reader.derived and name not in STAMPS
        }
    return [settled(item, reader) for item in value] if isinstance(value, list) else value


def without_noise(value: Any, places: int) -> Any:
    """A number that misses its rounding by less than a millionth, as binary arithmetic leaves it, rounded."""
    if isinstance(value, bool) or not isinstance(value, float | str):
        return value
    try:
        exact = Decimal(str(value)[:40])
        rounded = round(exact, places)
    except (InvalidOperation, ValueError):
        return value
    return rounded if exact.is_finite() and exact != rounded and abs(exact - rounded) < NOISE else value
