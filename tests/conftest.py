"""What holds for every test: jobs run in process, and nothing is reached beyond this machine."""

from __future__ import annotations

import ipaddress
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from dealbrain import queue
from dealbrain.views import health
from valuation.analytics import behind, looking
from valuation.market import standing
from valuation.trying import inventory

CONFIGURED_REDIS_URL = settings.REDIS_URL
# What costs much at every client and every login, and shows a test nothing.
settings.WHITENOISE_AUTOREFRESH = True  # a file is looked for when it is asked for, not all of them by each client
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
connect = socket.socket.connect
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return True
    host = address[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True)
def jobs_in_process(settings: Any) -> None:
    """A kick is answered here and now; the tests that need a queue bring a Redis of their own."""
    settings.REDIS_URL = ""


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """What a process remembers of its surroundings is not of this test's."""
    queue.ask_again()
    health.look_again()
    inventory.forget()
    standing.forget()
    looking.forget()
    behind.forget()


@pytest.fixture(autouse=True)
def uploads_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Files that a test imports do not lie among those of the installation."""
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture(autouse=True)
def unthrottled(settings: Any) -> None:
    """All tests ask from one address; those of the throttles set a limit of their own."""
    settings.THROTTLE_ANONYMOUS = settings.THROTTLE_USER = None


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_local(address):
            raise AssertionError(f"a test wanted to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def chromium(live_server: Any) -> Iterator[Browser]:
    """One browser for the session: to start one takes longer than most of what is looked at in it.

    Playwright's loop runs in this thread from here on. Django takes that for an async caller of the ORM, and gives it
    connections of its own; the live server, which was there before, keeps its own too.
    """
    connections.close_all()  # nobody closes those of before while the loop runs, and tests count sessions
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()
        connections.close_all()
