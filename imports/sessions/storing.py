"""Files between upload and commit: under UPLOAD_ROOT, by a name of our own."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from dealbrain.folding import clean
from imports.reading import FileError
from imports.reading.limits import MAX_BYTES

BLOCK = 1 << 20
MOST_NAME = 255


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was stored: its name under UPLOAD_ROOT, digest and bytes."""

    stored_as: str
    sha256: str
    size: int


def shown_name(name: str) -> str:
    """The last part of a path, in characters that can be seen: for people, never to open anything."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return clean(last)[:MOST_NAME] or "file"


def keep(file: BinaryIO) -> Kept:
    """Store a file as it is read. Raises FileError where it is empty or too large; nothing is left behind then."""
    root = Path(settings.UPLOAD_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    path = root / name
    try:
        with path.open("xb") as target:
            while block := file.read(BLOCK):
                size += len(block)
                if size > MAX_BYTES:
                    raise FileError(f"the file has more than {MAX_BYTES:,} bytes; split it")
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        if not size:
            raise FileError("the file is empty")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Kept(name, digest.hexdigest(), size)


def path_of(stored_as: str) -> Path:
    """Where a stored file is. Raises FileError where it is no more."""
    path = Path(settings.UPLOAD_ROOT) / stored_as
    if not stored_as or not path.is_file():
        raise FileError("the uploaded file is no longer there; upload it again")
    return path


def discard(stored_as: str) -> None:
    """Delete a stored file, if it is there."""
    if stored_as:
        (Path(settings.UPLOAD_ROOT) / stored_as).unlink(missing_ok=True)
