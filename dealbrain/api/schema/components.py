"""Serializers as JSON Schema: requests as strict as they are read, answers as whole as they are written."""

from __future__ import annotations

from typing import Any

from django.db.models import Field as Column
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from dealbrain.api.leniency import WARNINGS
from dealbrain.api.schema.query import IDENTITY
from dealbrain.api.serializers import StrictNames

Json = dict[str, Any]
REQUEST, RESPONSE = "request", "response"
PASSED_OVER = "May be sent back as it was read, and is passed over."
WARNED: Json = {
    "type": "array",
    "items": {"type": "string"},
    "description": "In the answer to a write: what of the request means nothing here, each with its path.",
}
OBJECT: Json = {"type": "object", "additionalProperties": {}}
ARRAY: Json = {"type": "array", "items": {}}


class ComponentSchema(AutoSchema):  # type: ignore[misc]  # drf-spectacular is half typed
    """The half of the inspector that looks at serializers and their fields."""

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        if direction == REQUEST and (field.read_only or getattr(field, "is_hint", False)):
            return {"readOnly": True, "description": PASSED_OVER}
        meta: Json = self._get_serializer_field_meta(field, direction)
        core = self._own_kind(field, direction)
        if core is None:
            found: Json = super()._map_serializer_field(field, direction, bypass_extensions)
            if direction == REQUEST and isinstance(field, serializers.ListSerializer):
                found |= _length(field)
            return found
        if meta.pop("nullable", False) and "type" in core:
            core["type"] = [core["type"], "null"]
        return {**core, **meta}

    def _own_kind(self, field: Any, direction: str) -> Json | None:
        """What we know better; None for all other fields."""
        inside = getattr(getattr(field.parent, "Meta", None), "json_schemas", {}).get(field.field_name)
        if (told := inside or getattr(field, "json_schema", None)) is not None:
            return dict(told)
        if isinstance(field, serializers.JSONField):
            default = getattr(_column(field), "default", None)
            return dict(OBJECT if default is dict else ARRAY if default is list else {})
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            return dict(IDENTITY)
        if isinstance(field, serializers.DecimalField):
            return _decimal(field, direction)
        if isinstance(field, serializers.IntegerField) and getattr(_column(field), "primary_key", False):
            return dict(IDENTITY)
        return None

    def _get_serializer_field_meta(self, field: Any, direction: str) -> Json:
        meta: Json = super()._get_serializer_field_meta(field, direction)
        if direction == RESPONSE:
            # (A column that nobody edits has lost this on its way into the field.)
            if getattr(_column(field), "null", False):
                meta["nullable"] = True
            meta.pop("default", None)
        return meta

    def _insert_field_validators(self, field: Any, schema: Json) -> None:
        super()._insert_field_validators(field, schema)
        for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if schema.get(exclusive) is True:  # as OpenAPI 3.0 had it
                schema[exclusive] = schema.pop(inclusive)

    def _postprocess_serializer_schema(self, schema: Json, serializer: Any, direction: str) -> Json:
        properties: Json = schema.get("properties", {})
        required = set(schema.get("required", ()))
        if direction == REQUEST:
            required -= {name for name, found in properties.items() if found.get("readOnly")}
            if getattr(serializer, "fields_inside", False):
                properties["fields"] = _inside(properties)
            if isinstance(serializer, StrictNames):
                schema["additionalProperties"] = False
            if example := getattr(serializer, "example", None):
                schema["examples"] = [example]
        else:
            for name in [name for name, found in properties.items() if found.get("writeOnly")]:
                del properties[name]
            if isinstance(serializer, StrictNames) and WARNINGS not in properties:
                properties[WARNINGS] = dict(WARNED)
            for found in properties.values():
                found.pop("readOnly", None)
            # A row has all of its fields; what is not a row says itself what may be left out.
            whole = isinstance(serializer, serializers.ModelSerializer)
            required = set(properties) - {WARNINGS} if whole else required & set(properties)
        schema.pop("required", None)
        return {**schema, "required": sorted(required)} if required else schema


def _inside(properties: Json) -> Json:
    """The same fields once more, as an object of their own."""
    writable = {name: found for name, found in properties.items() if not found.get("readOnly")}
    about = "The same fields in an object of their own, as older clients send them."
    return {"type": "object", "description": about, "properties": writable, "additionalProperties": False}


def _length(rows: Any) -> Json:
    """How many rows a list, a ListSerializer, may have."""
    least = rows.min_length or (0 if rows.allow_empty else 1)
    bounds = {"minItems": least or None, "maxItems": rows.max_length}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _column(field: Any) -> Column[Any, Any] | None:
    """The column of a table that a field shows as it is."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    source = field.source or field.field_name
    if model is None or isinstance(field, serializers.SerializerMethodField):
        return None
    columns: dict[str, Column[Any, Any]] = {column.name: column for column in model._meta.concrete_fields}
    return columns.get(source)


def _decimal(field: serializers.DecimalField, direction: str) -> Json:
    """A number. What is sent may also be a text; that is not told, so that there is one way to do it."""
    schema: Json = {"type": "number"}
    whole_digits = (field.max_digits or 0) - (field.decimal_places or 0)
    if field.max_digits is not None:
        schema |= {"exclusiveMinimum": -(10**whole_digits), "exclusiveMaximum": 10**whole_digits}
    for limit, name in ((field.min_value, "inimum"), (field.max_value, "aximum")):
        if limit is not None:
            schema.pop(f"exclusiveM{name}", None)
            schema[f"m{name}"] = float(limit) if limit % 1 else int(limit)
    if direction == REQUEST and field.decimal_places:
        # (Of answers it would be true as well, but to check it in binary fractions is not for everybody.)
        schema["multipleOf"] = float(f"1e-{field.decimal_places}")
    return schema
