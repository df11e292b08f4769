"""The documentation of labels is the table that reads them."""

from __future__ import annotations

from django.conf import settings

from baselines.reading.buckets import FORMS
from baselines.reading.legacy import MOST_WARNINGS
from baselines.reading.tiers import MOST_PIECES
from baselines.reading.words import CONDITION_WORDS, MEDIUM_WORDS, UNITS

PAGE = (settings.BASE_DIR / "docs" / "baselines.md").read_text()


def code(words: str) -> str:
    return ", ".join(f"`{word}`" for word in words.split("; "))


def test_the_table_of_forms() -> None:
    start = PAGE.index("| form | for example | means |")
    rows = PAGE[start : PAGE.index("\n\n", start)].splitlines()[2:]
    assert rows == [f"| {form.name} | {code(form.examples)} | {form.meaning} |" for form in FORMS]


def test_the_table_of_words() -> None:
    words = CONDITION_WORDS | MEDIUM_WORDS
    assert [value for value, names in words.items() if f"| `{value}` | {', '.join(names)} |" not in PAGE] == []
    assert f"Units: {', '.join(UNITS)}." in PAGE


def test_the_limits() -> None:
    assert f"more than {MOST_PIECES} pieces" in PAGE
    assert f"the first {MOST_WARNINGS} of a field" in PAGE
