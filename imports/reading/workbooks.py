"""xlsx, xls and ods: checked from outside, unpacked by a process of its own, read as it writes."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from imports.reading.detection import Cell, Record
from imports.reading.limits import MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, MAX_UNPACKED, FileError

UNPACKING = Path(__file__).with_name("unpacking.py")
MAX_RATIO = 200  # of unpacked to packed bytes, above a few megabytes: sheets reach 20 or so
UNSUSPICIOUS = 20_000_000  # bytes unpacked
SPARE_ROWS = 100  # for what stands above the table


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet that is read, of these."""

    name: str
    names: tuple[str, ...]


def check_archive(path: Path) -> None:
    """Refuse a zip that is no workbook, or that unpacks to far more than a table is. Nothing is unpacked for it."""
    try:
        with zipfile.ZipFile(path) as archive:
            items = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileError("the file begins like a workbook and is damaged or cut off") from error
    names = {item.filename for item in items[:10_000]}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise FileError("this is a zip archive and no workbook: unpack it and import the table in it")
    unpacked = sum(item.file_size for item in items)
    if unpacked > MAX_UNPACKED or (
        unpacked > UNSUSPICIOUS and unpacked > MAX_RATIO * max(1, sum(item.compress_size for item in items))
    ):
        raise FileError(f"the workbook unpacks to {unpacked:,} bytes, which no table needs: save it anew, or as CSV")
    sheets = sum(1 for name in names if name.startswith("xl/worksheets/") and name.endswith((".xml", ".bin")))
    if sheets > MAX_SHEETS:
        raise FileError(f"the workbook has {sheets} sheets; at most {MAX_SHEETS} are read: save the one that you mean")


@contextmanager
def opened(path: Path, sheet: str = "") -> Iterator[tuple[Sheet, Iterator[Record]]]:
    """The sheet (the first with a table where none is named) and its rows. Raises FileError."""
    limits = [str(MAX_ROWS + SPARE_ROWS), str(MAX_COLUMNS)]
    command = [sys.executable, "-I", str(UNPACKING), str(path.resolve()), sheet, *limits]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, stdin=quiet)  # noqa: S603  # our own script
    out = process.stdout
    assert out is not None
    try:
        head = _line(out, process)
        if "error" in head:
            raise FileError(_with_names(head))
        yield Sheet(head["sheet"], tuple(head["sheets"])), _records(out, process, head["sheet"])
    finally:
        process.kill()
        out.close()
        process.wait()


def _with_names(head: dict[str, Any]) -> str:
    names: list[str] = head.get("sheets", [])
    shown = ", ".join(f'"{name}"' for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"{head['error']} (sheets: {shown})" if shown else str(head["error"])


def _line(out: IO[bytes], process: subprocess.Popen[bytes]) -> dict[str, Any]:
    line = out.readline()
    if not line:
        _explain(process)
    head: dict[str, Any] = json.loads(line)
    return head


def _explain(process: subprocess.Popen[bytes]) -> None:
    """Raise if the process did not come to its end."""
    if process.wait():
        raise FileError("the workbook needs more memory or time than a table of its size; save it as CSV")


def _records(out: IO[bytes], process: subprocess.Popen[bytes], sheet: str) -> Iterator[Record]:
    number = 0
    for number, line in enumerate(out, 1):
        cells = tuple(_cell(value) for value in json.loads(line))
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in cells):
            raise FileError(f'row {number} of "{sheet}": a cell has more than {MAX_CELL:,} characters')
        yield Record(number, cells)
    _explain(process)


def _cell(value: Any) -> Cell:
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # Fifteen digits are what a spreadsheet keeps; what binary adds beyond them is noise.
        return Decimal(f"{value:.15g}")
    return str(value).replace("\x00", "")
