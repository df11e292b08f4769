"""Content-Security-Policy: a page runs the scripts that we serve, and no other; `Permissions-Policy` beside it.

An inline script carries the nonce of its answer, `{{ request.csp_nonce }}` in a template. Styles may be inline:
libraries of the admin and of the API's documentation set them, and a style runs nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",  # ReDoc searches in one
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
UNUSED = ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)


class ContentSecurityMiddleware:
    """Both headers on every answer; `request.csp_nonce` for templates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.csp_nonce = nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]  # as long as the request lasts
        response = self.get_response(request)
        policy = "; ".join(f"{name} {sources.format(nonce=nonce)}" for name, sources in POLICY.items())
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
