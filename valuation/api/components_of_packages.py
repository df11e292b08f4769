"""The file of a package for the OpenAPI document: the published JSON Schema of format 1.1, as components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dealbrain.api.schema.published import published
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


def package_components() -> Json:
    """The file and its parts."""
    parts = published(SCHEMA, "PackageFile", NAMES)
    parts["PackageFileAction"]["properties"]["modifiers"] = {
        "anyOf": [reference("schemas", "Modifiers"), {"type": "null"}],
        "description": "Factors and bounds, applied in a fixed order after the action.",
    }
    return parts
