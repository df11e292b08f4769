"""Background work of imports. The session's row says what there is to do; doing it twice does it once."""

from __future__ import annotations

import structlog

from imports.choices import SessionState
from imports.models import ImportSession
from imports.sessions.analysing import run_analysis
from imports.sessions.committing import run_commit
from imports.sessions.errors import SessionError
from imports.sessions.states import begin
from imports.sessions.undoing import run_undo

log = structlog.get_logger(__name__)


def read_session(session_id: int) -> None:
    """Read the file of a session: what is asked, and what every record would do."""
    if ImportSession.objects.filter(pk=session_id).exists():
        run_analysis(session_id)


def run_through(session_id: int) -> None:
    """Read the file of a session and, where nothing is asked, have it go in. Raises SessionError."""
    run_analysis(session_id)
    session = ImportSession.objects.get(pk=session_id)
    if session.state == SessionState.READY and not session.questions:
        begin(session, SessionState.COMMITTING, ready=SessionState.READY, committed_by=session.actor)
        run_commit(session_id)


def take_session(session_id: int) -> None:
    _quietly(run_through, session_id)


def commit_session(session_id: int) -> None:
    _quietly(run_commit, session_id)


def undo_session(session_id: int) -> None:
    _quietly(run_undo, session_id)


def _quietly(work: object, session_id: int) -> None:
    """What went wrong stands in the session, for whoever asks for it."""
    if not ImportSession.objects.filter(pk=session_id).exists():
        return
    try:
        work(session_id)  # type: ignore[operator]  # one of the two above
    except SessionError as error:
        log.warning("import_not_done", session=session_id, error=str(error))
