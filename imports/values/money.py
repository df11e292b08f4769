"""Prices as cells state them: an amount, the currency that the cell names, and whether it is one of several."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from imports.currencies import SIGNS, address_currency, header_currency
from imports.reading.detection import Cell
from imports.values.numbers import NUMERAL, is_open, parsed
from listings.currencies import CODES

CENT = Decimal("0.01")
MOST = Decimal(10) ** 10
# "from" and "to" in the eight languages.
FROM = {"from", "starting", "starting at", "ab", "a partir de", "des", "desde", "od", "от", "itibaren", "as low as"}
TO = {"to", "-", "–", "—", "~", "bis", "a", "hasta", "ate", "do", "до", "ila", "and", "..", "..."}
# What stands beside prices and changes nothing about them.
NOISE = {
    *(
        "vb",
        "vhb",
        "fp",
        "festpreis",
        "ono",
        "obo",
        "or best offer",
        "negotiable",
        "each",
        "ea",
        "only",
        "now",
        "price",
    ),
    *("inkl mwst", "inkl. mwst", "incl vat", "inc vat", "incl. vat", "inc. vat", "ttc", "brutto", "zzgl. versand"),
    *("approx", "ca.", "c/u", "la unidad", "por unidade", "szt", "/szt", "za szt", "adet", "/ adet", "шт", "за шт"),
}


@dataclass(frozen=True, slots=True)
class Money:
    """`currencies` is what the cell says: nothing, one, or what its sign may mean, the most common first.

    `highest` is the upper end of a range, whose lower end `amount` is; `flag` says in words what is to be known.
    """

    amount: Decimal
    currencies: tuple[str, ...] = ()
    highest: Decimal | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and what says so: cell, column, header, address, memory, stated or sign (a bare `$`)."""

    code: str
    source: str


def money(cell: Cell, sign: str = "") -> Money:
    """`AU $539.00 to AU $649.00` is 539.00 of AUD, with a flag. Raises ValueError for what is no price."""
    if isinstance(cell, Decimal):
        return Money(_cents(cell))
    text = unicodedata.normalize("NFKC", cell).strip()
    numerals = NUMERAL.findall(text)
    if not numerals:
        raise ValueError("a price is needed, such as 1299.00 or £199.80")
    if len(numerals) > 2:
        raise ValueError("one price is needed, or two with a word between them")
    words = NUMERAL.split(re.sub(r"(?<=\d)[.,]\s*[-–—]+(?!\s*\d)", "", text))
    if words[0].strip() in ("-", "−"):
        raise ValueError("a price cannot be below zero")
    found, others = _currencies(words)
    amounts = [_cents(parsed(numeral, sign)) for numeral in numerals]
    flag = (
        f'three decimals in "{text[:40]}"'
        if any(is_open(numeral) and sign in numeral for numeral in numerals if sign)
        else ""
    )
    if len(amounts) == 1:
        if unknown := others - NOISE - FROM:
            raise ValueError(f'"{" ".join(sorted(unknown))[:40]}" is no currency')
        return Money(amounts[0], found, flag="the lowest of several prices" if others & FROM else flag)
    if not others & TO or others - NOISE - FROM - TO:
        raise ValueError("one price is needed, or two with a word between them")
    low, high = sorted(amounts)
    return Money(low, found, None if low == high else high, "" if low == high else f"the lowest of {low} to {high}")


def _cents(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= MOST:
        raise ValueError("the price is too large")
    if value < 0:
        raise ValueError("a price cannot be below zero")
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _currencies(words: list[str]) -> tuple[tuple[str, ...], set[str]]:
    """(what the signs and codes among the words mean, the other words)."""
    found: set[tuple[str, ...]] = set()
    others: set[str] = set()
    for part in words:
        rest = part.casefold()
        for match in _signs().finditer(rest):
            text = match[0].strip()
            found.add((text.upper(),) if text.upper() in CODES else SIGNS[text])
        rest = " ".join(_signs().sub(" ", rest).split()).strip(" .,:;()*+=")
        plain = "".join(char for char in unicodedata.normalize("NFD", rest) if not unicodedata.combining(char))
        if plain:
            others.add(plain)
    certain = {options[0] for options in found if len(options) == 1}
    if len(certain) > 1:
        raise ValueError(f"the cell names {' and '.join(sorted(certain))}")
    if certain:
        return tuple(certain), others
    return next(iter(found), ()), others


@cache
def _signs() -> re.Pattern[str]:
    """Codes and signs, the longest first; those of letters stand apart from other letters."""
    texts = sorted({*SIGNS, *(code.lower() for code in CODES)}, key=len, reverse=True)
    parts = [
        (r"(?<![^\W\d_])" if text[0].isalpha() else "")
        + re.escape(text)
        + (r"(?![^\W\d_])" if text[-1].isalpha() else "")
        for text in texts
    ]
    return re.compile("|".join(parts))


def currency_code(cell: Cell) -> str:
    """The code that the cell of a currency column names (`PKR`, `€`, `US Dollar`), or nothing."""
    text = str(cell).strip()
    if text.upper() in CODES:
        return text.upper()
    options = SIGNS.get(text.casefold()) or header_currency(text)
    return options[0] if len(options) == 1 else ""


def resolve_currency(
    named: tuple[str, ...],
    *,
    column: Cell = "",
    header: str = "",
    url: str = "",
    remembered: str = "",
    stated: str = "",
) -> Currency | None:
    """What a price is in, by the first that says so; None: ask. A sign that several countries use narrows the rest."""
    if len(named) == 1:
        return Currency(named[0], "cell")
    in_header = header_currency(header)
    said = (
        (currency_code(column), "column"),
        (in_header[0] if len(in_header) == 1 else "", "header"),
        (address_currency(url) if url else "", "address"),
        (remembered, "memory"),
        (stated, "stated"),
    )
    for code, source in said:
        if code and (not named or code in named):
            return Currency(code, source)
    options = named or in_header
    return Currency("USD", "sign") if options[:1] == ("USD",) else None
