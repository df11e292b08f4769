"""Baseline files for the OpenAPI document: the published JSON Schema of format 1.1, as components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dealbrain.api.schema.published import published
from dealbrain.api.schema.shared import reference

Json = dict[str, Any]
SCHEMA = Path(__file__).resolve().parents[1] / "data" / "baseline-1.1.schema.json"
# What the definitions of the published schema are called here. Conditions are those of the rules.
NAMES = {
    "fields": "BaselineFileFields",
    "field": "BaselineFileField",
    "bucket": "BaselineFileBucket",
}
OLDER: Json = {
    "type": "object",
    "description": "A file of format 1.0: tiers have labels instead of conditions.",
    "required": ["schema_version", "entities"],
    "properties": {
        "schema_version": {"type": "string", "enum": ["1.0"], "description": "The version of the format."},
        "entities": {
            "type": "object",
            "additionalProperties": {},
            "description": "The fields of each kind of part, by name.",
        },
    },
    "additionalProperties": {},
}


def baseline_components() -> Json:
    """The file and its parts."""
    return {
        **published(SCHEMA, "BaselineFile", NAMES),
        "OlderBaselineFile": OLDER,
        "DescribedBaseline": {
            "type": "object",
            "description": "The active baseline as `/meta` describes it, with its file inside.",
            "required": ["baseline_json"],
            "properties": {"baseline_json": reference("schemas", "BaselineDocument")},
            "additionalProperties": {},
        },
        "BaselineDocument": {
            "description": "A baseline file, of format 1.1 or of format 1.0.",
            "anyOf": [reference("schemas", "BaselineFile"), reference("schemas", "OlderBaselineFile")],
        },
    }


COMPONENTS: Json = baseline_components()
