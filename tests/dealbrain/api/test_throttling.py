"""How often somebody may ask: by account or address, in stretches of time, and never because Redis is down."""

from __future__ import annotations

import uuid
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from redis.exceptions import ConnectionError as RedisDown

from catalog.models import Cpu
from dealbrain.api import throttling
from dealbrain.api.throttling import PAUSE_SECONDS, Throttle
from dealbrain.env import Rate
from dealbrain.tokens import create_token
from tests.api import Api, problems
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"


class Clock:
    """What time it is: 20 seconds into a minute, until somebody says otherwise."""

    now = 60_000_020.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture(autouse=True)
def clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Clock:
    settings.DEALBRAIN_PUBLIC_READ = True
    settings.THROTTLE_ANONYMOUS, settings.THROTTLE_USER = Rate(2, 60), Rate(3, 60)
    found = Clock()
    monkeypatch.setattr(throttling, "time", found)
    monkeypatch.setattr(Throttle, "silent_until", 0.0)
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid.uuid4().hex}
    }
    return found


def statuses(client: Any, count: int, **headers: str) -> list[int]:
    return [client.get(CPUS, headers=headers).status_code for _ in range(count)]


def test_too_many_are_told_when_to_come_back(clock: Clock) -> None:
    nobody = Client()
    assert statuses(nobody, 2) == [200, 200]
    refused = nobody.get(CPUS)
    assert problems(refused, 429) == {}
    assert refused["Retry-After"] == "40"
    clock.now += 39.5
    assert nobody.get(CPUS)["Retry-After"] == "1"
    clock.now += 0.5
    assert statuses(nobody, 3) == [200, 200, 429]


def test_an_account_counts_by_itself_from_wherever_it_asks() -> None:
    assert statuses(Client(), 3) == [200, 200, 429]
    user = StaffFactory(group="Viewers")
    browser, program = Client(), {"Authorization": f"Bearer {create_token(user=user)[1]}"}
    browser.force_login(user)
    assert statuses(browser, 2) + statuses(Client(), 2, **program) == [200, 200, 200, 429]
    assert statuses(Api("Viewers").client, 1) == [200]


def test_what_is_refused_is_not_done() -> None:
    api = Api("Editors")
    codes = [api.send("POST", CPUS, {"name": f"CPU {number}"}).status_code for number in range(4)]
    assert codes == [201, 201, 201, 429]
    assert Cpu.objects.count() == 3


@pytest.mark.parametrize(("proxies", "expected"), [(0, [200, 200, 429]), (1, [200, 200, 200])])
def test_an_address_is_believed_from_our_own_proxies_only(settings: Any, proxies: int, expected: list[int]) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    addresses = [f"203.0.113.{number}" for number in range(3)]
    codes = [Client().get(CPUS, headers={"X-Forwarded-For": address}).status_code for address in addresses]
    assert codes == expected


def test_no_limit(settings: Any) -> None:
    settings.THROTTLE_ANONYMOUS = None
    assert statuses(Client(), 5) == [200] * 5


@pytest.mark.parametrize("error", [RedisDown("down"), TimeoutError(), OSError()])
def test_without_redis_nobody_is_stopped(clock: Clock, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    broken = Mock(**{"add.side_effect": error})
    with monkeypatch.context() as patched:
        patched.setattr(throttling, "cache", broken)
        assert statuses(Client(), 5) == [200] * 5
        assert broken.add.call_count == 1, "it is not asked again at once"
        clock.now += PAUSE_SECONDS + 1
        assert statuses(Client(), 2) == [200, 200]
        assert broken.add.call_count == 2
    clock.now += PAUSE_SECONDS + 1
    assert statuses(Client(), 3) == [200, 200, 429]


def test_a_redis_where_nobody_answers(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert statuses(Client(), 3) == [200] * 3


def test_a_counter_that_runs_out_between_two_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "cache", Mock(**{"incr.side_effect": ValueError}))
    assert statuses(Client(), 3) == [200] * 3


def test_who_guesses_is_counted(settings: Any, clock: Clock) -> None:
    """A bad token, no token where one is needed, and somebody without the permission."""
    settings.DEALBRAIN_PUBLIC_READ = False
    assert statuses(Client(), 3, authorization="Bearer dealbrain_guess") == [401, 401, 429]
    assert statuses(Client(REMOTE_ADDR="10.0.0.9"), 3) == [401, 401, 429]
    stranger = Client()
    stranger.force_login(StaffFactory())
    assert statuses(stranger, 4) == [403, 403, 403, 429]
