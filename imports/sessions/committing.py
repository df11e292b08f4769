"""What was planned, written: one transaction, in which nobody else commits the same session."""

from __future__ import annotations

from collections import Counter

import structlog
from django.db import DatabaseError, IntegrityError, OperationalError
from django.db.models import F
from django.utils import timezone

from catalog.custom_values import definitions_loaded, hold_definitions
from dealbrain.actor import acting
from imports.choices import RowOutcome, SessionState
from imports.models import ImportRow, ImportSession
from imports.reading import FileError
from imports.sessions import memory, progress
from imports.sessions.errors import NotNow, SessionError
from imports.sessions.files import catalog_of, decisions_of, file_of
from imports.sessions.kept import Kept, Unreadable, fingerprint_of, forget
from imports.sessions.kinds import work_of
from imports.sessions.parts import Parts
from imports.sessions.states import held
from imports.sessions.storing import discard
from valuation.jobs import kick
from valuation.recalculation.marking import mark_scales

log = structlog.get_logger(__name__)
ATTEMPTS = 3  # where another writer was in the way: it has made the same offer or part, or waits for us as we for it


def run_commit(session_id: int) -> None:
    """Commit a session that was begun. Doing it twice, or after a crash, does it once. Raises SessionError."""
    session = ImportSession.objects.get(pk=session_id)
    with acting(session.committed_by):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with held(session, SessionState.COMMITTING), definitions_loaded():
                    _commit(session)
                break
            except NotNow:
                raise
            except Unreadable:
                forget(session.stored_as)  # the records are read anew
            except (IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS:
                    _give_up(session, error)
                    raise SessionError(f"Nothing went in: {_said(error)} Try again.") from error
            except FileError as error:
                _give_up(session, error)
                raise SessionError(f"Nothing went in: {error}.") from error
            except Exception as error:
                _give_up(session, error)
                raise
    progress.forget(session.stored_as)
    forget(session.stored_as)
    discard(session.stored_as)  # taking an import back needs the rows alone


def _commit(session: ImportSession) -> None:
    hold_definitions()
    ImportRow.objects.filter(session=session).delete()
    file = file_of(session)
    file.kept = Kept(session.stored_as, fingerprint_of(session))
    parts = Parts()
    work = work_of(session, parts, hold=True)
    counts: Counter[str] = Counter()
    reporter = progress.Reporter(session.stored_as)
    decisions = decisions_of(session.study["decisions"])
    for plans in work.plans(file, decisions, catalog_of(parts), reporter):
        work.write(plans)
        counts.update(plan.outcome.value for plan in plans)
    work.finish()
    mark_scales()
    memory.remember(session)
    now = timezone.now()
    ImportSession.objects.filter(pk=session.pk).update(
        state=SessionState.COMMITTED,
        counts={outcome.value: counts[outcome.value] for outcome in RowOutcome} | {"records": file.counts.records},
        notes=list(dict.fromkeys([*session.notes, *file.counts.as_notes()])),
        made=parts.made_as_json(),
        progress=file.counts.records,
        total=file.counts.records,
        revision=F("revision") + 1,
        committed_at=now,
        updated_at=now,
    )
    session.refresh_from_db()
    kick()


def _give_up(session: ImportSession, error: Exception) -> None:
    """Nothing was written: the session is ready again, and says why."""
    log.warning("import_not_committed", session=session.pk, error=str(error))
    ImportSession.objects.filter(pk=session.pk, state=SessionState.COMMITTING).update(
        state=SessionState.READY, error=_said(error), revision=F("revision") + 1, updated_at=timezone.now()
    )
    session.refresh_from_db()


def _said(error: Exception) -> str:
    """What a person is told of an error: not the words of a database."""
    if isinstance(error, DatabaseError):
        return "the database was busy with other writers of the same offers."
    return str(error)[:2_000] if isinstance(error, FileError) else "something went wrong here; the log says what."
