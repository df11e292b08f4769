"""Work after the commit: in process without Redis, through RQ with it. Call sites do not know which."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import django_rq
import structlog
from django.conf import settings
from django.db import connection, transaction
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

Job = Callable[[], object]


def run_after_commit(job: Job) -> None:
    """Run `job` once after this transaction commits, however often it is asked for.

    `job` is a module's function without arguments. The save that asks for it never fails because of it: an error in
    process is logged, and with Redis down the job stays undone until the next one or cron, which find the same work.

    An entry of the same job that is registered already serves: what drops it is the rollback of a savepoint that is
    still open, and that one encloses this call too. So it lives at least as long as a new one would.
    """
    callback = _enqueue(job) if settings.REDIS_URL else job
    if not any(registered is callback for _, registered, _ in connection.run_on_commit):
        transaction.on_commit(callback, robust=True)


@cache
def _enqueue(job: Job) -> Job:
    """The callback that hands `job` to RQ: the same object each time, so that it is registered once."""

    def enqueue() -> None:
        try:
            django_rq.get_queue("default").enqueue(job)
        except RedisError as error:
            log.warning("queue_unavailable", job=job.__name__, error=str(error))

    return enqueue
