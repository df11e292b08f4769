"""Actions in a real browser: what they give is said as one types, modifiers need no JSON, formulas are helped along."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import axe, test_browser
from tests.factories import ListingFactory, RamSpecFactory, RuleActionFactory, RuleGroupFactory
from tests.test_admin_browser import CUT_OFF, STICKING_OUT, enter, saved
from valuation.models import RuleAction

pytestmark = test_browser.pytestmark
browser = test_browser.browser

MODIFIERS = {
    "explanation": "kept",
    "condition_multipliers": {"used": 0.6, "new": 1},
    "age_curve": {"rate_per_year": 0.07, "max": 0.9},
    "brand_multipliers": {"Dell": 1.1},
    "multipliers": [{"name": "n", "field": "ram_gb", "conditions": [{"value": "16", "multiplier": 0.5}]}],
    "max_usd": 60,
}


def open_action(page: Page, live_server: Any, action: RuleAction) -> Locator:
    page.goto(f"{live_server.url}/admin/valuation/rule/{action.rule_id}/change/")
    box = page.locator("#actions-0")
    expect(box.locator(".act")).to_be_visible()
    return box


def sent(page: Page) -> Any:
    text = page.input_value("[name=actions-0-modifiers]")
    return json.loads(text) if text else {}


@pytest.mark.parametrize(
    ("effect", "value", "said"),
    [
        ("add", "-15", "-$15.00. Lowers the adjusted price by $15.00: the machine ranks higher."),
        ("add", "15", "$15.00. Raises the adjusted price by $15.00: the machine ranks lower."),
        ("deduct", "15", "$15.00. Lowers the adjusted price by $15.00: the machine ranks higher."),
        ("deduct", "-15", "leave the minus out to lower the adjusted price."),
    ],
)
def test_the_sign_is_said_in_words(browser: Browser, live_server: Any, effect: str, value: str, said: str) -> None:
    ListingFactory()
    action = RuleActionFactory(rule__group__ruleset__effect=effect)
    page, errors = enter(browser, live_server, 1440)
    box = open_action(page, live_server, action)
    page.fill("[name=actions-0-value_usd]", value)
    expect(box.locator(".act-meaning")).to_contain_text(said)
    assert errors == []
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_an_action_with_modifiers_is_written_without_json(
    browser: Browser, live_server: Any, width: int, scheme: Any
) -> None:
    for ram in (8, 16, 64):
        ListingFactory(ram_gb=ram, manufacturer="Apple")
    action = RuleActionFactory()
    page, errors = enter(browser, live_server, width)
    page.emulate_media(color_scheme=scheme)
    box = open_action(page, live_server, action)
    page.select_option("[name=actions-0-action_type]", "per_unit")
    page.select_option("[name=actions-0-metric]", "per_gb")
    page.fill("[name=actions-0-value_usd]", "2.5")
    expect(box.locator(".unit").first).to_have_text("$ per GB")
    box.locator(".mod summary").click()
    box.get_by_label("Used").fill("0.6")
    box.get_by_label("Less a year").fill("7")
    expect(box.locator(".mod-line")).to_contain_text("2 y × 0.86")
    box.get_by_role("button", name="Add brand").click()
    page.keyboard.type("app")
    expect(box.locator(".combo [role=option]", has_text="Apple")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box.get_by_role("group", name="By brand").get_by_label("×").fill("2")
    box.get_by_label("Highest").fill("100")
    expect(box.locator(".act-details")).to_contain_text("Highest +$100.00")
    expect(box.locator(".act-details")).to_contain_text("Lowest +$24.00")
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    assert axe.violations(page, "#actions-0") == []
    page.click("[name=_continue] >> nth=0")
    saved(page)
    action.refresh_from_db()
    assert action.modifiers == {
        "condition_multipliers": {"used": 0.6},
        "age_curve": {"rate_per_year": 0.07},
        "brand_multipliers": {"Apple": 2},
        "max_usd": 100,
    }
    assert errors == []
    page.close()


def test_modifiers_stay_as_they_are_where_nobody_touches_them(browser: Browser, live_server: Any) -> None:
    action = RuleActionFactory(modifiers=MODIFIERS)
    page, errors = enter(browser, live_server, 1440)
    box = open_action(page, live_server, action)
    assert sent(page) == MODIFIERS
    box.locator(".mod summary").click()
    highest = box.get_by_label("Highest")
    highest.fill("70")
    assert sent(page) == {**MODIFIERS, "max_usd": 70}
    highest.fill("")
    assert sent(page) == {key: value for key, value in MODIFIERS.items() if key != "max_usd"}
    box.get_by_role("button", name="Show as JSON").click()
    page.fill("[name=actions-0-modifiers]", '{"min_usd": 5')
    box.get_by_role("button", name="Show as tables").click()
    expect(box.locator(".cb-notice")).to_contain_text("not JSON")
    page.fill("[name=actions-0-modifiers]", '{"min_usd": 5}')
    box.get_by_role("button", name="Show as tables").click()
    expect(box.get_by_label("Lowest")).to_have_value("5")
    assert errors == []
    page.close()


def test_a_formula_is_helped_along(browser: Browser, live_server: Any) -> None:
    ListingFactory(ram_gb=32, title="A machine")
    page, errors = enter(browser, live_server, 1440)
    box = open_action(page, live_server, RuleActionFactory())
    page.select_option("[name=actions-0-action_type]", "formula")
    formula = page.locator("[name=actions-0-formula]")
    formula.click()
    page.keyboard.type("ma")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert formula.input_value() == "max("
    page.keyboard.type("0, memory")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert formula.input_value() == "max(0, ram_gb"
    page.keyboard.type(" - 16)")
    assert box.locator(".fx-mirror .pair").all_inner_texts() == ["(", ")"]
    expect(box.locator(".act-meaning")).to_contain_text("Raises the adjusted price by $16.00")
    combo = box.get_by_role("combobox", name="A listing to try the action on")
    combo.click()
    combo.press_sequentially("machine")
    box.locator(".act [role=option]", has_text="A machine").click()
    expect(box.locator(".act-one")).to_contain_text("+$16.00")

    formula.fill("ramm_gb * 2")
    expect(box.locator(".fx-box .errorlist")).to_contain_text('Character 1: unknown field "ramm_gb"')
    assert box.locator(".fx-mirror .wrong").inner_text() == "r"
    box.get_by_role("button", name="Use ram_gb").click()
    assert formula.input_value() == "ram_gb * 2"
    formula.fill("5 if condition == “used” else 0")
    box.get_by_role("button", name="Use 5 if").click()
    assert formula.input_value() == '5 if condition == "used" else 0'
    assert errors == []
    page.close()


def test_another_action_is_edited_as_the_first(browser: Browser, live_server: Any) -> None:
    ListingFactory()
    page, errors = enter(browser, live_server, 1440)
    open_action(page, live_server, RuleActionFactory())
    page.click("text=Add another Action")
    page.fill("[name=actions-1-value_usd]", "7")
    expect(page.locator("#actions-1 .act-meaning")).to_contain_text("Raises the adjusted price by $7.00")
    assert errors == []
    page.close()


def test_a_used_ddr3_machine_loses_fifteen_dollars(browser: Browser, live_server: Any) -> None:
    """From an open form to a rule that is stored, in nine interactions: each line below is one."""
    ListingFactory(condition="used", ram_spec=RamSpecFactory(ddr_generation="ddr3"))
    group = RuleGroupFactory(ruleset__effect="deduct")
    page, errors = enter(browser, live_server, 1440)
    page.goto(f"{live_server.url}/admin/valuation/rule/add/?group={group.pk}")
    page.locator(".cb .combo input").first.wait_for()

    def pick(words: str) -> None:
        page.keyboard.type(words)
        page.locator(f'.combo [role=listbox][data-of="{words}"] [aria-selected=true]').wait_for()
        page.keyboard.press("Enter")

    page.fill("#id_name", "Used DDR3 machines lose $15")
    page.locator(".cb .combo input").first.click()
    pick("ram type")
    page.keyboard.type("ddr3")
    page.click("text=Add condition")
    pick("condition")
    page.keyboard.type("used")
    page.fill("[name=actions-0-value_usd]", "15")
    page.click("[name=_continue] >> nth=0")
    page.locator(".messagelist", has_text="added successfully").wait_for()
    assert page.inner_text(".field-applies_when .readonly") == "RAM type is ddr3 and condition is used"
    assert errors == []
    page.close()
