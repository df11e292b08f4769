"""The smallest inputs that went wrong: those about forms of files, numbers, money, capacities and headers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from imports.mapping import guess
from imports.reading import Format, detect, records, text_of
from imports.values.capacities import capacity
from imports.values.money import currency_code, money, resolve_currency
from imports.values.numbers import SignState, decide_sign
from imports.values.words import is_empty
from tests.imports.resolving.test_cases import CASES as RESOLVING_CASES
from tests.samples import FOLDER, MISSING

CASES = FOLDER / "import_cases.jsonl"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason=MISSING)


def case(number: str) -> str:
    cases = map(json.loads, CASES.read_text(encoding="utf-8").splitlines())
    return next(str(item["input"]) for item in cases if item["id"] == number)


# id -> amount and currency by the one cell that is the column; None: asked
MONEY = {
    "F15": ("34.95", ""),
    "F17": None,
    "F19": ("199.80", "GBP"),
    "F21": ("34999", "TRY"),
    "F26": ("1299.00", "USD"),
}


@pytest.mark.parametrize("number", MONEY)
def test_prices(number: str) -> None:
    cell = case(number)
    named = "TRY" if "TL" in cell else ""
    decision = decide_sign([cell], named)
    if MONEY[number] is None:
        assert decision.state is SignState.UNDECIDED
        return
    amount, code = MONEY[number]
    found = money(cell, decision.sign)
    assert found.amount == Decimal(amount)
    assert "".join(found.currencies) == code


def test_reais_pkr_and_euros() -> None:
    assert case("F14").startswith("1.800")
    assert money("1.800", decide_sign(["1.800"], "BRL").sign).amount == 1800
    assert decide_sign(["1.800"]).state is SignState.UNDECIDED
    assert "PKR beside 25,000.00" in case("F24")
    assert money("25,000.00").amount == 25000
    assert currency_code("PKR") == "PKR"
    assert "Price_euros" in case("F25")
    found = resolve_currency((), header="Price_euros")
    assert found is not None
    assert (found.code, money("1339.69").amount) == ("EUR", Decimal("1339.69"))


# what is read of a cell of sizes; None: refused there, for the recogniser of parts or a person
CAPACITIES = {"F28": None, "F30": 1500, "F31": 1000, "F32": 1000, "F34": None, "F36": None, "F38": None}


@pytest.mark.parametrize("number", CAPACITIES)
def test_sizes(number: str) -> None:
    if CAPACITIES[number] is None:
        with pytest.raises(ValueError, match=r"capacity|GB"):
            capacity(case(number))
    else:
        assert capacity(case(number)) == CAPACITIES[number]


@pytest.mark.parametrize("number", ["F39", "F40"])
def test_emptiness(number: str) -> None:
    assert all(is_empty(cell.strip()) for cell in case(number).split(" / "))


def test_marks_of_zero_and_na_are_unknown() -> None:
    assert "4.5 or 0 or NA" in case("F72")
    assert is_empty("0", zero=True)
    assert is_empty("NA", zero=True)


FILES = {
    "F74": ("title,price\nDell,£199.80\n".encode("cp1252"), Format.DELIMITED),
    "F78": (b'{"title": "Dell", "price": "\xc2\xa3199.80"}\n{"title": "HP", "price": "1"}\n', Format.JSON_LINES),
    "F81": ("title|price\nDell|£199.80\n".encode(), Format.DELIMITED),
    "F82": ("sep=;\ntitle;price\nDell;£199.80\n".encode(), Format.DELIMITED),
    "F83": ("Offers\nMay\ntitle,price\nDell,£199.80\n".encode(), Format.DELIMITED),
    "F84": ("title,price\nDell,£199.80,\n".encode(), Format.DELIMITED),
}


@pytest.mark.parametrize("number", FILES)
def test_forms_of_files(number: str, tmp_path: Path) -> None:
    assert case(number)
    content, form = FILES[number]
    path = tmp_path / "offers"
    path.write_bytes(content)
    found = detect(path)
    assert found.format is form
    assert tuple(map(text_of, next(records(path, found)).cells)) == ("Dell", "£199.80")


@pytest.mark.parametrize("header", ["price usd", "Price USD"])
def test_dollars_in_the_header(header: str, tmp_path: Path) -> None:
    assert header in case("F86")
    (tmp_path / "a").write_text(f"title,{header}\nDell,100\n")
    assert guess(detect(tmp_path / "a").columns).guesses[1].column == "price_usd"


# What only the store can show: two files, two records of one offer, an export into the database it came from.
OF_SESSIONS = {"F04", "F07", "F11", "F13"}
# Tested from the file to the outcome in resolving/test_cases.py.
RESOLVED = {case[0] for case in RESOLVING_CASES}


def test_each_case_is_tested() -> None:
    ids = {json.loads(line)["id"] for line in CASES.read_text(encoding="utf-8").splitlines()}
    here = {*MONEY, *CAPACITIES, *FILES, "F14", "F24", "F25", "F39", "F40", "F72", "F76", "F86", "F87"}
    assert ids - RESOLVED - here == OF_SESSIONS
    assert OF_SESSIONS | RESOLVED | here == ids


def test_one_known_header_among_thirty_is_asked_about(tmp_path: Path) -> None:
    assert "ram_gb" in case("F87")
    names = ",".join(["ram_gb", *(f"x{number}" for number in range(29))])
    (tmp_path / "a").write_text(f"{names}\n8GB{',1' * 29}\n")
    assert not guess(detect(tmp_path / "a").columns).is_sufficient
