"""The document explains itself: words for everything, one summary an operation, and rules as the engine knows them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from dealbrain.api.schema.generator import generate
from dealbrain.api.schema.query import BOUNDS
from dealbrain.api.schema.wording import tables
from valuation.engine import ACTIONS, OPERATORS, STANDARD_FIELDS, FieldRegistry, check_conditions
from valuation.engine.modifiers import read_modifiers
from valuation.market.rankings import METRICS

DOCUMENT: dict[str, Any] = json.loads(json.dumps(generate()))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
LEAF = {"field_name": "ram_gb", "operator": "gte", "value": 16}


def properties(node: Any, place: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every property at any depth: (where, its name, its schema)."""
    if isinstance(node, list):
        for item in node:
            yield from properties(item, place)
    elif isinstance(node, dict):
        for name, schema in (node.get("properties") or {}).items():
            if isinstance(schema, dict):
                yield place, name, schema
        for key, item in node.items():
            if key not in ("example", "examples"):
                yield from properties(item, place)


def says_something(words: Any, name: str) -> bool:
    """More than the name once more."""
    plain = re.sub(r"\W+", " ", str(words or "")).strip().lower()
    return bool(plain) and plain not in (name.replace("_", " ").lower(), f"the {name.replace('_', ' ').lower()}")


def test_every_property_is_explained() -> None:
    everything = [*SCHEMAS.items(), *((name, operation) for name, operation in OPERATIONS)]
    missing = [
        f"{place}.{name}"
        for owner, node in everything
        for place, name, schema in properties(node, owner)
        if not says_something(schema.get("description"), name)
        and "$ref" not in schema  # what it refers to is explained, and says what it is
    ]
    assert missing == []
    assert [name for name, schema in SCHEMAS.items() if not says_something(schema.get("description"), name)] == []


def test_every_parameter_is_explained() -> None:
    missing = {
        f"{name} {found['name']}: {found['description']}"
        for name, operation in OPERATIONS
        for found in operation.get("parameters", ())
        if "$ref" not in found
        and (not says_something(found["description"], found["name"]) or found["description"] in BOUNDS.values())
    }
    assert missing == set()


def test_every_operation_has_a_summary_of_its_own() -> None:
    counted = Counter(operation["summary"] for _, operation in OPERATIONS)
    assert {summary: count for summary, count in counted.items() if count > 1} == {}
    assert all(len(summary) <= 160 for summary in counted)


def test_no_word_is_left_over_and_none_is_for_programmers() -> None:
    text = json.dumps(DOCUMENT, ensure_ascii=False)
    assert [key for key, words in tables().items() if json.dumps(words, ensure_ascii=False)[1:-1] not in text] == []
    for note in ("Needs rows", "A row of a table", "A body that is no row", "rest_framework"):
        assert note not in text


def test_probes_need_nobody() -> None:
    for name, operation in OPERATIONS:
        assert (operation["security"] == []) == (operation["tags"] == ["Service"] and "/api/" not in name), name


def test_each_ranking_says_what_it_is_and_which_way_is_better() -> None:
    [metric] = [
        found
        for name, operation in OPERATIONS
        if name == "GET /v1/rankings"
        for found in operation["parameters"]
        if found.get("name") == "metric"
    ]
    for name, descending in METRICS.items():
        assert f"`{name}` ({'high' if descending else 'low'} first): {tables()[name]}" in metric["description"]


def valid(component: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{component}", "components": DOCUMENT["components"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def test_the_operators_are_those_of_the_engine() -> None:
    assert SCHEMAS["ConditionOperator"]["enum"] == list(OPERATORS)
    told = [
        word for name in SCHEMAS for word in SCHEMAS[name].get("properties", {}).get("operator", {}).get("enum", ())
    ]
    assert sorted(told) == sorted(name for found in OPERATORS.values() for name in (found.name, *found.aliases))


@pytest.mark.parametrize(
    ("tree", "is_right"),
    [
        (None, True),
        ({}, True),
        ([], True),
        (LEAF, True),
        ([LEAF, LEAF], True),
        ({"logical_operator": "not", "conditions": [{"logical_operator": "or", "conditions": [LEAF, LEAF]}]}, True),
        ({"logical_operator": "not", "conditions": [LEAF, LEAF]}, False),
        ({"logical_operator": "and", "conditions": []}, False),
        ({"field_name": "ram_gb", "operator": "between", "value": [8, 16]}, True),
        ({"field_name": "ram_gb", "operator": "between", "value": 8}, False),
        ({"field_name": "ram_gb", "operator": "in", "value": []}, False),
        ({"field_name": "title", "operator": "regex", "value": "wi-?fi"}, True),
        ({"field_name": "title", "operator": "contains"}, False),
        ({"field_name": "title", "operator": "is_null"}, True),
        ({"field_name": "title", "operator": "like", "value": "x"}, False),
    ],
)
def test_the_document_and_the_engine_agree_on_trees(tree: Any, is_right: bool) -> None:
    refused = [found for found in check_conditions(tree, FieldRegistry(STANDARD_FIELDS)) if found.severity == "error"]
    assert (refused == []) is is_right
    assert valid("Conditions", tree) is is_right


def test_each_type_of_action_takes_what_the_engine_reads() -> None:
    told = {
        SCHEMAS[found["$ref"].rpartition("/")[2]]["properties"]["action_type"]["enum"][0]: SCHEMAS[
            found["$ref"].rpartition("/")[2]
        ]
        for found in SCHEMAS["ActionRequest"]["oneOf"]
    }
    assert list(told) == list(ACTIONS)
    for name, schema in told.items():
        assert schema["required"] == ["action_type", *ACTIONS[name].needs]
        read = {
            key for key, inside in schema["properties"].items() if inside.get("description") != "Not read by this type."
        }
        assert read - {"action_type", "modifiers"} == set(ACTIONS[name].takes)
    assert valid("ActionRequest", {"action_type": "per_unit", "metric": "per_gb", "value_usd": 2})
    assert not valid("ActionRequest", {"action_type": "per_unit", "value_usd": 2})
    assert not valid("ActionRequest", {"action_type": "formula", "value_usd": 2})


def test_modifiers_are_those_of_the_engine() -> None:
    """Every key that is told is read, and a key that is not told is refused by both."""
    keys = SCHEMAS["Modifiers"]["properties"]
    _, problems = read_modifiers(dict.fromkeys(keys.keys() - {"clamp"}), FieldRegistry(STANDARD_FIELDS))
    assert problems == []
    _, problems = read_modifiers({"unknown": 1}, FieldRegistry(STANDARD_FIELDS))
    [hint] = [found.suggestion for found in problems]
    assert set(hint.removeprefix("the keys are ").split(", ")) == set(keys)
    assert not valid("Modifiers", {"unknown": 1})
