"""A baseline as a file again: the same JSON, so the same identity, in the order in which people write it."""

from __future__ import annotations

import json
from typing import Any

from baselines.models import BaselineImport
from baselines.reading import ENTITIES

# A database may keep the keys of an object in an order of its own.
ORDER = (
    *("schema_version", "generated_at", "name", "description", "effect", "entities"),
    *ENTITIES,
    *("id", "proper_name", "explanation", "unit", "dependencies", "nullable"),
    *("min_value", "max_value", "field_type", "notes", "formula", "Formula", "valuation_buckets"),
    *("label", "logical_operator", "conditions", "field_name", "operator", "condition", "value", "value_usd"),
    *("min_usd", "max_usd"),
)
PLACES = {name: place for place, name in enumerate(ORDER)}


def export_document(stored: BaselineImport) -> dict[str, Any]:
    """The document that was imported, with its keys in order."""
    ordered: dict[str, Any] = _ordered(stored.document)
    return ordered


def export_text(stored: BaselineImport) -> str:
    return json.dumps(export_document(stored), indent=2, ensure_ascii=False) + "\n"


def file_name(stored: BaselineImport) -> str:
    return f"baseline-{stored.ruleset.version}.json"


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: (PLACES.get(key, len(ORDER)), key))}
