"""What the cells of a column look like: the share of them that can be read as a kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from statistics import median

from catalog.recognition import read_state, recognise
from imports.headers import ValueKind
from imports.reading.detection import Cell, text_of
from imports.values.capacities import MORE, SIZE
from imports.values.choices import STATES, find_media, generation_named, market_named
from imports.values.dates import DayOrder, day
from imports.values.money import currency_code, money
from imports.values.numbers import NUMERAL, quantity
from imports.values.words import is_clear, is_empty

ENOUGH = 0.8
LOOKED_AT = 200  # cells
URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)


def share(kind: ValueKind, cells: Sequence[Cell]) -> float | None:
    """The share of the cells that are of the kind; None where nothing can be told."""
    check, looked = CHECKS.get(kind), _looked_at(cells)
    if check is None or not looked:
        return None
    return sum(1 for cell in looked if _passes(check, cell)) / len(looked)


def fits(kind: ValueKind, cells: Sequence[Cell]) -> bool | None:
    """Whether enough cells are of the kind; None where nothing can be told."""
    check, looked = CHECKS.get(kind), _looked_at(cells)
    return None if check is None or not looked else _enough(check, looked)


def _looked_at(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells[:LOOKED_AT] if not is_empty(cell) and not is_clear(cell)]


def _enough(check: Callable[[Cell], bool], cells: Sequence[Cell]) -> bool:
    """Whether enough of the cells pass. A file may have hundreds of columns, so it ends once too many do not."""
    passed = len(cells)
    for cell in cells:
        passed -= not _passes(check, cell)
        if passed < ENOUGH * len(cells):
            return False
    return True


def is_like_titles(cells: Sequence[Cell]) -> bool:
    """Different texts of several words, as names of offers are."""
    texts = [text_of(cell) for cell in cells[:LOOKED_AT] if not is_empty(cell)]
    if len(texts) < 3 or len(set(texts)) < 0.5 * len(texts):
        return False
    return median(len(text.split()) for text in texts) >= 4 and median(len(text) for text in texts) >= 20


def names_machines(cells: Sequence[Cell]) -> bool:
    """Whether most cells name a maker and a model: `Dell OptiPlex 7050`."""
    looked = [cell for cell in cells[:LOOKED_AT] if not is_empty(cell)]
    return len(looked) >= 3 and _enough(_names_a_machine, looked)


def names_drives(cells: Sequence[Cell]) -> bool:
    """Whether most sizes say that they are of drives: `128GB SSD`, under a header such as "Memory"."""
    return (share(ValueKind.MEDIUM, cells) or 0) > 0.5


def is_like_addresses(cells: Sequence[Cell]) -> bool:
    return bool(fits(ValueKind.URL, cells))


def names_currencies(cells: Sequence[Cell]) -> bool:
    """Whether most cells are prices that name a currency."""
    looked = [cell for cell in cells[:LOOKED_AT] if not is_empty(cell)]
    return bool(looked) and _enough(_names_currency, looked)


def _passes(check: Callable[[Cell], bool], cell: Cell) -> bool:
    with suppress(ValueError):
        return check(cell)
    return False


def _is_money(cell: Cell) -> bool:
    return isinstance(cell, Decimal) or money(_with_sign(cell), ".").amount >= 0


def _with_sign(cell: str) -> str:
    """A price whose signs are of no matter here: that it is one is all that is asked."""
    return NUMERAL.sub(lambda match: re.sub(r"\D", "", match[0])[:9] or "0", cell)


def _names_currency(cell: Cell) -> bool:
    return not isinstance(cell, Decimal) and bool(money(_with_sign(cell), ".").currencies)


def _names_a_machine(cell: Cell) -> bool:
    machine = recognise(text_of(cell)).machine
    return bool(machine.brand and machine.model)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, Decimal) or quantity(_with_sign(cell))[0] is not None


def _is_capacity(cell: Cell) -> bool:
    """One size or several, with or without a medium before it; a pure text is none."""
    text = text_of(cell)
    return bool(SIZE.fullmatch(text.strip()) or MORE.search(text))


def _is_day(cell: Cell) -> bool:
    return bool(day(cell, DayOrder.DAY_FIRST)) if not isinstance(cell, Decimal) else False


def _is_date_like(cell: Cell) -> bool:
    """A day, or a day without a year: the column is one of dates all the same."""
    try:
        return _is_day(cell)
    except ValueError:
        text = text_of(cell)
        return bool(re.fullmatch(r"\d{1,2}[-/. ]([^\W\d_]{3,}|\d{1,2})([-/. ]\d{2,4})?([ T,].*)?", text))


def _is_id(cell: Cell) -> bool:
    text = text_of(cell).strip()
    return len(text) <= 128 and len(text.split()) <= 3 and "://" not in text


def _is_address(cell: Cell) -> bool:
    return bool(URL.match(text_of(cell).strip()))


def _is_condition(cell: Cell) -> bool:
    state = read_state(text_of(cell))
    return bool(state.condition or state.flags)


CHECKS: dict[ValueKind, Callable[[Cell], bool]] = {
    ValueKind.MONEY: _is_money,
    ValueKind.NUMBER: _is_number,
    ValueKind.CAPACITY: _is_capacity,
    ValueKind.DATE: _is_date_like,
    ValueKind.CONDITION: _is_condition,
    ValueKind.STATUS: lambda cell: text_of(cell).strip().casefold() in STATES,
    ValueKind.MARKETPLACE: lambda cell: market_named(text_of(cell)) is not None,
    ValueKind.CURRENCY: lambda cell: bool(currency_code(text_of(cell))),
    ValueKind.URL: _is_address,
    ValueKind.ID: _is_id,
    ValueKind.MEDIUM: lambda cell: bool(find_media(text_of(cell))),
    ValueKind.DDR: lambda cell: generation_named(text_of(cell)) is not None,
}
