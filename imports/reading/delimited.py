"""CSV and its kin: lines within limits, the delimiter, and records with the line that each begins on."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imports.reading.detection import Record
from imports.reading.limits import MAX_CELL, MAX_COLUMNS, MAX_LINE, FileError

# The last is tried last: commas stand in titles and in numbers.
DELIMITERS = ("\t", ";", "|", ",")
NO_DELIMITER = "\x1f"  # a file of one column is read with what no spreadsheet writes
SNIFFED = 50
# Records of one width, of those that are not a preamble: below this a sign is in the texts, and parts nothing.
LEAST_SHARE = 0.6
MOST_TITLES = 10  # records above the header
NAMES = {"tab": "\t", "semicolon": ";", "comma": ",", "pipe": "|", "\\t": "\t"}


@contextmanager
def text_lines(path: Path, encoding: str) -> Iterator[Iterator[str]]:
    """The file's lines with their ends. Raises FileError at a line that is too long or holds no text."""
    with path.open("rb") as raw:
        stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
        try:
            yield _checked(stream, encoding)
        finally:
            stream.detach()


def _checked(stream: io.TextIOWrapper, encoding: str) -> Iterator[str]:
    number = 0
    try:
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise FileError(
                    f"line {number} has more than {MAX_LINE:,} characters: a table has at most {MAX_COLUMNS} columns "
                    f"of {MAX_CELL:,} characters"
                )
            if "\x00" in line:
                raise FileError(f"line {number} holds a NUL byte: this is no text file, or one in UTF-16")
            yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeError as error:
        raise FileError(f"line {number + 1} is not {encoding}: choose another encoding, or save it as UTF-8") from error


def stated_delimiter(first: str) -> str:
    """The delimiter that a spreadsheet's `sep=;` line names, or nothing."""
    text = first.strip().strip('"')
    if not text.lower().startswith("sep="):
        return ""
    sign = first.strip("\r\n").strip('"')[4:5]
    return sign if sign in DELIMITERS else NAMES.get(text[4:], "")


def read_delimiter(lines: Iterable[str]) -> str:
    """The sign that parts the first records most evenly; NO_DELIMITER where none does."""
    text = list(lines)
    best, best_score = NO_DELIMITER, (LEAST_SHARE, 0, 1)
    refused: FileError | None = None
    for sign in DELIMITERS:
        try:
            score = _evenness(text, sign)
        except FileError as error:
            refused = error
            continue
        if score > best_score:
            best, best_score = sign, score
    if refused is not None and best == NO_DELIMITER:
        raise refused
    return best


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int, int]:
    """(share of records of the most common width, their number, that width). What is shorter before them is titles."""
    widths = [len(cells) for _, cells, _ in _rows(iter(lines), delimiter, most=SNIFFED) if any(cells)]
    common = Counter(width for width in widths if width > 1).most_common()
    if not common:
        return 0.0, 0, 0
    width = max(common, key=lambda item: (item[1], item[0]))[0]
    above = widths.index(width)
    # One width and one more: the records that end with one more delimiter.
    like = sum(1 for found in widths[above:] if found in (width, width + 1))
    return round(like / (len(widths) - min(above, MOST_TITLES)), 2), like, width


def records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    """Every record, blank ones too, whatever its width."""
    with text_lines(path, encoding) as lines:
        for line, cells, problem in _rows(_without_sep(lines), delimiter):
            yield Record(line, tuple(cells), problem)


def _without_sep(lines: Iterator[str]) -> Iterator[str]:
    """A `sep=` line counts as a line and has no cells."""
    first = next(lines, "")
    yield "\r\n" if stated_delimiter(first) else first
    yield from lines


def _rows(lines: Iterator[str], delimiter: str, most: int = 0) -> Iterator[tuple[int, list[str], str]]:
    """(line, cells, problem). Quotes that are not doubled are taken as they come; a record of several lines must
    be written properly, because a quote that never closes takes the records after it along."""
    csv.field_size_limit(MAX_CELL)
    taken: list[str] = []

    def noting() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(noting(), delimiter=delimiter)
    begun, count = 1, 0
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileError(f"line {begun}: {_meaning(str(error))}") from error
        if cells is None:
            return
        if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
            raise FileError(f"line {begun} has {len(cells):,} columns; at most {MAX_COLUMNS} are read")
        problem = ""
        if len(taken) > 1 and not _is_proper(taken, delimiter):
            problem = f"a quote opens on line {begun} and does not close properly: {len(taken)} lines are in doubt"
        yield begun, cells, problem
        begun = reader.line_num + 1
        count += 1
        if count == most:
            return


def _is_proper(lines: list[str], delimiter: str) -> bool:
    try:
        return sum(1 for _ in csv.reader(iter(lines), delimiter=delimiter, strict=True)) == 1
    except csv.Error:
        return False


def _meaning(message: str) -> str:
    if "field limit" in message:
        return f"a cell has more than {MAX_CELL:,} characters, or a quote opens and does not close"
    return message
