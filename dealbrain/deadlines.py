"""How long a request may take. Nobody can stop Python from outside without harm: whoever computes in a loop asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST_SECONDS = 120  # after which a web server ends a worker: nobody reads the answer any more
COMPUTING_SECONDS = 10.0  # of a question that is computed from its body

_ends: ContextVar[float | None] = ContextVar("deadline", default=None)


class DeadlinePassed(Exception):
    """What was asked for takes longer than it may."""


@contextmanager
def deadline(seconds: float = COMPUTING_SECONDS) -> Iterator[None]:
    """What is computed inside ends after so many seconds, as soon as it asks."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def check_deadline() -> None:
    """Raise DeadlinePassed where there is a deadline and it has passed. Cheap: one look at the clock."""
    ends = _ends.get()
    if ends is not None and time.monotonic() > ends:
        raise DeadlinePassed
