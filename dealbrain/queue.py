"""Background work that is optional: the same function in process, or in an RQ worker when there is a Redis.

The database is the truth and a job is only a wake-up: it looks for what is stale, so that losing one loses no
work. That is why nothing here raises into the save that asked for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django_rq import get_queue
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, Retry, Worker, get_current_job

log = structlog.get_logger(__name__)

Job = Callable[[], object]

MARKER_SECONDS = 30
SILENT_SECONDS = 30.0  # after Redis has not answered, nobody here asks again so long
MOST_RETRIES = 3  # at once, for a connection that was cut; what fails again waits for the next kick or for cron


@dataclass
class _Turn:
    """One run of a job, shared by all who asked for it in one transaction."""

    taken: bool = False


@dataclass(frozen=True)
class _Kick:
    """An `on_commit` entry: runs the job, unless an earlier entry of the same transaction has."""

    job: Job
    turn: _Turn = field(default_factory=_Turn)

    def __call__(self) -> None:
        if not self.turn.taken:
            self.turn.taken = True
            _run(self.job)


def run_after_commit(job: Job) -> None:
    """Run `job` (a module-level function without arguments) once after this transaction, however often it is asked for.

    Outside a transaction it runs at once. Every call registers an entry and all share one turn, which the first
    entry to run takes. An entry that came with a savepoint goes when that savepoint is rolled back, as it should,
    and the others stay: no reasoning is needed about which of two entries outlives the other. By the time any of
    them runs, everything the transaction wrote is committed, so one run sees it all.
    """
    transaction.on_commit(_Kick(job, _open_turn(job)))


def _open_turn(job: Job) -> _Turn:
    """The turn that `job` already has in this transaction, else a new one.

    A taken turn is still listed only where the commit is simulated, as `captureOnCommitCallbacks` does; what is
    written after it needs a turn of its own. The newest entry is nearly always the one, hence from the end.
    """
    for _savepoints, callback, _robust in reversed(transaction.get_connection().run_on_commit):
        if isinstance(callback, _Kick) and callback.job == job:
            return _Turn() if callback.turn.taken else callback.turn
    return _Turn()


class Silent(RedisError):
    """Redis has not answered a moment ago, and is not asked again yet."""


_silent_until = 0.0


@contextmanager
def asking() -> Iterator[Redis]:
    """A connection to Redis. One that hangs costs a request its time-out once, and not each request.

    Raises RedisError, `Silent` at once where Redis has just failed to answer.
    """
    global _silent_until  # noqa: PLW0603  # of the process: every thread asks the same Redis
    if time.monotonic() < _silent_until:
        raise Silent("Redis did not answer a moment ago.")
    try:
        yield _queue().connection
    except (RedisConnectionError, RedisTimeoutError):
        _silent_until = time.monotonic() + SILENT_SECONDS
        raise


def ask_again() -> None:
    """Forget that Redis did not answer."""
    global _silent_until  # noqa: PLW0603
    _silent_until = 0.0


def enqueue(job: Callable[..., object], *ids: int) -> bool:
    """Have a worker run `job(*ids)`. False, with a warning in the log, when Redis does not answer."""
    return _enqueue(_path(job), *ids)


def worker_count() -> int:
    """How many workers take jobs of the queue; 0 when Redis does not answer."""
    try:
        with asking():
            return Worker.count(queue=_queue())
    except RedisError:
        return 0


def spare_workers() -> int:
    """How many workers there are beside this process."""
    return worker_count() - (get_current_job() is not None)


def is_waiting(job: Job) -> bool:
    """Whether a kick of `job` waits for a worker."""
    try:
        with asking() as connection:
            return bool(connection.exists(_marker(_path(job))))
    except RedisError:
        return False


def answers() -> bool:
    """Whether Redis does."""
    return depth() is not None


def depth() -> int | None:
    """How many jobs wait; None when Redis does not answer."""
    try:
        with asking():
            return int(_queue().count)
    except RedisError:
        return None


def worker_seen() -> bool:
    """Whether a worker of the queue has reported lately: asked of Redis alone, so nobody waits for a worker."""
    return worker_count() > 0


def run_job(path: str) -> None:
    """What a worker runs for a kick. The marker goes first: a kick from here on is for what this run may not see."""
    _queue().connection.delete(_marker(path))
    import_string(path)()


def _run(job: Job) -> None:
    """Hand `job` to a worker, or run it here when there is none. Failures are logged: the save is committed."""
    path = _path(job)
    if settings.REDIS_URL:
        _kick_worker(path)
        return
    try:
        job()
    except Exception:
        log.exception("job_failed", job=path)


def _kick_worker(path: str) -> None:
    """One waiting job is enough, however many ask.

    The marker says that one waits. RQ's own `unique=True` also refuses while a job runs, and would lose the edit
    that lands then. It expires, because a worker may die, or Redis forget, between taking a job and clearing it.
    """
    try:
        with asking() as connection:
            if not connection.set(_marker(path), 1, nx=True, ex=MARKER_SECONDS):
                return
    except RedisError as error:
        log.warning("job_not_queued", job=path, error=str(error))
        return
    if not _enqueue(f"{__name__}.{run_job.__name__}", path, ttl=MARKER_SECONDS):
        _forget(path)


def _forget(path: str) -> None:
    """Take the marker of a kick back that was not queued: the next one must not count on it."""
    try:
        _queue().connection.delete(_marker(path))
    except RedisError as error:
        log.warning("marker_not_cleared", job=path, error=str(error))


def _enqueue(path: str, *arguments: str | int, ttl: int | None = None) -> bool:
    """Queue a job. With a `ttl` it is dropped after so many seconds in which no worker has taken it, as its marker is:
    what it stands for is asked for again by then, and jobs do not pile up."""
    try:
        with asking():
            _queue().enqueue(path, *arguments, retry=Retry(max=MOST_RETRIES), ttl=ttl)
    except RedisError as error:
        log.warning("job_not_queued", job=path, error=str(error))
        return False
    return True


def _queue() -> Queue:
    return get_queue("default")


def _path(job: Callable[..., object]) -> str:
    return f"{job.__module__}.{job.__qualname__}"


def _marker(path: str) -> str:
    return f"dealbrain:kicked:{path}"
