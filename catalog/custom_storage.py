"""Where the values of custom fields are kept (the JSON column `attributes`), and how the database reads them.

Listings live in an app above this one: they are named by label, as a foreign key names its model.
"""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db.models import CharField, Count, Func, Model, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from catalog.choices import CustomFieldEntity

COLUMN = "attributes"
MODELS = {
    CustomFieldEntity.LISTING: "listings.Listing",
    CustomFieldEntity.CPU: "catalog.Cpu",
    CustomFieldEntity.GPU: "catalog.Gpu",
}
# As the two databases call them.
NUMBER_TYPES = ("number", "integer", "real")
TEXT_TYPES = ("string", "text")
BOOLEAN_TYPES = ("boolean", "true", "false")


class JsonType(Func):
    """The type of the value under a key, in the database's own words (above); null where there is no such key."""

    function = "jsonb_typeof"
    arity = 1

    def __init__(self, key: str) -> None:
        super().__init__(KeyTransform(key, COLUMN), output_field=CharField())

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        column, params, (key,) = self.get_source_expressions()[0].preprocess_lhs(compiler, connection)
        return f"JSON_TYPE({column}, %s)", [*params, json_path(key)]


def json_path(key: str) -> str:
    """How SQLite's functions name the value under a key."""
    return f"$.{json.dumps(key)}"


def entity_model(entity: str) -> type[Model]:
    """The model that a custom field of this entity belongs to."""
    return apps.get_model(MODELS[CustomFieldEntity(entity)])


def rows_holding(entity: str, key: str) -> QuerySet[Any]:
    """The rows with a value under this key. A JSON null is no value."""
    rows = entity_model(entity)._base_manager.order_by("pk").filter(attributes__has_key=key)
    return rows.annotate(_json_type=JsonType(key)).exclude(_json_type="null")


def counted_values(entity: str, key: str) -> list[tuple[Any, int]]:
    """Each distinct value with the number of its rows, the most frequent first. One query."""
    grouped = (
        rows_holding(entity, key)
        .annotate(_text=KeyTextTransform(key, COLUMN))
        .values("_json_type", "_text")
        .annotate(_count=Count("pk"))
        .order_by("-_count", "_json_type", "_text")
    )
    return [(_decoded(row["_json_type"], row["_text"]), row["_count"]) for row in grouped]


def _decoded(json_type: str, text: Any) -> Any:
    """The value as Python; SQLite gives numbers as what they are."""
    if json_type in TEXT_TYPES or not isinstance(text, str):
        return text
    return json.loads(text)
