"""Figures into the database: only rows that changed, by sets, and never over newer ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.utils import timezone

from listings.models import Listing
from valuation.models import ListingValuation, RulesRevision
from valuation.recalculation.facts import Ids, among, gather_index
from valuation.recalculation.figures import FIGURES, Table, as_rows, differs

COLUMNS = ("listing_id", "input_version", "revision", *FIGURES, "valued_at")
TABLE = ListingValuation._meta.db_table
LISTINGS = Listing._meta.db_table
UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
# Two jobs may hold the same listing: the one that read it later is right, whichever writes last.
UPSERT = f"ON CONFLICT (listing_id) DO UPDATE SET {UPDATES} WHERE {TABLE}.input_version <= excluded.input_version"


class RulesMoved(Exception):
    """The rules changed after this batch was read: its figures must not be stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored rows beside a batch, aligned with it. Where `exists` is false the rest means nothing."""

    exists: npt.NDArray[np.bool_]
    input_versions: Ids
    revisions: Ids
    table: Table


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch means for the stored rows, as masks over the batch."""

    figures: npt.NDArray[np.bool_]  # the figures differ, or there is no row
    rows: npt.NDArray[np.bool_]  # the row must be written: the figures or the stamp
    prices: npt.NDArray[np.bool_]  # a stored price differs from the one read now


def read_stored(ids: Ids) -> Stored:
    """The stored valuations of these listings, sorted by id as a batch is. One query."""
    if not len(ids):
        return Stored(np.zeros(0, dtype=np.bool_), ids, ids, np.zeros((0, len(FIGURES))))
    rows = list(
        ListingValuation.objects.filter(among("listing", ids))
        .order_by("listing_id")
        .values_list("listing_id", "input_version", "revision", *FIGURES)
    )
    if not rows:
        nothing = np.zeros(len(ids), dtype=np.int64)
        return Stored(nothing > 0, nothing, nothing, np.full((len(ids), len(FIGURES)), np.nan))
    columns = list(zip(*rows, strict=True))
    place = gather_index(ids.tolist(), np.array(columns[0], dtype=np.int64))
    table = np.column_stack([np.array(column, dtype=np.float64) for column in columns[3:]])
    return Stored(
        exists=place >= 0,
        input_versions=np.array(columns[1], dtype=np.int64)[place],
        revisions=np.array(columns[2], dtype=np.int64)[place],
        table=table[place],
    )


def compare(stored: Stored, table: Table, input_versions: Ids, *, revision: int, stamp_revision: bool) -> Change:
    """What to write. `stamp_revision` is for runs that cover only some listings: their rows carry the revision
    themselves, while a full pass records it once for all of them."""
    figures = ~stored.exists | differs(stored.table, table)
    rows = figures | (stored.input_versions != input_versions)
    if stamp_revision:
        rows = rows | (stored.revisions != revision)
    price = FIGURES.index("price_cents")
    prices = stored.exists & differs(stored.table[:, [price]], table[:, [price]])
    return Change(figures=figures, rows=rows, prices=prices)


def write(ids: Ids, input_versions: Ids, table: Table, *, revision: int) -> None:
    """Store these rows, stamped with the versions and the revision they were computed from, in one transaction.

    Raises RulesMoved when the revision is no longer the current one. The share lock makes an editor of rules wait
    until the batch is in, so that whoever computes the next revision sees these rows.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    rows = [
        (listing, version, revision, *figures, now)
        for listing, version, figures in zip(ids.tolist(), input_versions.tolist(), as_rows(table), strict=True)
    ]
    with transaction.atomic():
        _hold_revision(revision)
        if rows:
            (_copy if connection.vendor == "postgresql" else _execute_many)(rows)


def _hold_revision(revision: int) -> None:
    table = RulesRevision._meta.db_table
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT revision FROM {table} WHERE id = 1{lock}")
        found = cursor.fetchone()
    if found is None or found[0] != revision:
        raise RulesMoved


def _execute_many(rows: Iterable[Sequence[Any]]) -> None:
    """SQLite. A listing that was deleted since it was read is passed over by the WHERE."""
    places = ", ".join(["%s"] * len(COLUMNS))
    statement = (
        f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) SELECT {places} "
        f"WHERE EXISTS (SELECT 1 FROM {LISTINGS} WHERE id = %s) {UPSERT}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*row, row[0]) for row in rows])


def _copy(rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL: COPY into a temporary table, then one upsert in pk order, so that two writers cannot deadlock."""
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS valuation_incoming (LIKE {TABLE}) ON COMMIT DELETE ROWS")
        cursor.execute("DELETE FROM valuation_incoming")
        with cursor.copy(f"COPY valuation_incoming ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        columns = ", ".join(f"incoming.{name}" for name in COLUMNS)
        cursor.execute(
            f"INSERT INTO {TABLE} ({names}) SELECT {columns} FROM valuation_incoming incoming "
            f"JOIN {LISTINGS} listing ON listing.id = incoming.listing_id "
            f"ORDER BY incoming.listing_id FOR KEY SHARE OF listing {UPSERT}"
        )
