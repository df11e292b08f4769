"""Where a file says what: the columns of each meaning, and one record seen through them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imports.headers import IGNORED, MEANINGS, meanings_of, normalised
from imports.mapping import SUGGESTED
from imports.mapping import Mapping as Columns
from imports.reading import Cell, Record, text_of
from imports.resolving.catalog import Kept
from imports.resolving.outcomes import Where
from imports.values.words import is_clear, is_empty

# Headers that only our own export has all of: there, what a cell does not say is unknown, and no title is asked.
OF_OUR_EXPORT = frozenset(("id", "title", "price usd", "vendor item id", "created at", "updated at", "valued at"))
CLEARING = ("(", " ")
ZERO_IS_EMPTY = frozenset(name for name, meaning in MEANINGS.items() if meaning.zero_is_empty)
LONGEST_PAIRS = 8_000  # characters of a text of `name: value` pairs
MOST_PAIRS = 100
# What a text of pairs may say of a machine; prices and addresses in it are somebody else's.
OF_PAIRS = {
    *("cpu_name", "gpu_name", "ram_gb", "ram_type", "storage", "storage_ssd", "storage_hdd", "primary_storage_gb"),
    *("primary_storage_type", "os_license", "screen_in", "manufacturer", "device_model", "condition", "form_factor"),
}
COMPARED = ("cpu_name", "gpu_name")
_PARTED = re.compile(r"\s*(?:[\n;|•]|<br\s*/?>)\s*")
_PAIR = re.compile(r"\s*[-*]?\s*([^:\n]{1,40}?)\s*:\s+(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stated:
    """One cell that says something: what, where it stands, and whether the record itself says it."""

    cell: Cell
    where: Where
    header: str
    position: int = -1

    @property
    def text(self) -> str:
        return text_of(self.cell).strip()


class Layout:
    """The columns of a file by what they mean. Guesses too weak to be suggested are left out."""

    def __init__(self, columns: Columns, values: Mapping[str, str]) -> None:
        self.columns = columns
        self.values = values
        self.positions: dict[str, tuple[int, str]] = {
            item.column: (item.position, item.header)
            for item in columns.guesses
            if item.column not in ("", IGNORED) and item.confidence >= SUGGESTED
        }
        self.beside = dict(_beside(columns, self.positions))
        self.dated = frozenset(item.position for item in columns.dated)
        self.headers = {item.position: item.header for item in columns.guesses}
        self.is_ours = is_our_export(item.header for item in columns.guesses)
        # What a record may say anything of.
        self.known = frozenset({*self.positions, *values, *(OF_PAIRS if "specs" in self.positions else ())})
        self.pairs: Kept[dict[str, str]] = Kept(pairs_of)

    def has(self, column: str) -> bool:
        return column in self.positions

    def is_named(self, column: str) -> bool:
        """Whether the file has a column of this very name, so that its cells are meant as we would write them."""
        found = self.positions.get(column)
        return found is not None and normalised(found[1]) == normalised(column.replace("_", " "))

    def custom(self) -> Iterator[str]:
        """The keys of the custom fields that the file has columns for."""
        return (name.removeprefix("custom.") for name in self.positions if name.startswith("custom."))


def is_our_export(headers: Iterable[str]) -> bool:
    """Whether a file with these headers is an export of ours."""
    return {normalised(header) for header in headers} >= OF_OUR_EXPORT


def _beside(columns: Columns, positions: Mapping[str, tuple[int, str]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Columns that another one was taken before, and that name the same part: what they say is compared."""
    for item in columns.guesses:
        for name, is_sure in meanings_of(item.header) if not item.column else ():
            if is_sure and name in COMPARED and name in positions:
                yield name, (item.position, item.header)


class Row:
    """One record: what its columns say, by their meanings."""

    def __init__(self, record: Record, layout: Layout, refused: Mapping[int, str]) -> None:
        self.record = record
        self.layout = layout
        self._refused = refused
        self._pairs: dict[str, str] | None = None

    @property
    def line(self) -> int:
        return self.record.line

    def cell_at(self, position: int) -> Cell:
        return self.record.cells[position] if position < len(self.record.cells) else ""

    def get(self, column: str) -> Stated | None:
        """What the column says of this record, or what was said for the whole file; None where nothing is."""
        if column not in self.layout.known:
            return None
        place = self.layout.positions.get(column)
        if place is not None and place[0] not in self._refused:
            cell = self.cell_at(place[0])
            says_nothing = cell == "" if self.layout.is_ours else is_empty(cell, zero=column in ZERO_IS_EMPTY)
            if not says_nothing and not _clears(cell):
                return Stated(cell, Where.COLUMN, place[1], place[0])
        paired = self._paired(column) if column in OF_PAIRS else None
        if paired is not None:
            return paired
        if column in self.layout.values:
            return Stated(self.layout.values[column], Where.DEFAULT, "")
        return None

    def beside(self, column: str) -> Stated | None:
        """What a second column says that has the same meaning."""
        place = self.layout.beside.get(column)
        if place is None or is_empty(cell := self.cell_at(place[0])):
            return None
        return Stated(cell, Where.COLUMN, place[1], place[0])

    def text(self, column: str) -> str:
        found = self.get(column)
        return found.text if found else ""

    def clears(self, column: str) -> bool:
        place = self.layout.positions.get(column)
        if place is None:
            return False
        return _clears(self.cell_at(place[0]))

    def _paired(self, column: str) -> Stated | None:
        if column not in self.pairs or is_empty(self.pairs[column]):
            return None
        return Stated(self.pairs[column], Where.COLUMN, self.layout.positions["specs"][1])

    @property
    def pairs(self) -> dict[str, str]:
        """What the specifications say by meaning, where they are names and values."""
        if self._pairs is None:
            place = self.layout.positions.get("specs")
            self._pairs = self.layout.pairs(text_of(self.cell_at(place[0]))) if place else {}
        return self._pairs


def _clears(cell: Cell) -> bool:
    return isinstance(cell, str) and cell[:1] in CLEARING and is_clear(cell)


def pairs_of(text: str) -> dict[str, str]:
    """What a text of names and values says, by meaning: `{'Procesor': 'AMD Ryzen 5 40'}`, `RAM: 8 GB | SSD: 256 GB`."""
    if ":" not in text or len(text) > LONGEST_PAIRS:
        return {}
    found: dict[str, str] = {}
    for name, value in _pairs(text.strip()):
        for meaning, is_sure in meanings_of(name):
            if meaning in OF_PAIRS and is_sure:
                found.setdefault(meaning, value.strip())
                break
    return found if len(found) > 1 else {}


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.startswith("{") and text.endswith("}"):
        return [
            (str(name), str(value)) for name, value in _object(text).items() if isinstance(value, str | int | float)
        ]
    lines = "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))
    matches = (_PAIR.fullmatch(part) for part in _PARTED.split(lines)[:MOST_PAIRS])
    return [(match[1], match[2]) for match in matches if match]


def _object(text: str) -> dict[Any, Any]:
    """A flat object of JSON or of Python; anything else is none."""
    if text.count("{") > 1 or "[" in text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}
