"""Which of the first records names the columns. Titles may stand above it, and there may be none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from imports.headers import is_known
from imports.reading.detection import Cell, Record, text_of

LOOKED_AT = 20  # records that may be the header
LONGEST_LABEL = 80  # characters
NUMBER = re.compile(r"[^\w]*\d[\d\s.,'’]*\s*\S{0,4}")
DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")


@dataclass(frozen=True, slots=True)
class Header:
    """The header's place among the records (from 0), None where there is none; and whether that is sure."""

    position: int | None
    is_certain: bool


def find_header(records: Sequence[Record], known: Callable[[str], bool] = is_known) -> Header:
    """The first record of labels that is as wide as the table.

    It is certain where a label is known, or where numbers stand below texts. A record of values in its place means
    that there is no header, which is asked about.
    """
    filled = [
        (place, record) for place, record in enumerate(records) if any(text_of(cell).strip() for cell in record.cells)
    ]
    if not filled:
        return Header(None, is_certain=False)
    width = _common_width([record.cells for _, record in filled])
    for order, (place, record) in enumerate(filled[:LOOKED_AT]):
        names = [text_of(cell).strip() for cell in record.cells]
        knows = sum(1 for name in names if name and known(name))
        if knows >= 2 or (knows and width <= 2):
            return Header(place, is_certain=True)
        if width > 1 and 2 * len([name for name in names if name]) <= width:
            continue
        if not _are_labels(record.cells):
            break
        below = [item.cells for _, item in filled[order + 1 :]]
        if below and (knows or _contrast(record.cells, below)):
            return Header(place, is_certain=True)
        if order == 0 and below and width > 1:
            return Header(place, is_certain=False)
    return Header(None, is_certain=False)


def _common_width(rows: Sequence[Sequence[Cell]]) -> int:
    """The most common number of cells up to the last one that is filled."""
    widths = Counter(_width(cells) for cells in rows)
    return max(widths, key=lambda width: (widths[width], width))


def _width(cells: Sequence[Cell]) -> int:
    return max((place for place, cell in enumerate(cells, 1) if text_of(cell).strip()), default=0)


def _are_labels(cells: Sequence[Cell]) -> bool:
    """Short texts, none twice, most of them no numbers; days may be labels of prices."""
    texts = [text_of(cell).strip() for cell in cells if text_of(cell).strip()]
    if any(isinstance(cell, Decimal) for cell in cells) or any(len(text) > LONGEST_LABEL for text in texts):
        return False
    plain = [text for text in texts if not DATE.fullmatch(text)]
    return bool(plain) and len(set(texts)) == len(texts) and not any(_is_value(text) for text in plain)


def _is_value(text: str) -> bool:
    return bool(NUMBER.fullmatch(text)) or "://" in text


def _contrast(header: Sequence[Cell], below: Sequence[Sequence[Cell]]) -> bool:
    """Whether some column is numbers below a label that is none."""
    for place, cell in enumerate(header):
        if not text_of(cell).strip():
            continue
        column = [row[place] for row in below if place < len(row) and text_of(row[place]).strip()]
        if column and sum(1 for value in column if _is_value(text_of(value).strip())) >= 0.8 * len(column):
            return True
    return False
