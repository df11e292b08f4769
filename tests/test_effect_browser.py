"""The effect of a rule beside its form, in a real browser: seen while it is typed, saved, told, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import axe, test_browser
from tests.factories import (
    CpuFactory,
    ListingFactory,
    RamSpecFactory,
    RuleActionFactory,
    RuleGroupFactory,
    RulesetFactory,
)
from tests.test_admin_browser import CUT_OFF, STICKING_OUT, enter, saved
from tests.valuation.trying.test_preview import rule as make_rule
from valuation.models import Rule, RuleGroup
from valuation.recalculation.run import Scope, recalculate

pytestmark = test_browser.pytestmark
browser = test_browser.browser

DEAR = {"field_name": "price_usd", "operator": "gte", "value": 109}
MOST_INTERACTIONS = 12


class Newcomer:
    """Somebody at a page, who counts what they do: a click, a field filled in, a key that takes something."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, selector: str) -> None:
        self.count += 1
        self.page.locator(selector).first.click()

    def fill(self, selector: str, text: str) -> None:
        self.count += 1
        self.page.fill(selector, text)

    def type(self, text: str) -> None:
        """Where the focus is already: nothing was clicked to get there."""
        self.count += 1
        self.page.keyboard.type(text)

    def search(self, text: str) -> None:
        """Type, and take what is offered first."""
        self.type(text)
        self.page.locator(f'.combo [role=listbox][data-of="{text}"] [aria-selected=true]').wait_for()
        self.page.keyboard.press("Enter")


def market() -> RuleGroup:
    """Three used DDR3 machines among eight, and a group to write a rule into."""
    ddr3, ddr4 = (RamSpecFactory(ddr_generation=name) for name in ("ddr3", "ddr4"))
    for number in range(8):
        ListingFactory(
            title=f"Machine {number}",
            condition="used" if number % 2 else "new",
            ram_spec=ddr3 if number < 6 else ddr4,
            price_usd=100 + 3 * number,
            cpu=CpuFactory(cpu_mark_multi=5_000 + 10 * number),
        )
    group: RuleGroup = RuleGroupFactory(name="Memory", ruleset__effect="deduct", ruleset__name="Mine")
    recalculate(scope=Scope(everything=True), trigger="test")
    return group


def test_a_newcomer_writes_a_rule_sees_its_effect_saves_and_takes_it_back(browser: Browser, live_server: Any) -> None:
    """Used DDR3 machines lose $15: without JSON, and with as little as that."""
    group = market()
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/add/?group={group.pk}")
    page.locator(".cb .combo input").first.wait_for()
    newcomer = Newcomer(page)
    newcomer.type("Used DDR3 machines lose $15")  # the name has the focus
    newcomer.click(".cb .combo input")
    newcomer.search("ram type")
    newcomer.type("ddr3")
    newcomer.click("text=Add condition")
    newcomer.search("condition")
    newcomer.type("used")
    newcomer.fill("[name=actions-0-value_usd]", "15")
    head = page.locator(".effect-head")
    expect(head).to_have_text("3 of 8 listings get another adjusted price, −$45.00 together.", timeout=20_000)
    assert "Machine 7" in page.inner_text(".effect-misses")
    newcomer.click("[name=_continue] >> nth=0")
    told = page.locator(".messagelist")
    expect(told).to_contain_text("3 of 8 listings, -$45.00 together. Lowers the adjusted price by $15.00")
    assert Rule.objects.get().name == "Used DDR3 machines lose $15"
    newcomer.click(".messagelist .undo")
    expect(told).to_contain_text("Undo: “Used DDR3 machines lose $15”")
    assert not Rule.objects.exists()
    assert newcomer.count <= MOST_INTERACTIONS
    assert errors == []
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_the_panel_follows_what_is_typed(browser: Browser, live_server: Any, width: int, scheme: Any) -> None:
    rule = make_rule(market(), 100, "fixed_value", 20, [DEAR])
    page, errors = enter(browser, live_server, width)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    head, panel = page.locator(".effect-head"), page.locator("aside.effect")
    expect(head).to_have_text("None of 8 listings gets another adjusted price.", timeout=20_000)
    page.fill("[name=actions-0-value_usd]", "25")
    expect(head).to_have_text("5 of 8 listings get another adjusted price, −$25.00 together.")
    assert "5 of 8" in page.inner_text(".effect-figures")
    assert page.locator(".effect-histogram rect").count() == 1

    page.fill("[name=actions-0-value_usd]", "")
    expect(page.locator(".effect-problems")).to_contain_text("Action 1: Value (USD or %): This field is required.")
    assert "outdated" in (panel.get_attribute("class") or "")
    expect(head).to_have_text("5 of 8 listings get another adjusted price, −$25.00 together.")
    page.fill("[name=actions-0-value_usd]", "25")
    expect(page.locator(".effect-problems")).to_be_hidden()

    combo = page.get_by_role("combobox", name="A listing to see before and after")
    combo.click()
    combo.press_sequentially("machine 2")
    page.locator(".effect .combo [role=option]", has_text="Machine 2").click()
    expect(page.locator(".effect-trial")).to_contain_text("It does not count here: the conditions do not match")
    page.locator(".effect summary").click()
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    assert axe.violations(page) == []
    page.screenshot(path=f"/tmp/effect-{width}-{scheme}.png", full_page=True)
    assert errors == []
    page.close()


def test_answers_come_in_order(browser: Browser, live_server: Any) -> None:
    """A slow answer to an older form is not shown after that to a newer one."""
    rule = make_rule(market(), 100, "fixed_value", 20, [DEAR])
    page, _ = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    head = page.locator(".effect-head")
    expect(head).to_be_visible(timeout=20_000)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/workshop/effect/**", hold)
    for number, value in enumerate(("30", "40"), start=1):
        page.fill("[name=actions-0-value_usd]", value)
        while len(held) < number:
            page.wait_for_timeout(20)
    for route in reversed(held):
        route.continue_()
    expect(head).to_contain_text("−$100.00 together")
    page.wait_for_timeout(500)
    expect(head).to_contain_text("−$100.00 together")
    page.close()


def test_an_empty_inventory_is_said(browser: Browser, live_server: Any) -> None:
    rule = RuleActionFactory().rule
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    expect(page.locator(".effect-head")).to_contain_text("There are no active listings yet", timeout=20_000)
    page.click("[name=_continue] >> nth=0")
    saved(page)
    expect(page.locator(".messagelist")).to_contain_text("There is no active listing yet, so no price moves.")
    assert errors == []
    page.close()


def test_the_picker_names_rulesets_and_what_they_are(browser: Browser, live_server: Any) -> None:
    RuleGroupFactory(ruleset=RulesetFactory(name="Base", is_baseline=True), name="RAM")
    RuleGroupFactory(ruleset=RulesetFactory(name="Later", is_active=False), name="Ports")
    RuleGroupFactory(ruleset=RulesetFactory(name="Mine"), name="Memory")
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/add/")
    labels = page.eval_on_selector_all("#id_group optgroup", "groups => groups.map((group) => group.label)")
    assert labels == ["Mine (in force)", "Later (switched off)", "Base (baseline)"]
    assert page.evaluate("document.activeElement.id") == "id_name"
    assert errors == []
    page.close()
