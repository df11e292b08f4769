"""`GET /metrics`: what this process counts, or all web processes together, and what the database and the queue say.

Counters of a process are lost with it, and an RQ worker forks one for each job. So what workers do is read from where
they write it down: collectors that ask the database each time, registered by the apps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from dealbrain import queue

log = structlog.get_logger(__name__)

STORED = CollectorRegistry(auto_describe=False)


class QueueCollector(Collector):
    """Redis and the workers, where there are any."""

    def collect(self) -> Iterator[Metric]:
        if not settings.REDIS_URL:
            return
        depth = queue.depth()
        yield GaugeMetricFamily("dealbrain_queue_up", "Whether Redis answers.", value=float(depth is not None))
        if depth is not None:
            yield GaugeMetricFamily("dealbrain_queue_depth", "Jobs that wait.", value=depth)
            yield GaugeMetricFamily("dealbrain_queue_workers", "Workers that live.", value=queue.worker_count())


STORED.register(QueueCollector())


@require_safe
@never_cache
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """The text format of Prometheus. With the database down, what needs none."""
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
