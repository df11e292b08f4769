"""Packages between a look and the decision: files under UPLOAD_ROOT, by the digest of what they hold."""

from __future__ import annotations

import hashlib
import re
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from valuation.packages.content import BOUNDS

LONGEST_SECONDS = 24 * 3_600
DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(content: bytes) -> str:
    """Keep what was looked at for a day. Returns the name to ask for it by. What is older goes."""
    _forget_old()
    name = hashlib.sha256(content).hexdigest()
    _folder().mkdir(parents=True, exist_ok=True)
    new = _folder() / f".{name}.{time.time_ns()}"
    new.write_bytes(content)
    new.replace(_folder() / name)
    return name


def kept(name: str) -> bytes | None:
    """What was kept under this name; None where it is gone, was never there, or is no name of ours."""
    if DIGEST.fullmatch(name) is None:
        return None
    try:
        with (_folder() / name).open("rb") as file:
            return file.read(BOUNDS.most_bytes + 1)
    except OSError:
        return None


def forget(name: str) -> None:
    if DIGEST.fullmatch(name) is not None:
        with suppress(OSError):
            (_folder() / name).unlink()


def _forget_old() -> None:
    with suppress(OSError):
        for path in _folder().iterdir():
            if time.time() - path.stat().st_mtime > LONGEST_SECONDS:
                path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.UPLOAD_ROOT) / "packages"
