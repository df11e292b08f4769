"""JSON and lists of lines as people type them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from dealbrain.forms import JsonField, LinesField, pretty_json, read_json

LEAF = {"field_name": "storage.primary.capacity_gb", "operator": "gte", "value": 512}
LEAF_TEXT = '{"field_name": "storage.primary.capacity_gb", "operator": "gte", "value": 512}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ([], "[]"),
        ("größer", '"größer"'),
        (LEAF, LEAF_TEXT),
        ([LEAF, LEAF], f"[\n  {LEAF_TEXT},\n  {LEAF_TEXT}\n]"),
        (
            {"logical_operator": "not", "conditions": [LEAF]},
            f'{{\n  "logical_operator": "not",\n  "conditions": [{LEAF_TEXT}]\n}}',
        ),
    ],
)
def test_pretty_json(value: Any, text: str) -> None:
    assert pretty_json(value) == text
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1, column 2"),
        ('[1,\n 2\n "x"]', "line 3, column 2"),
        ("'a'", "line 1, column 1"),
        ("NaN", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ('"\\u0000"', "null character"),
        ('{"\\u0000": 1}', "null character"),
        ('"\\ud800"', "surrogates not allowed"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "This is not JSON: Exceeds the limit"),
    ],
    ids=range(10),
)
def test_what_is_no_json_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read_json(text)


@pytest.mark.parametrize(
    ("empty", "initial", "typed", "value", "changed"),
    [
        (None, None, "", None, False),
        (None, None, " \n ", None, False),
        (None, LEAF, "", None, True),
        ({}, {}, "", {}, False),
        ({}, None, "", {}, False),
        ({}, {"a": 1}, '{"a":1}', {"a": 1}, False),  # typed differently, the same value
        ({}, {"a": 1}, '{"a": 2}', {"a": 2}, True),
        ([], [1], "", [], True),
    ],
)
def test_json_field(empty: Any, initial: Any, typed: str, value: Any, changed: bool) -> None:
    field = JsonField(empty=empty, required=False)
    assert field.clean(typed) == value
    assert field.has_changed(initial, typed) is changed
    assert field.has_changed(initial, field.prepare_value(initial)) is False, "what is shown is what is stored"


def test_refused_json_stays_in_the_text_as_it_was_typed() -> None:
    class Form(forms.Form):
        tree = JsonField(required=False)

    form = Form({"tree": '{"a": 1,\n}'}, initial={"tree": {"a": 1}})
    assert not form.is_valid()
    assert form.has_changed()
    assert "{&quot;a&quot;: 1,\n}" in str(form["tree"])


@pytest.mark.parametrize(("lines", "rows"), [(1, 4), (10, 11), (500, 30)])
def test_a_text_of_json_is_as_high_as_its_lines(lines: int, rows: int) -> None:
    assert f'rows="{rows}"' in JsonField().widget.render("tree", "\n".join(["x"] * lines))


@pytest.mark.parametrize(
    ("typed", "value"),
    [("", []), ("one", ["one"]), ("  one \r\n\n two words\n", ["one", "two words"])],
)
def test_lines(typed: str, value: list[str]) -> None:
    field = LinesField(required=False)
    assert field.clean(typed) == value
    assert field.has_changed(value, typed) is False
    assert field.has_changed(["other"], typed) is True
    assert field.clean(field.prepare_value(value)) == value


def test_no_line_holds_a_null_character() -> None:
    with pytest.raises(ValidationError, match="Null characters"):
        LinesField().clean("fine\nnot\x00fine")
