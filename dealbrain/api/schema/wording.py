"""Words for every property, parameter and component, from one table in each app: no app is named here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dealbrain.api.schema.apps import told
from dealbrain.api.schema.shared import reference

Json = dict[str, Any]
# What is of no app. The key of a parameter begins with "?".
WORDS: dict[str, str] = {
    "id": "The id of the row.",
    "error": "What went wrong; null: nothing did.",
    "items": "The rows of this page.",
    "limit": "How many rows a page holds at most.",
    "total": "How many rows there are; null: not counted.",
    "next_cursor": "The `cursor` of the page after this one; null: this is the last.",
    "has_next": "Whether there is a page after this one.",
    "ServiceState": "Whether the service works, check by check.",
    "ServiceState.status": "ok, or error where a check fails.",
    "ServiceState.environment": "development, test or production.",
    "ServiceState.worker": "Whether a worker for background jobs answers.",
    "ServiceState.checks": "Each check: `ok`, or what is wrong.",
    "Token": "One of your tokens: what it may, and whether it still opens anything. Its text nobody can read again.",
    "Token.prefix": "The beginning of its text, to know it by.",
    "Token.scope": "`read`: reading alone; `all`: whatever its owner may.",
    "Token.expires_at": "When it ends, in UTC; null: never.",
    "last_used_at": "When it was last used, in UTC, to the hour; null: never.",
    "revoked_at": "When it was revoked, in UTC; null: it was not.",
    "ended": "Why it opens nothing any more; null: it does.",
    "FieldProblem": "One problem, and where it is.",
    "Problem.status": "The status of the answer.",
    "Problem.errors": "Every problem, each with its place.",
}
AFFIXES = re.compile(r"^Patched|Request$")
BOUND = re.compile(r"__(gte|lte|in)$")


@cache
def tables() -> Mapping[str, str]:
    """The words of all apps. A concept that two tables explain is a mistake: it is said once."""
    found = dict(WORDS)
    for name, words in told("api.wording", "WORDS"):
        if twice := sorted(found.keys() & words.keys()):
            raise ValueError(f"{name} explains what is explained elsewhere: {', '.join(twice)}.")
        found.update(words)
    return found


def about_parameter(name: str) -> str:
    """What a filter looks at, or nothing where no table knows: that of `price_usd__gte` is `price_usd`."""
    bare = BOUND.sub("", name)
    return tables().get(f"?{bare}") or tables().get(bare, "")


def describe_components(schemas: Json) -> None:
    """Say of each component and each property what it is, unless the column or the serializer has said so."""
    for name, schema in schemas.items():
        owner = AFFIXES.sub("", name)
        if words := tables().get(owner):
            schema["description"] = words
        for inside in _objects(schema):
            _describe_properties(inside["properties"], owner)
            if name.endswith("Request"):
                _tell_defaults(inside["properties"])


def _objects(node: Any) -> Iterator[Json]:
    """Every object with properties, at any depth."""
    if isinstance(node, list):
        for item in node:
            yield from _objects(item)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node
        for item in node.values():
            yield from _objects(item)


def _tell_defaults(properties: Json) -> None:
    """In words: a generator would take what has a `default` for something that is always there, and ask for it."""
    for name, schema in properties.items():
        if "default" in schema:
            plain = {key: value for key, value in schema.items() if key != "default"}
            told = f"{schema.get('description', '')} Left out: {json.dumps(schema['default'])}.".strip()
            properties[name] = {**plain, "description": told}


def _describe_properties(properties: Json, owner: str) -> None:
    for name, schema in properties.items():
        words = tables().get(f"{owner}.{name}") or (None if schema.get("description") else tables().get(name))
        if words is None:
            continue
        if "$ref" in schema:  # a description stands beside no reference
            schema = {"allOf": [reference("schemas", schema["$ref"].rpartition("/")[2])]}
        properties[name] = {**schema, "description": words}  # (the old one may be shared with another property)
