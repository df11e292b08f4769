"""Many rows out of the database, with as few Python objects as its driver allows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from valuation.recalculation.collector import collector_paused

EXACT = 2**53  # below it a double holds every whole number


def fetch(values: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """The rows of a `values_list`, all at once and as the driver gives them: no converter of Django's is asked.

    So it is for whole numbers, doubles and text. JSON is text on SQLite, and decoded on PostgreSQL, which sends binary.
    """
    try:
        sql, parameters = values.query.sql_with_params()
    except EmptyResultSet:
        return []
    database = connections[values.db]
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            return _fetch_binary(database, cursor.mogrify(sql, parameters))
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _fetch_binary(database: Any, statement: str) -> list[tuple[Any, ...]]:
    """Numbers as they are: as text they are printed there and parsed here. Django's own cursors ask for text alone.

    Put into its wrapper, this one is counted and logged as any other.
    """
    plain = database.Database.Cursor(database.connection)
    with database.wrap_database_errors, database._prepare_cursor(plain) as cursor:
        cursor.cursor.format = 1
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@collector_paused()
def fetch_numbers(values: QuerySet[Any, Any], width: int) -> npt.NDArray[np.float64]:
    """The rows of a `values_list` of `width` numbers as `float64[n, width]`, NaN for null. Ids are below 2**53."""
    return np.fromiter(chain.from_iterable(fetch(values)), dtype=np.float64).reshape(-1, width)


def whole_numbers(values: Sequence[int | None], missing: int) -> npt.NDArray[np.int64]:
    """Whole numbers of any size as an array, `missing` for None."""
    found = np.array(values, dtype=np.float64)
    known = ~np.isnan(found)
    if (np.abs(found[known]) >= EXACT).any():
        return np.array([missing if value is None else value for value in values], dtype=np.int64)
    return np.where(known, found, missing).astype(np.int64)
