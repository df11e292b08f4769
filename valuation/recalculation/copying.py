"""Columns as the bytes of PostgreSQL's `COPY ... (FORMAT BINARY)`: a batch becomes one block, not a million objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # the signature, no flags, no extension of the header
END = b"\xff\xff"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wire:
    """One column of n rows: its values in the type that the database has (`>i4`, `>i8`, `>f8`), null where `missing`.

    The width has to be that of the column: COPY refuses the block otherwise.
    """

    values: npt.NDArray[Any]
    missing: npt.NDArray[np.bool_] | None = None


def integers(values: npt.NDArray[Any], missing: npt.NDArray[np.bool_] | None = None, *, width: int = 8) -> Wire:
    """A column of `bigint`, or of `integer` with a width of 4."""
    known = values if missing is None else np.where(missing, 0, values)
    return Wire(known.astype(f">i{width}"), missing)


def doubles(values: npt.NDArray[np.float64]) -> Wire:
    """A column of `double precision`; NaN is null."""
    return Wire(values.astype(">f8"), np.isnan(values))


def moment(time: datetime, count: int) -> Wire:
    """The same `timestamp with time zone` in every row."""
    return Wire(np.full(count, (time - EPOCH) // timedelta(microseconds=1), dtype=">i8"))


def binary_rows(columns: Sequence[Wire]) -> bytes:
    """The whole block: each row a count of fields, then the length and the bytes of each; a null has length -1."""
    layout = [("fields", ">i2")]
    for number, column in enumerate(columns):
        layout += [(f"length{number}", ">i4"), (f"value{number}", column.values.dtype.str)]
    rows = np.zeros(len(columns[0].values), dtype=layout)
    rows["fields"] = len(columns)
    nulls = [(number, column.missing) for number, column in enumerate(columns) if column.missing is not None]
    for number, column in enumerate(columns):
        rows[f"length{number}"] = column.values.dtype.itemsize
        rows[f"value{number}"] = column.values
    for number, missing in nulls:
        rows[f"length{number}"][missing] = -1
    if not any(missing.any() for _, missing in nulls):
        return BEGIN + rows.tobytes() + END
    sent = np.ones((len(rows), rows.dtype.itemsize), dtype=np.bool_)
    places = rows.dtype.fields
    assert places is not None
    for number, missing in nulls:
        kind, start = places[f"value{number}"][:2]
        sent[missing, start : start + kind.itemsize] = False
    return BEGIN + rows.view(np.uint8).reshape(sent.shape)[sent].tobytes() + END
