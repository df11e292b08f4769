"""Files below IMPORT_ROOT, by the paths that requests name."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def below_import_root(name: str) -> Path | None:
    """The file below IMPORT_ROOT that a path names, whichever way it is written; None where there is none.

    What leads out of it, by dots or by a symbolic link, is as what is not there: who asks learns nothing of the rest
    of the machine.
    """
    root = settings.IMPORT_ROOT.resolve()
    try:
        path: Path = (root / name).resolve(strict=True)
        if path.is_relative_to(root) and path.is_file():
            return path
    except (OSError, ValueError, RuntimeError):  # a NUL, a name too long, a loop of links
        pass
    return None
