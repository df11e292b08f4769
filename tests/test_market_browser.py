"""The market in a real browser, wide and narrow: calibrate, tick, compare; the home page with grades; why."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from baselines.models import Candidate
from baselines.services import import_baseline
from listings.models import Listing
from tests import axe, test_browser
from tests.baselines.documents import document, is_, tier
from tests.test_admin_browser import STICKING_OUT, enter
from tests.valuation.market.inventory import stock
from valuation.jobs import recalculate_stale
from valuation.market.calibration import calibrate_market
from valuation.models import MarketModel

pytestmark = test_browser.pytestmark
browser = test_browser.browser
CONDITION = {
    "id": "condition_risk",
    "proper_name": "Condition",
    "valuation_buckets": [tier("refurb", is_("refurb"), 20), tier("new", is_("new"), 60)],
}


def inventory() -> list[Listing]:
    made = stock(120, junk=3)
    recalculate_stale()
    return made


def fits(page: Page, width: int) -> None:
    """Nothing is wider than the window, and nothing in the way of those who cannot see or point."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.violations(page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_from_calibrating_to_a_comparison(browser: Browser, live_server: Any, width: int) -> None:
    import_baseline(content={**document(Listing=[CONDITION]), "effect": "deduct"})
    inventory()
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Calibrate", exact=True).click()
    expect(page.locator(".lead")).to_contain_text("has not been estimated yet")
    fits(page, width)
    page.get_by_role("button", name="Calibrate now").click()
    expect(page.locator(".messagelist")).to_contain_text("Estimated from")
    assert page.evaluate(STICKING_OUT) == []
    for summary in page.locator(".market summary").all():
        summary.click()
    fits(page, width)
    expect(page.get_by_role("img", name="Asking price over fair value, one dot a listing")).to_be_visible()
    new = page.get_by_label("Condition: new")
    assert new.is_checked()
    expect(page.locator("tr", has=new).locator("[data-label=Today]")).to_have_text("$60.00")
    for box in page.locator("[name=rows]").all():
        box.set_checked("Condition" in (box.get_attribute("aria-label") or ""))
    page.get_by_role("button", name="Make a candidate of what is ticked").click()
    expect(page.locator(".in-short h2")).to_contain_text("Effect of the 1 ticked change")
    assert page.locator("table.changes tbody tr").count() == 1
    fits(page, width)
    assert Candidate.objects.get().adopted_as is None
    assert errors == []
    page.close()


def test_a_calibration_that_runs_is_followed(browser: Browser, live_server: Any) -> None:
    """The page reloads when the worker has done its work."""
    running = MarketModel.objects.create(trigger="test", year=2026)
    page, errors = enter(browser, live_server, 390)
    page.goto(f"{live_server.url}/admin/valuation/marketmodel/calibrate/")
    expect(page.locator(".done")).to_have_text("0")
    MarketModel.objects.filter(pk=running.pk).update(seconds={"read": 1.0, "fit": 2.0})
    expect(page.locator(".done")).to_have_text("2", timeout=20_000)
    fits(page, 390)
    MarketModel.objects.filter(pk=running.pk).update(state="refused", error="12 offers can be used, and 30 are needed.")
    expect(page.locator(".refusal")).to_contain_text("30 are needed", timeout=20_000)
    fits(page, 390)
    assert errors == []
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_grades_and_why(browser: Browser, live_server: Any, settings: Any, width: int, scheme: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    inventory()
    calibrate_market(trigger="test")
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(live_server.url)
    fits(page, width)
    page.select_option("[name=grade]", "good")
    page.select_option("[name=sort]", "discount")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".ranking .grade").first).to_have_text("Great price")
    page.get_by_role("link", name="why").first.click()
    expect(page.locator("#fair")).to_be_in_viewport()
    page.get_by_role("link", name="12 comparable offers").click()
    expect(page.locator("#comparables")).to_be_visible()
    fits(page, width)

    page.goto(live_server.url)
    page.get_by_role("link", name="check them first").click()
    expect(page.locator(".ranking .badge.warn")).to_have_count(3)
    fits(page, width)
    page.locator(".machine a").first.click()
    expect(page.locator(".notice").first).to_contain_text("Check it first.")
    fits(page, width)
    assert errors == []
    page.close()
