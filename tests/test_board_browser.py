"""The lines of a ruleset in a real browser: switched, moved by mouse and by keyboard, priced, undone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import axe, test_browser
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory
from tests.test_admin_browser import CUT_OFF, STICKING_OUT, enter
from valuation.models import Rule, RuleAction, RuleGroup

pytestmark = test_browser.pytestmark
browser = test_browser.browser


@pytest.fixture
def group() -> RuleGroup:
    for ram in (8, 16, 32):
        ListingFactory(price_usd=100, ram_gb=ram)
    found = RuleGroupFactory(name="First", ruleset__name="Mine")
    RuleGroupFactory(name="Second", ruleset=found.ruleset, display_order=200)
    for dollars, name in enumerate("abc", 1):
        RuleActionFactory(rule__group=found, rule__name=name, value_usd=dollars)
    return found


@pytest.fixture(params=[1440, 390])
def page(request: Any, browser: Browser, live_server: Any, group: RuleGroup) -> Iterator[Page]:
    found, errors = enter(browser, live_server, request.param)
    found.goto(f"{live_server.url}/admin/valuation/ruleset/{group.ruleset_id}/change/")
    yield found
    assert errors == []
    found.close()


def names(page: Page, group: str = "First") -> list[str]:
    return page.locator(".rb-group", has=page.locator("h2", has_text=group)).locator(".rb-name a").all_inner_texts()


def focused(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.dataset.key")
    return found


def done(page: Page, words: str) -> None:
    expect(page.locator(".messagelist")).to_contain_text(words)
    expect(page.locator(".rb-live")).to_contain_text(words)
    expect(page.locator(".rb")).not_to_have_attribute("aria-busy", "true")


def test_an_amount_is_typed_and_undone(page: Page) -> None:
    amount = page.get_by_label("Amount of a in dollars")
    amount.press("Enter")
    expect(page.locator(".rb-live")).to_contain_text("nothing was sent")
    amount.fill("-9")
    page.get_by_label("Amount of b in dollars").fill("77")  # typed, and not sent
    amount.press("Enter")
    done(page, "3 of 3 listings, -$30.00 together")
    rule = Rule.objects.get(name="a")
    assert rule.actions.get().value_usd == -9
    assert focused(page) == f"amount:{rule.pk}"
    expect(page.get_by_label("Amount of b in dollars")).to_have_value("77")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Amount of a in dollars")).to_have_value("1")
    assert rule.actions.get().value_usd == 1


def test_an_amount_that_is_none_is_told_and_kept(browser: Browser, live_server: Any, group: RuleGroup) -> None:
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/ruleset/{group.ruleset_id}/change/")
    page.get_by_label("Amount of a in dollars").fill("lots")
    page.keyboard.press("Enter")
    done(page, "is no amount")
    expect(page.get_by_label("Amount of a in dollars")).to_have_value("lots")
    assert [error for error in errors if "/edit/" not in error and "400" not in error] == []
    page.close()


def test_switches_moves_and_copies_by_the_keyboard_alone(page: Page) -> None:
    rule = Rule.objects.get(name="a")
    page.get_by_role("switch", name="a counts").focus()
    page.keyboard.press("Space")
    done(page, "“a” is off")
    assert focused(page) == f"switch:{rule.pk}"
    expect(page.get_by_role("switch", name="a counts")).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Alt+ArrowDown")
    done(page, "“a” is 2 of 3 in “First” now")
    assert (names(page), focused(page)) == (["b", "a", "c"], f"down:{rule.pk}")
    page.keyboard.press("Enter")
    done(page, "“a” is 3 of 3")
    page.keyboard.press("Enter")
    expect(page.locator(".rb-live")).to_contain_text("It is the last already")

    page.get_by_label("More for c").press("Enter")
    page.get_by_role("link", name="Move to another group (c)").press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.get_by_role("button", name="Move", exact=True).press("Enter")
    done(page, "“c” is 1 of 1 in “Second” now")
    assert (names(page), names(page, "Second")) == (["b", "a"], ["c"])
    assert focused(page) == f"up:{Rule.objects.get(name='c').pk}"

    page.get_by_label("More for c").press("Enter")
    page.get_by_role("button", name="Duplicate c").press("Enter")
    done(page, "“c (copy)” is a copy, switched off")
    page.get_by_label("More for c (copy)").press("Enter")
    page.get_by_role("button", name="Delete c (copy)").press("Enter")
    done(page, "“c (copy)” is deleted")
    assert names(page, "Second") == ["c"]
    assert page.evaluate(STICKING_OUT) == []


def test_a_rule_is_dragged(browser: Browser, live_server: Any, group: RuleGroup) -> None:
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/ruleset/{group.ruleset_id}/change/")
    lines = {name: page.locator(".rb-rule", has=page.locator("a", has_text=re.compile(f"^{name}$"))) for name in "abc"}
    lines["c"].locator(".rb-grip").drag_to(lines["a"])
    done(page, "“c” is 1 of 3 in “First” now")
    assert names(page) == ["c", "a", "b"]
    lines["a"].locator(".rb-grip").drag_to(page.locator(".rb-group summary", has_text="Second"))
    done(page, "“a” is 1 of 1 in “Second” now")
    assert (names(page), names(page, "Second")) == (["c", "b"], ["a"])
    assert errors == []
    page.close()


def test_collapsed_groups_stay_so(page: Page) -> None:
    first = page.locator(".rb-group > summary", has_text="First")
    first.click()
    page.reload()
    assert page.locator(".rb-group").evaluate_all("groups => groups.map((group) => group.open)") == [False, True]
    page.locator(".rb-group > summary", has_text="First").click()
    page.reload()
    assert page.locator(".rb-group").evaluate_all("groups => groups.map((group) => group.open)") == [True, True]


@pytest.mark.skipif(not axe.AXE.exists(), reason=axe.MISSING)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.get_by_label("More for a").click()
    assert axe.violations(page) == []
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(STICKING_OUT) == []


def test_three_hundred_rules(browser: Browser, live_server: Any, group: RuleGroup) -> None:
    conditions = [{"field_name": "ram_gb", "operator": "gte", "value": 16}]
    rules = Rule.objects.bulk_create(
        [Rule(group=group, name=f"Rule {number}", conditions=conditions) for number in range(300)]
    )
    RuleAction.objects.bulk_create([RuleAction(rule=rule, value_usd=1) for rule in rules])
    page, errors = enter(browser, live_server, 1440)
    address = f"{live_server.url}/admin/valuation/ruleset/{group.ruleset_id}/change/"
    page.goto(address)
    started = time.process_time()
    page.goto(address)
    used = time.process_time() - started
    assert page.locator(".rb-rule").count() == 303
    assert used < 2, f"{used:.1f} s of the server's time"
    page.click("[name=_continue]")
    page.locator(".messagelist", has_text="changed successfully").wait_for()
    assert errors == []
    page.close()
