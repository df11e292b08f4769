"""What cannot be saved: reading and writing the same columns without computing anything."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from listings.models import Listing
from tests.benchmarks.clock import Spent, measure
from tests.benchmarks.worlds import empty_figures
from valuation.models import ListingValuation
from valuation.recalculation.facts import PRICE_CENTS, among, listing_columns
from valuation.recalculation.figures import FIGURES

TABLE = ListingValuation._meta.db_table
COLUMNS = [field.column for field in ListingValuation._meta.concrete_fields if not field.generated]
NAMES = ", ".join(COLUMNS)


def figures() -> list[tuple[Any, ...]]:
    """The stored rows. They must be the true ones: what an index costs depends on the order of its values."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NAMES} FROM {TABLE} ORDER BY listing_id")
        return list(cursor.fetchall())


def read_and_write(fields: frozenset[str], rows: list[tuple[Any, ...]], *, batch_size: int) -> tuple[Spent, Spent]:
    """What it takes to fetch the same rows as plain tuples, and to store these figures once more, from nothing."""
    empty_figures()
    read, _ = measure(lambda: _read(fields, batch_size))
    write, _ = measure(lambda: _write(rows, batch_size))
    return read, write


def _write(rows: list[tuple[Any, ...]], batch_size: int) -> None:
    for start in range(0, len(rows), batch_size):
        with transaction.atomic(), connection.cursor() as cursor:
            _store(cursor, rows[start : start + batch_size])


def _store(cursor: Any, rows: list[tuple[Any, ...]]) -> None:
    """The plainest way in that the database has. No statement of the product."""
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {TABLE} ({NAMES}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join(["%s"] * len(COLUMNS))
    cursor.executemany(f"INSERT INTO {TABLE} ({NAMES}) VALUES ({places})", rows)


def _read(fields: frozenset[str], batch_size: int) -> list[int]:
    ids: list[int] = []
    columns = ["id", "input_version", "price_cents", *listing_columns(sorted(fields))]
    while True:
        page = Listing.objects.filter(pk__gt=ids[-1] if ids else 0).order_by("pk")[:batch_size]
        rows = list(page.annotate(price_cents=PRICE_CENTS).values_list(*columns))
        if not rows:
            return ids
        for model in (Cpu, Gpu, RamSpec, StorageProfile):
            list(model.objects.values_list())
        near = among("listing", [rows[0][0], rows[-1][0]])
        list(ListingValuation.objects.filter(near).values_list("listing_id", *FIGURES))
        ids += [row[0] for row in rows]
