"""Prices and the currency that they are in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from imports.currencies import header_currency
from imports.values.money import currency_code, money, resolve_currency

D = Decimal


@pytest.mark.parametrize(
    ("cell", "sign", "amount", "currencies"),
    [
        ("£199.80", "", "199.80", ("GBP",)),
        ("34.999 TL", ",", "34999", ("TRY",)),
        ("25,000.00", "", "25000", ()),
        ("US $1,299.00", "", "1299", ("USD",)),
        ("AU $689.00", "", "689", ("AUD",)),
        ("1\u00a0999.00\u00a0zł", "", "1999", ("PLN",)),
        ("S/. 1,299.00", "", "1299", ("PEN",)),
        ("S/ 1299", "", "1299", ("PEN",)),
        ("CLP 599990", "", "599990", ("CLP",)),
        ("PKR 25,000.00", "", "25000", ("PKR",)),
        ("₹12,34,567.00", "", "1234567", ("INR",)),
        ("R$ 1.800,00", "", "1800", ("BRL",)),
        ("1 299,00 €", "", "1299", ("EUR",)),
        ("1.299,- €", ",", "1299", ("EUR",)),
        ("EUR 34,95", "", "34.95", ("EUR",)),
        ("450 € VB", "", "450", ("EUR",)),
        ("34 990 руб.", "", "34990", ("RUB",)),
        ("12 990 Kč", "", "12990", ("CZK",)),
        ("CHF 1'299.00", "", "1299", ("CHF",)),
        ("1299 USD", "", "1299", ("USD",)),
        ("NZ $20", "", "20", ("NZD",)),
        ("C $20.00", "", "20", ("CAD",)),
        (D("198.88"), "", "198.88", ()),
        (D("199.999"), "", "200.00", ()),
    ],
)
def test_amounts(cell, sign, amount, currencies) -> None:
    found = money(cell, sign)
    assert (found.amount, found.currencies, found.highest) == (D(amount), currencies, None)
    assert not found.flag


def test_signs_of_several_countries() -> None:
    assert money("$1,299.00").currencies[:2] == ("USD", "AUD")
    assert money("Rs. 25,000.00").currencies[:2] == ("INR", "PKR")


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("AU $539.00 to AU $649.00", "539", "649"),
        ("539 to 649", "539", "649"),
        ("$20.00 - $35.50", "20", "35.50"),
        ("499–599 €", "499", "599"),
        ("de 100 a 200 €", None, None),
        ("649 bis 539", "539", "649"),
    ],
)
def test_of_several_prices_the_lowest_counts_and_says_so(cell, low, high) -> None:
    if low is None:
        with pytest.raises(ValueError, match="price"):
            money(cell)
        return
    found = money(cell)
    assert (found.amount, found.highest) == (D(low), D(high))
    assert found.flag.startswith("the lowest")


def test_from_is_flagged() -> None:
    assert money("from £199.00").flag == money("ab 199 €").flag == "the lowest of several prices"
    assert money("1.299", ".").flag.startswith("three decimals")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "free",
        "call us",
        "-5",
        "£-5",
        "$1 $2 $3",
        "10 20",
        "i5-8500",
        "15.6 inch",
        "£5 €6",
        "1.299",
        "9" * 30,
        D(-1),
        D("NaN"),
    ],
)
def test_what_is_no_price(cell) -> None:
    with pytest.raises(ValueError, match=r"price|currency|decimals|names|size"):
        money(cell)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Price_euros", "EUR"),
        ("Price(USD)", "USD"),
        ("Preis in €", "EUR"),
        ("price", ""),
        ("Price (GBP)", "GBP"),
        ("Cena PLN", "PLN"),
    ],
)
def test_headers(header, code) -> None:
    assert "".join(header_currency(header)) == code


@pytest.mark.parametrize(
    ("named", "said", "code", "source"),
    [
        (("GBP",), {"column": "USD"}, "GBP", "cell"),
        ((), {"column": "PKR", "stated": "USD"}, "PKR", "column"),
        ((), {"header": "Price_euros"}, "EUR", "header"),
        ((), {"url": "https://www.ebay.co.uk/itm/1"}, "GBP", "address"),
        ((), {"remembered": "CLP", "stated": "USD"}, "CLP", "memory"),
        ((), {"stated": "EUR"}, "EUR", "stated"),
        (("USD", "AUD", "CAD"), {"url": "https://www.ebay.com.au/itm/1"}, "AUD", "address"),
        (("USD", "AUD"), {"url": "https://www.ebay.co.uk/itm/1"}, "USD", "sign"),
        (("INR", "PKR"), {"stated": "PKR"}, "PKR", "stated"),
        ((), {"url": "https://www.ebay.com/itm/1"}, "USD", "address"),
    ],
)
def test_the_first_that_says_a_currency_counts(named, said, code, source) -> None:
    found = resolve_currency(named, **said)
    assert found is not None
    assert (found.code, found.source) == (code, source)


def test_what_nothing_says_is_asked() -> None:
    assert resolve_currency(()) is None
    assert resolve_currency((), url="https://example.com/1") is None
    assert resolve_currency(("INR", "PKR")) is None
    assert [currency_code(text) for text in ("pkr", "€", "US Dollar", "kr", "what")] == ["PKR", "EUR", "USD", "", ""]
