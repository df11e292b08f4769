"""Whether the service is alive, well, and ready for requests. No view here needs a login, or a database to answer."""

from __future__ import annotations

import time

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from dealbrain import queue

log = structlog.get_logger(__name__)

OK = "ok"
PATIENCE_SECONDS = 0.1  # for Redis, on the thread of a request
REMEMBERED_SECONDS = 5.0


def database_check() -> str:
    """ "ok", or what is wrong in words fit for strangers; the log has the rest."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database_unreachable", error=str(error))
        return "unreachable"
    return OK


def migrations_check() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return "unknown"
    return f"{pending} not applied" if pending else OK


def redis_check() -> str:
    try:
        patience = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
        with Redis.from_url(settings.REDIS_URL, **{**settings.REDIS_PATIENCE, **patience}) as client:
            client.ping()
    except RedisError as error:
        log.warning("redis_unreachable", error=str(error))
        return "unreachable"
    return OK


def worker_check() -> str:
    """Requests are answered without a worker, and the figures wait: worth knowing, and no reason to send none here."""
    return OK if queue.worker_seen() else "none"


def _answer(checks: dict[str, str], **more: str) -> JsonResponse:
    well = all(found == OK for found in checks.values())
    return JsonResponse({"status": OK if well else "error", **more, "checks": checks}, status=200 if well else 503)


@require_safe
@never_cache
@transaction.non_atomic_requests
def health(request: HttpRequest) -> JsonResponse:
    """200 while the database answers. Redis is left out on purpose: without it the service still works."""
    return _answer({"database": database_check()}, environment=settings.ENVIRONMENT)


@require_safe
@never_cache
@transaction.non_atomic_requests
def livez(request: HttpRequest) -> JsonResponse:
    """200 while this process answers at all: what a supervisor restarts by."""
    return JsonResponse({"status": OK})


@require_safe
@never_cache
@transaction.non_atomic_requests
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when requests may be sent here: what a load balancer routes by."""
    checks, more = readiness()
    return _answer(checks, **more)


def readiness() -> tuple[dict[str, str], dict[str, str]]:
    """What readiness depends on, and what is worth knowing beside; looked at again after some seconds."""
    global _remembered  # noqa: PLW0603  # of the process
    now = time.monotonic()
    if _remembered is None or now - _remembered[0] > REMEMBERED_SECONDS:
        checks = {"database": database_check(), "migrations": migrations_check()}
        if settings.REDIS_URL:
            checks["redis"] = redis_check()
        more = {"worker": worker_check()} if checks.get("redis") == OK else {}
        _remembered = (now, checks, more)
    return _remembered[1], _remembered[2]


_remembered: tuple[float, dict[str, str], dict[str, str]] | None = None


def look_again() -> None:
    """Forget what was found."""
    global _remembered  # noqa: PLW0603
    _remembered = None
