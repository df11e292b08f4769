"""What every request goes through: an id, the allow-list of origins, the optional trailing slash, and bad luck."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers
from django.utils.datastructures import MultiValueDict

from dealbrain.api.handlers import trouble, upload_too_large

log = structlog.get_logger(__name__)
LENGTH = re.compile(r"[0-9]{1,18}")
PROBES = frozenset({"/health", "/livez", "/readyz"})

View = TypeVar("View", bound=Callable[..., Any])
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


class NoUploads(FileUploadHandler):
    """A body of files is empty, and stays unread."""

    def handle_raw_input(self, *_: Any, **__: Any) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        return QueryDict(), MultiValueDict()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        raise NotImplementedError("nothing is read")

    def file_complete(self, file_size: int) -> None:
        raise NotImplementedError("nothing is read")


def takes_uploads(permission: str, *, most_bytes: int) -> Callable[[View], View]:
    """A page of the admin that takes files of up to `most_bytes` (with the form around it) from those who may.

    What is larger is not read: the page is shown again, with `?too_large` to say so.
    """

    def mark(view: View) -> View:
        view.takes_uploads_of, view.most_bytes = permission, most_bytes  # type: ignore[attr-defined]  # of the function
        return view

    return mark


class BodyMiddleware:
    """Files are read where they are taken, and nowhere else: looking for a CSRF token would read all of them first.

    They are taken by views of the API with `takes_uploads`, which have limits of their own, and by the admin: small
    ones by its forms, and large ones by its views with `takes_uploads(...)`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponse | None:
        if request.content_type != "multipart/form-data" or getattr(getattr(view, "cls", None), "takes_uploads", False):
            return None
        if "admin" not in getattr(request.resolver_match, "app_names", ()):
            request.upload_handlers = [NoUploads(request)]
            return None
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        if not hasattr(view, "takes_uploads_of"):
            return upload_too_large() if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else None
        if length > view.most_bytes:
            return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{request.path}?too_large=1"})
        if not request.user.has_perm(view.takes_uploads_of):
            request.upload_handlers = [NoUploads(request)]
        return None


class BadLuckMiddleware:
    """A database that is gone is a 503, one without room a 507: nothing here is mistaken, and nothing was changed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return trouble(request, error)


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
