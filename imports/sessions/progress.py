"""How far a commit is. Its transaction shows nothing before it ends, so this stands in a file beside the upload."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.conf import settings

EVERY = 2_500  # records


class Reporter:
    """Called with the number of records so far."""

    def __init__(self, stored_as: str) -> None:
        self._path = _path(stored_as)
        self._last = 0

    def __call__(self, read: int) -> None:
        if read - self._last >= EVERY:
            self._last = read
            with suppress(OSError):  # nobody's import fails because nobody can look on
                self._path.write_text(str(read), encoding="ascii")


def of(stored_as: str) -> int:
    """The records that were read so far; 0 where nobody has said."""
    try:
        return int(_path(stored_as).read_text(encoding="ascii") or 0)
    except (OSError, ValueError):
        return 0


def forget(stored_as: str) -> None:
    with suppress(OSError):
        _path(stored_as).unlink(missing_ok=True)


def _path(stored_as: str) -> Path:
    return Path(settings.UPLOAD_ROOT) / f"{stored_as}.progress"
