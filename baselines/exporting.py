"""A baseline as a file again: the same JSON, so the same identity, in the order in which people write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from baselines.models import BaselineImport
from baselines.reading import BUCKET_KEYS, ENTITIES, FIELD_KEYS, TOP_KEYS

Json = dict[str, Any]
CONDITION_KEYS = ("logical_operator", "conditions", "field_name", "operator", "value")


def export_document(stored: BaselineImport) -> Json:
    """The document that was imported, with its keys in order.

    What was said beside it when it was imported, or is in force by now, is said in it: imported elsewhere it means
    the same.
    """
    document = dict(stored.document)
    for key, usual, meant in (
        ("effect", "add", stored.ruleset.effect),
        ("bucket_point", "mid", stored.bucket_point),
    ):
        if (document.get(key) or usual) != meant:
            document[key] = meant
    return _ordered(document)


def export_text(stored: BaselineImport) -> str:
    return json.dumps(export_document(stored), indent=2, ensure_ascii=False) + "\n"


def file_name(stored: BaselineImport) -> str:
    return f"baseline-{stored.ruleset.version}.json"


def _ordered(document: Json) -> Json:
    """A database may keep the keys of an object in an order of its own."""
    return {
        **_sorted(document, TOP_KEYS),
        "entities": {
            entity: [_field(field) for field in fields]
            for entity, fields in _sorted(document["entities"], ENTITIES).items()
        },
    }


def _field(field: Json) -> Json:
    found = _sorted(field, (*FIELD_KEYS, "Formula"))
    if found.get("valuation_buckets"):
        found["valuation_buckets"] = [_bucket(bucket) for bucket in found["valuation_buckets"]]
    return found


def _bucket(bucket: Json) -> Json:
    found = _sorted(bucket, BUCKET_KEYS)
    if "condition" in found:
        found["condition"] = _condition(found["condition"])
    return found


def _condition(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_condition(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: _condition(value) for key, value in _sorted(tree, CONDITION_KEYS).items()}


def _sorted(item: Json, keys: Sequence[str]) -> Json:
    """These keys first, in this order."""
    places = {key: place for place, key in enumerate(keys)}
    return {key: item[key] for key in sorted(item, key=lambda key: (places.get(key, len(keys)), key))}
