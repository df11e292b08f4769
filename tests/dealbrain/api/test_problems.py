"""Whatever goes wrong in a view becomes one shape."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.test import APIRequestFactory

from dealbrain.api.problems import FieldProblem, InvalidInput, exception_handler
from dealbrain.api.renderers import JsonRenderer
from listings.models import Listing


def answer(error: Exception) -> Any:
    return exception_handler(error, {"request": APIRequestFactory().get("/v1/things")})


def test_the_whole_document() -> None:
    response = answer(InvalidInput([FieldProblem("limit", "Too low.", "out_of_range"), FieldProblem("", "Empty.")]))
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "limit: Too low. Empty.",
        "instance": "/v1/things",
        "errors": [
            {"path": "limit", "message": "Too low.", "code": "out_of_range"},
            {"path": "", "message": "Empty.", "code": "invalid"},
        ],
    }


@pytest.mark.parametrize(
    ("error", "status", "title", "detail"),
    [
        (Http404(), 404, "Not Found", "Not found."),
        (Http404("No such thing."), 404, "Not Found", "No such thing."),
        (PermissionDenied(), 403, "Forbidden", "You do not have permission to perform this action."),
        (exceptions.MethodNotAllowed("POST"), 405, "Method Not Allowed", 'Method "POST" not allowed.'),
        (exceptions.NotAcceptable(), 406, "Not Acceptable", "Could not satisfy the request Accept header."),
        (
            exceptions.UnsupportedMediaType("a/b"),
            415,
            "Unsupported Media Type",
            'Unsupported media type "a/b" in request.',
        ),
        (
            ProtectedError("no", {Listing(pk=1), Listing(pk=2)}),
            409,
            "Conflict",
            "Used in 2 listings.",
        ),
    ],
)
def test_statuses(error: Exception, status: int, title: str, detail: str) -> None:
    response = answer(error)
    assert response.status_code == status
    assert (response.data["title"], response.data["detail"], response.data["errors"]) == (title, detail, [])


def test_a_throttle_says_when() -> None:
    response = answer(exceptions.Throttled(wait=2.1))
    assert (response.status_code, response["Retry-After"]) == (429, "3")


@pytest.mark.parametrize(
    ("error", "problems"),
    [
        (ValidationError("Bad.", code="bad"), [("", "Bad.", "bad")]),
        (
            ValidationError({"urls": ["[1].url: Bad.", "[2]: Odd."]}),
            [("urls[1].url", "Bad.", "invalid"), ("urls[2]", "Odd.", "invalid")],
        ),
        (ValidationError({"name": ["Bad.", "Long."]}), [("name", "Bad.", "invalid"), ("name", "Long.", "invalid")]),
        (
            exceptions.ValidationError({"name": ["Bad."], "non_field_errors": ["Odd."]}),
            [("name", "Bad.", "invalid"), ("", "Odd.", "invalid")],
        ),
        (
            exceptions.ValidationError({"ports": [{}, {"count": ["Low."]}], "cpu": {"name": ["Bad."]}}),
            [("ports[1].count", "Low.", "invalid"), ("cpu.name", "Bad.", "invalid")],
        ),
        (
            exceptions.ValidationError({"rule": {"conditions": ["conditions[1].value: Bad."], "name": ["a.b: Bad."]}}),
            [("rule.conditions[1].value", "Bad.", "invalid"), ("rule.name", "a.b: Bad.", "invalid")],
        ),
        (exceptions.ValidationError(["One.", "Two."]), [("", "One.", "invalid"), ("", "Two.", "invalid")]),
    ],
)
def test_validation_errors_keep_their_paths(error: Exception, problems: list[tuple[str, str, str]]) -> None:
    response = answer(error)
    assert response.status_code == 400
    assert [(e["path"], e["message"], e["code"]) for e in response.data["errors"]] == problems


def test_our_own_mistakes_are_not_dressed_up() -> None:
    assert answer(KeyError("x")) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": 1.5, "b": None}, b'{"a":1.5,"b":null}'),
        ({"a": float("nan")}, b'{"a":null}'),
        ({"a": "\ud800"}, b'{"a":"\\ud800"}'),
        ({"a": 2**70}, b'{"a":1180591620717411303424}'),
        (None, b""),
    ],
)
def test_json_of_whatever_is_stored(data: Any, text: bytes) -> None:
    assert JsonRenderer().render(data) == text
