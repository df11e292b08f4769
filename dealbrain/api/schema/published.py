"""A JSON Schema that the project publishes for a file, as components of the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dealbrain.api.schema.shared import reference

Json = dict[str, Any]
CONDITIONS = "Conditions"  # those of the rules, which every file has as they are
LEFT_OUT = ("$schema", "$id", "$defs", "title")


def published(path: Path, root: str, names: Mapping[str, str]) -> Json:
    """The schema at `path` as the component `root`, and each of its definitions that `names` gives a name here.

    References to other definitions are taken for conditions. What OpenAPI's readers stumble over is said another way:
    a constant is a choice of one, a choice has a type, and a choice of nothing is a sentence.
    """
    schema = json.loads(path.read_text(encoding="utf-8"))
    parts = {names[name]: _converted(found, names) for name, found in schema["$defs"].items() if name in names}
    return {root: _converted(schema, names), **parts}


def _converted(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_converted(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return reference("schemas", names.get(node["$ref"].rpartition("/")[2], CONDITIONS))
    found = {key: _converted(value, names) for key, value in node.items() if key not in LEFT_OUT}
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if not isinstance(found.get("enum"), list):  # a field of this name is an object
        return found
    choices = [choice for choice in found["enum"] if choice]
    if len(choices) == len(found["enum"]):
        return {"type": "string", **found}
    said = f"{found.pop('description', '')} One of {', '.join(f'`{choice}`' for choice in choices)}, or nothing."
    found.pop("enum")
    return {**found, "type": ["string", "null"], "description": said.strip()}
