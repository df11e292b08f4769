"""The page of a ruleset's analytics in a real browser, wide and narrow, and the way from a figure to its listings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests import axe, test_browser
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory
from tests.test_admin_browser import STICKING_OUT, enter
from valuation.models import Rule, RuleDay, Ruleset

pytestmark = test_browser.pytestmark
browser = test_browser.browser


def leaf(operator: str, ram: int) -> dict[str, Any]:
    return {"field_name": "ram_gb", "operator": operator, "value": ram}


@pytest.fixture
def ruleset() -> Ruleset:
    for number in range(60):
        ListingFactory(title=f"Box {number}", price_usd=100 + number, ram_gb=4 << number % 5)
    memory = RuleGroupFactory(name="Memory", ruleset__name="Mine", ruleset__conditions=leaf("gte", 8))
    tiers = RuleGroupFactory(name="Tiers", ruleset=memory.ruleset, match_policy="first")
    for name, group, conditions, action in (
        ("Per GB", memory, None, {"action_type": "per_unit", "metric": "per_gb", "value_usd": 1.5}),
        (
            "A share of the price, for machines with a name that is long enough to be broken",
            memory,
            leaf("gte", 16),
            {"action_type": "multiplier", "value_usd": -10},
        ),
        ("Little", memory, leaf("lt", 16), {"value_usd": -20}),
        ("Also little", memory, leaf("lte", 8), {"value_usd": -5}),
        ("Never", memory, leaf("gt", 512), {"value_usd": 5}),
        ("Large", tiers, leaf("gte", 16), {"value_usd": 40}),
        ("Larger, and hidden", tiers, leaf("gte", 32), {"value_usd": 60}),
    ):
        rule = RuleActionFactory(
            rule__group=group, rule__name=name, rule__conditions=conditions, **{"action_type": "fixed_value", **action}
        ).rule
        RuleDay.objects.bulk_create(
            RuleDay(
                day=timezone.localdate() - timedelta(days=day),
                rule_id=rule.pk,
                ruleset_id=memory.ruleset_id,
                matched=day,
                cents=(day % 7 - 3) * 1000 + day * 50,
            )
            for day in range(60)
        )
    RuleActionFactory(rule__group__name="Other", rule__group__ruleset__name="Other", value_usd=3)
    return memory.ruleset


@pytest.fixture(params=[1440, 390])
def page(request: Any, browser: Browser, live_server: Any, ruleset: Ruleset) -> Iterator[Page]:
    found, errors = enter(browser, live_server, request.param)
    found.goto(f"{live_server.url}/admin/valuation/ruleset/{ruleset.pk}/change/")
    yield found
    assert errors == []
    found.close()


def test_from_the_ruleset_to_its_figures_and_on_to_the_listings(page: Page) -> None:
    page.get_by_role("link", name="Analytics").click()
    expect(page.locator("#content h1")).to_have_text("Analytics of Mine")
    page.wait_for_load_state()  # with its styles
    assert page.evaluate(STICKING_OUT) == []
    hidden = Rule.objects.get(name="Larger, and hidden")
    page.get_by_role("link", name="hidden on 24").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(24)
    expect(page).to_have_url(re.compile(f"hidden_rule={hidden.pk}$"))
    expect(page.get_by_text("an earlier rule hides “Larger, and hidden” on").first).to_be_attached()


@pytest.mark.skipif(not axe.AXE.exists(), reason=axe.MISSING)
def test_nothing_keeps_people_out(page: Page, ruleset: Ruleset) -> None:
    page.get_by_role("link", name="Analytics").click()
    expect(page.locator("#content h1")).to_have_text("Analytics of Mine")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()  # colours of links change slowly where they change on a page
        assert axe.violations(page) == [], scheme
    page.goto(page.url.partition("/admin/")[0] + f"/admin/listings/listing/?untouched_by={ruleset.pk}")
    assert axe.violations(page) == []
