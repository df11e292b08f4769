"""A private Redis that a test may stop and flush, and workers that it may kill."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from dealbrain import queue
from tests.conftest import CONFIGURED_REDIS_URL

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Poll, bounded: what does not come is a failure, and says what was waited for."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < limit, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.02)


@dataclass
class PrivateRedis:
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self.answers, "Redis")

    def answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False

    def flush(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Workers:
    """`manage.py rqworker` processes on this test's database and Redis."""

    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, count: int = 1) -> None:
        before = queue.worker_count()
        for _ in range(count):
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "manage.py", "rqworker", "default"],
                    cwd=ROOT,
                    env=self.environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        wait_until(lambda: queue.worker_count() >= before + count, "the workers")

    def kill(self) -> None:
        """SIGKILL, nothing gets a chance to tidy up. RQ forks a process for each job, which is killed as well."""
        for process in self.running:
            process.send_signal(signal.SIGSTOP)  # it must not fork another one meanwhile
            for pid in (*children_of(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
        self.running.clear()


def other_sessions() -> int:
    """Sessions of others on this database: a killed client's statement may still run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]


@pytest.fixture
def private_redis(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateRedis]:
    if connection.vendor != "postgresql" or not CONFIGURED_REDIS_URL:
        pytest.skip("needs DATABASE_URL on PostgreSQL and REDIS_URL")
    assert shutil.which("redis-server"), "redis-server is not on the PATH: the tests stop and flush one of their own"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        redis = PrivateRedis(probe.getsockname()[1])
    redis.start()
    settings.REDIS_URL = redis.url
    monkeypatch.setitem(settings.RQ_QUEUES["default"], "URL", f"{redis.url}?socket_connect_timeout=2")
    yield redis
    redis.stop()


@pytest.fixture
def workers(private_redis: PrivateRedis) -> Iterator[Workers]:
    parts = connection.settings_dict
    host = f"{parts['HOST'] or '127.0.0.1'}:{parts['PORT'] or 5432}"
    login = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    made = Workers(
        {
            **os.environ,
            "DATABASE_URL": f"postgres://{login}@{host}/{parts['NAME']}",
            "REDIS_URL": private_redis.url,
            "SECRET_KEY": "only for these tests, and long enough for the checks",
        }
    )
    yield made
    made.kill()
    wait_until(lambda: not other_sessions(), "the database to notice that they are gone")
