"""Probes and strangers: who asks by which name, and how often the surroundings are looked at."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

from dealbrain.views import health

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/readyz/"])
def test_a_probe_is_answered_whatever_it_calls_us(client: Client, settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["deals.example.org"]
    assert client.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


class Lines(logging.Handler):
    """What would be written: the root's handlers get it."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.mark.parametrize("path", ["/v1/listings", "/"])
def test_an_unknown_host_is_a_400_and_one_line(client: Client, settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["deals.example.org"]
    lines = Lines()
    logging.getLogger().addHandler(lines)
    try:
        answer = client.get(path, headers={"Host": "evil.example"})
    finally:
        logging.getLogger().removeHandler(lines)
    assert answer.status_code == 400
    told = [record for record in lines.records if "unknown_host" in record.getMessage()]
    assert [record.levelname for record in told] == ["INFO"]
    assert not [record for record in lines.records if record.levelname == "ERROR" or record.exc_info]


def test_readiness_is_remembered_for_a_moment(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(health, "database_check", lambda: looks.append(1) or health.OK)
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    assert len(looks) == 1
    health.look_again()
    client.get("/readyz")
    assert len(looks) == 2
