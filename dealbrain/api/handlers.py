"""Django's own error pages: problem documents for clients of the API, pages for people."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from dealbrain.api.problems import CONTENT_TYPE, StorageFull, Unavailable, printable, problem_document
from dealbrain.trouble import status_of

log = structlog.get_logger(__name__)

API_PREFIXES = (
    "/v1/",
    "/api/",
    "/settings/",
    "/entities/",
    "/health",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = "The request cannot be read."
    if isinstance(exception, DisallowedHost):  # somebody's scanner, or a name that ALLOWED_HOSTS lacks
        detail = "This service does not answer to this host name."
        log.info("unknown_host", host=printable(str(request.META.get("HTTP_HOST", ""))[:200]))
    return _answer(request, HTTPStatus.BAD_REQUEST, detail) or defaults.bad_request(request, exception)


def trouble(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 or 507 for a database that is away, in the way of itself, or full; None for any other error."""
    status = status_of(error)
    if status is None:
        return None
    log.warning("database_trouble", error=str(error).partition("\n")[0], path=printable(request.path))
    return _trouble(request, StorageFull if status == StorageFull.status_code else Unavailable)


def upload_too_large() -> HttpResponse:
    return HttpResponse("This is more than is taken here.\n", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def unauthorized(request: HttpRequest, detail: str) -> HttpResponse:
    """401 of a view that is none of the API's own: how to log in is told."""
    document: dict[str, Any] = problem_document(HTTPStatus.UNAUTHORIZED, detail, printable(request.path))
    headers = {"WWW-Authenticate": 'Bearer realm="Deal Brain"'}
    return JsonResponse(document, status=HTTPStatus.UNAUTHORIZED, content_type=CONTENT_TYPE, headers=headers)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.FORBIDDEN, "You may not do this.") or defaults.permission_denied(
        request, exception
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = f"There is nothing at {printable(request.path)}."
    return _answer(request, HTTPStatus.NOT_FOUND, detail) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if answer := trouble(request, sys.exc_info()[1]):  # outside of a view; Django calls this while it handles the error
        return answer
    detail = "This is our mistake, and it has been logged under the X-Request-ID of this answer."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail) or defaults.server_error(request)


def _trouble(request: HttpRequest, kind: type[Unavailable] | type[StorageFull]) -> HttpResponse:
    answer = _answer(request, kind.status_code, kind.default_detail) or HttpResponse(
        f"{kind.default_detail}\n", status=kind.status_code, content_type="text/plain; charset=utf-8"
    )
    if wait := getattr(kind, "wait", None):
        answer.headers["Retry-After"] = str(wait)
    return answer


def _answer(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse | None:
    """A problem document if the path belongs to the API."""
    if not f"/{request.path.strip('/')}/".startswith(API_PREFIXES):  # `//v1/listings` is a client of the API as well
        return None
    document: dict[str, Any] = problem_document(status, detail, printable(request.path))
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)
