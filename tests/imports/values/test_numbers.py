"""What dots and commas mean is for the column to say; what it cannot say is asked or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.values.capacities import capacity
from imports.values.numbers import SignState, decide_sign, number, parsed, quantity

D = Decimal


@pytest.mark.parametrize(
    ("cells", "currency", "state", "sign"),
    [
        (["34,95"], "", "decided", ","),
        (["1.299,00", "1.299"], "", "decided", ","),
        (["1,299.00", "1,299"], "", "decided", "."),
        (["1.299"], "", "undecided", ""),
        (["1,299", "2,499 each"], "", "undecided", ""),
        (["1.299", "2.499.000"], "", "decided", ","),
        (["12,34,567"], "", "decided", "."),
        (["0.299"], "", "decided", "."),
        (["1339.690"], "", "decided", "."),
        (["1 299,000"], "", "decided", ","),
        (["1.2345"], "", "decided", "."),
        (["100", "1 999", "1'299"], "", "not_needed", ""),
        ([D("1.299"), "17"], "", "not_needed", ""),
        (["34.95", "34,95"], "", "contradictory", ""),
        (["1.299", "1,299"], "", "contradictory", ""),
        (["34.999 TL"], "TRY", "decided", ","),
        (["34,999 TL"], "TRY", "undecided", ""),
        (["1,299"], "CLP", "decided", "."),
        (["1.299"], "EUR", "undecided", ""),
        (["1 999.00 zł", "12.00"], "", "decided", "."),
    ],
)
def test_the_column_decides(cells, currency, state, sign) -> None:
    decision = decide_sign(cells, currency)
    assert (decision.state, decision.sign) == (SignState(state), sign)


def test_a_contradiction_names_both_cells() -> None:
    decision = decide_sign(["34.95", "17", "34,95 €"])
    assert (decision.evidence, decision.against) == ("34.95", "34,95 €")


@pytest.mark.parametrize(
    ("numeral", "sign", "value"),
    [
        ("1.299", ",", "1299"),
        ("1.299", ".", "1.299"),
        ("1,299.50", "", "1299.50"),
        ("1.299,50", "", "1299.50"),
        ("1 999.00", "", "1999.00"),
        ("1\u00a0999,00", "", "1999.00"),
        ("1’299", "", "1299"),
        ("12,34,567.00", "", "1234567.00"),
        (",5", "", "0.5"),
        ("007", "", "7"),
    ],
)
def test_numerals(numeral, sign, value) -> None:
    assert parsed(numeral, sign) == D(value)


@pytest.mark.parametrize(
    ("numeral", "sign"),
    [("1.299", ""), ("34,95", "."), ("1.2.3", ""), ("1,29,9", ""), ("1.299,00,0", ""), ("9" * 40, ""), ("1..2", "")],
)
def test_what_is_no_number_here(numeral, sign) -> None:
    with pytest.raises(ValueError, match=r"number|decimals"):
        parsed(numeral, sign)


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("15,6 Zoll", "15.6", "zoll"),
        ('13.3"', "13.3", '"'),
        ("65W", "65", "w"),
        ("4.17 lbs.", "4.17", "lbs."),
        ("-12", "-12", ""),
        ("95 %", "95", "%"),
        (D("2.5"), "2.5", ""),
    ],
)
def test_units(cell, value, unit) -> None:
    assert quantity(cell) == (D(value), unit)


@pytest.mark.parametrize("cell", ["", "abc", "1 2 3 4", "i5-8500T", "12 x 3", "- -"])
def test_texts_are_no_numbers(cell) -> None:
    with pytest.raises(ValueError, match="number"):
        number(cell)


@pytest.mark.parametrize(
    ("cell", "gb"),
    [
        ("16", 16),
        ("16 GB", 16),
        ("8Gb", 8),
        ("1,5TB", 1500),
        ("1.000 GB", 1000),
        ("1.024 TB", 1024),
        ("1 To", 1000),
        ("256 Go SSD", 256),
        ("1 ТБ", 1000),
        ("16GB DDR4", 16),
        ("512 GB PCIe NVMe", 512),
        (D(512), 512),
        ("0", 0),
        ("2048 MB", None),
        ("512 MB", None),
        ("2 x 8GB", None),
        ("8GB|16GB|32GB", None),
        ("128+1Tb", None),
        ("16/32GB", None),
        ("up to 32 GB", None),
        ("SSD", None),
        ("16 gigantic", 16),
        ("4GB DDR4 RAM, 64GB eMMC", 4),
        ("8GB RAM / 16GB RAM", None),
        ("16GB SSD, 1TB HDD", None),
    ],
)
def test_capacities(cell, gb) -> None:
    if gb is None:
        with pytest.raises(ValueError, match=r"capacit|whole number of GB"):
            capacity(cell)
    else:
        assert capacity(cell) == gb


@given(st.decimals(0, 10**9, places=2), st.sampled_from(["{:,}", "{}"]), st.booleans())
def test_what_is_written_either_way_is_read_back(value, form, swapped) -> None:
    text = form.format(value)
    if swapped:
        text = text.translate(str.maketrans(".,", ",."))
    assert decide_sign([text]).state is SignState.DECIDED
    assert number(text, decide_sign([text]).sign) == value
