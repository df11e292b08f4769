"""One fold in Python and in the database, and names as they are kept."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from django.db import connection

from catalog.models import Cpu
from dealbrain.folding import FUNCTION, clean, fold, name_key
from tests.factories import CpuFactory

LETTERS = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
WORDS = ["GRÜN", "ΟΔΟΣ", "οδος", "İSTANBUL", "Éclair", "E\u0301clair", "STRASSE", "Straße", "ꭰ", "ǅ", "ﬁ", "ſ", ""]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GRÜN", "grün"),
        ("ΟΔΟΣ", "οδος"),
        ("İSTANBUL", "istanbul"),
        ("Éclair", "e\u0301clair"),
        ("Straße", "STRASSE"),
        ("\u212a", "k"),
    ],
)
def test_equal_without_case(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_folding_twice_changes_nothing() -> None:
    assert [letter for letter in LETTERS if fold(fold(letter)) != fold(letter)] == []


@pytest.mark.django_db
def test_the_database_folds_as_we_do() -> None:
    """Every letter there is, in texts of a thousand, and words whose letters depend on their place."""
    assigned = [letter for letter in LETTERS if unicodedata.category(letter) != "Cn"]
    texts = ["\n".join(assigned[start : start + 1_000]) for start in range(0, len(assigned), 1_000)] + WORDS
    first = CpuFactory()
    for text in texts:
        Cpu.objects.filter(pk=first.pk).update(notes=text)
        assert Cpu.objects.values_list("notes__folded", flat=True).get(pk=first.pk) == fold(text)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {FUNCTION}(NULL), {FUNCTION}(1.5)")
            assert cursor.fetchone() == (None, 1.5)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Core\u00a0i5 \n 8500T ", "Core i5 8500T"),
        ("Cafe\u0301", "Café"),
        ("\u200b", ""),
        ("\u200d \u200c", ""),
        ("a\u200bb\u202e\ufeff\u00ad\x07", "ab"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\u200b x \u200b", "x"),
    ],
)
def test_names_as_they_are_kept(written: str, kept: str) -> None:
    assert clean(written) == kept
    assert clean(kept) == kept


def test_what_cannot_be_seen_tells_no_names_apart() -> None:
    assert name_key("Core\u200d I5") == name_key("core i5\u200b")
