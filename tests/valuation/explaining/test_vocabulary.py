"""What editors are offered: every fact, operator, type of action and function, each with its words."""

from __future__ import annotations

import pytest

from valuation.choices import ActionType
from valuation.engine import ACTIONS, METRICS, OPERATORS, STANDARD_FIELDS, Field, FieldRegistry, Kind
from valuation.engine.operators import Shape
from valuation.engine.terms import FUNCTIONS
from valuation.explaining.vocabulary import ORDER, ROOMS, room_of, vocabulary

REGISTRY = FieldRegistry([Field("custom.colour", Kind.STRING, "Colour", options=("red",))])
WORDS = vocabulary(REGISTRY, {"ram_gb": "16"})


def test_every_fact_is_offered_once() -> None:
    offered = [field["path"] for room in WORDS["rooms"] for field in room["fields"]]
    assert sorted(offered) == sorted(field.path for field in REGISTRY.fields)


def test_every_room_has_its_place() -> None:
    assert sorted(room.label for room in ROOMS) == sorted(ORDER)


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("ram_gb", "Memory"),
        ("ram_spec.label", "Memory"),
        ("total_storage_gb", "Storage"),
        ("storage.primary.medium", "Storage"),
        ("cpu.cores", "CPU"),
        ("gpu.name", "GPU"),
        ("ports.usb_c", "Ports"),
        ("custom.colour", "Your own fields"),
        ("price_usd", "Machine"),
    ],
)
def test_rooms(path: str, room: str) -> None:
    assert room_of(path).label == room


def test_a_fact_is_found_by_what_else_it_is_called() -> None:
    fields = {field["path"]: field for room in WORDS["rooms"] for field in room["fields"]}
    assert {"memory", "ram"} <= set(fields["ram_gb"]["called"])
    assert (fields["ram_gb"]["unit"], fields["ram_gb"]["example"]) == ("GB", "16")
    assert "ports_profile.usb_c" in fields["ports.usb_c"]["called"]
    assert fields["cpu.name"]["offers"]
    assert not fields["title"]["offers"]


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.name)
def test_every_operator_has_words_and_a_symbol_where_numbers_have_one(operator: object) -> None:
    assert operator.label, f"{operator.name} has no words"  # type: ignore[attr-defined]  # an Operator
    if operator.shape is Shape.ONE and operator.number:  # type: ignore[attr-defined]  # as above
        assert operator.symbol, f"{operator.name} has no symbol for numbers"  # type: ignore[attr-defined]  # as above


def test_no_two_operators_read_alike() -> None:
    labels = [operator.label for operator in OPERATORS.values()]
    symbols = [operator.symbol for operator in OPERATORS.values() if operator.symbol]
    assert len(set(labels)) == len(labels)
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize("name", ActionType.values)
def test_every_type_of_action_is_told(name: str) -> None:
    told = WORDS["actions"][name]
    assert told["label"] == ActionType(name).label
    assert told["about"].endswith("."), f"{name} says nothing about itself"
    assert set(told["takes"]) <= {"value_usd", "metric", "unit_type", "formula"}
    assert told["unit"] in ("$", "%")


def test_nothing_is_left_out() -> None:
    assert set(WORDS["actions"]) == set(ACTIONS)
    assert set(WORDS["metrics"]) == set(METRICS)
    assert {function["name"] for function in WORDS["functions"]} == set(FUNCTIONS)
    assert len(STANDARD_FIELDS) < len(REGISTRY.fields)
