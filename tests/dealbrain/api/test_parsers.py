"""Bodies that are no JSON, or JSON that no database takes: refused whole, with a place, and nothing saved."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from rest_framework.exceptions import APIException

from catalog.models import Cpu
from dealbrain.api.parsers import MOST_DEPTH, JsonParser
from tests.factories import StaffFactory

URL = "/v1/catalog/cpus"


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


def refused(answer: Any, status: int) -> dict[str, Any]:
    """The problem document of a request that changed nothing."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"], document["instance"]) == (status, status, URL), document
    assert not Cpu.objects.exists()
    return document


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name": "a"', "The body is not JSON: line 1, column 13: Expecting ',' delimiter."),
        (b'{"name": "a",\n }', "line 2, column 2"),
        (b"name=a", "line 1, column 1"),
        (b'{"name": "a"} {}', "line 1, column 15: Extra data"),
        (b'{"name": "a\x01"}', "Invalid control character"),
        (b'{"name": "\\x"}', "Invalid \\escape"),
        ('{"name": "é"}'.encode("latin-1"), "The body is not UTF-8: byte 10."),
        ('{"name": "a"}'.encode("utf-16"), "not UTF-8: byte 0"),
        (b'{"name": "\xed\xa0\x80"}', "not UTF-8: byte 10"),
        (b'{"cores": NaN}', "NaN is no JSON number"),
        (b'{"cores": Infinity}', "Infinity is no JSON number"),
        (b'{"cores": -Infinity}', "-Infinity is no JSON number"),
        (b'{"cores": 1e400}', "The number 1e400 is too large."),
        (b'{"cores": -1e400}', "The number -1e400 is too large."),
        (b'{"attributes": {"a": [' + b"9" * 5_000 + b"]}}", "is too large"),
        (b'{"attributes": {"a": ' + b"9" * 400 + b"}}", "is too large"),
        (b"[" * 100_000, "The body is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "The body is nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "The body is nested too deeply"),
        (b'{"name": "a", "name": "b"}', 'The name "name" stands twice in one object.'),
        (b'{"attributes": {"x": [{"a": 1, "b": 2, "a": 3}]}}', 'The name "a" stands twice in one object.'),
        (b'{"\\ud800": 1, "\\ud800": 2}', 'The name "\\ud800" stands twice in one object.'),
    ],
)
def test_no_json(editor: Client, body: bytes, said: str) -> None:
    document = refused(editor.post(URL, body, content_type="application/json"), 400)
    assert said in document["detail"]
    assert len(document["detail"]) < 300


@pytest.mark.parametrize("levels", [*range(150, 1_000, 50), *range(940, 1_000, 5)])
@pytest.mark.parametrize("field", ["name", "cores", "attributes"])
def test_just_shallow_enough_to_be_decoded(editor: Client, field: str, levels: int) -> None:
    """What the decoder takes must not break those who walk, print or encode it afterwards."""
    body = f'{{"{field}": {"[" * levels}{"]" * levels}}}'
    document = refused(editor.post(URL, body, content_type="application/json"), 400)
    assert "The body is nested too deeply" in document["detail"]


def test_the_deepest_that_is_read() -> None:
    def nested(levels: int) -> BytesIO:
        return BytesIO(b"[" * levels + b"]" * levels)

    value = JsonParser().parse(nested(MOST_DEPTH))
    for _ in range(MOST_DEPTH - 1):
        (value,) = value
    assert value == []
    with pytest.raises(APIException, match=f"nested too deeply: {MOST_DEPTH} levels"):
        JsonParser().parse(nested(MOST_DEPTH + 1))


def test_brackets_in_a_text_are_no_depth(editor: Client) -> None:
    body = {"name": "a", "notes": '[{"' * 500 + "\\"}
    assert editor.post(URL, body, content_type="application/json").json()["notes"] == body["notes"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (r'{"name": "a\u0000b"}', ["name"]),
        (r'{"name": "\ud800"}', ["name"]),
        (r'{"name": "\uDC00\uD83D"}', ["name"]),
        (r'{"name": "a", "attributes": {"x": [1, {"y": "\udfff"}]}}', ["attributes.x[1].y"]),
        (r'{"name": "a", "attributes": {"x": {"\u0000": 1}}}', ["attributes.x"]),
        (r'{"\ud83d": 1, "name": "a"}', [""]),
        (r'["\ud800", "fine", "\u0000"]', ["[0]", "[2]"]),
        (r'"\ud800"', [""]),
        (r'{"name": "\u0000", "notes": "\ud9ab"}', ["name", "notes"]),
    ],
)
def test_no_text(editor: Client, body: str, paths: list[str]) -> None:
    document = refused(editor.post(URL, body, content_type="application/json"), 400)
    assert sorted(problem["path"] for problem in document["errors"]) == sorted(paths)
    assert {problem["code"] for problem in document["errors"]} == {"not_text"}


@pytest.mark.parametrize(
    "name", ["\U0001f600", "\\ud800 spelled out", "a\tb", "a\u2028b", "\ufffe", "\U0010ffff", "=1+1", "'; DROP TABLE x"]
)
def test_odd_text_is_text(editor: Client, name: str) -> None:
    """Whole surrogate pairs, a backslash before a u, and what a spreadsheet or a shell would mind."""
    answer = editor.post(URL, json.dumps({"name": name}), content_type="application/json")
    kept = " ".join(name.split())  # a name is one line
    assert (answer.status_code, answer.json()["name"], Cpu.objects.get().name) == (201, kept, kept)


@pytest.mark.parametrize("body", ["[]", '[{"name": "a"}]', "7", "0", "1.5", "true", "false", "null", '"name"', '""'])
def test_a_body_that_is_no_object(editor: Client, body: str) -> None:
    document = refused(editor.post(URL, body, content_type="application/json"), 400)
    assert document["errors"][0]["path"] == ""
    assert "object" in document["detail"] or "dictionary" in document["detail"], document["detail"]


@pytest.mark.parametrize("body", ["[]", "7", "null", '"name"'])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_change_that_is_no_object(editor: Client, method: str, body: str) -> None:
    cpu = Cpu.objects.create(name="Ryzen")
    answer = getattr(editor, method)(f"{URL}/{cpu.pk}", body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert list(Cpu.objects.values_list("name")) == [("Ryzen",)]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_no_body_is_an_empty_object(editor: Client, content_type: str) -> None:
    document = refused(editor.post(URL, b"", content_type=content_type), 400)
    assert document["errors"] == [{"path": "name", "message": "This field is required.", "code": "required"}]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 201),
        ("application/json;charset=latin-1", 201),  # JSON is UTF-8, whatever is said
        ("APPLICATION/JSON", 201),
        ("text/plain", 415),
        ("application/xml", 415),
        ("application/merge-patch+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("multipart/form-data", 415),
        ("application/jsonp", 415),
        ("nonsense", 415),
        ("*/*", 415),
        ("", 415),
    ],
)
def test_content_types(editor: Client, content_type: str, status: int) -> None:
    answer = editor.generic("POST", URL, '{"name": "é"}', content_type=content_type)
    if status == 415:
        refused(answer, 415)
    else:
        assert (answer.status_code, Cpu.objects.get().name) == (201, "é")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("text/html, application/json;q=0.5", 200),
        ("application/*", 200),
        ("", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("nonsense", 406),
        (";;,,/", 406),
    ],
)
def test_accept(editor: Client, accept: str, status: int) -> None:
    answer = editor.get(URL, headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        refused(answer, 406)


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_ten_megabytes(editor: Client, method: str) -> None:
    """The length that is announced is enough: nobody reads the body."""
    cpu = Cpu.objects.create(name="Ryzen")
    path = URL if method == "post" else f"{URL}/{cpu.pk}"
    body = json.dumps({"name": "a", "notes": "x" * 10_000_000})
    answer = getattr(editor, method)(path, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert (answer.json()["status"], answer.json()["title"]) == (413, "Request Entity Too Large")
    assert list(Cpu.objects.values_list("name", "notes")) == [("Ryzen", "")]


@pytest.mark.parametrize(
    ("length", "status"), [("9" * 30, 413), ("9" * 5_000, 413), ("²", 400), ("-1", 400), ("x", 400), ("", 400)]
)
def test_odd_lengths(editor: Client, length: str, status: int) -> None:
    """What is no number announces no body, and a name is required."""
    refused(editor.generic("POST", URL, "", content_type="application/json", CONTENT_LENGTH=length), status)


@pytest.mark.parametrize(
    ("method", "path"),
    [("put", "/v1/catalog/cpus/1"), ("delete", "/v1/catalog/cpus"), ("patch", "/v1/catalog/cpus"), ("trace", URL)],
)
def test_methods_that_are_not_there(editor: Client, method: str, path: str) -> None:
    answer = getattr(editor, method)(path)
    missing = path.endswith("/1")  # there the method exists, and the row does not
    assert (answer.status_code, answer["Content-Type"]) == (404 if missing else 405, "application/problem+json")
    assert missing or set(answer["Allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}


def test_a_name_of_nobody_asks_nothing_of_the_body(client: Client, db: None) -> None:
    """Who may not write learns that, and not what is wrong with the body."""
    answer = client.post(URL, b"[" * 100_000, content_type="application/json")
    assert answer.status_code == 401
