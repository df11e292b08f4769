"""What the documentation names exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imports.resolving import canonical_columns

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = PAGES[0].read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text()
    assert [page.name for page in PAGES if page.parent.name == "decisions" and page.name not in index] == ["README.md"]


def test_every_setting_is_documented() -> None:
    names = re.findall(r'env\.env_\w+\(\s*"(\w+)"', (ROOT / "dealbrain/settings.py").read_text())
    example = (ROOT / ".env.example").read_text()
    assert len(names) > 10
    assert [name for name in names if f"`{name}`" not in README or f"{name}=" not in example] == []


def test_every_command_and_column_is_documented() -> None:
    commands = [path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"]
    assert [name for name in [*commands, *canonical_columns()] if f"`{name}" not in README] == []
