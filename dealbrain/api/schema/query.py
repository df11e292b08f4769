"""Query and path parameters as OpenAPI tells of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from drf_spectacular.drainage import warn

from dealbrain.api.filters import ParameterFilter
from dealbrain.api.parameters import MOST_ID, Parameter
from dealbrain.api.schema.wording import about_parameter

IDENTITY = {"type": "integer", "format": "int64", "minimum": 1, "maximum": MOST_ID}
WORD = {"type": "string", "minLength": 1, "maxLength": 255}
YES_NO = {"true", "false"}
BOUNDS = {
    "exact": "Equal to this.",
    "folded": "Equal to this, without case.",
    "gte": "This or more.",
    "lte": "This or less.",
    "in": "One of these.",
}


def describe_parameter(parameter: Parameter, place: str = "query") -> dict[str, Any]:
    schema = {key: _plain(value) for key, value in parameter.schema().items()}
    example = {"example": schema.pop("example")} if "example" in schema else {}
    required = {"required": True} if place == "path" else {}
    return {
        "name": parameter.name,
        "in": place,
        **required,
        "description": parameter.help,
        "schema": schema,
        **example,
    }


def describe_filter(name: str, found: Any) -> dict[str, Any]:
    """One filter of a filter set."""
    if isinstance(found, ParameterFilter):
        return describe_parameter(found.parameter) | {"name": name}
    about = {"name": name, "in": "query", "description": _words(name, found)}
    schema = _schema(name, found)
    if isinstance(found, django_filters.BaseInFilter):
        listed = {"type": "array", "items": schema, "minItems": 1}
        return {**about, "style": "form", "explode": False, "schema": listed}
    return {**about, "schema": schema}


def _words(name: str, found: Any) -> str:
    """What is looked at, and how. A filter of a model has made up a label: only one that was given says anything."""
    given = None if hasattr(found, "model") else found.extra.get("label") or found.label
    bound = BOUNDS.get(found.lookup_expr, "")
    return given or " ".join(filter(None, [about_parameter(name), bound]))


# What rows are called, where an address calls them otherwise.
ROWS = {"evaluate": "listing", "valuation-rules": "rule", "fields": "custom field", "cpus": "CPU", "gpus": "GPU"}


def describe_variable(name: str, path: str, known: dict[str, Parameter]) -> dict[str, Any]:
    """One variable of a path: the id of what stands before it, unless something else is known of it."""
    if parameter := known.get(name):
        return describe_parameter(parameter, "path") | {"name": name}
    is_id = name == "id" or name.endswith("_id")
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    row = ROWS.get(before, before.removesuffix("s").replace("-", " "))
    words = about_parameter(name) or f"The {name.replace('_', ' ')}."
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"The id of the {row}." if is_id else words,
        "schema": dict(IDENTITY if is_id else WORD),
    }


def _schema(name: str, found: Any) -> dict[str, Any]:
    if isinstance(found, django_filters.ChoiceFilter):
        values = [value for value, _ in found.extra["choices"]]
        return {"type": "boolean"} if set(values) == YES_NO else {"type": "string", "enum": values}
    if isinstance(found, django_filters.NumberFilter):
        return _number(found.extra)
    if isinstance(found, django_filters.CharFilter):
        most = found.extra.get("max_length")
        return {"type": "string", **({"maxLength": most} if most else {})}
    warn(f'There is no mapping for the filter "{name}", a {type(found).__name__}.')
    return {"type": "string"}


def _number(limits: dict[str, Any]) -> dict[str, Any]:
    places = limits.get("decimal_places")
    schema: dict[str, Any] = {"type": "integer" if places == 0 else "number"}
    for key, name in (("min_value", "minimum"), ("max_value", "maximum")):
        if limits.get(key) is not None:
            schema[name] = _plain(limits[key])
    if places:
        schema["multipleOf"] = float(Decimal(1).scaleb(-places))
    return schema


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value
