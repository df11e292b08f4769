"""`python -m tests.benchmarks effect`: from a keystroke on the page of a rule to the picture of its effect.

The page, a server and a browser on this machine, over a market of 100,000 listings and 40 rules. Each keystroke changes
the condition or the amount, so no answer is one that was given before. The first is that of a process that has just
begun: nothing is kept yet.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from time import perf_counter, process_time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.client import Client
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.clock import load, say
from tests.benchmarks.generator import make_market, make_rules
from tests.benchmarks.worlds import analyse, database
from valuation.models import RuleGroup
from valuation.recalculation.run import Scope, recalculate
from valuation.trying.inventory import forget

CONDITIONS = '[{{"field_name": "ram_gb", "operator": "gte", "value": {}}}]'  # 16 or more: most of them
WRITE = """(text) => {
  const area = document.querySelector("[name=conditions]");
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}"""
SHOWN = "(before) => Number(document.querySelector('aside.effect').dataset.shown || 0) > before"


def main() -> None:
    options = _options()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver has a loop in this thread
    settings.ALLOWED_HOSTS = ["*"]
    with database():
        say(f"{connection.vendor}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        load()
        make_market(options.listings)
        make_rules(40)
        analyse()
        recalculate(scope=Scope(everything=True), trigger="test")
        server = LiveServerThread("127.0.0.1", _StaticFilesHandler)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        try:
            _measure(f"http://127.0.0.1:{server.port}", options)
        finally:
            server.terminate()
        load()


def _measure(address: str, options: argparse.Namespace) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("looks-on"))
    group = RuleGroup.objects.order_by("pk").first()
    assert group is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        context = browser.new_context()
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/admin/valuation/rule/add/?group={group.pk}")
        page.locator(".cb .combo input").first.wait_for()
        page.fill("[name=actions-0-value_usd]", "1")
        _keystroke(page, 16)
        forget()
        say(f"{options.listings:,} listings, 40 rules; from the keystroke to the picture, 200 ms of waiting included")
        say(f"  the first of a process          {_keystroke(page, 15) * 1000:7.0f} ms")
        started = process_time()
        spent = sorted(_keystroke(page, 16 + number % 3 + number / 1000) for number in range(options.keystrokes))
        cpu = (process_time() - started) / len(spent)
        p95 = spent[max(0, round(0.95 * len(spent)) - 1)]
        say(f"  p50 of {len(spent)} keystrokes             {statistics.median(spent) * 1000:7.0f} ms")
        say(f"  p95                             {p95 * 1000:7.0f} ms{'' if p95 <= 1 else '  missed: 1 s'}")
        say(f"  CPU of the server for each      {cpu * 1000:7.0f} ms")
        browser.close()


def _keystroke(page: Page, value: float) -> float:
    before: Any = page.evaluate("Number(document.querySelector('aside.effect').dataset.shown || 0)")
    started = perf_counter()
    page.evaluate(WRITE, CONDITIONS.format(value))
    page.wait_for_function(SHOWN, arg=before)
    return perf_counter() - started


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks effect")
    parser.add_argument("part")
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--keystrokes", type=int, default=60)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    return parser.parse_args()
