"""The page of an import in a real browser, with files as people have them, on a desk and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from imports.models import ImportSession
from tests import test_browser
from tests.samples import FOLDER, MISSING
from tests.test_admin_browser import STICKING_OUT, enter

FILES = ("laptops_specs_in_text.xlsx", "ebay_us_tracker.json", "all_in_ones_cl.csv")
pytestmark = test_browser.pytestmark
browser = test_browser.browser
SHOTS = os.environ.get("DEALBRAIN_SHOTS", "")  # a folder, to look at what was seen


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_ROOT = tmp_path / "uploads"


def look(page: Page, name: str) -> None:
    """Nothing reaches beyond the window; every input has a name."""
    assert page.evaluate(STICKING_OUT) == []
    unnamed = "[...document.querySelectorAll('.import :is(input:not([type=hidden]), select, button)')]"
    unnamed += ".filter((one) => !one.labels?.length && !one.ariaLabel && !one.value && !one.textContent.trim())"
    assert page.evaluate(f"{unnamed}.map((one) => one.outerHTML)") == []
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def answer_all(page: Page) -> None:
    """Whatever stops the file gets its first answer."""
    for question in page.locator(".question.blocks").all():
        if question.locator("select").count():
            question.locator("select").select_option(index=1)
        else:
            question.locator("input").first.check()
    page.click("[value=answers]")


@pytest.mark.skipif(not all((FOLDER / "imports" / name).is_file() for name in FILES), reason=MISSING)
@pytest.mark.parametrize(("name", "width"), list(zip(FILES, (1440, 390, 1440), strict=True)))
def test_a_file_goes_in_by_clicking_and_comes_out(browser: Browser, live_server: Any, name: str, width: int) -> None:
    page, errors = enter(browser, live_server, width)
    page.goto(f"{live_server.url}/admin/listings/listing/")
    page.click("text=Import listings")
    page.locator(".drop").wait_for()
    look(page, f"{name}-{width}-1-upload")
    page.set_input_files("#id_file", FOLDER / "imports" / name)
    page.click("text=Upload and look")
    page.locator("#sheet").wait_for()
    look(page, f"{name}-{width}-2-look")
    for _ in range(3):
        if page.locator("text=Import now").count():
            break
        answer_all(page)
    page.locator("text=Import now").wait_for()
    look(page, f"{name}-{width}-3-ready")
    page.click("text=Import now")
    page.locator("text=Undo this import").wait_for()
    look(page, f"{name}-{width}-4-in")
    page.click("text=Undo this import")
    page.locator("text=Left as they are").first.wait_for()
    look(page, f"{name}-{width}-5-out")
    assert ImportSession.objects.get().state == "undone"
    page.goto(f"{live_server.url}/admin/imports/importsession/")
    assert page.evaluate(STICKING_OUT) == []
    assert errors == []
    page.close()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(browser: Browser, live_server: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(100_000_001)
    page, errors = enter(browser, live_server, 390)
    page.goto(f"{live_server.url}/admin/imports/importsession/add/")
    page.set_input_files("#id_file", large)
    assert "more than 100 MB" in page.inner_text(".problems")
    assert page.input_value("#id_file") == ""
    assert errors == []
    page.close()
