"""How much is read of one file, so that no upload can take the machine. All are stated in docs/importing.md."""

from __future__ import annotations

MAX_BYTES = 100_000_000
MAX_UNPACKED = 1_000_000_000  # bytes of a workbook's parts, as its directory states them
MAX_ROWS = 200_000
MAX_COLUMNS = 500
MAX_CELL = 100_000  # characters
MAX_LINE = 2_000_000  # characters of one line of a text file
MAX_SHEETS = 500
MAX_DEPTH = 20  # objects within objects of one item
MAX_ITEM = 1_000_000  # characters of one item of a JSON file


class FileError(ValueError):
    """The file cannot be read as a table: what is wrong, where, and what would be right."""
