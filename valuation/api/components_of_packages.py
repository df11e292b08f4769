"""The file of a package for the OpenAPI document: the published JSON Schema of format 1.1, as components."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dealbrain.api.schema.shared import reference

Json = dict[str, Any]
SCHEMA = Path(__file__).resolve().parents[1] / "data" / "package-1.1.schema.json"
# What the definitions of the published schema are called here. Conditions and modifiers are those of the rules.
NAMES = {
    "ruleset": "PackageFileRuleset",
    "rule_group": "PackageFileGroup",
    "rule": "PackageFileRule",
    "action": "PackageFileAction",
    "custom_field": "PackageFileField",
    "example": "PackageFileExample",
}
LEFT_OUT = ("$schema", "$id", "$defs", "title")


def _converted(node: Any) -> Any:
    """A part of the published schema, with references to components, and without choices that are no names."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return reference("schemas", NAMES.get(node["$ref"].rpartition("/")[2], "Conditions"))
    found = {key: _converted(value) for key, value in node.items() if key not in LEFT_OUT}
    if "const" in found:
        return {"type": "string", "enum": [found.pop("const")], **found}
    if not isinstance(found.get("enum"), list):
        return found
    choices = [choice for choice in found["enum"] if choice]
    if len(choices) == len(found["enum"]):
        return {"type": "string", **found}
    said = f"{found.pop('description', '')} One of {', '.join(f'`{choice}`' for choice in choices)}, or nothing."
    found.pop("enum")
    return {**found, "type": ["string", "null"], "description": said.strip()}


def package_components() -> Json:
    """The file and its parts."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = {NAMES[name]: _converted(found) for name, found in schema["$defs"].items() if name in NAMES}
    parts["PackageFileAction"]["properties"]["modifiers"] = {
        "anyOf": [reference("schemas", "Modifiers"), {"type": "null"}],
        "description": "Factors and bounds, applied in a fixed order after the action.",
    }
    return {"PackageFile": _converted(schema), **parts}
