"""The base of writable representations: strict about names, whole about PUT, careful with JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, TypeVar

from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import NOT_PROVIDED, Model
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from dealbrain.actor import is_stranger
from dealbrain.api.leniency import WARNINGS, check_read_only, notes_of, understood, without_noise
from dealbrain.api.parameters import MOST_ID, nearest, unreadable
from dealbrain.api.parsers import deeper_than
from dealbrain.api.problems import MOST_PROBLEMS
from dealbrain.children import SENT_ID
from dealbrain.deadlines import check_deadline
from dealbrain.numerals import is_number
from dealbrain.text import nfc_json

Row = TypeVar("Row", bound=Model)
RANGES = BaseDatabaseOperations.integer_field_ranges
ROWS = "rows"  # in the context: model -> {id: row}, where whoever reads many bodies has loaded what they name
MOST_DEPTH = 20
MOST_ITEMS = 1_000  # of a list, where nothing else is said
MOST_JSON = 100_000  # characters


class JsonField(serializers.JSONField):
    """JSON that every database takes: no null characters, no halves of surrogate pairs, of bounded size and depth."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if deeper_than(value, MOST_DEPTH):
            raise serializers.ValidationError(f"This is nested deeper than {MOST_DEPTH}.", code="too_deep")
        text = json.dumps(value, ensure_ascii=False)
        if len(text) > MOST_JSON:
            raise serializers.ValidationError(f"This is longer than {MOST_JSON:,} characters.", code="too_long")
        if unreadable(text) or "\\u0000" in json.dumps(value):
            raise serializers.ValidationError("This holds characters that are not text.", code="not_text")
        return value


class ObjectField(JsonField):
    """JSON that is an object."""

    holds = dict
    json_schema: ClassVar[dict[str, Any]] = {"type": "object", "additionalProperties": {}}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("This must be an object of names and values.", code="invalid")
        return super().to_internal_value(data)


class ArrayField(JsonField):
    """JSON that is a list."""

    holds = list
    json_schema: ClassVar[dict[str, Any]] = {"type": "array", "items": {}}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            raise serializers.ValidationError("This must be a list.", code="invalid")
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    """Money and the like; what binary arithmetic has left behind the last decimal is no decimal."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(without_noise(data, self.decimal_places or 0))


class IntegerField(serializers.IntegerField):
    """A whole number, also one that binary arithmetic has just missed."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(without_noise(data, 0))


class ListField(serializers.ListField):
    """A list of a stated length, which is looked at before what is in it. (rest_framework reads a million items first.)

    Of the items that are wrong, as many are named as an answer tells.
    """

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > self.max_length:  # type: ignore[operator]  # it is given, above
            message = str(self.error_messages["max_length"]).format(max_length=self.max_length)
            raise serializers.ValidationError(message, code="max_length")
        return super().to_internal_value(data)

    def run_child_validation(self, data: Any) -> Any:
        found, wrong = [], {}
        for position, item in enumerate(data):
            try:
                found.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                wrong[position] = error.detail
                if len(wrong) > MOST_PROBLEMS:
                    break
        if wrong:
            raise serializers.ValidationError(wrong)  # type: ignore[arg-type]  # by position, as its own does
        return found


class StrictNames(serializers.BaseSerializer[Any]):
    """A name that is no field is refused with the nearest one.

    `older_names` are other names of fields, `idle_names` are names that mean nothing here, each with a sentence that
    the answer's `warnings` say, or "" where nothing is lost. A read-only field may be sent as it is stored; one that
    is `derived` moves by itself, so another value of it is only noted; `hints` are looked at by the serializer itself.
    """

    fields: Any
    older_names: ClassVar[Mapping[str, str]] = {}
    idle_names: ClassVar[Mapping[str, str]] = {}
    derived: ClassVar[Collection[str]] = ()
    hints: ClassVar[Collection[str]] = ()
    most_items: ClassVar[int] = MOST_ITEMS  # of a list of these in a body

    @classmethod
    def many_init(cls, *args: Any, **options: Any) -> Any:
        if not (args or options.get("read_only") or options.get("instance")):
            options.setdefault("max_length", cls.most_items)
        return super().many_init(*args, **options)

    def to_internal_value(self, data: Any) -> Any:
        check_deadline()
        is_body = self.parent is None or (self.parent.parent is None and self.field_name in (None, ""))
        wrong: dict[str, Any] = {}
        if is_body and isinstance(data, dict):
            data = {name: value for name, value in data.items() if name != WARNINGS or name in self.fields}
            data = understood(self, data, notes_of(self))
            wrong |= check_read_only(self, data, notes_of(self))
        wrong |= misspelled(self.fields, data) if isinstance(data, dict) else {}
        unknown = [str(name) for name in data if name not in self.fields] if isinstance(data, dict) else []
        for name in unknown[: MOST_PROBLEMS + 1]:
            wrong[name] = [ErrorDetail(f"There is no such field.{nearest(name, self.fields.keys())}", "unknown")]
        if isinstance(self.parent, serializers.ListSerializer) and isinstance(data, dict):
            # A PATCH replaces a list, so what is in it is whole. (To rest_framework it is as partial as the rest.)
            missing = (field for name, field in self.fields.items() if field.required and name not in data)
            wrong |= {
                field.field_name: [ErrorDetail(field.error_messages["required"], "required")] for field in missing
            }
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**wrong, **error.detail}) from error  # type: ignore[dict-item]  # a dict
        if wrong:
            raise serializers.ValidationError(wrong)
        return values


NUMBERS = (serializers.IntegerField, serializers.FloatField, serializers.DecimalField)
DATES = (serializers.DateField, serializers.DateTimeField)


def misspelled(fields: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
    """Texts that Python would read as a number or a date though nobody else does: `12_99`, digits of other scripts."""
    wrong = {}
    for name, value in data.items():
        field = fields.get(name)
        listed = isinstance(field, serializers.ListField) and isinstance(value, list)
        reads, values = (field.child, value) if listed else (field, [value])  # type: ignore[union-attr]  # a ListField
        if isinstance(reads, NUMBERS) and any(isinstance(item, str) and not _is_number(item) for item in values):
            wrong[name] = [ErrorDetail("A valid number is required.", "invalid")]
        elif isinstance(reads, DATES) and any(isinstance(item, str) and not item.isascii() for item in values):
            wrong[name] = [ErrorDetail("A date in digits from 0 to 9 is required, such as 2026-11-24.", "invalid")]
    return wrong


def _is_number(text: str) -> bool:
    return not text.strip() or is_number(text.strip())


class StrictFields(StrictNames, serializers.Serializer[Any]):
    """A body that is no row of a table."""


class ReferenceField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of another row: a whole number, as text too, that a row has."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, float) and data.is_integer():
            data = int(data)  # to JSON, 5.0 is a whole number
        text = str(data) if isinstance(data, int | str) and not isinstance(data, bool) else ""
        if not (len(text) <= 19 and text.isascii() and text.isdigit() and int(text) <= MOST_ID):
            raise serializers.ValidationError("This must be the id of a row: a whole number.", code="invalid")
        rows: Any = self.get_queryset()
        loaded = self.context.get(ROWS, {}).get(rows.model)
        found = rows.filter(pk=int(text)).first() if loaded is None else loaded.get(int(text))
        if found is None:
            kind = rows.model._meta.verbose_name
            raise serializers.ValidationError(f"There is no {kind} with the id {text}.", code="does_not_exist")
        return found


class ItemSerializer(StrictNames):
    """One row of a list inside another row: sent with its id, it stays that row."""

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        sent = data.get("id")
        return {**values, SENT_ID: sent} if isinstance(sent, int) and not isinstance(sent, bool) else values


class RowSerializer(serializers.ModelSerializer[Row]):
    """A row of a table, whose numbers have the bounds that every database holds: SQLite alone would take more."""

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        kind, options = super().build_standard_field(field_name, model_field)
        if {"min_value", "max_value"} & set(options) and model_field.get_internal_type() in RANGES:
            low, high = RANGES[model_field.get_internal_type()]
            options["min_value"] = max(options.get("min_value", low), low)
            options["max_value"] = min(options.get("max_value", high), high)
        return kind, options


class StrictSerializer(StrictNames, RowSerializer[Any]):
    """A row of a table. A PUT replaces: what it leaves out becomes its default."""

    # `Meta.for_people` are columns that a visitor without a login finds empty.
    # `Meta.json_schemas` describes what columns of JSON hold, by name, where more is known than "an object".
    serializer_field_mapping: ClassVar[Any] = {
        column: {serializers.DecimalField: DecimalField, serializers.IntegerField: IntegerField}.get(kind, kind)
        for column, kind in serializers.ModelSerializer.serializer_field_mapping.items()
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        kind, options = super().build_standard_field(field_name, model_field)
        if kind is serializers.JSONField:
            kind = {dict: ObjectField, list: ArrayField}.get(model_field.default, JsonField)
        return kind, options

    def to_representation(self, instance: Any) -> Any:
        shown = super().to_representation(instance)
        private = getattr(self.Meta, "for_people", ())
        if private and is_stranger():
            shown |= {name: default_of(self.Meta.model, name) for name in private}
        return shown

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is dict:
            data = nfc_json(data)  # checks of the row compare with what is stored
        values = super().to_internal_value(data)
        self.left_out: set[str] = set()  # what nobody said: it has its default
        if self.instance is not None and not self.partial:
            for name, field in self.fields.items():
                if not field.read_only and name not in data:
                    default = default_of(self.Meta.model, field.source or name)
                    if default is not NOT_PROVIDED:
                        values[field.source or name] = default
                        self.left_out.add(field.source or name)
        return values


def default_of(model: type[Model], name: str) -> Any:
    """What a column holds when nobody says anything; NOT_PROVIDED for what is not a column, or has to be said."""
    columns = {field.name: field for field in model._meta.concrete_fields}
    column = columns.get(name)
    if column is None:
        return NOT_PROVIDED
    if column.has_default():
        return column.get_default()
    if column.null:
        return None
    return "" if column.blank and column.empty_strings_allowed else NOT_PROVIDED
