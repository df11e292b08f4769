"""A CSV file as a stream of rows. What is wrong with the file as a whole is one error, and nothing is imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from dealbrain.text import nfc

MAX_BYTES = 100_000_000
MAX_CELL = 100_000  # characters
DELIMITERS = ",;\t"


class FileError(ValueError):
    """The file cannot be read as a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record and the line of the file that it begins on (the header is line 1)."""

    line: int
    cells: list[str]


class Table:
    """The header and the rows of one file."""

    def __init__(self, file: BinaryIO) -> None:
        stream = io.TextIOWrapper(io.BufferedReader(_Limited(file)), encoding="utf-8-sig", newline="")
        self._reader = _records(stream)
        first = next(self._reader, None)
        if first is None:
            raise FileError("the file is empty")
        self.header = [cell.strip() for cell in first.cells]
        if not any(self.header):
            raise FileError("the first line must name the columns")

    def rows(self) -> Iterator[Row]:
        """Every record that is not blank; a file that ends inside a record raises FileError."""
        short: Row | None = None
        for row in self._reader:
            if short is not None:
                yield short
            short = None
            if len(row.cells) < len(self.header):
                short = row  # the last one may be cut off; any other is just a bad row
            else:
                yield row
        if short is not None:
            raise FileError(f"the file ends inside the row on line {short.line}: it was cut off")


def _records(stream: io.TextIOWrapper) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    try:
        sample = stream.readline(MAX_CELL)
        if not sample:
            return
        delimiter = max(DELIMITERS, key=sample.count)
        reader = csv.reader(_chain(sample, stream), delimiter=delimiter, strict=True)
        line = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(line, [nfc(cell) for cell in cells])
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise FileError(f"the file is not UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8") from error
    except csv.Error as error:
        raise FileError(f"line {reader.line_num} cannot be read: {error}") from error


def _chain(first: str, rest: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from rest


class _Limited(io.RawIOBase):
    """A stream that refuses to be read beyond MAX_BYTES."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise FileError(f"the file has more than {MAX_BYTES:,} bytes; split it")
        buffer[: len(data)] = data
        return len(data)
