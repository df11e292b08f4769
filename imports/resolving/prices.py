"""Prices of a record: the one of today, those of other days, and the currency that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from imports.mapping import DatedColumn
from imports.reading import Cell, text_of
from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import Price, Where
from imports.resolving.said import Decisions, Said
from imports.values import Money, is_empty, money, quantity, resolve_currency
from imports.values.dates import day
from imports.values.numbers import NUMERAL, is_open

PLAIN_DIGITS = 9
REMEDY = "write it as 1299.00, or correct the column's meaning"


class Prices:
    """Reads the prices of records by what was decided for the columns."""

    def __init__(self, decisions: Decisions, said: Said, dated: tuple[DatedColumn, ...]) -> None:
        self.decisions = decisions
        self.said = said
        self.dated = dated

    def of(self, row: Row, notes: Notes) -> tuple[Price | None, tuple[Price, ...]]:
        """(the price, prices of other days, the oldest first). What cannot be read is a problem of the record."""
        current = self._current(row, notes)
        beside = current.currency if current is not None else ""
        history = list(self._history(row, notes, beside))
        if current is None and history:
            current = history.pop()
        elif current is not None and history and history[-1].amount == current.amount and current.day is None:
            newest = history.pop()
            current = Price(current.amount, current.currency, newest.day, current.header)
        before = self._one(row, row.get("price_was"), notes, beside=beside, is_needed=False)
        if before is not None and (current is None or before.amount != current.amount):
            history.insert(0, before)
        return current, tuple(history)

    def _current(self, row: Row, notes: Notes) -> Price | None:
        dollars, foreign = row.get("price_usd"), row.get("price_original") or row.get("price")
        if dollars is None:
            return self._one(row, foreign, notes, day_of=self._day(row, notes))
        found = self._one(row, dollars, notes, code="USD", day_of=self._day(row, notes))
        if foreign is None or found is None or not row.text("currency"):
            return found
        beside = self._one(row, foreign, notes, day_of=found.day)
        if beside is None or beside.currency == "USD":
            return found
        return Price(
            beside.amount, beside.currency, found.day, beside.header, found.amount, _rate(row), _rate_day(row, notes)
        )

    def _one(
        self,
        row: Row,
        stated: Stated | None,
        notes: Notes,
        *,
        code: str = "",
        beside: str = "",
        day_of: date | None = None,
        is_needed: bool = True,
    ) -> Price | None:
        """The price of one cell; `code` is the column's currency, `beside` that of the price beside it."""
        if stated is None:
            return None
        try:
            found = self._money(stated.position, stated.cell)
        except ValueError as error:
            if not any(char.isdigit() for char in stated.text) or not is_needed:
                notes.flag(stated.header, stated.text, "it is no price: the price stays unknown")
            else:
                notes.refuse(stated.header, stated.text, f"{error}: {REMEDY}")
            return None
        if found is None:
            notes.flag(stated.header, stated.text, "it is a thousand and some, or has three decimals: this is asked")
            return None
        if not found.amount:
            return None
        currency = code or self.currency(row, found, stated.header) or ("" if found.currencies else beside)
        if code and found.currencies and code not in found.currencies:
            notes.refuse(stated.header, stated.text, f"the column is of {code}, and the cell is of another currency")
            return None
        if not currency:
            notes.flag(
                stated.header, stated.text, "no currency is said: this is asked, and the price is unknown so far"
            )
            return None
        if found.flag:
            notes.flag(stated.header, stated.text, f"the price is {found.flag}")
        return Price(found.amount, currency, day_of, stated.header)

    def _money(self, position: int, cell: Cell) -> Money | None:
        """None for a cell that could be two amounts, in a column that is still asked about."""
        if isinstance(cell, str) and len(cell) <= PLAIN_DIGITS and cell.isdecimal() and cell.isascii():
            return Money(Decimal(f"{cell}.00"))
        sign = self.decisions.signs.get(position, "")
        if position in self.decisions.open and isinstance(cell, str) and any(map(is_open, NUMERAL.findall(cell))):
            return None
        return money(cell, sign)

    def currency(self, row: Row, found: Money, header: str) -> str:
        """The currency of a price, or nothing."""
        column = row.get("currency")
        said = resolve_currency(
            found.currencies,
            column=column.cell if column is not None and column.where is Where.COLUMN else "",
            header=header,
            url=row.text("listing_url"),
            remembered=self.said.remembered_currency,
            stated=self.decisions.currency or self.said.currency or (column.text if column is not None else ""),
        )
        return said.code if said else ""

    def _day(self, row: Row, notes: Notes) -> date | None:
        """The day of the price, where the column says one that can be told."""
        stated = row.get("price_date")
        return None if stated is None else self.read_day(stated, notes)

    def read_day(self, stated: Stated, notes: Notes) -> date | None:
        if stated.position in self.decisions.open:
            return None
        try:
            return day(stated.cell, self.decisions.orders.get(stated.position))
        except ValueError as error:
            notes.flag(stated.header, stated.text, f"{error}: the day stays unknown")
            return None

    def _history(self, row: Row, notes: Notes, beside: str) -> Iterator[Price]:
        """Prices of the dated columns, each where it differs from the one before it, and the newest."""
        last: Price | None = None
        is_told = True
        codes: dict[tuple[str, ...], str] = {}
        for column in self.dated:
            cell = row.cell_at(column.position)
            if is_empty(cell, zero=True):
                continue
            try:
                found = self._money(column.position, cell)
            except ValueError:
                found = None
            header = row.layout.headers.get(column.position, "")
            if found is None:
                notes.flag(header, text_of(cell), "it is no price of that day, and is left out")
                continue
            if found.currencies not in codes:
                codes[found.currencies] = self.currency(row, found, "") or ("" if found.currencies else beside)
            currency = codes[found.currencies]
            if not currency or not found.amount:
                continue
            price = Price(found.amount, currency, column.day, header)
            is_told = last is None or (last.amount, last.currency) != (price.amount, price.currency)
            if is_told:
                yield price
            last = price
        if last is not None and not is_told:
            yield last


def _rate(row: Row) -> Decimal | None:
    stated = row.get("exchange_rate")
    if stated is None:
        return None
    try:
        return stated.cell if isinstance(stated.cell, Decimal) else quantity(stated.cell, ".")[0]
    except ValueError:
        return None


def _rate_day(row: Row, notes: Notes) -> date | None:
    stated = row.get("rate_date")
    try:
        return day(stated.cell) if stated is not None else None
    except ValueError as error:
        notes.flag(stated.header if stated else "", stated.text if stated else "", str(error))
        return None
