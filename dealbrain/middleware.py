"""What every request goes through: an id, the allow-list of origins, the optional trailing slash, and bad luck."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers

from dealbrain.api.handlers import storage_full, unavailable
from dealbrain.db import is_out_of_room

log = structlog.get_logger(__name__)
LENGTH = re.compile(r"[0-9]{1,18}")
PROBES = frozenset({"/health", "/livez", "/readyz"})

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What is echoed ends up in a header and in every log line, so only plain, short ids are taken over.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_HEADERS = "authorization, content-type, if-match, if-none-match, idempotency-key, x-request-id"
CORS_EXPOSED = "ETag, Idempotent-Replayed, Link, Location, Retry-After, X-Request-ID, X-Total-Count"


def readable_length(announced: str) -> str:
    """An announced length as a number: one of too many digits is as large as any, one of other signs says nothing."""
    return announced[:18] if announced.isascii() and announced.isdigit() else ""


class RequestIdMiddleware:
    """Echo a usable `X-Request-ID` or make one, and put it into every log line of the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not LENGTH.fullmatch(str(request.META.get("CONTENT_LENGTH") or "0")):
            # What counts the bytes of requests takes it for a number; a length that is none announces no body.
            request.META["CONTENT_LENGTH"] = readable_length(request.META["CONTENT_LENGTH"])
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class ProbeMiddleware:
    """Probes are answered whatever name they are sent to: a supervisor knows an address, and no host of ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.rstrip("/") in PROBES:
            request.get_host = lambda: "probe.invalid"  # type: ignore[method-assign]  # of this request alone
        return self.get_response(request)


class BadLuckMiddleware:
    """A database that is gone is a 503, one without room a 507: nothing here is mistaken, and nothing was changed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.warning("database_trouble", error=str(error).strip(), path=request.path)
        return storage_full(request) if is_out_of_room(error) else unavailable(request)


class CorsMiddleware:
    """Cross-origin requests from the origins in CORS_ALLOWED_ORIGINS, and from no other.

    Credentials are never allowed: a page elsewhere uses a token, not the visitor's session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        origin = request.headers.get("Origin", "")
        allowed = bool(origin) and origin in settings.CORS_ALLOWED_ORIGINS
        preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = HttpResponse(status=204) if allowed and preflight else self.get_response(request)
        if settings.CORS_ALLOWED_ORIGINS:
            patch_vary_headers(response, ("Origin",))
        if allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED
        if allowed and preflight:
            response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
            response.headers["Access-Control-Allow-Headers"] = CORS_HEADERS
            response.headers["Access-Control-Max-Age"] = "600"
        return response


class OptionalSlashMiddleware:
    """Serve `/path` and `/path/` alike, for every method and without a redirect.

    A path that leads nowhere is tried with its final slash toggled. Each URL is therefore written once, in
    either form, and a POST keeps its body, which a redirect would lose.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path != "/" and not is_valid_path(path):
            other = path[:-1] if path.endswith("/") else f"{path}/"
            if is_valid_path(other):
                # `request.path` stays as the client wrote it, for the links we build from it.
                request.path_info = other
        return self.get_response(request)
