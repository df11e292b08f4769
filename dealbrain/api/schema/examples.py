"""An example for each request and each answer: what is sent stands with its serializer, what comes back was recorded.

`examples.json` holds answers of a demo by component, or by operation where an answer is no component. Tests send every
request and hold every example against the schema; with UPDATE_SNAPSHOTS=1 they record what has become wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
RECORDED = Path(__file__).with_name("examples.json")


@cache
def recorded() -> Json:
    found: Json = json.loads(RECORDED.read_text())
    return found


def example_key(operation: Json, media: str, schema: Json) -> str:
    """What an answer's example is kept under."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return f"{operation['operationId']} {media}"


def answers_of(operation: Json) -> Iterator[tuple[str, str, Json]]:
    """Each content of each success: (status, media type, media object)."""
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for media, content in response.get("content", {}).items():
                yield status, media, content


def show_examples(paths: Json, schemas: Json) -> None:
    """Put the examples where requests and answers are described."""
    sent = {name: schema.pop("examples")[0] for name, schema in schemas.items() if "examples" in schema}
    for item in paths.values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name in sent:
                    content["example"] = sent[name]
            for _, media, content in answers_of(operation):
                key = example_key(operation, media, content["schema"])
                if key in recorded():
                    content["example"] = recorded()[key]
