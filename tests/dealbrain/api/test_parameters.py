"""Query parameters are read strictly, and every refusal names the parameter."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from django.http import QueryDict

from dealbrain.api.parameters import (
    Choice,
    Dollars,
    Flag,
    Moment,
    Order,
    Parameter,
    Whole,
    check_names,
    nearest,
    unreadable,
)
from dealbrain.api.problems import FieldProblem

LIMIT = Whole("p", "", 50, low=1, high=500)
SHAPE = Choice("p", "", "json", ("json", "array"))


@pytest.mark.parametrize(
    ("query", "path", "code", "hint"),
    [
        ("limt=2", "limt", "unknown", 'Did you mean "limit"?'),
        ("xyzzy=2", "xyzzy", "unknown", "not a parameter of this address."),
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


REFUSED = object()


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        *((LIMIT, good, value) for good, value in (("1", 1), ("500", 500), ("007", 7))),
        *(
            (LIMIT, bad, REFUSED)
            for bad in ("0", "501", "-1", "1.0", "1e2", "NaN", "½", "٣", "9" * 19, "9" * 5000, " 1", "--1")
        ),
        (Whole("p", "", low=-5), "-5", -5),
        *((Flag("p", ""), word, True) for word in ("true", "TRUE", "1", "yes")),
        *((Flag("p", "", True), word, False) for word in ("false", "0", "no")),
        *((Flag("p", ""), bad, REFUSED) for bad in ("2", "truth")),
        (SHAPE, "array", "array"),
        *((SHAPE, bad, REFUSED) for bad in ("arry", "JSON")),
        *((left_out, "", left_out.default) for left_out in (LIMIT, SHAPE, Flag("p", "", True), Dollars("p", ""))),
        (Parameter("p", ""), "x" * 1000, "x" * 1000),
        (Parameter("p", ""), "x" * 1001, REFUSED),
        (Dollars("p", ""), "0", Decimal(0)),
        (Dollars("p", ""), "9999999999.99", Decimal("9999999999.99")),
        *((Dollars("p", ""), bad, REFUSED) for bad in ("-1", "1.234", "1e3", "NaN", "9" * 11, "٣", "1.")),
        (Moment("p", ""), "2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        (Moment("p", ""), "2026-11-24T08:30:00Z", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        *((Moment("p", ""), bad, REFUSED) for bad in ("now", "2026-13-01", "9" * 1000)),
    ],
)
def test_values(parameter: Parameter, text: str, value: Any) -> None:
    given = QueryDict(mutable=True)
    given["p"] = text
    problems: list[FieldProblem] = []
    found = parameter.read(given, problems)
    if value is REFUSED:
        assert (found, [problem.path for problem in problems]) == (parameter.default, ["p"])
    else:
        assert (found, problems) == (value, [])


@pytest.mark.parametrize(
    "parameter", [LIMIT, SHAPE, Flag("p", "", True), Parameter("p", "", "x"), Dollars("p", "", 400)]
)
def test_what_is_left_out_has_its_default_which_the_schema_says(parameter: Parameter) -> None:
    schema = parameter.schema()
    assert parameter.read(QueryDict(""), []) == schema["default"]
    jsonschema.validate(schema["default"], schema)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("name", True),
        ("-name,price_usd,custom.a", True),
        ("", True),
        ("nam", False),
        ("--name", False),
        ("name,", False),
        ("name,name,name,name", False),
        ("custom.", False),
    ],
)
def test_the_schema_of_an_order_says_which_names_there_are(text: str, good: bool) -> None:
    schema = Order("p", "", "name", ("name", "price_usd"), r"custom\.[a-z]+").schema()
    assert jsonschema.Draft202012Validator(schema).is_valid(text) is good


def test_choices_name_the_nearest() -> None:
    problems: list[FieldProblem] = []
    SHAPE.read(QueryDict("p=arry"), problems)
    assert problems[0].message == 'This must be one of json, array. Did you mean "array"?'


def test_nearest_of_a_very_long_word() -> None:
    assert nearest("x" * 1_000_000, {"limit"}) == ""
