"""Days as people write them. Whether the day or the month comes first is for the column to say, or a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from imports.reading.detection import Cell

NUMERIC = re.compile(r"(\d{1,4})([-./ ])(\d{1,2})\2(\d{1,4})(?:[T ,].*)?")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
DAY_MONTH_YEAR = re.compile(
    r"(?:[^\W\d_]+[.,]?\s+)?(\d{1,2})(?:st|nd|rd|th|\.|er|º)?[\s-]*(?:de\s+)?([^\W\d_]{3,})\.?,?[\s-]*(?:de\s+)?(\d{4}|\d{2})\b(?!:).*"
)
MONTH_DAY_YEAR = re.compile(r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b.*")
# A spreadsheet's day 1 is 1900-01-01, and it believes in a 29 February of that year.
SERIAL_ZERO = date(1899, 12, 30)
SERIALS = range(20_000, 80_000)  # 1954 to 2119
_MONTHS = """
1 jan ene sty oca янв | 2 feb fev lut sub фев | 3 mar mrz мар | 4 apr avr abr kwi nis апр | 5 may mai maj май мая
6 jun juin cze haz июн | 7 jul juil lip tem июл | 8 aug aou ago sie agu авг
9 sep set wrz eyl сен | 10 oct okt out paz eki окт
11 nov lis kas ноя | 12 dec dez dic gru ara дек
"""
MONTHS = {
    word: int(number)
    for group in re.split(r"[|\n]", _MONTHS)
    if group.strip()
    for number, *words in [group.split()]
    for word in words
}


class DayOrder(StrEnum):
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class OrderState(StrEnum):
    NOT_NEEDED = "not_needed"
    DECIDED = "decided"
    UNDECIDED = "undecided"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """The order of a column, the cell that shows it and, where two disagree, the other one."""

    state: OrderState
    order: DayOrder | None = None
    evidence: str = ""
    against: str = ""


class OrderTally:
    """What the cells of one column show, taken in one by one."""

    def __init__(self) -> None:
        self._shown: dict[DayOrder, str] = {}
        self._open = ""

    def see(self, cell: Cell) -> None:
        match = NUMERIC.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if not match or len(match[1]) > 2:
            return
        first, second = int(match[1]), int(match[3])
        if first > 12 or match[2] == ".":  # with dots the day is first everywhere
            self._shown.setdefault(DayOrder.DAY_FIRST, match[0][:40])
        elif second > 12:
            self._shown.setdefault(DayOrder.MONTH_FIRST, match[0][:40])
        elif first != second:
            self._open = self._open or match[0][:40]

    def decision(self) -> OrderDecision:
        if len(self._shown) == 2:
            day, month = self._shown[DayOrder.DAY_FIRST], self._shown[DayOrder.MONTH_FIRST]
            return OrderDecision(OrderState.CONTRADICTORY, None, day, month)
        for order, cell in self._shown.items():
            return OrderDecision(OrderState.DECIDED, order, cell)
        return (
            OrderDecision(OrderState.UNDECIDED, None, self._open)
            if self._open
            else OrderDecision(OrderState.NOT_NEEDED)
        )


def decide_order(cells: Iterable[Cell]) -> OrderDecision:
    tally = OrderTally()
    for cell in cells:
        tally.see(cell)
    return tally.decision()


def day(cell: Cell, order: DayOrder | None = None) -> date:
    """A day; times of day are left out. Raises ValueError for what is none, has no year, or could be two days."""
    if isinstance(cell, Decimal):
        if cell.is_finite() and int(cell) in SERIALS:
            return SERIAL_ZERO + timedelta(days=int(cell))
        raise ValueError("a date is needed, such as 2026-11-23")
    text = unicodedata.normalize("NFKC", cell).strip()
    try:
        found = _numeric(text, order) or _named(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            str(error) if "comes first" in str(error) else f'"{text[:40]}" is no day of the calendar'
        ) from error
    if found is None:
        raise ValueError("a date is needed, such as 2026-11-23")
    return found


def _numeric(text: str, order: DayOrder | None) -> date | None:
    if match := COMPACT.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if text.isdigit() and int(text) in SERIALS:
        return SERIAL_ZERO + timedelta(days=int(text))
    match = NUMERIC.fullmatch(text)
    if not match:
        return None
    first, sign, second, last = match[1], match[2], match[3], match[4]
    if len(first) == 4:
        return date(int(first), int(second), int(last[:2]))
    one, two = int(first), int(second)
    if sign == "." or one > 12:
        order = DayOrder.DAY_FIRST
    elif two > 12:
        order = DayOrder.MONTH_FIRST
    if order is None and one != two:
        raise ValueError(f'"{text[:40]}": does the day or the month come first? Say which comes first')
    one, two = (one, two) if order is DayOrder.DAY_FIRST else (two, one)
    return date(_year(last), two, one)


def _named(text: str) -> date | None:
    """`30 Apr 2024`, `5. März 2024`, `Apr 30, 2024`, `3 de mayo de 2024`."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    plain = plain.replace("ı", "i")
    for pattern, places in ((DAY_MONTH_YEAR, (3, 2, 1)), (MONTH_DAY_YEAR, (3, 1, 2))):
        if match := pattern.fullmatch(plain):
            year, month, number = (match[place] for place in places)
            if found := _month(month):
                return date(_year(year), found, int(number))
    return None


def _month(word: str) -> int | None:
    return MONTHS.get(word[:4]) or MONTHS.get(word[:3])


def _year(text: str) -> int:
    if len(text) == 3:
        raise ValueError("no year")
    return int(text) if len(text) == 4 else 2000 + int(text)
