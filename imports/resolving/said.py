"""What people said about a file, and what was decided for its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imports.values.dates import DayOrder


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said for the whole file, or what is remembered of its like.

    `answers` go by the keys of questions. `values` (column -> text) stand where a record says nothing itself.
    `remembered_sign` and `remembered_currency` count where the file itself leaves them open; `currency` is last.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    source: str = ""
    remembered_sign: str = ""
    remembered_currency: str = ""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided for each column, by its position.

    `signs` are decimal signs, `orders` say what comes first in its dates. Nothing is read from the columns in `refused`
    (position -> why). In the columns that are `open` a cell that could be two values is unknown until it is answered.
    `currency` is that of prices which say none themselves.
    """

    signs: Mapping[int, str] = field(default_factory=dict)
    orders: Mapping[int, DayOrder] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)
    open: frozenset[int] = frozenset()
    currency: str = ""
