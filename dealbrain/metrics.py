"""What operators are told of the product, beside what each process counts: collectors that ask the database, or Redis.

Counters of a process are lost with it, and an RQ worker forks one for each job. So what workers do is read from where
they write it down, each time somebody asks; the apps register what asks.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dealbrain import queue

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
