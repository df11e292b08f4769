"""One pass over a whole file before anything is made of it: what its columns show, and which parts it names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from imports.mapping import FileKind, Mapping
from imports.reading import Cell, Detection, Record, text_of
from imports.resolving.catalog import Catalog
from imports.resolving.figures import CPU_NUMBERS, GPU_NUMBERS
from imports.resolving.layout import Layout, Row
from imports.resolving.notes import Notes
from imports.resolving.offers import Offers
from imports.resolving.parts import Asked
from imports.resolving.prices import Prices
from imports.resolving.said import Decisions, Said
from imports.values import OrderTally, SignTally, is_empty, money, resolve_currency
from imports.values.dates import DayOrder, day
from imports.values.numbers import NUMERAL

MOST_RECORDS = 20_000  # that are looked at for names of parts
MONEY = ("price", "price_usd", "price_original", "price_was")
NUMBERS = (*CPU_NUMBERS, *GPU_NUMBERS, "exchange_rate", "quantity")
_PLAIN = re.compile(r"[\d.,'’\s]*")


@dataclass(slots=True)
class Dates:
    """What the column of days shows: the order of day and month, and how many cells are days at all."""

    order: OrderTally = field(default_factory=OrderTally)
    filled: int = 0
    read: int = 0
    unread: str = ""  # the first cell that is no day

    def see(self, cell: Cell) -> None:
        self.filled += 1
        if isinstance(cell, str):
            self.order.see(cell)
        try:
            day(cell, DayOrder.DAY_FIRST)
        except ValueError:
            try:
                day(cell, DayOrder.MONTH_FIRST)
            except ValueError:
                self.unread = self.unread or text_of(cell)[:40]
                return
        self.read += 1


class Study:
    """What one pass over the records shows: `see(record)` for each. Memory does not grow with the file.

    `signs` are tallies by position; `currencies` counts the records by the currency that they say, `unsaid` those with
    a price and none, by what its sign may mean; `empty` counts empty cells by position; `asked` are parts that the
    catalog does not have.
    """

    def __init__(self, mapping: Mapping, detection: Detection, catalog: Catalog, said: Said | None = None) -> None:
        self.mapping = mapping
        self.said = said or Said()
        self.layout = Layout(mapping, self.said.values)
        self.records = 0
        self.empty: Counter[int] = Counter()
        self.signs = {position: SignTally() for position in self._numeric()}
        self.dates: dict[int, Dates] = {
            self.layout.positions[name][0]: Dates() for name in ("price_date",) if self.layout.has(name)
        }
        self.currencies: Counter[str] = Counter()
        self.unsaid: Counter[tuple[str, ...]] = Counter()
        self.asked: dict[str, Asked] = {}
        nothing = Decisions()
        prices = Prices(nothing, self.said, mapping.dated)
        self._offers = Offers(self.layout, nothing, self.said, catalog, prices)
        self._offers.naming.asked = self.asked
        self._reads_parts = mapping.kind in (FileKind.LISTINGS, FileKind.UNKNOWN) and not self.layout.is_ours
        self._named: dict[str, tuple[str, ...]] = {}

    def _numeric(self) -> list[int]:
        named = [self.layout.positions[name][0] for name in (*MONEY, *NUMBERS) if self.layout.has(name)]
        return [*named, *(item.position for item in self.mapping.dated)]

    def see(self, record: Record) -> None:
        if record.problem:
            return
        self.records += 1
        for position, cell in enumerate(record.cells):
            if is_empty(cell):
                self.empty[position] += 1
            elif position in self.signs:
                if isinstance(cell, str):
                    self.signs[position].see(cell)
            elif position in self.dates:
                self.dates[position].see(cell)
        row = Row(record, self.layout, {})
        self._see_currency(row)
        if self._reads_parts and self.records <= MOST_RECORDS:
            self._offers.look(row, Notes())

    def _see_currency(self, row: Row) -> None:
        """What the record says of the currency of its price, by itself."""
        stated = next((found for name in ("price_original", "price") if (found := row.get(name))), None)
        header = stated.header if stated else ""
        cells = (row.cell_at(item.position) for item in self.mapping.dated)
        cell = stated.cell if stated else next((cell for cell in cells if not is_empty(cell, zero=True)), None)
        if cell is None:
            return
        named = self.names_of(cell)
        column = row.get("currency")
        said = resolve_currency(named, column=column.cell if column else "", header=header, url=row.text("listing_url"))
        if said:
            self.currencies[said.code] += 1
        else:
            self.unsaid[named] += 1

    def names_of(self, cell: Cell) -> tuple[str, ...]:
        """The currencies that a cell names, whatever its signs mean."""
        if not isinstance(cell, str) or _PLAIN.fullmatch(cell):
            return ()
        words = NUMERAL.sub("1", cell)
        if words not in self._named:
            try:
                found = money(words, ".").currencies
            except ValueError:
                found = ()
            if len(self._named) > 1_000:
                return found
            self._named[words] = found
        return self._named[words]

    def share_empty(self, position: int) -> float:
        return self.empty[position] / self.records if self.records else 0.0

    @property
    def currency(self) -> str:
        """The one currency of the file, or nothing: all that say one say it, and hardly any says none."""
        if len(self.currencies) != 1:
            return ""
        code, count = next(iter(self.currencies.items()))
        unsaid = sum(count for named, count in self.unsaid.items() if not named or code in named)
        return code if 10 * unsaid <= count and unsaid == sum(self.unsaid.values()) else ""

    def notes(self) -> tuple[str, ...]:
        """What is to be known of whole columns, in words."""
        found = []
        for position, dates in self.dates.items():
            header = self.layout.headers[position]
            if dates.unread and 5 * dates.read < dates.filled:
                found.append(f'"{header}" holds no whole days ("{dates.unread}"): the days of the prices stay unknown')
        if not any(self.layout.has(name) for name in ("condition",)) and self.mapping.kind is FileKind.LISTINGS:
            found.append("No column says the condition: it stays unstated where the title does not say it")
        if self.records > MOST_RECORDS and self._reads_parts:
            found.append(f"Names of parts were looked for in the first {MOST_RECORDS:,} records")
        return tuple(found)
