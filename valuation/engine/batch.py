"""Listings as columns: the only form in which the engine sees data.

Bad data never raises: a value that does not fit its field's kind is missing. Text columns hold each distinct value
once, so that a text predicate runs once per value and not once per listing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, cast
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from .fields import Field, FieldRegistry, Kind
from .money import LIMIT, Cents, Floats, to_cents

Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp] | npt.NDArray[np.int64] | npt.NDArray[np.int32]
_TRUTH = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Numbers, booleans (1.0 and 0.0) and dates (ordinal days). Where `present` is false the value means nothing."""

    values: Floats
    present: Mask

    def take(self, indices: Indices) -> NumberColumn:
        """The column gathered by index; -1 gives a missing value."""
        if not len(self.values):
            return missing_numbers(len(indices))
        return NumberColumn(self.values[indices], self.present[indices] & (indices >= 0))

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """Text as codes into `categories`; code -1 is a missing value."""

    codes: npt.NDArray[np.int32]
    categories: tuple[str, ...]

    def take(self, indices: Indices) -> CategoryColumn:
        """The column gathered by index; -1 gives a missing value."""
        if not len(self.codes):
            return missing_text(len(indices))
        codes = np.where(np.greater_equal(indices, 0), self.codes[indices], np.int32(-1))
        return CategoryColumn(codes, self.categories)

    def __len__(self) -> int:
        return len(self.codes)


Column = NumberColumn | CategoryColumn


def missing_numbers(count: int) -> NumberColumn:
    """A number column without a known value."""
    return NumberColumn(np.zeros(count), np.zeros(count, dtype=np.bool_))


def missing_text(count: int) -> CategoryColumn:
    """A text column without a known value."""
    return CategoryColumn(np.full(count, -1, dtype=np.int32), ())


def number_column(values: Sequence[float | int | bool | None]) -> NumberColumn:
    """A column from Python numbers; None, NaN and infinity are missing."""
    array = np.array(values, dtype=np.float64)
    present = np.isfinite(array)
    array[~present] = 0.0
    return NumberColumn(array, present)


def category_column(values: Sequence[str | None]) -> CategoryColumn:
    """A column from Python strings; None is missing, "" is not."""
    found = dict.fromkeys(values)
    found.pop(None, None)
    distinct = cast("tuple[str, ...]", tuple(found))
    if len(distinct) == len(values):  # titles are: each text is its own category
        return CategoryColumn(np.arange(len(values), dtype=np.int32), distinct)
    codes: dict[str | None, int] = dict(zip(distinct, range(len(distinct)), strict=True))
    codes[None] = -1
    # One C loop: turning rows into columns costs more than evaluating them.
    return CategoryColumn(np.fromiter(map(codes.__getitem__, values), np.int32, len(values)), distinct)


class Source(Protocol):
    """Rows of facts: a whole `Batch`, or some of its rows."""

    def __len__(self) -> int: ...

    def number(self, path: str) -> NumberColumn: ...

    def category(self, path: str) -> CategoryColumn: ...


@dataclass(frozen=True)
class Batch:
    """n listings. A path without a column counts as missing everywhere.

    `price_cents` means nothing where `priced` is false. `static_ruleset` is the id of the listing's assigned ruleset, 0
    for automatic. `disabled` maps a ruleset's id to the listings that have switched it off.
    """

    ids: npt.NDArray[np.int64]
    price_cents: Cents
    priced: Mask
    columns: Mapping[str, Column]
    static_ruleset: npt.NDArray[np.int64]
    disabled: Mapping[int, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def number(self, path: str) -> NumberColumn:
        """The numbers of a path. The price is always there: without a column of its own it comes from the cents."""
        column = self.columns.get(path)
        if isinstance(column, NumberColumn):
            return column
        if path == "price_usd":
            return NumberColumn(self.price_cents / 100.0, self.priced)
        return missing_numbers(len(self))

    def category(self, path: str) -> CategoryColumn:
        """The text of a path."""
        column = self.columns.get(path)
        return column if isinstance(column, CategoryColumn) else missing_text(len(self))

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Mapping[str, object]],
        registry: FieldRegistry,
        static_rulesets: Sequence[int | None] | None = None,
        disabled: Mapping[int, Sequence[bool]] | Sequence[Collection[int]] | None = None,
    ) -> Batch:
        """A batch from dicts of fact path (or alias) -> Python value, for tests, examples and previews.

        None and absent are missing; keys that are no field are passed over. `id` defaults to the row's index.
        `disabled` is either a mask per ruleset id or, for each row, the ids it has switched off.
        """
        facts = [_facts(row, registry) for row in rows]
        columns = {path: _column(path, facts, registry) for path in {path for row in facts for path in row}}
        prices = columns.get("price_usd")
        price = prices if isinstance(prices, NumberColumn) else missing_numbers(len(rows))
        priced = price.present & (np.abs(price.values) <= LIMIT)
        return cls(
            ids=np.array([row.get("id", index) for index, row in enumerate(rows)], dtype=np.int64),
            price_cents=to_cents(np.where(priced, price.values, 0.0)),
            priced=priced,
            columns=columns,
            static_ruleset=np.array([ruleset or 0 for ruleset in static_rulesets or [0] * len(rows)], dtype=np.int64),
            disabled=_disabled(disabled),
        )


class Rows:
    """Some rows of a batch; each column is gathered when it is first asked for."""

    def __init__(self, batch: Batch, indices: npt.NDArray[np.intp]) -> None:
        self._batch = batch
        self._indices = indices
        self._columns: dict[tuple[type, str], Column] = {}

    def __len__(self) -> int:
        return len(self._indices)

    def number(self, path: str) -> NumberColumn:
        key = (NumberColumn, path)
        if key not in self._columns:
            self._columns[key] = self._batch.number(path).take(self._indices)
        return cast(NumberColumn, self._columns[key])

    def category(self, path: str) -> CategoryColumn:
        key = (CategoryColumn, path)
        if key not in self._columns:
            self._columns[key] = self._batch.category(path).take(self._indices)
        return cast(CategoryColumn, self._columns[key])


def _facts(row: Mapping[str, object], registry: FieldRegistry) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in row.items():
        try:
            found[registry.resolve(name).path] = value
        except LookupError:
            continue  # what is no fact no rule can ask for
    return found


def _column(path: str, facts: Sequence[Mapping[str, object]], registry: FieldRegistry) -> Column:
    known = registry.resolve(path)
    values = [row.get(path) for row in facts]
    if known.kind is Kind.STRING:
        return category_column([_as_text(value) for value in values])
    return number_column([_as_number(value, known) for value in values])


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)


def fold(text: str) -> str:
    """Text as it is compared: without case, and in NFC, in which an accent is part of its letter."""
    return text.casefold() if text.isascii() else normalize("NFC", normalize("NFC", text).casefold())


def number_text(value: int | float) -> str:
    """A number as the text it would be written as: 16 and 16.0 are "16"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _as_number(value: object, known: Field) -> float | None:
    if known.kind is Kind.DATE:
        return _as_ordinal(value)
    if known.kind is Kind.BOOLEAN and isinstance(value, str):
        return _TRUTH.get(value.strip().casefold())
    if not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_ordinal(value: object) -> float | None:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            return None
    return float(value.toordinal()) if isinstance(value, date) else None


def _disabled(disabled: Mapping[int, Sequence[bool]] | Sequence[Collection[int]] | None) -> dict[int, Mask]:
    if disabled is None:
        return {}
    if isinstance(disabled, Mapping):
        return {ruleset: np.asarray(mask, dtype=np.bool_) for ruleset, mask in disabled.items()}
    every = {ruleset for row in disabled for ruleset in row}
    return {ruleset: np.array([ruleset in row for row in disabled], dtype=np.bool_) for ruleset in sorted(every)}
