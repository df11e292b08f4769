"""Packages in a real browser, on a desk and on a phone: out by a button, in after a look at what they would change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests import test_browser
from tests.test_admin_browser import enter, looked_at
from tests.valuation.drafts.worlds import market, reprice, rule, ruleset_with_rules, told

pytestmark = test_browser.pytestmark
browser = test_browser.browser


def look(page: Page, content: bytes) -> None:
    file: FilePayload = {"name": "mine.dbrs", "mimeType": "application/json", "buffer": content}
    page.get_by_label("Package:", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at what it would change").click()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_package_goes_out_and_comes_back(browser: Browser, live_server: Any, width: int) -> None:
    market()
    ruleset = ruleset_with_rules()
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/valuation/ruleset/{ruleset.pk}/change/")
    page.wait_for_load_state("networkidle")  # the panel asks for the effect, and below this test writes itself
    with page.expect_download() as going:
        page.get_by_role("link", name="Export").click()
    assert going.value.suggested_filename == "mine.dbrs"
    content = Path(going.value.path()).read_bytes()

    reprice(ruleset, "8 GB", 15)
    rule(ruleset, "Fast").delete()
    page.goto(f"{live_server.url}/admin/valuation/ruleset/")
    page.get_by_role("link", name="Install a package").click()
    looked_at(page)
    page.get_by_role("button", name="Look at what it would change").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file first.")
    look(page, content[:-30])
    expect(page.get_by_role("alert")).to_contain_text("this is no JSON")
    looked_at(page)
    look(page, content)
    expect(page.get_by_text("is there, and becomes what the package says")).to_be_visible()
    expect(page.get_by_text("4 of 5 listings get another adjusted price")).to_be_visible()
    looked_at(page)
    page.get_by_role("radio", name="leave it alone").check()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("is there, and left alone")).to_be_visible()
    expect(page.get_by_role("button", name="Install")).to_have_count(0)
    looked_at(page)
    page.get_by_role("radio", name="replace it").check()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Install").click()
    expect(page.locator(".messagelist")).to_contain_text("“Mine” replaced. Figures follow.")
    looked_at(page)
    assert told(ruleset) == {"Memory": [("8 GB", 10), ("32 GB", 10)], "Other": [("Fast", 10)]}
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".messagelist")).to_contain_text("and 1 more. Figures follow.")
    assert told(ruleset) == {"Memory": [("8 GB", 15), ("32 GB", 10)], "Other": []}
    assert errors == []
    page.close()
