"""`GET /metrics`: what this process counts, or all web processes together, and what the database and the queue say."""

from __future__ import annotations

import os
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from dealbrain.api.handlers import unauthorized
from dealbrain.metrics import STORED

log = structlog.get_logger(__name__)

# Whoever sets one of these stands between us and the visitor.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def may_look(request: HttpRequest) -> bool:
    """Open in the embedded mode and on this machine; elsewhere for METRICS_TOKEN and for staff."""
    return settings.EMBEDDED or _holds_token(request) or _is_local(request) or _is_staff(request)


def _holds_token(request: HttpRequest) -> bool:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    given, expected = (one.encode("utf-8", "surrogatepass") for one in (text.strip(), settings.METRICS_TOKEN))
    return bool(expected) and scheme.lower() == "bearer" and constant_time_compare(given, expected)


def _is_local(request: HttpRequest) -> bool:
    """Whether a process of this machine asks for itself: what a proxy hands on comes from its address as well."""
    if settings.TRUSTED_PROXIES or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # a Unix socket: only proxies use those
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_staff(request: HttpRequest) -> bool:
    try:
        user = getattr(request, "user", None)
        return bool(user and user.is_authenticated and user.is_active and user.is_staff)
    except DatabaseError:
        return False


@require_safe
@never_cache
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus. With the database down, what needs none."""
    if not may_look(request):
        return unauthorized(request, "Metrics are for METRICS_TOKEN, as a bearer token, and for staff.")
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client is not typed there
    body = generate_latest(registry)
    try:
        body += generate_latest(STORED)
    except DatabaseError as error:
        log.warning("metrics_without_database", error=str(error))
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)
