"""Possible duplicates in a real browser, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from imports.models import KeptApart, Merge
from tests import test_browser
from tests.axe import violations
from tests.imports.test_admin_browser import look
from tests.imports.twins.test_admin import PAGE
from tests.imports.twins.test_merging import twin
from tests.test_admin_browser import enter

pytestmark = test_browser.pytestmark
browser = test_browser.browser


@pytest.mark.parametrize("width", [1440, 390])
def test_pairs_are_decided_by_clicking(browser: Browser, live_server: Any, width: int) -> None:
    for number in range(2):
        first = twin("Shop", f"a{number}", price_usd=200 + 50 * number, seller="Refurb Ltd", condition="used")
        link = f"https://b.example/offers/{number}"
        title = "OptiPlex 7060 Micro Dell (i5-8500T, 16GB, 512GB SSD)"
        twin("Outlet", f"b{number}", cpu=first.cpu, price_usd=199 + 50 * number, title=title, listing_url=link)
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/listings/listing/")
    page.click(".object-tools >> text=Possible duplicates")
    page.locator(".pair").first.wait_for()
    assert violations(page, "#content-main") == []
    look(page, f"twins-{width}-1")
    page.locator(".pair").nth(0).get_by_label("Merge: keep A").check()
    page.locator(".pair").nth(1).get_by_label("They are two").check()
    page.click("text=Do what is chosen")
    page.locator("text=1 pair merged").wait_for()
    look(page, f"twins-{width}-2")
    assert (Merge.objects.count(), KeptApart.objects.count(), page.locator(".pair").count()) == (1, 1, 0)
    assert page.url.endswith(PAGE)
    assert errors == []
    page.close()
