"""Errors as RFC 9457 `application/problem+json`, every problem of a request at once, each with its path."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import ProtectedError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
MOST_PROBLEMS = 50  # told of one request; whoever mends these sees the next
MOST_PATH, MOST_MESSAGE = 300, 1_000  # characters of one of them: both may quote what was sent


def printable(text: str) -> str:
    """A text that can be shown in an answer, whatever it is."""
    return text.encode("ascii", "backslashreplace").decode("ascii").replace("\x00", "\\x00")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with a request: `path` is a parameter, or a place in the body such as `ports[0].quantity`."""

    path: str
    message: str
    code: str = "invalid"


class InvalidInput(exceptions.APIException):
    """400 with everything that is wrong."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "invalid"

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = cut_short(problems)
        super().__init__(detail=told_in_words(self.problems))


def cut_short(problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    """As many as are told and one more, by which it is known that there are more; none of them without end."""
    return [
        replace(found, path=_cut(found.path, MOST_PATH), message=_cut(found.message, MOST_MESSAGE))
        for found in islice(problems, MOST_PROBLEMS + 1)
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def told_in_words(problems: Sequence[FieldProblem]) -> str:
    """The problems as one text, as far as they are told."""
    words = [f"{p.path}: {p.message}" if p.path else p.message for p in problems[:MOST_PROBLEMS]]
    return " ".join([*words, *(["There is more: mend these first."] if len(problems) > MOST_PROBLEMS else [])])


class Conflict(exceptions.APIException):
    """409: what is asked for collides with what is stored."""

    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"
    default_detail = "This conflicts with what is stored."


class PreconditionFailed(exceptions.APIException):
    """412: the client's If-Match names a state that has passed."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "stale"
    default_detail = "Somebody has changed this since you read it: read it again, then write."


class Unavailable(exceptions.APIException):
    """503: the database does not answer, or two writers stood in each other's way twice."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "This cannot be answered at the moment: try again in a few seconds."
    wait = 5  # seconds, told as Retry-After


class StorageFull(exceptions.APIException):
    """507: the disk of the database is full."""

    status_code = HTTPStatus.INSUFFICIENT_STORAGE
    default_code = "storage_full"
    default_detail = "There is no room left to store anything: nothing was changed."


class TooLarge(exceptions.APIException):
    """413: the body is larger than any that makes sense here."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "This body is too large: send less at a time."


def problem_document(
    status: int, detail: str, instance: str, problems: Iterable[FieldProblem] = ()
) -> dict[str, object]:
    """The members of RFC 9457. The type is `about:blank`: the status says what kind of problem it is."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "errors": [asdict(problem) for problem in problems],
    }


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The handler of REST_FRAMEWORK. None (a 500) only for what is a mistake of ours.

    Rolling back is not done here, as DRF's own handler does: the view that opened the transaction knows.
    """
    known = _as_api_exception(error)
    if not isinstance(known, exceptions.APIException):
        return None
    problems: list[FieldProblem] = []
    detail = str(known.detail)
    if isinstance(known, InvalidInput):
        problems = known.problems
    elif isinstance(known, exceptions.ValidationError):
        problems = cut_short(_flatten(known.get_full_details()))
        detail = told_in_words(problems)
    status = known.status_code
    if problems and all(problem.code == "unique" for problem in problems):
        status = HTTPStatus.CONFLICT  # nothing is wrong with the request but that somebody was first
    headers = {}
    if challenge := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    document = problem_document(status, detail, printable(context["request"].path), problems[:MOST_PROBLEMS])
    return Response(document, status=status, headers=headers, content_type=CONTENT_TYPE)


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, DjangoValidationError):
        return InvalidInput(_django_problems(error))
    if isinstance(error, Http404):
        return exceptions.NotFound(str(error) or None)
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    if isinstance(error, ProtectedError):
        users = Counter(type(row) for row in error.protected_objects)
        return Conflict(f"Used in {', '.join(_counted(model, count) for model, count in users.items())}.")
    return error


def _counted(model: Any, count: int) -> str:
    return f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"


def _django_problems(error: DjangoValidationError) -> list[FieldProblem]:
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return [
        _placed("" if path == NON_FIELD_ERRORS else path, message, single.code or "invalid")
        for path, errors in by_field.items()
        for single in errors
        for message in single.messages
    ]


def _placed(path: str, message: str, code: str) -> FieldProblem:
    """A message that begins with a place inside its field (`conditions[1].value: ...`) is told of that place.

    So is one that begins with a position (`[1].url: ...`), where the check knows no name.
    """
    place, colon, rest = message.partition(": ")
    outside, dot, name = path.rpartition(".")
    if not (name and colon) or " " in place:
        return FieldProblem(path, message, code)
    if re.match(r"\[\d+\]", place):
        return FieldProblem(f"{path}{place}", rest, code)
    inside = place.startswith((f"{name}.", f"{name}["))
    return FieldProblem(f"{outside}{dot}{place}", rest, code) if inside else FieldProblem(path, message, code)


def _inside(path: str, key: Any) -> str:
    if key == "non_field_errors":
        return path
    if isinstance(key, int):  # what is wrong with one item of a list
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)


def _flatten(details: Any, path: str = "") -> Iterable[FieldProblem]:
    """DRF's tree of `{"message", "code"}` leaves as a flat list with paths: `components[0].name`."""
    if isinstance(details, dict) and set(details) == {"message", "code"} and isinstance(details["code"], str):
        yield _placed(path, str(details["message"]), details["code"])
    elif isinstance(details, dict):
        for key, value in details.items():
            yield from _flatten(value, _inside(path, key))
    else:
        # A list is either the messages of one field or the items of a nested list.
        leaves = all(isinstance(item, dict) and set(item) == {"message", "code"} for item in details)
        for position, item in enumerate(details):
            yield from _flatten(item, path if leaves else f"{path}[{position}]")
