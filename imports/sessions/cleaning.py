"""Files that nobody has imported: they go after IMPORT_FILE_DAYS, and what a killed process has left goes with them.

The row says first that its file is gone, then the file goes: whoever is killed in between leaves a file without a row,
which the next run removes. A session stays as a record of what was uploaded and never went in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from imports.choices import SessionState
from imports.models import ImportSession
from imports.sessions import progress
from imports.sessions.kept import forget
from imports.sessions.storing import discard

log = structlog.get_logger(__name__)
# Not those at which somebody is at work, nor those whose file went with their commit.
WAITING = (SessionState.READING, SessionState.OPEN, SessionState.READY, SessionState.FAILED)
OURS = re.compile(r"([0-9a-f]{32})(?:\.outcomes|\.progress|\.[0-9a-f]{1,16}\.draft)?")
UPLOADING = timedelta(days=1)  # a file that is younger may be one whose row is yet to come
MOST = 1_000  # sessions of one run
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many imports lost their file, and how many files belonged to none."""

    sessions: int
    files: int


def clean_files() -> Cleaned:
    """Remove the files of imports that were left, and files that belong to no import. Doing it twice does it once."""
    cleaned = Cleaned(sum(map(_release, _left())), sum(map(_remove, _strays())))
    if cleaned.sessions or cleaned.files:
        log.info("import_files_removed", sessions=cleaned.sessions, files=cleaned.files)
    return cleaned


def _left() -> list[ImportSession]:
    before = timezone.now() - timedelta(days=settings.IMPORT_FILE_DAYS)
    rows = ImportSession.objects.filter(state__in=WAITING, updated_at__lt=before).exclude(stored_as="")
    return list(rows.only("pk", "stored_as", "revision").order_by("pk")[:MOST])


def _release(session: ImportSession) -> bool:
    """False where somebody has gone on with the import meanwhile."""
    days = settings.IMPORT_FILE_DAYS
    removed = ImportSession.objects.filter(pk=session.pk, revision=session.revision, state__in=WAITING).update(
        state=SessionState.FAILED,
        stored_as="",
        error=f"The file was removed: it was not imported for {days} {'day' if days == 1 else 'days'}.",
        revision=F("revision") + 1,
        updated_at=timezone.now(),
    )
    if removed:
        discard(session.stored_as)
        progress.forget(session.stored_as)
        forget(session.stored_as)
    return bool(removed)


def _strays() -> Iterator[Path]:
    """Files by names of ours that no import waits for, or is being committed from."""
    files = _old_files()
    while some := list(islice(files, CHUNK)):
        names = {name for name, _ in some}
        needed = set(
            ImportSession.objects.filter(stored_as__in=names)
            .exclude(state__in=(SessionState.COMMITTED, SessionState.UNDOING, SessionState.UNDONE))
            .values_list("stored_as", flat=True)
        )
        yield from (path for name, path in some if name not in needed)


def _old_files() -> Iterator[tuple[str, Path]]:
    before = (timezone.now() - UPLOADING).timestamp()
    root = Path(settings.UPLOAD_ROOT)
    for path in root.iterdir() if root.is_dir() else ():
        with suppress(OSError):  # somebody else has removed it
            if (found := OURS.fullmatch(path.name)) and path.stat().st_mtime < before and path.is_file():
                yield found[1], path


def _remove(path: Path) -> bool:
    with suppress(OSError):
        path.unlink()
        return True
    return False
