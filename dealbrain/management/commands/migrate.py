"""`manage.py migrate`, one at a time: of two that start at once, the second waits and finds the work done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper as Sqlite

try:
    import fcntl
except ImportError:  # Windows has none: there nobody waits
    fcntl = None  # type: ignore[assignment]

ADVISORY_LOCK = 4_711_902_346  # any number, the same in every release


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with only_one(options["database"]):
            super().handle(*args, **options)


@contextmanager
def only_one(alias: str) -> Iterator[None]:
    """Wait until no other process migrates this database. A process that dies lets go of its lock."""
    connection = connections[alias]
    if connection.vendor == "postgresql":
        with _advisory_lock(connection):
            yield
    elif isinstance(connection, Sqlite) and not connection.is_in_memory_db() and fcntl is not None:
        with _locked_file(Path(f"{connection.settings_dict['NAME']}.migrate.lock")):
            yield
    else:
        yield


@contextmanager
def _advisory_lock(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Held by a connection of its own: migrations may close theirs."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            with own.cursor() as cursor:  # by name: the server notices a moment later that a connection has closed
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
    finally:
        own.close()


@contextmanager
def _locked_file(path: Path) -> Iterator[None]:
    """The file stays: were it deleted, two could hold a lock on two files of one name."""
    with path.open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
