"""Redis that is away or hangs: asked once in half a minute, and no kick counts on one that was never queued."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from dealbrain import queue

PATH = "tests.dealbrain.test_queue.job"


def job() -> None:
    """What is kicked."""


class FakeRedis:
    """Markers, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.asked = 0
        self.trouble: Exception | None = None

    def _answer(self) -> None:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble

    def set(self, name: str, *_: Any, **__: Any) -> bool:
        self._answer()
        is_new = name not in self.keys
        self.keys.add(name)
        return is_new

    def delete(self, name: str) -> None:
        self.keys.discard(name)

    def exists(self, name: str) -> bool:
        self._answer()
        return name in self.keys


class FakeQueue:
    """A queue whose `enqueue` may fail."""

    def __init__(self, connection: FakeRedis) -> None:
        self.connection = connection
        self.jobs: list[tuple[Any, ...]] = []
        self.ttls: list[int | None] = []
        self.trouble: Exception | None = None

    def enqueue(self, *arguments: Any, ttl: int | None = None, **_: Any) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.jobs.append(arguments)
        self.ttls.append(ttl)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeQueue:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = FakeQueue(FakeRedis())
    monkeypatch.setattr(queue, "_queue", lambda: found)
    return found


def test_one_waiting_job_is_enough(fake: FakeQueue) -> None:
    queue._kick_worker(PATH)
    queue._kick_worker(PATH)
    assert len(fake.jobs) == 1
    assert fake.ttls == [queue.MARKER_SECONDS], "a job that nobody takes goes when its marker does"


def test_a_kick_that_was_not_queued_leaves_no_marker(fake: FakeQueue) -> None:
    fake.trouble = RedisConnectionError("cut")
    queue._kick_worker(PATH)
    assert (fake.jobs, fake.connection.keys) == ([], set())
    fake.trouble = None
    queue.ask_again()
    queue._kick_worker(PATH)
    assert len(fake.jobs) == 1


def test_a_run_clears_its_marker_before_it_begins(fake: FakeQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue._kick_worker(PATH)
    seen: list[bool] = []
    monkeypatch.setattr(queue, "import_string", lambda path: lambda: seen.append(bool(fake.connection.keys)))
    queue.run_job(PATH)
    assert seen == [False], "an edit during the run would wait for the marker to grow old"
    queue._kick_worker(PATH)
    assert len(fake.jobs) == 2


@pytest.mark.parametrize("trouble", [RedisConnectionError("refused"), RedisTimeoutError("hangs")])
def test_a_silent_redis_is_not_asked_again_at_once(
    fake: FakeQueue, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    now = 1_000.0
    monkeypatch.setattr(queue.time, "monotonic", lambda: now)
    fake.connection.trouble = trouble
    for _ in range(5):
        queue._kick_worker(PATH)
    assert fake.connection.asked == 1
    assert queue.is_waiting(job) is False
    assert fake.connection.asked == 1
    now += queue.SILENT_SECONDS + 1
    fake.connection.trouble = None
    queue._kick_worker(PATH)
    assert len(fake.jobs) == 1
