"""Files of baselines: from a path, from standard input, or from below IMPORT_ROOT."""

from __future__ import annotations

import sys
from pathlib import Path

from django.core.management.base import CommandError

from baselines.reading import MAX_BYTES, BaselineError, refused
from dealbrain.import_root import below_import_root


def read_file(name: str) -> bytes:
    """The bytes of a file that somebody on this machine names, or of standard input for "-". Raises CommandError.

    At most one byte more than a baseline may have: the reader refuses those.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        return _read(Path(name))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def read_from_import_root(name: str) -> bytes:
    """The bytes of a file below IMPORT_ROOT, whichever way the path is written. Raises BaselineError."""
    path = below_import_root(name)
    try:
        if path is not None:
            return _read(path)
    except OSError:
        pass
    raise refused("baseline_path", "there is no such file below the folder for imports (IMPORT_ROOT)", "not_found")


def complain(error: BaselineError, what: str, name: str) -> CommandError:
    """Every problem of a file, one on each line."""
    lines = "\n".join(f"  {problem}" for problem in error.problems)
    count = len(error.problems)
    return CommandError(f"{what}, {count} {'problem' if count == 1 else 'problems'} in {name}:\n{lines}")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
