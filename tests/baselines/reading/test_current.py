"""Format 1.1: the published schema and the reader refuse the same shapes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
from django.conf import settings

from baselines.reading import BaselineError, read_document
from valuation.engine import FieldRegistry

SCHEMA = json.loads((settings.BASE_DIR / "baselines" / "data" / "baseline-1.1.schema.json").read_text())
ENOUGH = {"field_name": "ram_gb", "operator": "gte", "value": 8}
EVERYTHING: dict[str, Any] = {
    "schema_version": "1.1",
    "generated_at": "2026-11-01T00:00:00Z",
    "name": "ours",
    "description": "what it is",
    "effect": "deduct",
    "entities": {
        "RamSpec": [
            {
                "id": "formula",
                "proper_name": "By formula",
                "description": "d",
                "explanation": "e",
                "unit": "USD",
                "dependencies": ["ram_gb"],
                "nullable": True,
                "notes": "n",
                "min_value": 1,
                "max_value": 20,
                "field_type": "number",
                "formula": "ram_gb * 2",
            },
            {
                "id": "tiers",
                "proper_name": "By tiers",
                "unit": "multiplier",
                "valuation_buckets": [
                    {"label": "8 GB", "condition": [ENOUGH], "value_usd": 1, "explanation": "e"},
                    {
                        "label": "less",
                        "condition": {"logical_operator": "not", "conditions": [ENOUGH]},
                        "min_usd": 0.5,
                        "max_usd": 10,
                    },
                ],
            },
        ]
    },
}
ABSENT = object()
# Null is passed over by the reader, which is kinder than the schema.
VALUES: list[Any] = [5, True, "", "some text", "x" * 300, "x" * 10_001, [], [[]], {}, {"a": 1}, ABSENT]
# What only the reader knows: names of facts, their kinds, formulas, times, and each label once.
READER_ONLY = (
    "unknown field",
    "cannot be read",
    "needs a value",
    "is a number field",
    "must be a time",
    "stands twice",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    content = copy.deepcopy(EVERYTHING)
    inner: Any = content
    for key in path[:-1]:
        inner = inner[key]
    if value is ABSENT:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return content


def test_the_schema_and_the_reader_agree() -> None:
    """Every place of a document that has everything, with a value of every other shape."""
    validator, registry = jsonschema.Draft202012Validator(SCHEMA), FieldRegistry()
    assert validator.is_valid(EVERYTHING)
    assert read_document(EVERYTHING, registry).warnings == ()
    disagreed = []
    for path in places(EVERYTHING):
        for value in VALUES:
            content, said = changed(path, value), ""
            try:
                read_document(content, registry)
            except BaselineError as error:
                said = str(error)
            if any(text in said for text in READER_ONLY):
                continue
            if validator.is_valid(content) != (said == ""):
                disagreed.append((path, str(value)[:20], said))
    assert disagreed == []
