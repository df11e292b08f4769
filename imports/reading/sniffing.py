"""From the first bytes of a file to its format, and from the first records to its header and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from imports.reading import delimited, documents, workbooks
from imports.reading.detection import Cell, Column, Detection, Format, Hints, Record, text_of
from imports.reading.encodings import Reading, read_encoding
from imports.reading.header import Header, find_header
from imports.reading.limits import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, FileError

SNIFFED = 50  # records
LOOKED_AT = 200  # records whose cells tell what a column is
HEAD = 8192  # bytes
FOREIGN = (
    (b"%PDF", "a PDF: tables in it cannot be read; ask for the file that it was made of"),
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it first"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file: save it as CSV"),
)


def sniff(path: Path, hints: Hints) -> Detection:
    """Raises FileError where the file is no table, or more than is read."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise FileError(f"the file has {size:,} bytes, at most {MAX_BYTES:,} are read; split it")
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileError("the file is empty")
    for mark, what in FOREIGN:
        if head.startswith(mark):
            raise FileError(f"this is {what}")
    if head.startswith(b"PK"):
        workbooks.check_archive(path)
        return _workbook(path, hints)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _workbook(path, hints)
    reading = read_encoding(path, hints.encoding)
    text = _start(path, reading.encoding)
    if text.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise FileError(
            "this is a web page or XML, whatever its name ends in: open it in a spreadsheet, save it as CSV"
        )
    if text.startswith(("{", "[")) and not hints.delimiter:
        return _json(path, reading, text)
    return _delimited(path, reading, hints)


def _start(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return file.read(HEAD).removeprefix("\ufeff").lstrip().lower()


def _workbook(path: Path, hints: Hints) -> Detection:
    with workbooks.opened(path, hints.sheet) as (sheet, rows):
        first = list(islice(rows, LOOKED_AT))
    base = Detection(Format.WORKBOOK, sheet=sheet.name, sheet_names=sheet.names)
    return _with_columns(base, first, hints)


def _delimited(path: Path, reading: Reading, hints: Hints) -> Detection:
    with delimited.text_lines(path, reading.encoding) as lines:
        start = list(islice(lines, SNIFFED * 4))
    stated = delimited.stated_delimiter(start[0]) if start else ""
    delimiter = hints.delimiter or stated or delimited.read_delimiter(start)
    if len(delimiter) != 1:
        delimiter = delimited.NAMES.get(delimiter.lower(), "")
    if not delimiter or delimiter in '"\r\n':
        raise FileError(f'"{hints.delimiter[:20]}" cannot part columns; "," and ";" and a tab can')
    base = _of(Format.DELIMITED, reading, delimiter=delimiter)
    if stated:
        base = base.noting("the first line names the delimiter")
    return _with_columns(base, list(islice(delimited.records(path, reading.encoding, delimiter), LOOKED_AT)), hints)


def _json(path: Path, reading: Reading, text: str) -> Detection:
    """All keys count, not only those of the first items; so the whole file is read once."""
    if text.startswith("{") and _is_lines(path, reading.encoding):
        base = _of(Format.JSON_LINES, reading)
        items = documents.lines(path, reading.encoding)
    else:
        found = documents.find_array(path, reading.encoding)
        base = _of(Format.JSON, reading, json_path=found[0] if found else "")
        items = documents.items(path, reading.encoding, found[1] if found else None)
    keys: dict[str, None] = {}
    first: list[documents.Item] = []
    for number, (place, item, _) in enumerate(items, 1):
        if number > MAX_ROWS:
            raise FileError(f"{base.place(place)}: the file has more than {MAX_ROWS:,} records; split it")
        keys.update(dict.fromkeys(item))
        if len(keys) > MAX_COLUMNS:
            raise FileError(f"{base.place(place)}: the file has more than {MAX_COLUMNS} different keys")
        if len(first) < LOOKED_AT:
            first.append(item)
    if not keys:
        raise FileError("the file holds no objects with keys")
    rows = [tuple(item.get(key, "") for key in keys) for item in first]
    return _columns(base, list(keys), rows)


def _is_lines(path: Path, encoding: str) -> bool:
    with path.open(encoding=encoding, newline="") as file:
        return documents.is_json_lines(documents.head_of(file))


def _of(kind: Format, reading: Reading, *, delimiter: str = "", json_path: str = "") -> Detection:
    return Detection(
        kind,
        encoding=reading.encoding,
        encoding_is_certain=reading.is_certain,
        encoding_choices=reading.choices,
        delimiter=delimiter,
        json_path=json_path,
    )


def _with_columns(base: Detection, records: Sequence[Record], hints: Hints) -> Detection:
    if not any(text_of(cell).strip() for record in records for cell in record.cells):
        raise FileError("the file has no records")
    header = _header(records, hints)
    if header.position is None:
        width = max(_filled_width(record.cells) for record in records)
        names = [f"Column {number}" for number in range(1, width + 1)]
        rows = records
    else:
        cells = records[header.position].cells
        rows = records[header.position + 1 :]
        names = [text_of(cell).strip() for cell in cells]
        while (
            names
            and not names[-1]
            and not any(text_of(c).strip() for r in rows for c in r.cells[len(names) - 1 : len(names)])
        ):
            names.pop()
    if len(names) > MAX_COLUMNS:
        raise FileError(f"the file has {len(names):,} columns; at most {MAX_COLUMNS} are read")
    row = None if header.position is None else header.position + 1
    found = replace(base, header_row=row, header_is_certain=header.is_certain)
    if header.position:
        found = found.noting(
            f"the header is on {found.place(records[header.position].line)}; what is above it is left out"
        )
    return _columns(found, names, [record.cells for record in rows])


def _header(records: Sequence[Record], hints: Hints) -> Header:
    if hints.header_row is None:
        return find_header(records[:SNIFFED])
    if hints.header_row > len(records):
        raise FileError(f"the header cannot be record {hints.header_row}: the file has fewer, or it is too far down")
    return Header(hints.header_row - 1 if hints.header_row > 0 else None, is_certain=True)


def _filled_width(cells: Sequence[Cell]) -> int:
    return max((place for place, cell in enumerate(cells, 1) if text_of(cell).strip()), default=0)


def _columns(base: Detection, names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Detection:
    filled = [row for row in rows if any(text_of(cell).strip() for cell in row)]
    columns = []
    for place, name in enumerate(names):
        cells = [row[place] for row in filled if place < len(row) and text_of(row[place]).strip()]
        empty = 1 - len(cells) / len(filled) if filled else 0.0
        columns.append(Column(place, name, tuple(cells), round(empty, 3)))
    return replace(base, columns=tuple(columns))
