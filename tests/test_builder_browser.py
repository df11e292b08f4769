"""Conditions as rows in a real browser: no JSON is typed, none is lost, and a keyboard is enough."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page, expect

from tests import axe, test_browser
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory
from tests.test_admin_browser import CUT_OFF, STICKING_OUT, enter, saved
from tests.valuation.strategies import conditions
from valuation.engine.conditions import MAX_LEAVES
from valuation.models import Rule

pytestmark = test_browser.pytestmark
browser = test_browser.browser

USED = {"field_name": "condition", "operator": "equals", "value": "used"}
MUCH = {"field_name": "ram_gb", "operator": "gte", "value": 16}


def grouped(word: str, *nodes: Any) -> dict[str, Any]:
    return {"logical_operator": word, "conditions": list(nodes)}


def open_rule(page: Page, live_server: Any, rule: Rule) -> Locator:
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    expect(page.locator(".cb-total")).not_to_be_empty(timeout=20_000)
    return page.locator(".cb:not(.mod)")


def holding(conditions: Any) -> Rule:
    """A rule that holds what nobody could save."""
    rule: Rule = RuleActionFactory().rule
    Rule.objects.filter(pk=rule.pk).update(conditions=conditions)
    return rule


def tree(page: Page) -> Any:
    """What would be sent."""
    text = page.input_value("[name=conditions]")
    return json.loads(text) if text else None


def focus(page: Page) -> str:
    """What a screen reader says of where one is."""
    said: str = page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")
    return said


def choose(page: Page, text: str, option: str) -> None:
    """Type into the box that has the focus, and take what is offered."""
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    listed = page.locator(f'.combo [role=listbox][data-of="{text}"]')
    expect(listed.get_by_role("option", name=option).first).to_be_visible()
    while listed.locator("[aria-selected=true]", has_text=option).count() == 0:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_a_tree_that_is_opened_and_written_is_the_same(browser: Browser, live_server: Any) -> None:
    """The rows write what they read, whatever valid tree that is: every shape, alias, spelling and nesting."""
    page = browser.new_page()
    page.goto(f"{live_server.url}/admin/login/?next=/admin/password_change/")
    page.evaluate("async () => { window.rows = await import('/static/admin/condition-tree.js'); }")
    nested = st.recursive(conditions, lambda inner: st.builds(lambda node: grouped("not", node), inner), max_leaves=3)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(nested, min_size=1, max_size=20))
    def same(trees: list[Any]) -> None:
        written = page.evaluate("trees => trees.map((tree) => rows.write(rows.read(tree)).tree)", trees)
        assert written == trees

    same()
    page.close()


def test_every_node_is_where_the_server_says_it_is(browser: Browser, live_server: Any) -> None:
    """An error of each leaf is found on the row of that leaf."""
    page, _ = enter(browser, live_server, 1440)
    wrong = [{"field_name": f"nope_{number}", "operator": "equals", "value": 1} for number in range(8)]
    shapes = [
        wrong[0],
        [wrong[0]],
        [wrong[0], grouped("or", wrong[1], [wrong[2], grouped("not", wrong[3])])],
        grouped("not", grouped("or", wrong[0], grouped("not", grouped("OR", wrong[1])), wrong[2])),
        grouped("or", [wrong[0], [wrong[1]]], grouped("not", grouped("and", wrong[2]))),
    ]
    for shape in shapes:
        open_rule(page, live_server, holding(shape))
        expect(page.locator(".cb-total")).to_contain_text("to mend")
        rows = page.locator(".cb-row")
        for row in rows.all():
            name = row.get_by_role("combobox").first.input_value()
            assert row.locator(".errorlist").inner_text() == f'unknown field "{name}"', shape
        assert tree(page) == shape
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_a_rule_is_written_by_clicking(browser: Browser, live_server: Any, width: int, scheme: Any) -> None:
    for ram, condition in ((8, "used"), (16, "used"), (32, "new")):
        ListingFactory(ram_gb=ram, condition=condition, cpu=CpuFactory(name=f"Core {ram}"))
    rule = RuleActionFactory().rule
    page, errors = enter(browser, live_server, width)
    page.emulate_media(color_scheme=scheme)
    box = open_rule(page, live_server, rule)
    expect(box.locator(".cb-total")).to_have_text("No condition: this is for every listing (3 active ones).")
    assert not page.locator("[name=conditions]").is_visible()

    box.locator(".combo input").first.click()
    choose(page, "memory", "RAM")
    assert focus(page) == "Condition 1 of 1: value"
    page.keyboard.type("16")
    expect(box.locator(".cb-total")).to_contain_text("Together: 2 of 3 active listings")
    page.click("text=Add condition")
    choose(page, "condition", "Condition")
    page.get_by_label("Condition 2 of 2: value").select_option(label="used")
    expect(box.locator(".cb-count")).to_have_text(["2 of 3 match", "2 of 3 match"])
    expect(box.locator(".cb-words")).to_have_text("In words: RAM >= 16 GB and condition is used")
    page.get_by_role("button", name="Add group").click()
    choose(page, "processor", "CPU")
    choose(page, "core 16", "Core 16")
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    assert axe.violations(page, ".cb") == []
    page.click("[name=_continue] >> nth=0")
    saved(page)
    rule.refresh_from_db()
    core = {"field_name": "cpu.name", "operator": "equals", "value": "Core 16"}
    assert rule.conditions == [MUCH, USED, grouped("or", core)]
    assert errors == []
    page.close()


@pytest.mark.skipif(not axe.AXE.exists(), reason=axe.MISSING)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lists_and_errors_keep_nobody_out(browser: Browser, live_server: Any, scheme: Any) -> None:
    ListingFactory(ram_gb=8)
    listed = {"field_name": "condition", "operator": "in", "value": ["used", "broken"]}
    gone = {"field_name": "custom.gone", "operator": "equals", "value": 3}
    within = {"field_name": "ram_gb", "operator": "between", "value": [8, "x"]}
    page, _ = enter(browser, live_server, 1440)
    page.emulate_media(color_scheme=scheme)
    box = open_rule(page, live_server, holding([listed, gone, grouped("not", within)]))
    expect(box.locator(".cb-total")).to_contain_text("to mend")
    box.locator(".combo input").first.click()
    expect(page.locator(".combo [role=option]").first).to_be_visible()
    assert axe.violations(page, ".cb") == []
    page.close()


def test_a_keyboard_is_enough(browser: Browser, live_server: Any) -> None:
    """Add, choose, move, group, remove and take back, without a pointer; and one hears where one is."""
    rule = RuleActionFactory(rule__conditions=[MUCH]).rule
    page, errors = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, rule)
    box.get_by_role("button", name="Add condition").focus()
    page.keyboard.press("Enter")
    assert focus(page) == "Condition 2 of 2: field"
    expect(box.locator(".cb-notice")).to_have_text("Condition 2 of 2 added.")
    choose(page, "condition", "Condition")
    assert focus(page) == "Condition 2 of 2: value"
    page.keyboard.type("us")
    assert tree(page) == [MUCH, USED]
    page.keyboard.press("Alt+ArrowUp")
    assert tree(page) == [USED, MUCH]
    expect(box.locator(".cb-notice")).to_have_text("Moved. It is now condition 1 of 2.")
    assert focus(page) == "Condition 1 of 2: value"

    def menu(name: str, item: str) -> None:
        page.get_by_label(f"{name}: move or duplicate").focus()
        page.keyboard.press("Enter")
        page.locator(".cb-more[open]").get_by_role("button", name=item).press("Enter")

    menu("Condition 2 of 2", "Into a group")
    assert tree(page) == [USED, grouped("or", MUCH)]
    assert focus(page) == "Condition 2 of 2: field"
    menu("Condition 2 of 2", "Duplicate")
    assert tree(page) == [USED, grouped("or", MUCH, MUCH)]
    page.get_by_label("Group of conditions: how they are joined").select_option("not")
    assert tree(page) == [USED, grouped("not", grouped("or", MUCH, MUCH))]
    menu("Condition 3 of 3", "Out of the group")
    assert tree(page) == [USED, grouped("not", MUCH), MUCH]
    page.get_by_label("Remove condition 2 of 3").press("Enter")
    assert tree(page) == [USED, grouped("not"), MUCH]
    expect(box.locator(".errorlist:visible")).to_contain_text("empty group")
    box.get_by_role("button", name="Undo").press("Enter")
    assert tree(page) == [USED, grouped("not", MUCH), MUCH]
    assert focus(page) == "Condition 2 of 3: field"
    page.get_by_label("Remove condition 3 of 3").press("Enter")
    assert focus(page) == "Group of conditions: how they are joined"
    assert tree(page) == [USED, grouped("not", MUCH)]
    assert errors == []
    page.close()


def test_what_nobody_knows_any_more_is_shown_and_kept(browser: Browser, live_server: Any) -> None:
    strange = [
        {"field_name": "custom.gone", "operator": "resembles", "value": {"a": [1]}, "note": "x"},
        {"field_name": "ram_gb", "operator": "resembles", "value": 3},
        "no condition at all",
        grouped("xor", MUCH),
    ]
    page, errors = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, holding(strange))
    expect(box.locator(".cb-total")).to_contain_text("to mend")
    assert "custom.gone" in [combo.input_value() for combo in box.get_by_role("combobox").all()]
    box.get_by_role("button", name="Add condition").last.click()
    assert tree(page) == [*strange, {}]
    box.get_by_role("button", name="Remove condition 5 of 5").click()
    assert tree(page) == strange
    assert errors == []
    page.close()


def test_half_a_condition_is_refused_and_kept(browser: Browser, live_server: Any) -> None:
    rule = RuleActionFactory(rule__conditions=[MUCH]).rule
    page, errors = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, rule)
    page.get_by_label("Condition 1 of 1: value").fill("a lot")
    page.click("[name=_continue] >> nth=0")
    page.locator(".field-conditions > .errorlist, .field-conditions .errorlist").first.wait_for()
    expect(box.locator(".cb-row .errorlist")).to_contain_text('"a lot" is not a number')
    value = page.get_by_label("Condition 1 of 1: value")
    assert value.input_value() == "a lot"
    assert value.get_attribute("aria-invalid") == "true"
    expect(box.locator(".cb-total")).to_have_text("Condition 1 of 1: 1 thing to mend before this can be saved.")
    assert errors == []
    page.close()


def test_the_text_can_be_edited_too(browser: Browser, live_server: Any) -> None:
    page, errors = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, RuleActionFactory().rule)
    box.get_by_role("button", name="Show as JSON").click()
    page.fill("[name=conditions]", "used and DDR3")
    box.get_by_role("button", name="Show as rows").click()
    expect(box.locator(".cb-notice")).to_contain_text("This is not JSON")
    older = [{**MUCH, "logical_operator": "OR"}, {**USED, "logical_operator": "OR"}]
    page.fill("[name=conditions]", json.dumps(older))
    box.get_by_role("button", name="Show as rows").click()
    expect(box.locator(".cb-head select")).to_have_value("or")
    assert box.locator(".cb-row").count() == 2
    assert errors == []
    page.close()


def deep(count: int, depth: int) -> list[Any]:
    """So many leaves, nested so deep."""
    leaves = [{**MUCH, "value": number} for number in range(count)]
    found: list[Any] = leaves[depth - 1 :]
    for number, leaf in enumerate(leaves[: depth - 1]):
        found = [leaf, grouped("or" if number % 2 else "and", *found)]
    return found


def test_two_hundred_conditions_ten_deep(browser: Browser, live_server: Any) -> None:
    ListingFactory(ram_gb=8)
    rule = RuleActionFactory(rule__conditions=deep(MAX_LEAVES, 9)).rule
    page, errors = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, rule)
    assert box.locator(".cb-row").count() == MAX_LEAVES
    page.get_by_label(f"Condition {MAX_LEAVES} of {MAX_LEAVES}: value").fill("7777")
    page.click("[name=_continue] >> nth=0")
    saved(page)
    rule.refresh_from_db()
    assert "7777" in json.dumps(rule.conditions)
    assert len(json.dumps(rule.conditions).split("ram_gb")) == MAX_LEAVES + 1
    box.get_by_role("button", name="Add condition").last.click()
    expect(box.locator(".cb-group.root .errorlist:visible").last).to_be_visible()
    assert errors == []
    page.close()


def test_every_listing_is_a_warning_for_a_rule_alone(browser: Browser, live_server: Any) -> None:
    ListingFactory(ram_gb=16)
    rule = RuleActionFactory(rule__conditions=[MUCH]).rule
    page, errors = enter(browser, live_server, 1440)
    for path, warns in ((f"rule/{rule.pk}", True), (f"ruleset/{rule.group.ruleset_id}", False)):
        page.goto(f"{live_server.url}/admin/valuation/{path}/change/")
        total = page.locator(".cb-total")
        expect(total).to_contain_text("very listing")
        assert ("warning" in (total.get_attribute("class") or "")) is warns
    page.goto(f"{live_server.url}/admin/valuation/rule/{rule.pk}/change/")
    expect(page.locator(".act-meaning")).not_to_be_empty()
    assert axe.violations(page) == []
    assert errors == []
    page.close()


def test_a_session_that_has_ended_is_said_and_nothing_is_lost(browser: Browser, live_server: Any) -> None:
    page, _ = enter(browser, live_server, 1440)
    box = open_rule(page, live_server, RuleActionFactory(rule__conditions=[MUCH]).rule)
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Condition 1 of 1: value").fill("32")
    expect(box.locator(".cb-total")).to_contain_text("You are not logged in any more")
    assert tree(page) == [{**MUCH, "value": 32}]
    page.close()
