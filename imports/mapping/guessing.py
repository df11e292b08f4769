"""Which column is what: by its header first, by its cells second, each with a confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from imports.currencies import header_currency
from imports.headers import IGNORED, MEANINGS, ValueKind, is_known, meanings_of, normalised
from imports.mapping import content
from imports.mapping.kinds import FileKind, file_kind, part_of
from imports.reading.detection import Cell, Column
from imports.values.dates import DayOrder, OrderDecision, OrderState, day, decide_order

AUTOMATIC = 0.95
SUGGESTED = 0.70
CONFIRMED = 0.80  # a second meaning, which is suggested however sure it looks
# Headers that say which of two prices is the one of today.
NOW = {"now", "now price", "price now", "today", "current price", "sale price", "sofortkaufpreis", "buy now price"}
FEWEST_DAYS = 3  # columns headed by days that make a history
NAME_OF_PART = {FileKind.CPUS: "cpu_name", FileKind.GPUS: "gpu_name"}


def _no_order() -> OrderDecision:
    return OrderDecision(OrderState.NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column of the file is taken for, how sure that is (0 to 1), and why, in words."""

    position: int
    header: str
    column: str  # a canonical name, IGNORED, or nothing
    confidence: float
    reason: str = ""

    @property
    def is_automatic(self) -> bool:
        return bool(self.column) and self.confidence >= AUTOMATIC

    @property
    def is_suggested(self) -> bool:
        return bool(self.column) and SUGGESTED <= self.confidence < AUTOMATIC


@dataclass(frozen=True, slots=True)
class DatedColumn:
    """A column of prices of one day."""

    position: int
    day: date


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file is about and what its columns are.

    `dated` are the price columns of a history, oldest first; where their headers leave open what comes first in a
    date, `order` says so and `dated` is empty until it is answered.
    """

    kind: FileKind
    guesses: tuple[Guess, ...]
    part: str = ""  # of a list of part prices: gpu, ram, drive
    dated: tuple[DatedColumn, ...] = ()
    order: OrderDecision = field(default_factory=_no_order)

    def position_of(self, column: str) -> int | None:
        return next((guess.position for guess in self.guesses if guess.column == column), None)

    @property
    def is_sufficient(self) -> bool:
        """Whether rows can become what the file is about; without that, a person is asked.

        A listing needs a title (or make and model), or a price; a part its name.
        """
        named = {guess.column for guess in self.guesses if guess.confidence >= SUGGESTED}
        if self.kind in NAME_OF_PART:
            return NAME_OF_PART[self.kind] in named
        if self.kind is FileKind.PART_PRICES:
            return {"title", "price"} <= named
        return bool(named & {"title", "price", "price_usd"}) or {"manufacturer", "device_model"} <= named


def guess(columns: Sequence[Column], order: DayOrder | None = None) -> Mapping:
    """The mapping of a file that nobody has mapped. `order` answers what comes first in headers that are days."""
    dated, decision = _dated(columns, order)
    history = {column.position for column in columns if _is_day(column.header, order)}
    if len(history) < FEWEST_DAYS:
        history = set()
    plain = [column for column in columns if column.position not in history]
    first = [_by_header(column) for column in plain]
    sure = {item.column for item in first if item.column and item.confidence >= SUGGESTED}
    kind = file_kind(sure, {normalised(column.header) for column in plain})
    settled = _settle_names(first, plain, kind)
    settled = _once_each(_settle_models(_settle_prices(settled)), plain)
    if kind in (FileKind.LISTINGS, FileKind.UNKNOWN):
        settled = _by_content(settled, plain)
        if kind is FileKind.UNKNOWN:
            likely = {item.column for item in settled if item.column and item.confidence >= SUGGESTED}
            kind = file_kind(likely, {normalised(column.header) for column in plain})
    marked = [
        Guess(place, columns[place].header, IGNORED, 1.0, "a day: part of the price history") for place in history
    ]
    guesses = sorted([*settled, *marked], key=lambda item: item.position)
    part = part_of({normalised(column.header) for column in plain}) if kind is FileKind.PART_PRICES else ""
    return Mapping(kind, tuple(guesses), part, dated, decision if history else _no_order())


def _by_header(column: Column) -> Guess:
    options = meanings_of(column.header)
    if not options:
        return Guess(column.position, column.header, "", 0.0)
    weighed = [(_weighed(name, sure, column), name) for name, sure in options]
    confidence, name = max(weighed, key=lambda item: item[0])
    if name == "price" and header_currency(column.header) == ("USD",) and normalised(column.header) == "price usd":
        name = "price_usd"
    reason = f'the header "{column.header[:60]}"'
    if confidence < SUGGESTED:
        return Guess(column.position, column.header, "", confidence, f"{reason} says {name}, and its cells do not")
    return Guess(column.position, column.header, name, confidence, reason)


def _weighed(name: str, is_sure: bool, column: Column) -> float:
    """The header's word, mended by the cells: those of another kind take it away, those of its kind make it surer."""
    base = 0.97 if is_sure else 0.85
    if name == IGNORED:
        return 0.98
    if "_" in name and column.header.strip().lower() == name:
        return 1.0  # nobody but us writes it so: wrong cells are the rows' fault
    fit = content.fits(MEANINGS[name].kind, column.cells)
    if name == "ram_gb" and fit and content.names_drives(column.cells):
        fit = False
    if fit is False and column.header.strip().lower() == name and "_" in name:
        return AUTOMATIC  # our own name: a cell that does not fit is refused, and not the column
    if fit is False:
        return 0.6 if is_sure else 0.3
    if name == "title" and not is_sure and content.is_like_titles(column.cells):
        return 0.95
    if fit and not is_sure and MEANINGS[name].kind not in (ValueKind.ID, ValueKind.NUMBER):
        return 0.95
    return 0.99 if fit else base


def _settle_names(guesses: Sequence[Guess], columns: Sequence[Column], kind: FileKind) -> list[Guess]:
    """In a list of parts, `name` is the name of the part, and prices are of no use."""
    settled = []
    for item in guesses:
        if kind in NAME_OF_PART and item.column == "title":
            item = replace(item, column=NAME_OF_PART[kind])
        elif kind is FileKind.CPUS and item.column == "gpu_name":
            item = replace(item, column="igpu_model")
        elif kind is FileKind.CPUS and item.column == "manufacturer":
            item = replace(item, column="cpu_manufacturer")
        elif kind is FileKind.GPUS and item.column == "manufacturer":
            item = replace(item, column="gpu_manufacturer")
        elif kind in NAME_OF_PART and item.column in ("price", "price_usd", "price_was", "form_factor", "series"):
            item = replace(item, column=IGNORED, confidence=0.98, reason="a list of parts: no offer")
        settled.append(item)
    return settled


def _settle_prices(guesses: Sequence[Guess]) -> list[Guess]:
    """Of two prices, the one whose header says now is the price; the other one is what it was."""
    prices = [item for item in guesses if item.column in ("price", "price_usd")]
    now = [item for item in prices if normalised(item.header) in NOW]
    if len(prices) < 2 or len(now) != 1:
        return list(guesses)
    others = {item.position for item in prices if item is not now[0]}
    settled = []
    for item in guesses:
        if item.position in others:
            item = replace(item, column="price_was", reason=f'beside "{now[0].header}", it is what the price was')
        elif item is now[0]:
            item = replace(item, confidence=max(item.confidence, AUTOMATIC))
        settled.append(item)
    return settled


def _settle_models(guesses: Sequence[Guess]) -> list[Guess]:
    """Beside a column of makers, "Product" whose cells are not like titles is the model."""
    named = {item.column for item in guesses if item.confidence >= AUTOMATIC}
    if "manufacturer" not in named or named & {"title", "device_model"}:
        return list(guesses)
    return [
        replace(item, column="device_model", confidence=AUTOMATIC, reason="beside makers, it is the model")
        if item.column == "title"
        else item
        for item in guesses
    ]


def _once_each(guesses: Sequence[Guess], columns: Sequence[Column]) -> list[Guess]:
    """A canonical column is taken by the surest, then by the first.

    The others may mean something else that nobody is ("Memory" beside "RAM" is the drive), which a person confirms;
    or they stay empty, with the reason.
    """
    best: dict[str, Guess] = {}
    for item in sorted(guesses, key=lambda item: (-item.confidence, not _is_the_name(item), item.position)):
        if item.column and item.column != IGNORED:
            best.setdefault(item.column, item)
    settled = []
    for item, column in zip(guesses, columns, strict=True):
        if item.column not in ("", IGNORED) and best[item.column] is not item:
            item = _otherwise(item, column, best)
            best.setdefault(item.column, item)
        settled.append(item)
    return settled


def _otherwise(item: Guess, column: Column, taken: dict[str, Guess]) -> Guess:
    """What a column is whose first meaning another one has."""
    free = [(_weighed(name, sure, column), name) for name, sure in meanings_of(item.header) if name not in taken]
    confidence, name = max(free, default=(0.0, ""))
    reason = f'"{taken[item.column].header}" is {item.column} already'
    if confidence < SUGGESTED:
        return Guess(item.position, item.header, "", 0.0, reason)
    return Guess(item.position, item.header, name, min(confidence, CONFIRMED), reason)


def _is_the_name(item: Guess) -> bool:
    """`CPU Name` is cpu_name more than `CPU` is."""
    return normalised(item.header) == normalised(item.column)


def _by_content(guesses: Sequence[Guess], columns: Sequence[Column]) -> list[Guess]:
    """What headers left open: an address, a price with a sign, a title, by the looks of the cells alone."""
    cells = {column.position: column.cells for column in columns}
    taken = {item.column for item in guesses}
    found: list[Guess] = []
    for item in guesses:
        looked = cells[item.position]
        if not item.column and not is_known(item.header) and looked:
            name, confidence, reason = _looks(looked, taken)
            if name:
                taken.add(name)
                item = Guess(item.position, item.header, name, confidence, reason)
        found.append(item)
    return found


def _looks(cells: Sequence[Cell], taken: set[str]) -> tuple[str, float, str]:
    if "listing_url" not in taken and content.is_like_addresses(cells):
        return "listing_url", 0.8, "its cells are addresses"
    if not taken & {"price", "price_usd"} and content.names_currencies(cells):
        return "price", 0.9, "its cells are prices"
    if "title" not in taken and content.is_like_titles(cells):
        return "title", 0.75, "its cells are like titles"
    if not taken & {"title", "device_model"} and content.names_machines(cells):
        return "title", 0.75, "its cells name machines"
    return "", 0.0, ""


def _dated(columns: Sequence[Column], order: DayOrder | None) -> tuple[tuple[DatedColumn, ...], OrderDecision]:
    """Columns headed by days, oldest first, and what their headers say about the order of day and month."""
    headed = [
        column for column in columns if _is_day(column.header, DayOrder.DAY_FIRST) or _is_day(column.header, order)
    ]
    decision = decide_order(column.header for column in headed)
    if decision.order is None and order is not None:
        decision = OrderDecision(OrderState.DECIDED, order)
    if len(headed) < FEWEST_DAYS or decision.state in (OrderState.UNDECIDED, OrderState.CONTRADICTORY):
        return (), decision
    dated = [DatedColumn(column.position, day(column.header, decision.order)) for column in headed]
    return tuple(sorted(dated, key=lambda item: (item.day, item.position))), decision


def _is_day(header: str, order: DayOrder | None) -> bool:
    if not any(char.isdigit() for char in header) or header.isdigit():
        return False
    try:
        day(header, order or DayOrder.DAY_FIRST)
    except ValueError:
        try:
            day(header, DayOrder.MONTH_FIRST)
        except ValueError:
            return False
    return True
