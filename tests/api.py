"""Somebody who sends JSON, and several of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories import StaffFactory

STAMPS = ("created_at", "updated_at")
one_writer = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")


def race(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test of real threads: they see only what is committed."""
    return pytest.mark.django_db(transaction=True)(one_writer(test))


class Api:
    """Somebody of a group, a superuser with `root`, or nobody."""

    def __init__(self, group: str = "", *, root: bool = False) -> None:
        self.client = Client()
        if group or root:
            self.client.force_login(StaffFactory(group=group, is_superuser=root))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, path, headers=headers, **sent)

    def read(self, path: str) -> Any:
        return self.got("GET", path)

    def made(self, path: str, **fields: Any) -> Any:
        return self.got("POST", path, fields, status=201)

    def got(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.send(method, path, body)
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None


def problems(answer: Any, status: int = 400) -> dict[str, str]:
    """Path -> code of everything that was refused."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {problem["path"]: problem["code"] for problem in answer.json()["errors"]}


def plain(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in STAMPS}


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What the tasks give, each of them in a thread with a connection of its own, all begun together."""
    together = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=20)
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))
