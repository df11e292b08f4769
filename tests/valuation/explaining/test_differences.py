"""Changes of rules in words."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import FieldRegistry
from valuation.explaining.differences import Difference, differences

DDR3 = {"field_name": "ram_type", "operator": "equals", "value": "ddr3"}
ACTION = {"action_type": "per_unit", "metric": "per_gb", "value_usd": "2.5", "position": 0}
HOMES = {("group_id", 5): "Memory", ("group_id", 6): "Storage"}


def told(before: Any, after: Any) -> list[tuple[str, str, str]]:
    return [(item.label, item.old, item.new) for item in differences(before, after, FieldRegistry(), HOMES)]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"name": "A"}, {"name": "B"}, [("Name", "A", "B")]),
        ({"conditions": None}, {"conditions": DDR3}, [("Applies when", "Always", "RAM type is ddr3")]),
        ({"is_active": True}, {"is_active": False}, [("Active", "yes", "no")]),
        ({"priority": 1}, {"priority": True}, [("Priority", "1", "yes")]),
        ({"actions": [ACTION]}, {"actions": []}, [("Amount", "$2.50 per GB of RAM", "No action: adds nothing")]),
        (
            {"actions": [ACTION]},
            {"actions": [ACTION, {"action_type": "fixed_value", "value_usd": "-15"}]},
            [("Amount", "$2.50 per GB of RAM", "$2.50 per GB of RAM; -$15.00")],
        ),
        ({"actions": [ACTION]}, {"actions": [{**ACTION, "position": 1}]}, []),
        ({"group_id": 5}, {"group_id": 6}, [("Group", "Memory", "Storage")]),
        (
            {"group_id": 5, "ruleset_id": 1},
            {"group_id": 7, "ruleset_id": 2},
            [("Group", "Memory", "one that is gone (7)")],
        ),
        ({"metadata": {"a": 1, "b": 2}}, {"metadata": {"a": 1, "b": [3]}}, [("Metadata: b", "2", "[3]")]),
        ({"metadata": {}}, {"metadata": {"note": "x"}}, [("Metadata: note", "–", '"x"')]),
        ({"description": ""}, {"description": "why"}, [("Description", "–", "why")]),
        ({"effect": "add"}, {"effect": "gone"}, [("Effect", "Add: amounts as written", "gone")]),
        (None, {"name": "A", "priority": 7, "conditions": DDR3}, [("Applies when", "–", "RAM type is ddr3")]),
        ({"name": "A", "effect": "add"}, None, [("Effect", "Add: amounts as written", "–")]),
        ({"name": "x" * 500}, {"name": "y"}, [("Name", "x" * 299 + "…", "y")]),
    ],
)
def test_what_differs(before: Any, after: Any, lines: list[tuple[str, str, str]]) -> None:
    assert told(before, after) == lines


@pytest.mark.parametrize("broken", [7, "text", [], {"logical_operator": "xor"}, [None], {"actions": 3}])
def test_what_cannot_be_read_raises_nothing(broken: Any) -> None:
    for name in ("conditions", "actions", "metadata", "group_id"):
        for item in differences({name: broken}, {name: None}, FieldRegistry(), HOMES):
            assert isinstance(item, Difference)
