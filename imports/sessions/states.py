"""Who may do what to a session, and when: every step is compared and set, so that of two people one does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from imports.choices import SessionState
from imports.models import ImportSession
from imports.sessions.errors import NotNow, Outdated

# What can be changed: answers, columns, choices.
EDITABLE = (SessionState.OPEN, SessionState.READY)
CHANGED = "Somebody else has changed this import meanwhile: look at it again."
SILENT = timedelta(minutes=10)
DOING = {SessionState.COMMITTING: "is being committed", SessionState.UNDOING: "is being taken back"}
WHY = {
    SessionState.READING: "the file is still being read",
    SessionState.OPEN: "there are questions without an answer",
    SessionState.READY: "it is not committed yet",
    SessionState.COMMITTED: "it is committed already",
    SessionState.UNDONE: "it has been taken back already",
    SessionState.FAILED: "the file cannot be read; upload it again",
}


def look(session: ImportSession, revision: int | None) -> None:
    """Raise NotNow where the session cannot be changed, and Outdated where somebody has changed it since `revision`."""
    row = ImportSession.objects.filter(pk=session.pk).values("state", "revision").first()
    if row is None:
        raise NotNow("The import is gone.")
    if not _editable().filter(pk=session.pk).exists():
        session.state = row["state"]
        raise NotNow(f"The import cannot be changed: {_why(session)}.")
    if row["revision"] != (session.revision if revision is None else revision):
        raise Outdated(CHANGED)


def change(session: ImportSession, revision: int | None, **fields: Any) -> None:
    """Write fields of a session that nobody else has changed since `revision`. Raises Outdated or NotNow."""
    rows = _editable().filter(pk=session.pk)
    expected = session.revision if revision is None else revision
    changed = rows.filter(revision=expected).update(**fields, revision=F("revision") + 1, updated_at=timezone.now())
    if not changed:
        look(session, expected)
        raise Outdated(CHANGED)
    session.refresh_from_db()


def _editable() -> QuerySet[ImportSession]:
    """Sessions that can be changed; one whose reader has said nothing for long was left by it."""
    silent = Q(state=SessionState.READING, updated_at__lt=timezone.now() - SILENT)
    return ImportSession.objects.filter(Q(state__in=EDITABLE) | silent)


def begin(session: ImportSession, doing: str, *, ready: str, revision: int | None = None, **fields: Any) -> None:
    """Say that the session is being committed, or taken back, as it was at `revision`. Raises NotNow, and Outdated
    where somebody has changed it since.

    Whoever was doing it and died holds no lock any more, and then anybody may begin again.
    """
    rows = ImportSession.objects.filter(pk=session.pk)
    expected = session.revision if revision is None else revision
    begun = rows.filter(state=ready, revision=expected).update(
        state=doing, error="", progress=0, **fields, revision=F("revision") + 1, updated_at=timezone.now()
    )
    session.refresh_from_db()
    if begun or (session.state == doing and not is_held(session)):
        return
    if session.state == ready:
        raise Outdated(CHANGED)
    raise NotNow(f"Nothing was done: {_why(session)}.")


def is_held(session: ImportSession) -> bool:
    """Whether somebody is at work on a session at this moment. (SQLite has one writer: it is asked for its turn.)"""
    try:
        with transaction.atomic():
            rows = ImportSession.objects.filter(pk=session.pk)
            if connection.features.has_select_for_update_nowait:
                list(rows.select_for_update(nowait=True).values_list("pk"))
            session.refresh_from_db()
    except OperationalError:
        return True
    return False


@contextmanager
def held(session: ImportSession, doing: str) -> Iterator[None]:
    """A transaction that holds the session. Raises NotNow where somebody else has done it meanwhile."""
    with transaction.atomic():
        rows = ImportSession.objects.filter(pk=session.pk)
        if connection.features.has_select_for_update:
            list(rows.select_for_update().values_list("pk"))
        session.refresh_from_db()
        if session.state != doing:
            raise NotNow(f"Nothing was done: {_why(session)}.")
        yield


def _why(session: ImportSession) -> str:
    if session.state == SessionState.FAILED and not session.stored_as:
        return "its file was removed, for it was not imported for long; upload it again"
    state = SessionState(session.state)
    return DOING[state].replace("is", "it is", 1) + " at this moment" if state in DOING else WHY[state]
