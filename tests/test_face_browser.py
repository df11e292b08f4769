"""The face of the admin in a real browser: inputs have names, Enter posts nothing empty, axe finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from playwright.sync_api import Browser

from tests import axe, test_browser
from tests.factories import StaffFactory
from tests.test_admin import OURS, market, url
from tests.test_admin_browser import STICKING_OUT, enter
from valuation.models import Rule, Ruleset

pytestmark = test_browser.pytestmark
browser = test_browser.browser

# Inputs that a screen reader would call by nothing, those of rows that a button adds too.
NAMELESS = """() => [...document.querySelectorAll("#content :is(input, select, textarea)")].filter((input) =>
  !["hidden", "submit", "button"].includes(input.type) && !input.labels?.length && !input.title &&
  !input.getAttribute("aria-label") && !input.getAttribute("aria-labelledby")).map((input) => input.name || input.id)"""


def pages(is_allowed: Any) -> list[str]:
    """The page of a row of every model, and the page that adds one."""
    found = []
    for model in OURS:
        row = model._default_manager.first()
        found += [url(model, "change", row.pk)] if row is not None else []
        found += [url(model, "add")] if admin.site._registry[model].has_add_permission(is_allowed) else []
    return found


def test_every_input_of_every_page_has_a_name(browser: Browser, live_server: Any) -> None:
    market()
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    request = client.get("/admin/").wsgi_request
    page, errors = enter(browser, live_server, 1440)
    nameless = {}
    for path in pages(request):
        page.goto(f"{live_server.url}{path}")
        if found := page.evaluate(NAMELESS):
            nameless[path] = found
    assert nameless == {}
    assert errors == []
    page.close()


def test_enter_posts_no_empty_form(browser: Browser, live_server: Any) -> None:
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/ruleset/add/")
    page.press("#id_name", "Enter")
    assert page.locator(".errornote").count() == 0
    page.fill("#id_name", "Mine")
    page.press("#id_name", "Enter")
    page.locator(".messagelist", has_text="added successfully").wait_for()
    assert Ruleset.objects.filter(name="Mine").exists()
    assert errors == []
    page.close()


@pytest.mark.skipif(not axe.AXE.exists(), reason=axe.MISSING)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_start_page_and_lists_are_for_everybody(
    browser: Browser, live_server: Any, width: int, scheme: Any
) -> None:
    market()
    Rule.objects.filter(name__startswith="Memory").update(metadata={"needs_configuration": "x"}, is_active=False)
    page, errors = enter(browser, live_server, width)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}/admin/")
    page.locator("[data-fragment]:not([aria-busy]) .fragment summary").first.wait_for()
    found = {"/admin/": axe.violations(page)}
    assert page.evaluate(STICKING_OUT) == []
    for path in ("listings/listing/", "valuation/rule/", "valuation/auditentry/", "baselines/baselineimport/?q=none"):
        page.goto(f"{live_server.url}/admin/{path}")
        found[path] = axe.violations(page)
        assert page.evaluate(STICKING_OUT) == [], path
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert errors == []
    page.close()
