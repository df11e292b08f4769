"""The admin in a real browser: a rule made by clicking, on a desk and on a phone, and pages that fit their window."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from tests import axe, test_browser
from tests.factories import ListingFactory, ProfileFactory, RuleActionFactory, RuleGroupFactory, StaffFactory
from valuation.models import RecalculationRun

pytestmark = test_browser.pytestmark
browser = test_browser.browser

# The elements that reach beyond the window, but for those inside a box of their own that scrolls, as lists do.
STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => element && element !== document.body &&
    (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  const sticksOut = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > width + 1 && !scrolls(element.parentElement);
  };
  const found = [...document.querySelectorAll("#container *")].filter(sticksOut);
  return found.map((element) => element.outerHTML.slice(0, 120));
}"""
# Inputs that are cut off by the box they are in: no scrolling leads to their end.
CUT_OFF = """() => [...document.querySelectorAll(".form-row :is(input, select, textarea)")].filter((input) => {
  const box = input.getBoundingClientRect();
  const outer = input.closest(".form-row").getBoundingClientRect();
  return box.width > 0 && box.right > outer.right + 1;
}).map((input) => input.name)"""


def enter(browser: Browser, live_server: Any, width: int) -> tuple[Page, list[str]]:
    """A page of someone who is logged in, and the list that its errors go to."""
    page = browser.new_page(viewport={"width": width, "height": 844})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda response: errors.append(response.url) if response.status >= 400 else None)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    log_in(page, live_server, StaffFactory(username="boss", is_superuser=True))
    return page, errors


def log_in(page: Page, live_server: Any, user: Any) -> None:
    """By the cookie of a session, without the form."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def looked_at(page: Page) -> None:
    """Nothing sticks out, no input is cut off, and nothing is in the way of those who cannot see or point."""
    page.wait_for_load_state()
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    assert axe.violations(page) == []


def saved(page: Page) -> None:
    """Waits for the page that says so: it has the address of the one it follows."""
    page.locator(".messagelist", has_text="changed successfully").wait_for()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_group_and_a_rule_are_added_to_a_ruleset(browser: Browser, live_server: Any, width: int) -> None:
    old = RuleActionFactory(rule__name="Old").rule
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/valuation/ruleset/{old.group.ruleset_id}/change/")
    page.fill("[name=name] >> nth=0", "Memory")
    page.keyboard.press("Enter")
    page.locator(".rb-group", has_text="Memory").get_by_role("link", name="New rule").click()
    page.fill("[name=name]", "By the gigabyte")
    assert page.evaluate(CUT_OFF) == []
    assert page.locator("[name=group] option:checked").inner_text() == "Memory"
    page.select_option("[name=actions-0-action_type]", "per_unit")
    page.fill("[name=actions-0-value_usd]", "2.5")
    page.select_option("[name=actions-0-metric]", "per_gb")
    page.click("text=Show as JSON")
    page.fill("[name=conditions]", '{"field_name": "ram_gb", "operator": "gte", "value": 16}')
    assert page.evaluate(CUT_OFF) == []
    page.click("[name=_continue] >> nth=0")
    page.locator(".messagelist", has_text="added successfully").wait_for()
    assert page.inner_text(".field-applies_when .readonly") == "RAM >= 16 GB"
    assert page.inner_text(".field-adds .readonly") == "$2.50 per GB of RAM"
    assert errors == []
    page.close()


@pytest.mark.parametrize(
    ("action_type", "shown"),
    [
        ("fixed_value", {"value_usd"}),
        ("additive", {"value_usd"}),
        ("per_unit", {"value_usd", "metric"}),
        ("benchmark_based", {"value_usd", "metric", "unit_type"}),
        ("multiplier", {"value_usd"}),
        ("formula", {"formula"}),
    ],
)
def test_an_action_shows_what_its_type_reads(
    browser: Browser, live_server: Any, action_type: str, shown: set[str]
) -> None:
    action = RuleActionFactory(value_usd=5)
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/{action.rule_id}/change/")
    page.locator("#actions-0 .act-meaning").wait_for(state="attached")  # the words have been fetched by then
    page.select_option("[name=actions-0-action_type]", action_type)
    inputs = ("value_usd", "metric", "unit_type", "formula")
    assert {name for name in inputs if page.locator(f"[name=actions-0-{name}]").is_visible()} == shown
    rows = page.locator("#actions-0 .form-row:visible")
    assert all(rows.nth(number).inner_text().strip() for number in range(rows.count())), "no row is left empty"
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_fit_their_window(browser: Browser, live_server: Any, width: int) -> None:
    profile = ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    listing = ListingFactory(title="An unusually long title of a listing " * 5, ram_gb=16, primary_storage_gb=512)
    condition = {"field_name": "title", "operator": "contains", "value": "a sentence of some length"}
    action = RuleActionFactory(
        action_type="formula",
        formula="max(0, ram_gb - 16) * 2.5",
        rule__conditions=[condition] * 3,
        rule__group=RuleGroupFactory(name="A group with a name of some length"),
    )
    run = RecalculationRun.objects.latest("pk")
    page, errors = enter(browser, live_server, width)
    for path in (
        "",
        "valuation/ruleset/",
        f"valuation/ruleset/{action.rule.group.ruleset_id}/change/",
        f"valuation/rulegroup/{action.rule.group_id}/change/",
        "valuation/rule/",
        f"valuation/rule/{action.rule_id}/change/",
        "valuation/rule/add/",
        "listings/listing/",
        f"listings/listing/{listing.pk}/change/",
        f"catalog/profile/{profile.pk}/change/",
        "valuation/recalculationrun/",
        f"valuation/recalculationrun/{run.pk}/change/",
        "valuation/listingvaluation/",
    ):
        page.goto(f"{live_server.url}/admin/{path}")
        assert page.locator("#content").count() == 1, path
        assert page.evaluate(STICKING_OUT) == [], path
        assert page.evaluate(CUT_OFF) == [], path
    assert errors == []
    page.close()
