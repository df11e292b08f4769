"""What a cell of a table is not: Python's spellings of numbers, and digits that no other program reads."""

from __future__ import annotations

from typing import Any

import pytest

from imports import values


@pytest.mark.parametrize(
    "read", [values.price, values.whole, values.number, values.capacity, values.drives, values.day]
)
@pytest.mark.parametrize("text", ["1_0", "１２", "٣", "２０２６-02-03", "１TB SSD"])
def test_spellings_that_only_python_reads(read: Any, text: str) -> None:
    with pytest.raises(ValueError, match="needed"):
        read(text)
