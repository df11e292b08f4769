"""What comes in: both formats, and everything that is refused, with its place in the file."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.conf import settings

from dealbrain.version import VERSION, release_of
from tests.factories import CustomFieldFactory
from tests.samples import FOLDER, MISSING
from tests.valuation.packages.helpers import OLDER, RULE, document, encoded, install, problems
from valuation.examples.storing import MOST_EXAMPLES
from valuation.packages.content import BOUNDS
from valuation.packages.opening import read_package

pytestmark = pytest.mark.django_db
SAMPLE = FOLDER / "dbrs-1.0-example.json"


def test_a_package_of_the_earlier_system() -> None:
    package = read_package(OLDER.read_bytes())
    assert (package.about.name, package.about.min_app_version) == ("Desk machines", "0.9.0")
    assert [(field["key"], field["data_type"], field["label"]) for field in package.fields] == [
        ("months_left", "number", "Months left")
    ]
    [ruleset] = package.rulesets
    assert (ruleset.values["priority"], ruleset.values["metadata"]) == (20, {"note": "kept"})
    first, second = ruleset.groups
    assert (first.values["name"], second.values["name"], second.values["weight"]) == ("First", "Second", 0.5)
    [little], [fast] = first.rules, second.rules
    assert little.values["priority"] == 100  # was missing
    assert little.values["conditions"] == [
        {"field_name": "ram_gb", "field_type": "number", "operator": "less_than", "value": 16},
        {"field_name": "listing.condition", "field_type": "enum", "operator": "in", "value": ["used", "refurb"]},
    ]
    assert [(action["action_type"], action["value_usd"]) for action in little.actions] == [
        ("fixed_value", 0),  # 0.0 was written as null
        ("multiplier", None),
    ]
    assert little.actions[0]["modifiers"] == {"max_usd": 60}
    [either] = fast.values["conditions"]
    assert either["logical_operator"] == "OR"
    assert [node.get("field_name") or node["logical_operator"] for node in either["conditions"]] == ["condition", "AND"]
    assert [leaf["value"] for leaf in either["conditions"][1]["conditions"]] == [12000, 12]


@pytest.mark.skipif(not SAMPLE.exists(), reason=MISSING)
def test_the_sample_of_the_earlier_system() -> None:
    [ruleset] = read_package(SAMPLE.read_bytes()).rulesets
    assert [len(group.rules) for group in ruleset.groups] == [2, 2]


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        (("rules", 0, "conditions", 0, "value_json"), "much", "rules[0].conditions[0].value_json"),
        (("rules", 0, "conditions", 0, "field_name"), "ram_gbb", "rules[0].conditions[0].field_name"),
        (("rules", 1, "conditions", 3, "operator"), "above", "rules[1].conditions[3].operator"),
        (("rules", 1, "conditions", 3, "parent_condition_id"), 999, "rules[1].conditions[3].parent_condition_id"),
        (("rules", 0, "actions", 1, "modifiers_json"), {"x": 1}, "rules[0].actions[1].modifiers_json.x"),
        (("rules", 0, "group_id"), 5, "rules[0].group_id"),
        (("rule_groups", 0, "ruleset_id"), 5, "rule_groups[0].ruleset_id"),
        (("rule_groups", 1, "id"), 12, "rule_groups[1].id"),
        (("rules", 0, "weight_json"), 5, "rules[0].weight_json"),
        (("custom_field_definitions", 0, "field_type"), "colour", "custom_field_definitions[0].field_type"),
        (("metadata", "compatibility", "min_app_version"), "12.0", "metadata.compatibility.min_app_version"),
        (("metadata", "compatibility", "min_app_version"), "soon", "metadata.compatibility.min_app_version"),
    ],
)
def test_places_are_those_of_the_older_file(place: tuple[Any, ...], value: Any, path: str) -> None:
    content = json.loads(OLDER.read_bytes())
    row = content
    for step in place[:-1]:
        row = row[step]
    row[place[-1]] = value
    assert path in problems(content)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (encoded(document())[:-40], "this is no JSON"),
        (gzip.compress(encoded(document())), "a gzip file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "an image"),
        (b"\xff\xfe" + "{}".encode("utf-16-le"), "not UTF-8"),
        (b"[]", "a package is a JSON object"),
        (b"", "this is no JSON"),
        (b" " * (BOUNDS.most_bytes + 1), "bytes, a package at most 20,000,000"),
        (b'{"schema_version": "1.1", "schema_version": "1.0"}', "stands twice"),
        (b"[" * 100_000, "nested too deeply"),
        (encoded({**document(), "schema_version": "9.9"}), "reads 1.0, 1.1, not '9.9'"),
        (encoded({**document(), "schema_version": None}), "reads 1.0, 1.1"),
        (encoded({**document(), "schema_version": [1]}), "reads 1.0, 1.1"),
        (encoded({**document(), "rulesets": []}), "at least one ruleset"),
        (encoded({**document(), "rulesets": "all"}), "must be a list"),
        (encoded({**document(), "metadata": {"name": "\u0000"}}), "cannot be kept"),
    ],
)
def test_what_is_no_package(source: bytes, said: str) -> None:
    assert any(said in message for message in problems(source).values())


def test_everything_is_told_at_once_with_its_place() -> None:
    content = document(
        {**RULE, "conditions": [{"field_name": "custom.gone", "operator": "equals", "value": 1}]},
        {**RULE, "name": "Two", "conditions": [{"field_name": "ram_gb", "operator": "nearly", "value": 1}]},
        {**RULE, "name": "Three", "actions": [{"action_type": "per_unit", "metric": "per_gbb", "value_usd": 1}]},
        {**RULE, "name": "Four", "actions": [{"action_type": "formula", "formula": "ram_gb +"}]},
        {**RULE, "name": "Four"},
        {**RULE, "name": "Five", "prioritty": 1},
        {**RULE, "name": "Six", "priority": 1.5, "is_active": "yes", "evaluation_order": 2**40},
        {"actions": [{"action_type": "fixed"}]},
    )
    content["rulesets"].append({"name": "Ours"})
    rule = "rulesets[0].rule_groups[0].rules"
    assert set(problems(content)) == {
        f"{rule}[0].conditions[0].field_name",
        f"{rule}[1].conditions[0].operator",
        f"{rule}[2].actions[0].metric",
        f"{rule}[3].actions[0].formula",
        f"{rule}[4].name",
        f"{rule}[5].prioritty",
        f"{rule}[6].priority",
        f"{rule}[6].is_active",
        f"{rule}[6].evaluation_order",
        f"{rule}[7].name",
        f"{rule}[7].actions[0].action_type",
        "rulesets[1].name",
    }


@pytest.mark.parametrize(
    ("where", "given", "path"),
    [
        ({"metadata": {"version": "new"}}, {}, "metadata.version"),
        ({"metadata": {"compatibility": {"min_app_version": "0.1.1"}}}, {}, "metadata.compatibility.min_app_version"),
        ({"metadata": {"compatibility": {"required_custom_fields": ["custom.x"]}}}, {}, "metadata.compatibility."),
        ({"metadata": {"tags": [1]}}, {}, "metadata.tags[0]"),
        ({"metadata": {"colour": "red"}}, {}, "metadata.colour"),
        ({"custom_field_definitions": [{"key": "In", "label": "x", "data_type": "number"}]}, {}, "custom"),
        ({"custom_field_definitions": [{"key": "a", "label": "x", "data_type": "enum"}]}, {}, "custom"),
        (
            {"custom_field_definitions": [{"entity": "cpu", "key": "a", "label": "x", "data_type": "text"}]},
            {},
            "custom",
        ),
        (
            {"examples": [{"name": "One", "ruleset": "Other", "facts": {}, "expected": {"total_usd": 1}}]},
            {},
            "examples",
        ),
        ({"examples": [{"name": "One", "facts": {}, "expected": {"total": 1}}]}, {}, "examples[0].expected.total"),
        ({}, {"effect": "both"}, "rulesets[0].effect"),
        ({}, {"name": "  "}, "rulesets[0].name"),
        ({}, {"name": "x" * 256}, "rulesets[0].name"),
        ({}, {"metadata": []}, "rulesets[0].metadata"),
        ({}, {"rule_groups": [{"name": "A", "weight": 1.5}]}, "rulesets[0].rule_groups[0].weight"),
        ({}, {"rule_groups": [{"name": "A", "weight": 0.12345}]}, "rulesets[0].rule_groups[0].weight"),
        ({}, {"rule_groups": [{"name": "A"}, {"name": "A"}]}, "rulesets[0].rule_groups[1].name"),
        ({}, {"rule_groups": [None]}, "rulesets[0].rule_groups[0]"),
        ({}, {"rule_groups": [{"name": str(number)} for number in range(1_001)]}, "rulesets[0].rule_groups"),
    ],
)
def test_what_is_refused(where: dict[str, Any], given: dict[str, Any], path: str) -> None:
    content = {**document(), **where}
    content["rulesets"][0].update(given)
    assert any(found.startswith(path) for found in problems(content)), problems(content)


def test_a_custom_field_of_another_type_is_refused_by_its_name() -> None:
    CustomFieldFactory(key="months_left", data_type="string")
    assert (
        '"months_left" is of the type string here, and number'
        in problems(OLDER.read_bytes())["custom_field_definitions[0]"]
    )


def test_binary_noise_is_no_decimal_place() -> None:
    content = document({**RULE, "actions": [{"action_type": "fixed_value", "value_usd": 0.1 + 0.2}]})
    [rule] = read_package(encoded(content)).rulesets[0].rules
    assert rule.actions[0]["value_usd"] == 0.3


def test_ten_thousand_problems_are_not_read() -> None:
    rules = [{**RULE, "name": f"{number}", "colour": 1} for number in range(10_000)]
    assert len(problems(document(*rules))) == 50


@pytest.mark.parametrize(
    ("older", "newer"), [("0.9.0", "0.10.0"), ("1.0", "1.0.1"), ("1.9-rc1", "2"), ("v0.1.0", "0.1.1.0")]
)
def test_versions_are_compared_as_versions(older: str, newer: str) -> None:
    first, second = release_of(older), release_of(newer)
    assert first is not None
    assert second is not None
    assert first < second


def test_one_version_for_all() -> None:
    assert f'version = "{VERSION}"' in (settings.BASE_DIR / "pyproject.toml").read_text()


def test_examples_are_bounded_for_each_ruleset() -> None:
    """As where they are stored: what was exported can be read."""
    content = document()
    content["rulesets"].append({"name": "Another", "rule_groups": []})
    content["examples"] = [
        {"name": f"{name} {number}", "ruleset": name, "facts": {"price_usd": 1}, "expected": {"total_usd": 0}}
        for name in ("Ours", "Another")
        for number in range(MOST_EXAMPLES)
    ]
    install(content)
    content["examples"].append({**content["examples"][-1], "name": "one more"})
    assert problems(content) == {"examples": f'"Another" has {MOST_EXAMPLES + 1}, and at most {MOST_EXAMPLES} are read'}
