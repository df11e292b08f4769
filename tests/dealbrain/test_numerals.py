"""How numbers are written, for every reader alike."""

from __future__ import annotations

import pytest

from dealbrain.numerals import is_number, is_whole

GOOD = ["0", "12", "-3", "+4", "1.50", ".5", "5.", "1e3", "-2.5E-7"]
BAD = ["", "12_99", "１２", "٣", "1,5", "0x10", "nan", "inf", "1 2", "--1", "1e", ".", "9" * 1_001, "1\n"]


@pytest.mark.parametrize("text", GOOD)
def test_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", BAD)
def test_no_numbers(text: str) -> None:
    assert not is_number(text)
    assert not is_whole(text)


@pytest.mark.parametrize(("text", "whole"), [("12", True), ("-3", True), ("1.0", False), ("1e3", False)])
def test_whole_numbers(text: str, whole: bool) -> None:
    assert is_whole(text) is whole
