"""Which operator takes which kind of field, and what it reads and refuses as its value.

Which facts each operator then matches is the table of `test_conditions`.
"""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import OPERATORS, Batch, Field, FieldRegistry, Kind, Problem, check_conditions
from valuation.engine.conditions import match, parse_conditions

REGISTRY = FieldRegistry(
    [
        Field("custom.number", Kind.NUMBER, "N"),
        Field("custom.string", Kind.STRING, "S"),
        Field("custom.boolean", Kind.BOOLEAN, "B"),
        Field("custom.date", Kind.DATE, "D"),
        Field("custom.grade", Kind.STRING, "Grade", options=("A Plus", "B")),
    ]
)
A_VALUE: dict[Kind, Any] = {Kind.NUMBER: 16, Kind.STRING: "x", Kind.BOOLEAN: True, Kind.DATE: "2024-05-01"}
EVERY = set(Kind)
ORDERED = {Kind.NUMBER, Kind.DATE}
KINDS = {
    "equals": EVERY,
    "not_equals": EVERY,
    "greater_than": ORDERED,
    "less_than": ORDERED,
    "gte": ORDERED,
    "lte": ORDERED,
    "between": ORDERED,
    "contains": {Kind.STRING},
    "starts_with": {Kind.STRING},
    "ends_with": {Kind.STRING},
    "regex": {Kind.STRING},
    "in": EVERY,
    "not_in": EVERY,
    "is_null": EVERY,
    "is_not_null": EVERY,
}


def problems(name: str, operator: Any, value: Any = None) -> list[Problem]:
    return check_conditions([{"field_name": name, "operator": operator, "value": value}], REGISTRY)


def holds(name: str, operator: str, value: Any, fact: Any) -> bool:
    condition, _ = parse_conditions({"field_name": name, "operator": operator, "value": value}, REGISTRY)
    assert condition is not None
    return bool(match(condition, Batch.from_rows([{name: fact}], REGISTRY))[0])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("operator", KINDS)
def test_kinds(operator: str, kind: Kind) -> None:
    one = A_VALUE[kind]
    value = [one, one] if operator in ("between", "in", "not_in") else one
    found = problems(f"custom.{kind}", operator, value)
    if kind in KINDS[operator]:
        assert found == []
    else:
        (problem,) = found
        assert problem.path == "conditions[0].operator"
        assert problem.message == f"{operator} does not apply to custom.{kind}, which is a {kind} field"
        allowed = problem.suggestion.removeprefix("use one of ").split(", ")
        assert set(allowed) == {name for name, kinds in KINDS.items() if kind in kinds}


def test_the_table_of_kinds_has_every_operator() -> None:
    assert set(KINDS) == set(OPERATORS)


@pytest.mark.parametrize(
    ("operator", "suggestion"),
    [
        ("startswith", 'did you mean "starts_with"?'),
        ("Greater_Then", 'did you mean "greater_than"?'),
        ("~", "use one of equals, not_equals, "),
    ],
)
def test_an_unknown_operator_brings_the_nearest(operator: str, suggestion: str) -> None:
    (problem,) = problems("ram_gb", operator, 1)
    assert (problem.path, problem.message) == ("conditions[0].operator", f'unknown operator "{operator}"')
    assert problem.suggestion.startswith(suggestion)


@pytest.mark.parametrize("operator", [None, "", 5, ["gte"]])
def test_an_operator_is_needed(operator: Any) -> None:
    (problem,) = problems("ram_gb", operator, 1)
    assert (problem.path, problem.code) == ("conditions[0].operator", "required")


NOT_A_NUMBER = "write a number such as 16"
NOT_TEXT = 'write text in quotes, such as "nvme"'


@pytest.mark.parametrize(
    ("name", "operator", "value", "place", "suggestion"),
    [
        ("ram_gb", "equals", "abc", "", NOT_A_NUMBER),
        ("ram_gb", "equals", "16 GB", "", NOT_A_NUMBER),
        ("ram_gb", "equals", True, "", NOT_A_NUMBER),
        ("ram_gb", "equals", [16], "", NOT_A_NUMBER),
        ("ram_gb", "equals", "1e400", "", NOT_A_NUMBER),
        ("ram_gb", "equals", 10**400, "", NOT_A_NUMBER),
        ("ram_gb", "equals", None, "", "use is_null or is_not_null to ask for a missing value"),
        ("ram_gb", "in", [8, "x", 16], "[1]", NOT_A_NUMBER),
        ("ram_gb", "in", [None], "[0]", NOT_A_NUMBER),
        ("ram_gb", "in", 16, "", "[1, 2]"),
        ("ram_gb", "in", "16", "", "[1, 2]"),
        ("ram_gb", "not_in", [], "", "[1, 2]"),
        ("title", "in", "nuc", "", 'write ["a", "b"]'),
        ("title", "in", ["x"] * 1001, "", 'write ["a", "b"]'),
        ("ram_gb", "between", 16, "", "write [min, max]"),
        ("ram_gb", "between", [8, 16, 32], "", "write [min, max]"),
        ("ram_gb", "between", [8, "x"], "[1]", NOT_A_NUMBER),
        ("ram_gb", "between", [16, 8], "", "write [8, 16]"),
        ("custom.date", "between", ["2024-12-31", "2024-01-01"], "", "write [2024-01-01, 2024-12-31]"),
        ("custom.date", "equals", "01.05.2024", "", "write a date as YYYY-MM-DD"),
        ("custom.date", "gt", 20240501, "", "write a date as YYYY-MM-DD"),
        ("custom.boolean", "equals", "perhaps", "", "write true or false"),
        ("custom.boolean", "equals", 2, "", "write true or false"),
        ("title", "equals", True, "", NOT_TEXT),
        ("title", "contains", ["x"], "", NOT_TEXT),
        ("title", "regex", {"a": 1}, "", NOT_TEXT),
        ("title", "regex", "(", "", "RE2 syntax: no look-around, no back-references"),
        ("title", "regex", "(?!x)", "", "RE2 syntax: no look-around, no back-references"),
        ("title", "regex", "(a)\\1", "", "RE2 syntax: no look-around, no back-references"),
        ("title", "regex", "\ud800", "", "RE2 syntax: no look-around, no back-references"),
    ],
)
def test_values_that_are_refused(name: str, operator: str, value: Any, place: str, suggestion: str) -> None:
    (problem,) = problems(name, operator, value)
    assert problem.path == f"conditions[0].value{place}"
    assert problem.suggestion == suggestion
    assert problem.severity == "error"


def test_a_list_may_have_a_thousand_values() -> None:
    assert problems("ram_gb", "in", list(range(1000))) == []
    assert problems("ram_gb", "not_in", [16]) == []


@pytest.mark.parametrize(
    ("name", "operator", "value", "place", "suggestion"),
    [
        ("condition", "equals", "uset", "", 'did you mean "used"?'),
        ("condition", "equals", "for_parts", "", 'did you mean "refurb"?'),
        ("condition", "not_equals", "like new", "", 'did you mean "new"?'),
        ("primary_storage_type", "in", ["nvme", "sata-ssd"], "[1]", 'did you mean "sata_ssd"?'),
        ("custom.grade", "equals", "A+", "", 'did you mean "A Plus"?'),
    ],
)
def test_a_value_outside_the_options_is_an_error_with_the_nearest(
    name: str, operator: str, value: Any, place: str, suggestion: str
) -> None:
    (problem,) = problems(name, operator, value)
    assert (problem.path, problem.severity) == (f"conditions[0].value{place}", "error")
    assert problem.suggestion == suggestion
    assert "no listing can have it" in problem.message


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [
        ("condition", "equals", "USED"),
        ("custom.grade", "equals", "a plus"),
        ("custom.grade", "in", ["B", "A PLUS"]),
        ("condition", "contains", "us"),
        ("condition", "regex", "^(new|mint)$"),
    ],
)
def test_options_have_no_case_and_bind_whole_texts_only(name: str, operator: str, value: Any) -> None:
    assert problems(name, operator, value) == []


@pytest.mark.parametrize(
    ("value", "fact", "expected"),
    [
        (True, True, True),
        ("TRUE", True, True),
        (" yes ", True, True),
        (1, True, True),
        ("false", False, True),
        ("no", False, True),
        (0, False, True),
        ("no", True, False),
        ("no", None, False),
    ],
)
def test_truth_in_words(value: Any, fact: bool | None, expected: bool) -> None:
    assert holds("custom.boolean", "equals", value, fact) is expected


@pytest.mark.parametrize(
    ("operator", "value", "fact", "expected"),
    [
        ("equals", "STRASSE", "straße", True),
        ("equals", "ÉCRAN", "écran", True),
        ("equals", " nuc", "nuc", False),  # blanks count
        ("equals", 16, "16", True),
        ("equals", 16.0, "16", True),
        ("in", [16.5], "16.5", True),
        ("contains", "", "", True),
        ("contains", "", None, False),
        ("regex", "", "anything", True),
        ("regex", 16, "i5, 16 GB", True),
        ("regex", "ÉCRAN", "un écran", True),
        ("regex", "^b", "a\nb", False),
        ("regex", "a.b", "a\nb", False),
        ("regex", "(?i:x)$", "FOX", True),
    ],
)
def test_text(operator: str, value: Any, fact: str | None, expected: bool) -> None:
    assert holds("title", operator, value, fact) is expected


def test_a_pattern_that_is_dear_elsewhere() -> None:
    """Exponential for a backtracking engine; RE2 answers in linear time."""
    assert not holds("title", "regex", "(a+)+$", "a" * 5_000 + "b")
    assert holds("title", "regex", "(a+)+$", "b" + "a" * 5_000)


def test_a_pattern_too_large_for_the_fast_automaton() -> None:
    large = r"x[\pL\d]{1,300}y"
    assert holds("title", "regex", large, f"x{'ä' * 299}y")
    assert not holds("title", "regex", large, f"x{'ä' * 301}y")
