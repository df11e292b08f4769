"""What every request goes through: an id, the hosts and origins that are ours, the bodies that are read, the slash."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers
from django.utils.datastructures import MultiValueDict

from dealbrain.api import handlers
from dealbrain.api.problems import printable

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# What is echoed ends up in a header and in every log line, so only plain, short ids are taken over.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

MOST_HOST = 100  # characters of a strange one that are shown
HEALTH_PATHS = ("/health", "/livez", "/readyz")

CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_HEADERS = "authorization, content-type, if-match, if-none-match, idempotency-key, x-request-id"
CORS_EXPOSED = "ETag, Location, Retry-After, X-Request-ID"


class RequestIdMiddleware:
    """Echo a usable `X-Request-ID` or make one, and put it into every log line of the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class HostMiddleware:
    """A Host that is not ours is a 400 and a line in the log: whoever scans addresses causes no traceback.

    Who asks whether the service is well, from the machine beside it, may call it whatever it likes.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            host = printable(request.META.get("HTTP_HOST", ""))[:MOST_HOST]
            if request.path.rstrip("/") not in HEALTH_PATHS:
                log.info("unknown_host", host=host, path=printable(request.path))
                return handlers.unknown_host(request, host)
            request.META["HTTP_HOST"] = _own_host()
        return self.get_response(request)


def announced_bytes(request: HttpRequest) -> int:
    """The length of the body, as far as it is told; 0 for what is no number."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    return int(length[:19]) if length.isascii() and length.isdigit() else 0


def _own_host() -> str:
    own = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return own[0] if own else "localhost"


class NoUploads(FileUploadHandler):
    """A body of files is empty, and stays unread."""

    def handle_raw_input(self, *_: Any, **__: Any) -> tuple[QueryDict, MultiValueDict[str, UploadedFile]]:
        return QueryDict(), MultiValueDict()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        raise NotImplementedError("nothing is read")

    def file_complete(self, file_size: int) -> None:
        raise NotImplementedError("nothing is read")


class BodyMiddleware:
    """Files are read where they are taken, and nowhere else: looking for a CSRF token would read all of them first.

    They are taken by views of the API with `takes_uploads`, which have limits of their own, and by the admin.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if request.content_type != "multipart/form-data" or getattr(getattr(view, "cls", None), "takes_uploads", False):
            return None
        if "admin" not in getattr(request.resolver_match, "app_names", ()):
            request.upload_handlers = [NoUploads(request)]  # type: ignore[assignment]  # any list of handlers
            return None
        too_large = announced_bytes(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return handlers.too_large(request) if too_large else None


class TroubleMiddleware:
    """Answers what no view could: a database that is away, in the way of itself, or full."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return handlers.trouble(request, exception)


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
