"""Django's own error pages: problem documents for clients of the API, pages for people."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from dealbrain.api.problems import CONTENT_TYPE, printable, problem_document
from dealbrain.trouble import DETAILS, RETRY_AFTER, status_of

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
    return _answer(request, HTTPStatus.BAD_REQUEST, "The request cannot be read.") or defaults.bad_request(
        request, exception
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.FORBIDDEN, "You may not do this.") or defaults.permission_denied(
        request, exception
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail = f"There is nothing at {printable(request.path)}."
    return _answer(request, HTTPStatus.NOT_FOUND, detail) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if answer := trouble(request, sys.exc_info()[1]):  # Django calls this while it handles the error
        return answer
    detail = "This is our mistake, and it has been logged under the X-Request-ID of this answer."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail) or defaults.server_error(request)


def unknown_host(request: HttpRequest, host: str) -> HttpResponse:
    detail = f'This service does not answer to the name "{host}" (ALLOWED_HOSTS).'
    return _answer(request, HTTPStatus.BAD_REQUEST, detail) or _plain(HTTPStatus.BAD_REQUEST, detail)


def too_large(request: HttpRequest) -> HttpResponse:
    return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is more than is taken here.")


def trouble(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 or 507 for what is nobody's mistake; None for any other error."""
    status = status_of(error)
    if status is None:
        return None
    log.warning("database_trouble", status=int(status), path=request.path, error=str(error).partition("\n")[0])
    answer = _answer(request, status, DETAILS[status]) or _plain(status, DETAILS[status])
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _plain(status: HTTPStatus, detail: str) -> HttpResponse:
    return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")


def _answer(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse | None:
    """A problem document if the path belongs to the API."""
    if not request.path.startswith(API_PREFIXES):
        return None
    document: dict[str, Any] = problem_document(status, detail, printable(request.path))
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)
