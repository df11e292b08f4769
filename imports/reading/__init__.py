"""A file that somebody has, as a table: what it is (`detect`), and its records (`records`), one after the other.

Nothing here knows what a column means or what a listing is. `detect` looks at the beginning (and, for JSON, at all
keys); what it found, corrected by a person where it says that it is not certain, is what `records` reads by. Both
raise FileError, which names the place and the remedy. Memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imports.reading.detection import Cell, Column, Counts, Detection, EncodingChoice, Format, Hints, Record, text_of
from imports.reading.limits import FileError
from imports.reading.sniffing import sniff
from imports.reading.streaming import stream

__all__ = [
    "Cell",
    "Column",
    "Counts",
    "Detection",
    "EncodingChoice",
    "FileError",
    "Format",
    "Hints",
    "Record",
    "detect",
    "records",
    "text_of",
]


def detect(path: Path, hints: Hints | None = None) -> Detection:
    """What the file is and which columns it has. `hints` are what a person or memory says, and win."""
    return sniff(path, hints or Hints())


def records(path: Path, detection: Detection, counts: Counts | None = None) -> Iterator[Record]:
    """The records below the header, each with a cell for each column; blank ones are left out. `counts` fills up."""
    yield from stream(path, detection, counts if counts is not None else Counts())
