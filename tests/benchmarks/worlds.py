"""A database of the benchmark's own, made and dropped: a file on SQLite, a test database on PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from valuation.models import ListingValuation


@contextmanager
def database() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        name = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "bench.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def empty_figures() -> None:
    """No figure, and nothing left of those that were: room of deleted rows would have to be looked through."""
    table = ListingValuation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}" if connection.vendor == "postgresql" else f"DELETE FROM {table}")


def database_url() -> str:
    parts = connection.settings_dict
    login = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    return f"postgres://{login}@{parts['HOST'] or '127.0.0.1'}:{parts['PORT'] or 5432}/{parts['NAME']}"
