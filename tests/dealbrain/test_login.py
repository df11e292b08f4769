"""Guessed passwords: a limit by account and by address, told with its time."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

PASSWORD = "the right one"


@pytest.fixture(autouse=True)
def few(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3


def staff(name: str) -> None:
    user = StaffFactory(username=name)
    user.set_password(PASSWORD)
    user.save()


def enter(name: str, password: str, address: str = "203.0.113.1", **headers: str) -> Any:
    sent = {"username": name, "password": password, "next": "/admin/"}
    return Client().post("/admin/login/", sent, REMOTE_ADDR=address, headers=headers)


def test_an_account_is_guarded_wherever_one_guesses_from() -> None:
    staff("ann")
    staff("bob")
    for number in range(2):
        assert enter("ann", "wrong", f"203.0.113.{number}").status_code == 200
    refused = enter("ann", "wrong", "203.0.113.7")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    until = AccessAttempt.objects.latest("attempt_time").attempt_time + timezone.timedelta(minutes=15)
    page = refused.content.decode()
    assert f"{until:%H:%M} UTC" in page
    assert "15 minutes" in page
    assert enter("ann", PASSWORD, "198.51.100.9").status_code == 429, "the right one does not help"
    assert enter("bob", PASSWORD, "198.51.100.9").status_code == 302


def test_an_address_is_guarded_whatever_account_it_guesses() -> None:
    for name in ("ann", "bob", "cid"):
        staff(name)
    assert [enter(name, "wrong").status_code for name in ("ann", "bob", "cid")] == [200, 200, 429]
    assert enter("ann", PASSWORD).status_code == 429
    assert enter("ann", PASSWORD, "198.51.100.9").status_code == 302


def test_a_login_of_ones_own_clears_nothing() -> None:
    staff("ann")
    staff("mallory")
    for _ in range(2):
        enter("ann", "wrong")
    assert enter("mallory", PASSWORD).status_code == 302
    assert enter("ann", "wrong").status_code == 429


def test_behind_a_proxy_the_visitor_counts(settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    for name in ("ann", "bob", "cid", "dee"):
        staff(name)
    for name in ("ann", "bob", "cid"):
        enter(name, "wrong", **{"X-Forwarded-For": "8.8.8.8, 198.51.100.1"})
    assert enter("dee", PASSWORD, **{"X-Forwarded-For": "9.9.9.9, 198.51.100.1"}).status_code == 429
    assert enter("dee", PASSWORD, **{"X-Forwarded-For": "198.51.100.1, 198.51.100.2"}).status_code == 302


@pytest.mark.parametrize("address", ["", "unix:", "x" * 300])
def test_an_address_that_is_none(address: str) -> None:
    staff("ann")
    assert enter("ann", "wrong", address).status_code == 200
    assert enter("ann", PASSWORD, address).status_code == 302


def test_it_ends(settings: Any) -> None:
    staff("ann")
    for _ in range(3):
        enter("ann", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME * 1.1)
    assert enter("ann", PASSWORD).status_code == 302
