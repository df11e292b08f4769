"""What happens to people while they type, in a real browser: sessions end, others save, scripts do not run."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, expect

from dealbrain.actor import acting
from tests import test_browser
from tests.factories import ListingFactory, RuleActionFactory
from tests.test_admin_browser import enter, log_in, looked_at, saved
from valuation.models import Rule

pytestmark = test_browser.pytestmark
browser = test_browser.browser
WIDTHS = pytest.mark.parametrize("width", [1440, 390])


def make_rule() -> Rule:
    ListingFactory(ram_gb=16, price_usd=100)
    found: Rule = RuleActionFactory(value_usd=5, rule__name="RAM").rule
    return found


@WIDTHS
def test_a_session_that_ends_loses_nothing_that_was_typed(browser: Browser, live_server: Any, width: int) -> None:
    rule = make_rule()
    page, errors = enter(browser, live_server, width)
    boss = User.objects.get(username="boss")
    boss.set_password("a long word")
    boss.save()
    log_in(page, live_server, boss)  # a password ends the sessions of before
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    page.locator("#actions-0 .act-meaning").wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    page.fill("[name=name]", "Typed for minutes")
    page.fill("[name=actions-0-value_usd]", "7")
    page.wait_for_load_state("networkidle")
    Session.objects.all().delete()
    errors.clear()
    page.click("[name=_continue] >> nth=0")
    expect(page.get_by_text("the form is there again")).to_be_visible()
    looked_at(page)
    page.fill("#id_username", "boss")
    page.fill("#id_password", "a long word")
    page.click("[type=submit]")
    expect(page.get_by_text("You were logged out while you typed.")).to_be_visible()
    assert page.input_value("[name=name]") == "Typed for minutes"
    looked_at(page)
    page.click("[name=_continue] >> nth=0")
    saved(page)
    rule.refresh_from_db()
    assert (rule.name, rule.actions.get().value_usd) == ("Typed for minutes", 7)
    page.close()


@WIDTHS
def test_of_two_who_save_the_second_chooses(browser: Browser, live_server: Any, width: int) -> None:
    rule = make_rule()
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    page.locator("#actions-0 .act-meaning").wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    page.fill("[name=name]", "Mine")
    page.wait_for_load_state("networkidle")
    with acting("bob"):
        theirs = Rule.objects.get(pk=rule.pk)
        theirs.name, theirs.description = "Bob's", "by bob"
        theirs.save()
    page.click("[name=_continue] >> nth=0")
    expect(page.get_by_text("Both of you changed it")).to_be_visible()
    looked_at(page)
    page.check("[name=take-name][value=theirs]")
    page.click("[name=_continue] >> nth=0")
    saved(page)
    rule.refresh_from_db()
    assert (rule.name, rule.description) == ("Bob's", "by bob")
    assert errors == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@WIDTHS
def test_the_history_is_for_everybody(browser: Browser, live_server: Any, width: int, scheme: Any) -> None:
    rule = make_rule()
    with acting("bob"):
        rule.name = "Memory"
        rule.save()
    page, errors = enter(browser, live_server, width)
    page.emulate_media(color_scheme=scheme)
    for kind, pk in (("rule", rule.pk), ("rulegroup", rule.group_id), ("ruleset", rule.group.ruleset_id)):
        page.goto(f"{live_server.url}/admin/valuation/{kind}/{pk}/history/")
        looked_at(page)
    page.get_by_role("link", name="Back to before this change").first.click()
    looked_at(page)
    assert errors == []
    page.close()


def test_without_scripts_a_rule_is_written_all_the_same(browser: Browser, live_server: Any) -> None:
    rule = make_rule()
    ready, _ = enter(browser, live_server, 1440)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(ready.context.cookies())  # type: ignore[arg-type]  # what it gives is what it takes
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    page.fill("[name=name]", "By hand")
    page.fill("[name=conditions]", '{"field_name": "ram_gb", "operator": "gte", "value": 16}')
    page.fill("[name=actions-0-value_usd]", "9")
    page.click("[name=_continue] >> nth=0")
    saved(page)
    assert page.inner_text(".field-applies_when .readonly") == "RAM >= 16 GB"
    rule.refresh_from_db()
    assert (rule.name, rule.actions.get().value_usd) == ("By hand", 9)
    context.close()
    ready.close()
