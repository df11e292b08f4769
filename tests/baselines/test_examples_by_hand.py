"""The examples of our baseline expect what was worked out by hand, on the page that shows the arithmetic."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings

ROWS = re.compile(r"^\| (\d+)\. ([^|]+) \| ([^|]+) \| (-?\d+) \|$", re.MULTILINE)
PAGE = (settings.BASE_DIR / "docs/baseline-examples.md").read_text()
EXAMPLES: list[dict[str, Any]] = json.loads(
    (settings.BASE_DIR / "baselines/data/baseline-1.1.examples.json").read_text()
)


def test_the_page_works_out_every_example() -> None:
    worked_out = [int(number) for number, *_ in ROWS.findall(PAGE)]
    assert worked_out == list(range(1, len(EXAMPLES) + 1))


@pytest.mark.parametrize(("number", "machine", "parts", "total"), ROWS.findall(PAGE))
def test_what_is_expected_was_worked_out(number: str, machine: str, parts: str, total: str) -> None:
    """Each part ends with its dollars, and the effect of the baseline takes them off."""
    example = EXAMPLES[int(number) - 1]
    assert machine.partition(" with ")[0] in example["name"]
    assert -sum(int(part.split()[-1]) for part in parts.split(", ")) == int(total) == example["expected"]["total_usd"]
    assert len([part for part in parts.split(", ") if int(part.split()[-1])]) == len(example["expected"]["matches"])
