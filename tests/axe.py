"""Whether people who use a keyboard, a screen reader or much contrast can use a page, as far as axe-core finds out."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[1] / "data/axe-core/node_modules/axe-core/axe.min.js"
MISSING = "axe-core is not there: run .ci/axe"
RUN = """async (where) => (await axe.run(where)).violations
  .filter((found) => ["serious", "critical"].includes(found.impact))
  .map((found) => `${found.id}: ${found.help}: ${found.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`)"""


def violations(page: Page, where: str = "body") -> list[str]:
    """What is serious or critical in this part of the page.

    Nothing where axe-core is not there: the tests that are about nothing else are skipped with that reason.
    """
    if not AXE.exists():
        return []
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN, where)
    return found
