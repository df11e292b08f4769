"""What is known of a file before anything is made of it. Plain data: a session stores it and asks about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

Cell = str | Decimal
"""A number that the file itself states as one (workbook, JSON) is a Decimal; all else is text, dates in ISO form."""

# From here on a spreadsheet's number has lost digits, so that it cannot be an item number.
EXACT_DIGITS = 15


class Format(StrEnum):
    DELIMITED = "delimited"
    WORKBOOK = "workbook"
    JSON = "json"
    JSON_LINES = "json_lines"


@dataclass(frozen=True, slots=True)
class Hints:
    """What somebody said about the file, or what is remembered of its like; it wins over what is seen.

    `header_row` counts records from 1; 0 says that there is no header.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the place it begins (line, row or item, from 1) and its cells, as many as there are columns.

    `problem` says why its cells cannot be trusted to stand in their columns; such a record is left out, by name.
    """

    line: int
    cells: tuple[Cell, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header and what its cells were in the first records (not the empty ones)."""

    position: int
    header: str
    cells: tuple[Cell, ...] = ()
    share_empty: float = 0.0

    @property
    def samples(self) -> tuple[str, ...]:
        """Three different values to show."""
        return tuple(dict.fromkeys(text_of(cell)[:200] for cell in self.cells))[:3]


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """A way to read the bytes, and a line of the file read so: what a person needs to choose."""

    encoding: str
    sample: str


@dataclass(frozen=True, slots=True)
class Detection:
    """How to read a file. `is_certain` is False where the encoding or the header is a guess that a person confirms."""

    format: Format
    encoding: str = "utf-8"
    encoding_is_certain: bool = True
    encoding_choices: tuple[EncodingChoice, ...] = ()
    delimiter: str = ""
    header_row: int | None = None  # counts records from 1; None: there is no header
    header_is_certain: bool = True
    columns: tuple[Column, ...] = ()
    sheet: str = ""
    sheet_names: tuple[str, ...] = ()
    json_path: str = ""  # of the array in an object, `data.items`
    notes: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        return self.encoding_is_certain and self.header_is_certain

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)

    def noting(self, *notes: str) -> Detection:
        return replace(self, notes=(*self.notes, *notes))

    def place(self, line: int) -> str:
        """`line 12`, `row 12 of "Sheet1"`, `item 12`: what a message calls a record."""
        if self.format is Format.WORKBOOK:
            return f'row {line} of "{self.sheet}"'
        return f"item {line}" if self.format is Format.JSON else f"line {line}"


@dataclass(slots=True)
class Counts:
    """What was tolerated while the records were read; filled as the stream goes."""

    records: int = 0
    blank: int = 0
    short: int = 0  # fewer cells than columns: the rest counts as empty
    long: int = 0  # more cells than columns, and not empty ones: left out
    damaged: int = 0  # quotes or JSON that do not close: left out
    problems: dict[int, str] = field(default_factory=dict)  # the first 100, by line

    def as_notes(self) -> tuple[str, ...]:
        said: Mapping[str, int] = {
            "{} blank records": self.blank,
            "{} records with fewer cells than columns: the rest counts as empty": self.short,
            "{} records with more cells than columns: left out": self.long,
            "{} damaged records: left out": self.damaged,
        }
        return tuple(text.format(number) for text, number in said.items() if number)


def text_of(cell: Cell) -> str:
    """A cell as text. A number shows all its digits; one that has more than a spreadsheet keeps shows that it has."""
    if isinstance(cell, str):
        return cell
    if cell.adjusted() >= EXACT_DIGITS and cell == cell.to_integral_value() and not _is_exact(cell):
        return f"{cell:.14E}"
    text = f"{cell:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_exact(cell: Decimal) -> bool:
    """An integer written digit by digit; one that came as a power of ten or a float is not."""
    return cell.as_tuple().exponent == 0
