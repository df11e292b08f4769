"""Names of their own: cut first, and what tells them apart is never cut away."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealbrain.text import free_name, row_id


@pytest.mark.parametrize(
    ("base", "taken", "suffixes", "name"),
    [
        ("A", [], [], "A"),
        ("A", ["A"], [], "A (2)"),
        ("A", ["A", "A (2)"], [], "A (3)"),
        ("A", ["A"], [" (x)"], "A (x)"),
        ("A", ["A", "A (x)"], [" (x)"], "A (2)"),
        ("ABCDEFGHIJKL", [], [], "ABCDEFGHIJ"),
        ("ABCDEFGHIJKL", ["ABCDEFGHIJ"], [], "ABCDEF (2)"),
        ("ABCDEFGHIJKL", ["ABCDEFGHIJ"], [" (xyzuvwt)"], " (xyzuvwt)"),
        ("ABC", ["ABC"], [" (a suffix that alone is too long)"], " too long)"),
        ("Gro\u0308sse", ["Gr\u00f6sse"], [], "Gr\u00f6sse (2)"),
    ],
)
def test_free_names(base: str, taken: list[str], suffixes: list[str], name: str) -> None:
    assert free_name(base, taken, *suffixes, most=10) == name


@given(st.text("ab\u0308", max_size=12), st.lists(st.text("ab( )2\u0308", max_size=6), max_size=3))
def test_any_number_of_names_differ_and_fit(base: str, suffixes: list[str]) -> None:
    taken: set[str] = set()
    for _ in islice(iter(int, 1), 30):
        name = free_name(base, taken, *suffixes, most=8)
        assert len(name) <= 8
        assert name not in taken
        taken.add(name)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("7", 7), (7, 7), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("²", None), ("٣", None)]
    + [(text, None) for text in ("", " 7", "-7", "7.0", "x", None, True)],
)
def test_the_id_of_a_row_is_read_or_is_none(given: object, expected: int | None) -> None:
    assert row_id(given) == expected
