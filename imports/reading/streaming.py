"""Records of a known file: every format gives the same, with what is tolerated counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from imports.reading import delimited, documents, workbooks
from imports.reading.detection import Cell, Counts, Detection, Format, Record
from imports.reading.limits import MAX_ROWS, FileError
from listings.formulas import unguarded

MOST_PROBLEMS = 100  # kept by line; all are counted


def stream(path: Path, detection: Detection, counts: Counts) -> Iterator[Record]:
    with ExitStack() as stack:
        for record in _fitted(_raw(path, detection, stack), detection, counts):
            counts.records += 1
            if counts.records > MAX_ROWS:
                raise FileError(
                    f"{detection.place(record.line)}: the file has more than {MAX_ROWS:,} records; split it"
                )
            if record.problem and len(counts.problems) < MOST_PROBLEMS:
                counts.problems[record.line] = record.problem
            yield record


def _raw(path: Path, detection: Detection, stack: ExitStack) -> Iterator[Record]:
    """The records below the header as they are in the file."""
    if detection.format is Format.WORKBOOK:
        _, rows = stack.enter_context(workbooks.opened(path, detection.sheet))
        yield from _below(rows, detection)
    elif detection.format is Format.DELIMITED:
        for record in _below(delimited.records(path, detection.encoding, detection.delimiter), detection):
            yield Record(record.line, tuple(_unguarded(cell) for cell in record.cells), record.problem)
    else:
        keys = detection.headers
        for place, item, problem in _items(path, detection):
            yield Record(place, tuple(item.get(key, "") for key in keys), problem)


def _items(path: Path, detection: Detection) -> Iterator[tuple[int, documents.Item, str]]:
    if detection.format is Format.JSON_LINES:
        return documents.lines(path, detection.encoding)
    found = documents.find_array(path, detection.encoding)
    return documents.items(path, detection.encoding, found[1] if found else None)


def _below(rows: Iterator[Record], detection: Detection) -> Iterator[Record]:
    for number, record in enumerate(rows, 1):
        if number > (detection.header_row or 0):
            yield record


def _unguarded(cell: Cell) -> Cell:
    return unguarded(cell) if isinstance(cell, str) else cell


def _fitted(rows: Iterator[Record], detection: Detection, counts: Counts) -> Iterator[Record]:
    """Each record as wide as the header. More cells than columns mean that values stand in the wrong ones."""
    width = len(detection.columns)
    for record in rows:
        cells = record.cells
        if not record.problem and not any(_is_filled(cell) for cell in cells):
            counts.blank += 1
            continue
        problem = record.problem
        if problem:
            counts.damaged += 1
        elif len(cells) > width and any(_is_filled(cell) for cell in cells[width:]):
            counts.long += 1
            problem = f"it has {len(cells)} cells and the header {width}: values may stand in the wrong columns"
        elif len(cells) < width and detection.format is Format.DELIMITED:
            counts.short += 1
        yield Record(record.line, (*cells[:width], *[""] * (width - len(cells))), problem)


def _is_filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True
