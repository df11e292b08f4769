"""A workbook as lines of JSON, in a process of its own: `python -I unpacking.py FILE SHEET MAX_ROWS MAX_COLUMNS`.

A file of a few bytes can ask its reader for terabytes. So the reader runs with limits of memory and time, and what it
takes when it falls is itself. The first line is {"sheet", "sheets", "first_row"} or {"error"}; then a row a line. This
script imports nothing of ours.
"""

from __future__ import annotations

import datetime
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

import python_calamine as calamine

MEMORY = 1_000_000_000  # bytes of address space
SECONDS = 120  # of the processor
LOOKED_AT = 20  # sheets that may hold the table, where none is named
MOST_MERGED = 10_000


def main(path: str, sheet: str, most_rows: int, most_columns: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            _write(book, sheet, most_rows, most_columns)
    except calamine.PasswordError:
        _say({"error": "the workbook is protected by a password; save it without one"})
    except calamine.CalamineError as error:
        _say({"error": f"the workbook is damaged: {str(error)[:200]}"})


def _write(book: Any, wanted: str, most_rows: int, most_columns: int) -> None:
    names = [item.name for item in book.sheets_metadata if item.typ == calamine.SheetTypeEnum.WorkSheet]
    if wanted and wanted not in names:
        _say({"error": f'the workbook has no sheet "{wanted[:100]}"', "sheets": names})
        return
    table = book.get_sheet_by_name(wanted) if wanted else _first_table(book)
    if table is None:
        _say({"error": "the workbook has no sheet with a table", "sheets": names})
        return
    head = {"sheet": table.name, "sheets": names}
    rows, columns = (place + 1 for place in table.end or (-1, -1))
    if rows > most_rows:
        _say({"error": f'sheet "{table.name}" has {rows:,} rows; at most {most_rows:,} are read', **head})
    elif columns > most_columns:
        text = f'sheet "{table.name}" has {columns:,} columns; at most {most_columns} are read'
        _say({"error": text, **head})
    else:
        _say(head)
        for row in _rows(table):
            _say(row)


def _first_table(book: Any) -> Any:
    """The first visible sheet of at least two columns and rows; else the first one that is not empty."""
    spare = None
    visible = [
        item
        for item in book.sheets_metadata
        if item.typ == calamine.SheetTypeEnum.WorkSheet and item.visible == calamine.SheetVisibleEnum.Visible
    ]
    for item in visible[:LOOKED_AT]:
        sheet = book.get_sheet_by_name(item.name)
        if sheet.height > 1 and sheet.width > 1:
            return sheet
        if sheet.height and spare is None:
            spare = sheet
    return spare


def _rows(sheet: Any) -> Iterator[list[Any]]:
    """Rows as they stand in the sheet, from row 1 and column A. A value merged over rows stands in each of them."""
    begins = {top: bottom[0] for top, bottom in (sheet.merged_cell_ranges or [])[:MOST_MERGED] if bottom[0] > top[0]}
    columns_of: dict[int, list[int]] = {}
    for row, column in begins:
        columns_of.setdefault(row, []).append(column)
    left = [""] * (sheet.start or (0, 0))[1]  # iter_rows begins at row 1, and at the first column with a value
    below: dict[int, tuple[int, Any]] = {}  # column -> (last row, value)
    for number, found in enumerate(sheet.iter_rows()):
        cells = [*left, *(_cell(value) for value in found)]
        below = {column: merged for column, merged in below.items() if number <= merged[0]}
        for column, (_, value) in below.items():
            cells[column] = value
        for column in columns_of.get(number, ()):
            if column < len(cells):
                below[column] = (begins[number, column], cells[column])
        yield cells


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else ""
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == datetime.time() else value).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return "" if value is None else str(value)


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough
        sys.stdout = None
