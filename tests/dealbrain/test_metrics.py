"""Who may read /metrics: this machine, whoever holds the token, and staff."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def deployed(settings: Any) -> None:
    settings.EMBEDDED, settings.TRUSTED_PROXIES, settings.METRICS_TOKEN = False, 0, "a-token-of-some-length"


def status(client: Client | None = None, headers: dict[str, str] | None = None, **environment: str) -> int:
    return int((client or Client()).get("/metrics", headers=headers or {}, **environment).status_code)


def test_it_is_there_unless_somebody_says_otherwise() -> None:
    assert status() == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine(address: str) -> None:
    assert status(REMOTE_ADDR=address) == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.5", "::ffff:10.0.0.5", "", "unix:", "localhost"])
def test_others_are_told_how(address: str) -> None:
    answer = Client().get("/metrics", REMOTE_ADDR=address)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="Deal Brain"')
    assert answer["Content-Type"] == "application/problem+json"
    assert b"dealbrain_" not in answer.content


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
@pytest.mark.parametrize("value", ["203.0.113.9", "127.0.0.1"])
def test_a_proxy_of_this_machine_is_not_this_machine(header: str, value: str) -> None:
    assert status(headers={header: value}, REMOTE_ADDR="127.0.0.1") == 401


def test_nor_where_there_are_proxies_that_say_nothing(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    assert status(REMOTE_ADDR="127.0.0.1") == 401


def test_the_token(settings: Any) -> None:
    def asked(text: str) -> int:
        return status(headers={"Authorization": text}, **ELSEWHERE)

    assert asked("Bearer a-token-of-some-length") == 200
    for text in ("Bearer a-token-of-some", "Bearer", "Bearer ", "Basic a-token-of-some-length", "Bearer \udcff é"):
        assert asked(text) == 401
    settings.METRICS_TOKEN = ""
    assert asked("Bearer ") == 401


def test_staff() -> None:
    client = Client()
    client.force_login(StaffFactory())
    assert status(client, **ELSEWHERE) == 200
    client.force_login(StaffFactory(is_staff=False))
    assert status(client, **ELSEWHERE) == 401


def test_the_embedded_mode_is_open(settings: Any) -> None:
    settings.EMBEDDED = True
    assert status(**ELSEWHERE) == 200
