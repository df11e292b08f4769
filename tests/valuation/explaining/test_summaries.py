"""Rules in words. Everything can be said, a broken rule too: it is the broken ones that have to be found."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import OPERATORS, ActionSpec, Field, FieldRegistry, Json, Kind
from valuation.explaining.summaries import summarise_action, summarise_conditions

REGISTRY = FieldRegistry(
    [
        Field("custom.colour", Kind.STRING, "Colour", options=("red", "blue")),
        Field("custom.weight", Kind.NUMBER, "Weight", unit="kg"),
    ]
)


def leaf(field_name: Any, operator: Any, value: Any = None) -> dict[str, Any]:
    return {"field_name": field_name, "operator": operator, "value": value}


def group(logic: Any, *conditions: Json) -> dict[str, Any]:
    return {"logical_operator": logic, "conditions": list(conditions)}


MUCH_RAM, USED, NEW = leaf("ram_gb", "gte", 16), leaf("condition", "equals", "used"), leaf("condition", "eq", "new")
DEEP: Json = MUCH_RAM
for _ in range(12):
    DEEP = group("not", DEEP)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (None, "Always"),
        ({}, "Always"),
        ([], "Always"),
        (MUCH_RAM, "RAM >= 16 GB"),
        (leaf("RAM_GB", "neq", 8), "RAM ≠ 8 GB"),
        (leaf("ram_gb", "eq", "16"), "RAM = 16 GB"),
        (leaf("price_usd", "lt", 1500), "Price < $1,500"),
        (leaf("price_usd", "lt", "1500"), "Price < $1500"),
        (leaf("price_usd", "between", [100, 1500]), "Price is between $100 and $1,500"),
        (leaf("custom.weight", "between", [1, 2.5]), "Weight is between 1 and 2.5 kg"),
        (leaf("cpu.cores", "greater_than", 6), "CPU cores > 6"),
        (leaf("cpu.cpu_mark_multi", "gte", 12_000), "CPU Mark (multi-thread) >= 12,000 points"),
        (leaf("cpu.release_year", "gte", 2019), "CPU release year >= 2019"),
        (leaf("ports.has_thunderbolt", "equals", True), "Has Thunderbolt is true"),
        (leaf("title", "contains", "mini"), 'Title contains "mini"'),
        (leaf("title", "regex", "^a"), 'Title matches the pattern "^a"'),
        (leaf("title", "in", list("abcdefg")), 'Title is one of "a", "b", "c", "d", "e" and 2 more'),
        (leaf("condition", "in", ["new", "used"]), "Condition is one of new, used"),
        (leaf("custom.colour", "equals", "red"), "Colour is red"),
        (leaf("gpu.name", "is_null"), "GPU is unknown"),
        (leaf("gpu.name", "is_not_null", True), "GPU is known"),
        ({**MUCH_RAM, "logical_operator": None, "conditions": None}, "RAM >= 16 GB"),
        ([MUCH_RAM, USED], "RAM >= 16 GB and condition is used"),
        (group("or", MUCH_RAM, [USED, NEW]), "RAM >= 16 GB or (condition is used and condition is new)"),
        (group("and", group("or", USED, NEW)), "Condition is used or condition is new"),
        (group("not", NEW), "Not (condition is new)"),
        (group("NOT", [MUCH_RAM, USED]), "Not (RAM >= 16 GB and condition is used)"),
        # What cannot run.
        (group("and"), "An empty group"),
        (group("or", "text"), 'Unreadable: "text"'),
        ({"logical_operator": "or", "conditions": "text"}, "An empty group"),
        (group("xor", USED, NEW), "Condition is used xor condition is new"),
        (DEEP, "Not (" + "not (" * 9 + "…" + ")" * 10),
        (5, "Unreadable: 5"),
        ({"a": 1}, "? ? null"),
        (leaf("ramm_gb", "gte", 16), "Ramm_gb is at least 16"),
        (leaf(["ram_gb"], "grows", 1), "['ram_gb'] grows 1"),
        (leaf("ram_gb", 5, {"a": 1}), 'RAM 5 {"a": 1}'),
        (leaf("ram_gb", "between", [1]), "RAM is between 1 GB"),
        (leaf("title", "contains", "x" * 200), 'Title contains "' + "x" * 78 + "…"),
    ],
    ids=str,
)
def test_conditions(tree: Json, words: str) -> None:
    assert summarise_conditions(tree, REGISTRY) == words


@pytest.mark.parametrize(
    "name", [name for operator in OPERATORS.values() for name in (operator.name, *operator.aliases)]
)
def test_every_operator_is_said_in_words(name: str) -> None:
    words = summarise_conditions(leaf("ram_gb", name, 16), REGISTRY)
    assert words.startswith("RAM ")
    assert "_" not in words


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"action_type": "fixed_value", "value_usd": -5.5}, "-$5.50"),
        ({"action_type": "additive", "value_usd": 1234.0}, "$1,234.00"),
        ({"action_type": "per_unit", "metric": "per_gb", "value_usd": 2.5}, "$2.50 per GB of RAM"),
        ({"action_type": "per_unit", "metric": "PER_TB", "value_usd": 20.0}, "$20.00 per TB of primary storage"),
        ({"action_type": "per_unit", "metric": "per_core", "value_usd": 3.0}, "$3.00 per CPU core"),
        ({"action_type": "per_unit", "metric": "quantity", "value_usd": 3.0}, "$3.00"),
        ({"action_type": "per_unit", "metric": "ports.usb_a", "value_usd": 1.0}, "$1.00 per port: USB-A"),
        ({"action_type": "per_unit", "metric": "ports.has_thunderbolt", "value_usd": 8.0}, "$8.00 if has Thunderbolt"),
        ({"action_type": "per_unit", "metric": "price_usd", "value_usd": 0.1}, "$0.10 per dollar of price"),
        ({"action_type": "per_unit", "metric": "age_years", "value_usd": -4.0}, "-$4.00 per year of age"),
        (
            {"action_type": "per_unit", "metric": "cpu.release_year", "value_usd": 1.0},
            "$1.00 per unit of CPU release year",
        ),
        (
            {"action_type": "benchmark_based", "metric": "cpu.cpu_mark_multi", "value_usd": 8.0},
            "$8.00 per 1,000 points of CPU Mark (multi-thread)",
        ),
        (
            {"action_type": "benchmark_based", "metric": "gpu.gpu_mark", "unit_type": "per_point", "value_usd": 0.01},
            "$0.01 per point of GPU Mark",
        ),
        ({"action_type": "multiplier", "value_usd": 15.0}, "+15 % of the running price"),
        ({"action_type": "multiplier", "value_usd": -2.5}, "-2.5 % of the running price"),
        ({"action_type": "multiplier", "value_usd": 1234567.0}, "+1,234,567 % of the running price"),
        ({"action_type": "multiplier", "value_usd": 0.00012}, "+0.00012 % of the running price"),
        ({"action_type": "multiplier", "value_usd": 0.0}, "No change"),
        ({"action_type": "multiplier"}, "No change"),
        ({"action_type": "formula", "formula": "ram_gb * 2"}, "Formula: ram_gb * 2"),
        # What cannot run.
        ({"action_type": "fixed_value"}, "$?"),
        ({"action_type": "per_unit", "metric": "zap", "value_usd": 1.0}, "$1.00 per zap"),
        ({"action_type": "per_unit", "value_usd": 1.0}, "$1.00 per ?"),
        ({"action_type": "benchmark_based", "unit_type": "per_10_points"}, "$? per 10 points of ?"),
        ({"action_type": "formula"}, "Formula: ?"),
        ({"action_type": "formula", "formula": "x" * 100}, "Formula: " + "x" * 79 + "…"),
        ({"action_type": "magic", "value_usd": 1.0}, 'Unknown action type "magic"'),
    ],
    ids=str,
)
def test_actions(action: dict[str, Any], words: str) -> None:
    assert summarise_action(ActionSpec(**action), REGISTRY) == words


@pytest.mark.parametrize(
    ("modifiers", "words"),
    [
        ({"condition_multipliers": {"refurb": 0.8, "used": 0.6}}, "× 0.8 if refurb, × 0.6 if used"),
        ({"brand_multipliers": {"Apple": 1.2}}, "× 1.2 if Apple"),
        ({"age_curve": {"rate_per_year": 0.08}}, "less 8 % a year, at most 50 %"),
        ({"age_curve": {"rate_per_year": 0.1, "max": 0.25}}, "less 10 % a year, at most 25 %"),
        ({"multipliers": [{"name": "Kind", "field": "ram_type"}, {"field": "condition"}]}, "× by kind and condition"),
        ({"min_usd": 0, "max_usd": 100}, "at least $0.00, at most $100.00"),
        ({"min_usd": 1e-7, "max_usd": 1234567}, "at least $0.0000001, at most $1,234,567.00"),
        (
            {"brand_multipliers": {f"b{n}": 1.1 for n in range(7)}},
            "× 1.1 if b0, × 1.1 if b1, × 1.1 if b2, × 1.1 if b3, × 1.1 if b4 and 2 more",
        ),
        (
            {"multipliers": [{"name": f"M{n}"} for n in range(7)]},
            "× by M0 and M1 and M2 and M3 and M4 and 2 more",
        ),
        ({"max_usd": 100, "age_curve": {"rate_per_year": 1}}, "less 100 % a year, at most 50 %, at most $100.00"),
        # What changes nothing, and what cannot run.
        ({"min_usd": 5, "clamp": False}, ""),
        ({"explanation": "Why", "multipliers": None}, ""),
        ({"age_curve": 5, "condition_multipliers": [1], "multipliers": {"a": 1}, "min_usd": "x", "max_usd": True}, ""),
        ({"multipliers": [1, {}]}, "× by ?"),
        ({"age_curve": {"rate_per_year": "x"}}, "less ? a year, at most 50 %"),
    ],
    ids=str,
)
def test_modifiers(modifiers: dict[str, Json], words: str) -> None:
    action = ActionSpec("fixed_value", value_usd=10.0, modifiers=modifiers)
    assert summarise_action(action, REGISTRY) == ("$10.00" if not words else f"$10.00, {words}")
