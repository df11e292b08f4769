"""Figures into the database: only rows that changed, by sets, and never over newer ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField
from django.utils import timezone

from listings.models import Listing
from valuation.models import ListingValuation, RulesRevision
from valuation.recalculation.copying import binary_rows, doubles, integers, moment
from valuation.recalculation.facts import MOST_NAMED, Ids, among, chunks, gather_index
from valuation.recalculation.figures import FIGURES, INTEGERS, Table, as_rows, differs
from valuation.recalculation.reading import fetch_numbers

COLUMNS = ("listing_id", "input_version", "revision", *FIGURES, "valued_at")
STORED = COLUMNS[:-1]
TABLE = ListingValuation._meta.db_table
LISTINGS = Listing._meta.db_table
NAMES = ", ".join(COLUMNS)
PRICE = FIGURES.index("price_cents")
WIDTHS = {  # of whole numbers, in bytes, as PostgreSQL keeps them
    name: 8 if isinstance(ListingValuation._meta.get_field(name), BigIntegerField) else 4 for name in INTEGERS
}
Mask = npt.NDArray[np.bool_]
Row = tuple[int, int, Sequence[Any]]
"""A listing, its version, and its figures as the database takes them."""
# What is kept of a row that gets another price, for its history.
HISTORY = ("listing_id", "input_version", "valued_at", *FIGURES)


class RulesMoved(Exception):
    """The rules changed after this batch was read: its figures must not be stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored rows beside a batch, aligned with it. Where `exists` is false the rest means nothing."""

    exists: Mask
    input_versions: Ids
    revisions: Ids
    table: Table


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch means for the stored rows, as masks over the batch."""

    figures: Mask  # the figures differ, or there is no row
    rows: Mask  # the row must be written: the figures or the stamp
    new: Mask  # there was no row when the stored ones were read


@dataclass(frozen=True, slots=True)
class Repriced:
    """The rows of a write that had another price until now: their places in it, and what they held."""

    places: npt.NDArray[np.intp]
    table: Table
    valued_at: list[datetime]


def read_stored(ids: Ids) -> Stored:
    """The stored valuations of these listings, sorted by id as a batch is. One query for each of `chunks`."""
    if not len(ids):
        return Stored(np.zeros(0, dtype=np.bool_), ids, ids, np.zeros((0, len(FIGURES))))
    stored = ListingValuation.objects.order_by("listing_id").values_list(*STORED)
    rows = np.concatenate([fetch_numbers(stored.filter(among("listing", part)), len(STORED)) for part in chunks(ids)])
    place = gather_index(ids.tolist(), rows[:, 0].astype(np.int64))
    # One more row, which means nothing, at the end: -1 finds it.
    rows = np.vstack([rows, np.zeros(len(STORED))])[place]
    return Stored(
        exists=place >= 0,
        input_versions=rows[:, 1].astype(np.int64),
        revisions=rows[:, 2].astype(np.int64),
        table=rows[:, 3:],
    )


def compare(stored: Stored, table: Table, input_versions: Ids, *, revision: int, stamp_revision: bool) -> Change:
    """What to write. `stamp_revision` is for runs that cover only some listings: their rows carry the revision
    themselves, while a full pass records it once for all of them."""
    figures = ~stored.exists | differs(stored.table, table)
    rows = figures | (stored.input_versions != input_versions)
    if stamp_revision:
        rows = rows | (stored.revisions != revision)
    return Change(figures=figures, rows=rows, new=~stored.exists)


def write(ids: Ids, input_versions: Ids, table: Table, *, revision: int, new: Mask | None = None) -> Repriced:
    """Store these rows, stamped with the versions and the revision they were computed from, in one transaction.

    Of two jobs that hold the same listing the one that read it later is right, whichever writes last. Returns the rows
    whose price this write replaced by another one, decided while nobody else can write them: of two jobs that bring the
    same price only the first to store it is told so. `new` says which had no row a moment ago, None that nobody has
    looked. One that vanished since then may stay away: whoever took it left its listing stale.

    Raises RulesMoved when the revision is no longer the current one. The share lock makes an editor of rules wait
    until the batch is in, so that whoever computes the next revision sees these rows.
    """
    now = timezone.now()
    with transaction.atomic():
        _hold_revision(revision)
        if not len(ids):
            return _repriced(ids, [])
        if connection.vendor == "postgresql":
            return _repriced(ids, _copy(Incoming(ids, input_versions, table, revision, now), new))
        rows = list(zip(ids.tolist(), input_versions.tolist(), as_rows(table), strict=True))
        replaced = _priced_otherwise(ids, rows)
        _execute_many(ids, rows, revision, connection.ops.adapt_datetimefield_value(now))
    return _repriced(ids, replaced)


def _repriced(ids: Ids, rows: Sequence[Sequence[Any]]) -> Repriced:
    """Rows of HISTORY, sorted by listing, beside the sorted ids of a write."""
    listings = np.array([row[0] for row in rows], dtype=np.int64)
    figures = np.array([row[3:] for row in rows], dtype=np.float64).reshape(-1, len(FIGURES))  # None becomes NaN
    return Repriced(np.searchsorted(ids, listings), figures, [row[2] for row in rows])


def _hold_revision(revision: int) -> None:
    table = RulesRevision._meta.db_table
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT revision FROM {table} WHERE id = 1{lock}")
        found = cursor.fetchone()
    if found is None or found[0] != revision:
        raise RulesMoved


# SQLite, which has one writer at a time: what a transaction reads is so until it ends.


def _priced_otherwise(ids: Ids, rows: Sequence[Row]) -> list[Sequence[Any]]:
    """The stored rows that a write of these will give another price."""
    written = {listing: (version, figures[PRICE]) for listing, version, figures in rows}
    stored = ListingValuation.objects.order_by("listing_id")
    differ = [
        listing
        for part in chunks(ids)
        for listing, version, price in stored.filter(among("listing", part)).values_list(
            "listing_id", "input_version", "price_cents"
        )
        if listing in written and version <= written[listing][0] and price != written[listing][1]
    ]
    return [
        row
        for first in range(0, len(differ), MOST_NAMED)
        for row in stored.filter(listing__in=differ[first : first + MOST_NAMED]).values_list(*HISTORY)
    ]


def _execute_many(ids: Ids, rows: Sequence[Row], revision: int, now: Any) -> None:
    """A listing that was deleted since it was read is passed over: which are there is looked up once, not by every row.

    `INSERT ... SELECT ... WHERE EXISTS` would ask it by row, and SQLite keeps a journal for each such statement.
    """
    updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    statement = (
        f"INSERT INTO {TABLE} ({NAMES}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
        f"ON CONFLICT (listing_id) DO UPDATE SET {updates} WHERE {TABLE}.input_version <= excluded.input_version"
    )
    present = {
        pk for part in chunks(ids) for pk in Listing.objects.filter(among("pk", part)).values_list("pk", flat=True)
    }
    with connection.cursor() as cursor:
        cursor.executemany(
            statement, [(pk, version, revision, *figures, now) for pk, version, figures in rows if pk in present]
        )


# PostgreSQL. Every statement takes its rows in the order of their listings, so that two writers cannot deadlock.

INCOMING = ", ".join(f"incoming.{name}" for name in COLUMNS)
# Rows that are new; waits for whoever is making the same one. They are done then, and leave the incoming ones.
MAKE = f"""
    WITH made AS (
        INSERT INTO {TABLE} ({NAMES}) SELECT {INCOMING} FROM valuation_incoming incoming
        JOIN {LISTINGS} listing ON listing.id = incoming.listing_id
        WHERE NOT EXISTS (SELECT 1 FROM {TABLE} known WHERE known.listing_id = incoming.listing_id)
        ORDER BY incoming.listing_id FOR KEY SHARE OF listing
        ON CONFLICT (listing_id) DO NOTHING RETURNING listing_id
    )
    DELETE FROM valuation_incoming incoming USING made WHERE incoming.listing_id = made.listing_id"""
# The others are held from here on, as they are when nobody else holds them; those of another price are given back.
HOLD = f"""
    WITH held AS MATERIALIZED (
        SELECT stored.* FROM {TABLE} stored JOIN valuation_incoming incoming ON incoming.listing_id = stored.listing_id
        ORDER BY stored.listing_id FOR UPDATE OF stored
    )
    SELECT {", ".join(f"held.{name}" for name in HISTORY)} FROM held
    JOIN valuation_incoming incoming ON incoming.listing_id = held.listing_id
    WHERE held.input_version <= incoming.input_version AND held.price_cents IS DISTINCT FROM incoming.price_cents
    ORDER BY held.listing_id"""
REPLACE = f"""
    UPDATE {TABLE} stored SET {", ".join(f"{name} = incoming.{name}" for name in COLUMNS[1:])}
    FROM valuation_incoming incoming
    WHERE stored.listing_id = incoming.listing_id AND stored.input_version <= incoming.input_version"""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Rows on their way to PostgreSQL, sorted by listing."""

    ids: Ids
    input_versions: Ids
    table: Table
    revision: int
    now: datetime

    def those(self, rows: Mask) -> Incoming:
        return replace(self, ids=self.ids[rows], input_versions=self.input_versions[rows], table=self.table[rows])

    def into(self, cursor: Any, table: str) -> None:
        """COPY them, in the order of COLUMNS."""
        stamps = [integers(self.ids), integers(self.input_versions), integers(np.full(len(self.ids), self.revision))]
        figures = [
            integers(column, np.isnan(column), width=WIDTHS[name]) if name in INTEGERS else doubles(column)
            for name, column in zip(FIGURES, self.table.T, strict=True)
        ]
        block = binary_rows([*stamps, *figures, moment(self.now, len(self.ids))])
        statement = f"COPY {table} ({NAMES}) FROM STDIN (FORMAT BINARY)"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write(block)


def _copy(rows: Incoming, new: Mask | None) -> list[Sequence[Any]]:
    """New rows straight into the table, the others by way of a temporary one, and the new ones too where a row that was
    made meanwhile, or a listing that is gone, refuses that. Returns what rows that get another price held, as HISTORY.
    """
    with connection.cursor() as cursor:
        is_made = new is not None and (not new.any() or _copy_new(cursor, rows.those(new)))
        if is_made and new is not None:
            rows = rows.those(~new)
        if not len(rows.ids):
            return []
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS valuation_incoming (LIKE {TABLE}) ON COMMIT DELETE ROWS")
        cursor.execute("DELETE FROM valuation_incoming")
        rows.into(cursor, "valuation_incoming")
        if not is_made:
            cursor.execute(MAKE)
        cursor.execute(HOLD)
        replaced: list[Sequence[Any]] = cursor.fetchall()
        cursor.execute(REPLACE)
    return replaced


def _copy_new(cursor: Any, rows: Incoming) -> bool:
    """All of these or none: False where one has a row by now, or its listing is gone. Half of the cost of MAKE."""
    try:
        with transaction.atomic():
            rows.into(cursor, TABLE)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # which looks for the listings, and holds them
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError:
        return False
    return True
