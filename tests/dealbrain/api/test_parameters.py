"""Query parameters are read strictly, and every refusal names the parameter."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from dealbrain.api.parameters import check_names, nearest, read_choice, read_flag, read_whole, unreadable
from dealbrain.api.problems import FieldProblem


@pytest.mark.parametrize(
    ("query", "path", "code", "hint"),
    [
        ("limt=2", "limt", "unknown", 'Did you mean "limit"?'),
        ("xyzzy=2", "xyzzy", "unknown", "Known: limit, offset."),
        ("limit=1&limit=2", "limit", "repeated", "only once"),
        ("limit=%00", "limit", "not_text", "not text"),
        ("%00=1", "\\x00", "not_text", "not text"),
    ],
)
def test_names(query: str, path: str, code: str, hint: str) -> None:
    (problem,) = check_names(QueryDict(query), {"limit", "offset"})
    assert (problem.path, problem.code) == (path, code)
    assert hint in problem.message


def test_known_names_pass() -> None:
    assert check_names(QueryDict("limit=1&offset="), {"limit", "offset"}) == []


def test_no_parameter_at_all() -> None:
    (problem,) = check_names(QueryDict("a=1"), frozenset())
    assert problem.message == "This is not a parameter of this address. It takes none."


@pytest.mark.parametrize(
    ("text", "bad"), [("", False), ("naïve %_", False), ("\x00", True), ("a\ud800", True), ("\udfff", True)]
)
def test_unreadable(text: str, bad: bool) -> None:
    assert unreadable(text) is bad


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("500", 500),
        ("007", 7),
        *(
            (bad, None)
            for bad in ("0", "501", "-1", "", "1.0", "1e2", "NaN", "½", "٣", "9" * 19, "9" * 5000, " 1", "--1")
        ),
    ],
)
def test_whole_numbers(text: str, value: int | None) -> None:
    given = QueryDict(mutable=True)
    given["limit"] = text
    problems: list[FieldProblem] = []
    read = read_whole(given, "limit", 50, 1, 500, problems)
    assert (read, len(problems)) == ((value, 0) if value else (50, 1))


@pytest.mark.parametrize(
    ("query", "value", "refused"),
    [("", True, 0), ("total=false", False, 0), ("total=TRUE", True, 0), ("total=0", False, 0), ("total=2", False, 1)],
)
def test_flags(query: str, value: bool, refused: int) -> None:
    problems: list[FieldProblem] = []
    assert read_flag(QueryDict(query), "total", True, problems) is value
    assert len(problems) == refused


def test_choices_name_the_nearest() -> None:
    problems: list[FieldProblem] = []
    assert read_choice(QueryDict("format=arry"), "format", "json", ("json", "array"), problems) == "json"
    assert problems[0].message == 'This must be one of json, array. Did you mean "array"?'


def test_nearest_of_a_very_long_word() -> None:
    assert nearest("x" * 1_000_000, {"limit"}) == ""
