"""What is said of written conditions that hold together, and of what lies between them."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.reading import read_document
from baselines.reading.overlaps import label_warnings, sibling_warnings
from tests.baselines.documents import MEMORY, at_least, document, tier
from valuation.engine import FieldRegistry

REGISTRY = FieldRegistry()
USED = {"field_name": "condition", "operator": "eq", "value": "Used"}
PRO = {"field_name": "os_license", "operator": "contains", "value": "pro"}


def ram(operator: str, value: Any) -> dict[str, Any]:
    return {"field_name": "ram_gb", "operator": operator, "value": value}


def marks(operator: str, value: Any) -> dict[str, Any]:
    return {"field_name": "cpu.cpu_mark_multi", "operator": operator, "value": value}


def marks_between(low: int, high: int) -> list[dict[str, Any]]:
    return [marks("gte", low), marks("lte", high)]


def overlap(one: str, other: str) -> str:
    return f'"{one}" and "{other}" overlap: where both hold, both count'


def gap(one: str, other: str) -> str:
    return f'nothing applies between "{one}" and "{other}"'


@pytest.mark.parametrize(
    ("conditions", "warnings"),
    [
        # Numbers, one beside the other: 8 to 15, 16 to 31, 32 and more.
        ([at_least(8, 16), at_least(16, 32), at_least(32)], []),
        ([at_least(8, 17), at_least(16, 32)], [overlap("A", "B")]),
        ([ram("between", [8, 16]), ram("between", [16, 32])], [overlap("A", "B")]),
        ([ram("between", [8, 15]), ram("between", [16, 32])], []),  # whole numbers
        ([ram("lt", 16), ram("gt", 16)], [gap("A", "B")]),
        ([ram("lt", 16), ram("equals", 16), ram("gt", 16)], []),
        ([ram("lte", 8), ram("gte", 16)], [gap("A", "B")]),
        ([at_least(8), at_least(16)], [overlap("A", "B")]),
        # Values, without case.
        ([USED, {**USED, "value": "new"}], []),
        ([USED, {**USED, "operator": "in", "value": ["new", "used"]}], [overlap("A", "B")]),
        # Two facts: apart in one of them is apart.
        ([[*at_least(8), USED], [*at_least(8), {**USED, "value": "new"}]], []),
        ([[*at_least(8), USED], at_least(16)], [overlap("A", "B")]),
        ([[*at_least(8, 16), USED], [*at_least(32), USED]], [gap("A", "B")]),
        ([at_least(8), marks("gte", 5_000)], [overlap("A", "B")]),
        # What is not certain is not said: names, the opposite of something, one of several.
        ([[*at_least(8), PRO], at_least(8)], []),
        ([[*at_least(8), PRO], [*at_least(16), PRO]], [overlap("A", "B")]),
        ([{"logical_operator": "not", "conditions": [ram("gte", 8)]}, at_least(8)], []),
        ([{"logical_operator": "or", "conditions": [ram("gte", 8), USED]}, at_least(8)], []),
        ([{"logical_operator": "and", "conditions": at_least(8, 16)}, at_least(8)], [overlap("A", "B")]),
        ([ram("in", [8, 16]), at_least(8)], []),
        # A condition that cannot hold overlaps with nothing.
        ([at_least(16, 8), at_least(1)], ['"A" never applies: its conditions exclude each other']),
        ([at_least(16, 8), USED], ['"A" never applies: its conditions exclude each other']),
        ([[USED, {**USED, "value": "new"}], USED], ['"A" never applies: its conditions exclude each other']),
    ],
)
def test_two_or_three(conditions: list[Any], warnings: list[str]) -> None:
    assert sibling_warnings(zip("ABC", conditions, strict=False), REGISTRY) == warnings


@pytest.mark.parametrize(
    ("label", "condition", "warning"),
    [
        ("256-511 GB", at_least(256, 500), '"256-511 GB" says 256 to 511 GB, its condition 256 to 499 GB'),
        ("256-499 GB", at_least(256, 500), None),
        ("1-2 TB", at_least(1000, 2000), '"1-2 TB" says 1,000 to 2,000 GB, its condition 1,000 to 1,999 GB'),
        ("up to 8 GB", at_least(4, 9), '"up to 8 GB" says 0 to 8 GB, its condition 4 to 8 GB'),
        ("under 8 GB", ram("lt", 8), None),
        ("under 8 GB", ram("lte", 8), '"under 8 GB" says 0 to 7 GB, its condition 0 to 8 GB'),
        ("64 GB+", at_least(64), None),
        ("64 GB+", at_least(32), '"64 GB+" says 64 GB or more, its condition 32 GB or more'),
        ("over 64 GB", ram("gt", 64), None),
        ("8 GB", at_least(8, 16), None),  # where it ends, it does not say
        ("large", at_least(64), None),
        ("16-31 GB", [*at_least(8, 9), *marks_between(1, 2)], None),  # of two numbers, which one is meant?
        ("16-31 GB", {"logical_operator": "not", "conditions": at_least(8, 9)}, None),
    ],
)
def test_labels_that_say_something_else(label: str, condition: Any, warning: str | None) -> None:
    assert label_warnings([(label, condition)], REGISTRY) == ([warning] if warning else [])


def test_only_so_many_are_listed() -> None:
    found = sibling_warnings([(str(number), at_least(number)) for number in range(20)], REGISTRY)
    assert (len(found), found[-1]) == (21, "and 170 more overlaps and gaps")


def test_a_file_warns_and_is_taken() -> None:
    buckets = [*MEMORY["valuation_buckets"], tier("16 GB, new price", at_least(16, 32), 1)]
    found = read_document(document(RamSpec=[{**MEMORY, "valuation_buckets": buckets}]), REGISTRY)
    [warning] = found.warnings
    assert warning.path == "entities.RamSpec[0].valuation_buckets"
    assert warning.message == f"Memory: {overlap('16 GB', '16 GB, new price')}"
