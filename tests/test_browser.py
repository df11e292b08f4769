"""The pages in a real browser, wide and narrow: nothing sticks out, nothing is asked of another host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from threading import enumerate as enumerate_threads
from time import sleep
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from playwright.sync_api import Browser, expect

from tests.conftest import CHROMIUM
from tests.factories import GpuFactory, ListingFactory, ProfileFactory, RuleActionFactory
from valuation.recalculation.run import Scope, recalculate

expect.set_options(timeout=30_000)  # milliseconds, as of every other step: a busy machine is no fault of the page
PATIENCE_SECONDS = 30
WAITS = (0.02, 0.1, 0.5, 1.0)  # seconds between tries of what found a table locked
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH"),
    pytest.mark.django_db(transaction=True),
]


def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the live server answer one request after the other, and wait for what the test itself writes meanwhile.

    A database of SQLite in memory is one cache for all threads. Two requests at once would meet in one transaction; and
    who finds a table locked there is told so at once, where a file or a server would have it wait.
    """
    answer, lock = WSGIHandler.__call__, Lock()

    def answer_alone(self: Any, environ: dict[str, Any], start_response: Any) -> Any:
        started: list[tuple[str, Any]] = []
        with lock:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            for wait in (*WAITS, None):
                response = answer(self, {**environ, "wsgi.input": BytesIO(body)}, lambda *told: started.append(told))
                status, headers = started[-1]
                if wait is None or not status.startswith(str(HTTPStatus.SERVICE_UNAVAILABLE.value)):
                    break
                sleep(wait)
            start_response(status, headers)
            return response

    monkeypatch.setattr(WSGIHandler, "__call__", answer_alone)


def patiently(execute: Any, *statement: Any) -> Any:
    """The same of what the test itself asks, while the live server is answering."""
    for wait in WAITS:
        try:
            return execute(*statement)
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            sleep(wait)
    return execute(*statement)


@pytest.fixture
def browser(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The one of the session; each page of it has cookies of its own."""
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            one_at_a_time(monkeypatch)
            stack.enter_context(connection.execute_wrapper(patiently))
        yield chromium
    for context in chromium.contexts:
        context.close()
    # What a page has asked is answered before the tables are emptied: the connection is everybody's.
    for thread in enumerate_threads():
        if "process_request_thread" in thread.name:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "the live server still answers a page that is gone"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_pages_fit_their_window(browser: Browser, live_server: Any, settings: Any, width: int, scheme: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    RuleActionFactory(value_usd=-20, rule__description="A sentence for the buyer.")
    RuleActionFactory(rule__conditions={"field_name": "title", "operator": "contains", "value": "y" * 80})
    long = ListingFactory(title="An-unbroken-title-" + "x" * 200, price_usd=9_999_999, gpu=GpuFactory(), ram_gb=64)
    ListingFactory.create_batch(3)
    recalculate(scope=Scope(), trigger="test")

    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    requested: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for path in ("/", f"/listings/{long.pk}"):
        page.goto(live_server.url + path)
        if summary := page.query_selector("summary"):
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "the style sheet is not there"
    assert all(address.startswith(live_server.url) for address in requested)
    assert errors == []
    page.close()


def test_an_analyst_makes_a_rule_by_clicking(browser: Browser, live_server: Any) -> None:
    User.objects.create_superuser("boss", password="a long word")
    listing = ListingFactory(price_usd=100, ram_gb=16)
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{live_server.url}/admin/login/?next=/admin/valuation/ruleset/add/")
    page.fill("#id_username", "boss")
    page.fill("#id_password", "a long word")
    page.click("[type=submit]")

    page.fill("#id_name", "Mine")
    page.click("[name=_continue] >> nth=0")
    page.fill(".rb-new [name=name]", "Memory")
    page.keyboard.press("Enter")
    page.locator(".rb-group", has_text="Memory").get_by_role("link", name="New rule").click()
    page.fill("[name=name]", "By the gigabyte")
    metric = page.locator("[name=actions-0-metric]")
    metric.wait_for(state="hidden")  # a fixed value counts nothing
    page.select_option("[name=actions-0-action_type]", "per_unit")
    assert metric.is_visible()
    page.fill("[name=actions-0-value_usd]", "2.5")
    metric.select_option("per_gb")
    page.click("text=Show as JSON")
    page.fill("[name=conditions]", '{"field_name": "ramm_gb", "operator": "gte", "value": 16}')
    page.click("[name=_continue] >> nth=0")
    assert 'did you mean "ram_gb"?' in page.inner_text(".field-conditions .errorlist")
    page.click("text=Show as JSON")
    page.fill("[name=conditions]", '{"field_name": "ram_gb", "operator": "gte", "value": 16}')
    page.click("[name=_continue] >> nth=0")
    assert "added successfully" in page.inner_text(".messagelist")
    assert "RAM >= 16 GB" in page.inner_text(".field-applies_when")
    assert "$2.50 per GB of RAM" in page.inner_text(".field-adds")

    page.goto(f"{live_server.url}/listings/{listing.pk}")
    assert "$140.00" in page.inner_text(".headline")
    assert errors == []
    page.close()
