"""Figures as the admin writes them."""

from __future__ import annotations

import pytest

from dealbrain.admin import dollars, figure


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        (None, "–"),
        (0, "$0.00"),
        (5, "$0.05"),
        (-5, "-$0.05"),
        (123_450, "$1,234.50"),
        (-123_456_789, "-$1,234,567.89"),
    ],
)
def test_dollars(cents: int | None, shown: str) -> None:
    assert dollars(cents) == shown


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(None, 4, "–"), (0.0, 4, "0.0000"), (0.01274, 4, "0.0127"), (-1234.5678, 1, "-1,234.6")],
)
def test_figure(value: float | None, digits: int, shown: str) -> None:
    assert figure(value, digits) == shown
