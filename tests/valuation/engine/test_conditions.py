"""Every operator on every kind it takes, groups, missing values, and what is refused with which place."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import OPERATORS, Batch, Field, FieldRegistry, Kind, check_conditions
from valuation.engine.conditions import match, parse_conditions

REGISTRY = FieldRegistry(
    [
        Field("custom.bought", Kind.DATE, "Bought"),
        Field("custom.tested", Kind.BOOLEAN, "Tested"),
    ]
)


def leaf(name: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field_name": name, "operator": operator, "value": value}


def holds(tree: Any, **facts: Any) -> bool:
    condition, problems = parse_conditions(tree, REGISTRY)
    assert problems == []
    batch = Batch.from_rows([{name.replace("__", "."): value for name, value in facts.items()}], REGISTRY)
    return bool(match(condition, batch)[0])


# operator -> (field, value of the rule, facts that match, facts that do not); None is a missing fact
TABLE: dict[str, list[tuple[str, Any, list[Any], list[Any]]]] = {
    "equals": [
        ("ram_gb", 16, [16, 16.0], [15, 0, None]),
        ("ram_gb", "16", [16], [160]),
        ("condition", "used", ["used"], ["new", None]),
        ("title", "NUC", ["nuc", "NUC"], ["nuc 11", "", None]),
        ("title", "", [""], ["x", None]),
        ("custom.tested", True, [True], [False, None]),
        ("custom.tested", "yes", [True], [False]),
        ("custom.bought", "2024-05-01", ["2024-05-01"], ["2024-05-02", None]),
    ],
    "not_equals": [("ram_gb", 16, [8, 0], [16, None]), ("title", "nuc", ["x", ""], ["NUC", None])],
    "greater_than": [
        ("ram_gb", 16, [16.5, 32], [16, 8, None]),
        ("custom.bought", "2024-05-01", ["2025-01-01"], [None]),
    ],
    "less_than": [("ram_gb", 16, [0, 15], [16, None])],
    "gte": [("ram_gb", 16, [16, 17], [15, None])],
    "lte": [("ram_gb", 16, [16, 0], [17, None])],
    "between": [
        ("ram_gb", [8, 16], [8, 12, 16], [7, 17, None]),
        ("custom.bought", ["2024-01-01", "2024-12-31"], ["2024-01-01", "2024-12-31"], ["2025-01-01", None]),
    ],
    "contains": [("title", "ThinkCentre", ["a thinkcentre b"], ["think centre", None])],
    "starts_with": [("title", "dell", ["DELL Optiplex"], ["a dell", None])],
    "ends_with": [("title", "pro", ["Win 11 Pro"], ["pro x", None])],
    "regex": [
        ("title", r"i[357]-\d{4,5}t\b", ["Core I7-8700T"], ["i9-9900", "i7-8700", None]),
        ("title", "^$", [""], ["x", None]),
    ],
    "in": [("ram_gb", [8, "16"], [8, 16], [32, None]), ("condition", ["new", "REFURB"], ["refurb"], ["used", None])],
    "not_in": [("ram_gb", [8, 16], [32, 0], [8, None]), ("title", ["a"], ["b", ""], ["A", None])],
    "is_null": [("ram_gb", None, [None], [0, 16]), ("title", None, [None], [""])],
    "is_not_null": [("ram_gb", None, [0, 16], [None]), ("title", None, [""], [None])],
}
CASES = [
    (operator, name, value, fact, expected)
    for operator, rows in TABLE.items()
    for name, value, yes, no in rows
    for fact, expected in [*((fact, True) for fact in yes), *((fact, False) for fact in no)]
]


def test_the_table_has_every_operator() -> None:
    assert set(TABLE) == set(OPERATORS)


@pytest.mark.parametrize(("operator", "name", "value", "fact", "expected"), CASES)
def test_operators(operator: str, name: str, value: Any, fact: Any, expected: bool) -> None:
    for word in (operator, operator.upper(), *OPERATORS[operator].aliases):
        assert holds(leaf(name, word, value), **{name.replace(".", "__"): fact}) is expected


@pytest.mark.parametrize(
    ("alias", "operator"), [("eq", "equals"), ("neq", "not_equals"), ("gt", "greater_than"), ("lt", "less_than")]
)
def test_aliases(alias: str, operator: str) -> None:
    assert alias in OPERATORS[operator].aliases


MUCH, USED = leaf("ram_gb", "gte", 16), leaf("condition", "equals", "used")


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, True),
        ({}, True),
        ([], True),
        ([MUCH, USED], False),
        ([MUCH], True),
        ({"logical_operator": "and", "conditions": [MUCH, USED]}, False),
        ({"logical_operator": "OR", "conditions": [MUCH, USED]}, True),
        ({"logical_operator": "not", "conditions": [USED]}, True),
        ({"logical_operator": "not", "conditions": [leaf("seller", "equals", "x")]}, True),  # missing is false
        ({"logical_operator": "or", "conditions": [USED, {"logical_operator": "not", "conditions": [USED]}]}, True),
        ({**MUCH, "logical_operator": None, "field_type": "whatever"}, True),
    ],
)
def test_groups(tree: Any, expected: bool) -> None:
    assert holds(tree, ram_gb=16, condition="new") is expected


def nested(depth: int) -> Any:
    tree: Any = MUCH
    for _ in range(depth - 1):
        tree = {"logical_operator": "and", "conditions": [tree]}
    return tree


@pytest.mark.parametrize(
    ("tree", "path", "said"),
    [
        (7, "conditions", "a leaf, a group or a list"),
        (leaf("ramm_gb", "gte", 1), "conditions.field_name", 'did you mean "ram_gb"?'),
        (leaf("", "gte", 1), "conditions.field_name", ""),
        (leaf("ram_gb", "atleast", 1), "conditions.operator", "atleast"),
        (leaf("ram_gb", "gte", "abc"), "conditions.value", ""),
        (leaf("ram_gb", "gte", None), "conditions.value", ""),
        (leaf("ram_gb", "gte", float("nan")), "conditions.value", ""),
        (leaf("ram_gb", "contains", "1"), "conditions.operator", ""),
        (leaf("title", "gte", "a"), "conditions.operator", ""),
        (leaf("ram_gb", "between", [16, 8]), "conditions.value", ""),
        (leaf("ram_gb", "between", [16]), "conditions.value", ""),
        (leaf("ram_gb", "in", []), "conditions.value", ""),
        (leaf("ram_gb", "in", list(range(1001))), "conditions.value", "1000"),
        (leaf("ram_gb", "in", 16), "conditions.value", ""),
        (leaf("title", "regex", "(a)\\1"), "conditions.value", ""),
        (leaf("title", "regex", "(?=a)"), "conditions.value", ""),
        (leaf("custom.bought", "equals", "soon"), "conditions.value", ""),
        ({"logical_operator": "xor", "conditions": [MUCH]}, "conditions.logical_operator", "and, or, not"),
        ({"logical_operator": "or", "conditions": []}, "conditions", "empty group"),
        ({"logical_operator": "and", "conditions": [MUCH], "value": 5}, "conditions.value", 'unknown key "value"'),
        ({"conditions": [MUCH]}, "conditions.logical_operator", "and, or, not"),
        ({"logical_operator": "and"}, "conditions.conditions", "a group needs a list"),
        ({**MUCH, "valeu": 1}, "conditions.valeu", 'did you mean "value"?'),
        ([MUCH, None], "conditions[1]", "a leaf, a group or a list"),
        ([MUCH, []], "conditions[1]", "empty group"),
        ({"logical_operator": "not", "conditions": [MUCH, USED]}, "conditions", "exactly one"),
        ([MUCH, leaf("ram_gb", "gte", "abc")], "conditions[1].value", ""),
        (
            [MUCH, {"logical_operator": "or", "conditions": [USED, leaf("x", "eq", 1)]}],
            "conditions[1].conditions[1].field_name",
            "",
        ),
        ([MUCH] * 201, "conditions[200]", "200"),
        (nested(11), "", "10"),
    ],
)
def test_what_is_refused(tree: Any, path: str, said: str) -> None:
    problems = check_conditions(tree, REGISTRY)
    assert problems
    if path:
        assert problems[0].path == path
    assert said in f"{problems[0].message} {problems[0].suggestion}"
    assert parse_conditions(tree, REGISTRY)[0] is None


def test_every_problem_is_named_at_once() -> None:
    problems = check_conditions(
        [leaf("nope", "gte", 1), leaf("ram_gb", "nope", 1), leaf("ram_gb", "gte", "x")], REGISTRY
    )
    assert [problem.path for problem in problems] == [
        "conditions[0].field_name",
        "conditions[1].operator",
        "conditions[2].value",
    ]


def test_the_deepest_tree_that_is_taken() -> None:
    assert check_conditions(nested(10), REGISTRY) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ports_profile.usb_a", "ports.usb_a"),
        ("storage_profile.primary_capacity_gb", "storage.primary.capacity_gb"),
        ("listing.ram_gb", "ram_gb"),
        ("gpu.igpu_mark", "cpu.igpu_mark"),
        ("CPU.Cores", "cpu.cores"),
    ],
)
def test_names_of_imported_rules(name: str, path: str) -> None:
    condition, problems = parse_conditions(leaf(name, "gte", 1), REGISTRY)
    assert problems == []
    assert condition is not None
    assert condition.field == path
