"""What is nobody's mistake: transactions that got into each other's way, a database that is away, a disk that is full.

None of it is a 500. Two transactions that wait for each other are told so by the database, which ends one of them:
everything it did is undone, so it can be done once more. What fails again, and a database that does not answer, is a
503 with the time after which to ask again; a full disk is a 507.
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, OperationalError

DEADLOCK, SERIALIZATION, DISK_FULL = "40P01", "40001", "53100"
# Classes of PostgreSQL's errors that are about the server and not about what was asked: no connection, too few
# resources, not in this state, ended by an operator, the system itself.
AWAY = ("08", "40", "53", "55", "57", "58")
SQLITE_AWAY = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
)


def status_of(error: BaseException | None) -> HTTPStatus | None:
    """503 or 507 for an error that is trouble of this kind; None for any other."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without what SQLite adds to be more exact
        if code == sqlite3.SQLITE_FULL:
            return HTTPStatus.INSUFFICIENT_STORAGE
        return HTTPStatus.SERVICE_UNAVAILABLE if code in SQLITE_AWAY else None
    state = getattr(cause, "sqlstate", None) or ""
    if state == DISK_FULL:
        return HTTPStatus.INSUFFICIENT_STORAGE
    away = state.startswith(AWAY) if state else isinstance(error, OperationalError | InterfaceError)
    return HTTPStatus.SERVICE_UNAVAILABLE if away else None


def is_collision(error: BaseException) -> bool:
    """Whether the database undid a transaction because of another one, so that doing it again may work."""
    return getattr(error.__cause__, "sqlstate", None) in (DEADLOCK, SERIALIZATION)
