"""Market figures into the database, by sets, and never those of a model that is not the current one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from django.db import connection, transaction

from listings.models import Listing
from valuation.market.estimate.calibrating import Valued
from valuation.market.estimate.offers import Floats, Ids, Offers
from valuation.models import ListingMarket, MarketModel
from valuation.recalculation.facts import among, chunks
from valuation.recalculation.reading import fetch_numbers

TABLE = ListingMarket._meta.db_table
LISTINGS = Listing._meta.db_table
COLUMNS = (
    "listing_id",
    "model_id",
    "input_version",
    "fair_cents",
    "low_cents",
    "high_cents",
    "target_cents",
    "grade",
    "grade_reason",
    "comparables_count",
    "scaled_error",
    "discount",
    "is_implausible",
)
NAMES = ", ".join(COLUMNS)
UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
NEWER = f"{TABLE}.model_id <> excluded.model_id OR {TABLE}.input_version <= excluded.input_version"


class ModelMoved(Exception):
    """Another model has become the current one: these figures must not be stored."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Figures of listings, sorted by id, with the versions that were read before them: 100 bytes a listing.

    `cents` int64[n, 4]: fair, low, high, target. `grade` and `reason` are texts, each kept once. `numbers`
    float64[n, 2]: the scaled error and the discount, NaN where there is no price.
    """

    ids: Ids
    input_versions: Ids
    cents: Ids
    grade: list[str]
    reason: list[str]
    comparables: list[int]
    numbers: Floats
    implausible: list[bool]

    def records(self, model_id: int) -> Iterable[Sequence[Any]]:
        """In the order of COLUMNS."""
        return zip(
            self.ids.tolist(),
            repeat(model_id),
            self.input_versions.tolist(),
            *(column.tolist() for column in self.cents.T),
            self.grade,
            self.reason,
            self.comparables,
            *(_nullable(column) for column in self.numbers.T),
            self.implausible,
            strict=False,
        )


def rows_of(offers: Offers, input_versions: Ids, valued: Valued) -> Rows:
    """The figures as they are stored."""
    judged = valued.judged
    money = np.column_stack([valued.fair, valued.low, valued.high, judged.target])
    return Rows(
        ids=offers.ids,
        input_versions=input_versions,
        cents=np.round(money * 100).astype(np.int64),
        grade=judged.grade.tolist(),
        reason=judged.reason.tolist(),
        comparables=valued.near.count.tolist(),
        numbers=np.column_stack([np.round(judged.scaled, 4), np.round(1 - offers.price / valued.fair, 4)]),
        implausible=judged.implausible.tolist(),
    )


def _nullable(values: Floats) -> list[float | None]:
    return [value if value == value else None for value in values.tolist()]  # NaN alone differs


def write(rows: Rows, *, model_id: int) -> None:
    """Store these rows in one transaction. Listings that are gone are passed over.

    Raises ModelMoved when the model is not the current one. The share lock makes whoever wants another model to be
    current wait until these rows are in, and then replaces them too.
    """
    with transaction.atomic():
        _hold_current(model_id)
        store(rows, model_id=model_id)


def store(rows: Rows, *, model_id: int) -> None:
    """Store these rows, in a transaction that holds the model."""
    if not len(rows.ids):
        return
    if connection.vendor == "postgresql":
        _copy(rows, model_id)
    else:
        _execute_many(rows, model_id)


def drop_others(model_id: int) -> None:
    """Take away what is of another model."""
    ListingMarket.objects.exclude(model=model_id).delete()


def _hold_current(model_id: int) -> None:
    models = MarketModel.objects.filter(pk=model_id, is_current=True).order_by().values_list("pk")
    lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
    sql, parameters = models.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql + lock, parameters)
        if cursor.fetchone() is None:
            raise ModelMoved


def _execute_many(rows: Rows, model_id: int) -> None:
    """SQLite, which has one writer at a time: what is there stays there until the transaction ends."""
    listings = Listing.objects.order_by().values_list("pk")
    there = [fetch_numbers(listings.filter(among("pk", part)), 1) for part in chunks(rows.ids)]
    present = set(np.concatenate(there).ravel().astype(np.int64).tolist())
    statement = (
        f"INSERT INTO {TABLE} ({NAMES}) VALUES ({', '.join(['%s'] * len(COLUMNS))}) "
        f"ON CONFLICT (listing_id) DO UPDATE SET {UPDATES} WHERE {NEWER}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [record for record in rows.records(model_id) if record[0] in present])


def _copy(rows: Rows, model_id: int) -> None:
    """PostgreSQL: into a temporary table, and from there in the order of listings, so that two cannot deadlock."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS market_incoming (LIKE {TABLE}) ON COMMIT DELETE ROWS")
        cursor.execute("DELETE FROM market_incoming")
        statement = f"COPY market_incoming ({NAMES}) FROM STDIN"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for record in rows.records(model_id):
                copy.write_row(record)
        cursor.execute(
            f"INSERT INTO {TABLE} ({NAMES}) SELECT {', '.join(f'incoming.{name}' for name in COLUMNS)} "
            f"FROM market_incoming incoming JOIN {LISTINGS} listing ON listing.id = incoming.listing_id "
            f"ORDER BY incoming.listing_id FOR KEY SHARE OF listing "
            f"ON CONFLICT (listing_id) DO UPDATE SET {UPDATES} WHERE {NEWER}"
        )
