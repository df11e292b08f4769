"""How much work one request may cause, whatever is in it.

Portable, hence cooperative: no signal, no second thread. A request gets a time by which it has to be done, and every
loop over what somebody has sent calls `go_on` at each step: the parser, the serializers, the readers of baselines, the
preview by batches. A step is short because everything in it has a bound: keys of an object, items of a list, leaves of
a condition. Outside of a request, in commands and jobs, nothing is limited.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MOST_SECONDS = 10.0
MOST_SUGGESTIONS = 10  # of a near name: looking for one is the dearest thing about a wrong one
MOST_PROBLEMS = 50  # that are looked for and told
MOST_KEYS = 1_000  # of one object


class TookTooLong(Exception):
    """The time of this request is over."""

    def __init__(self) -> None:
        super().__init__(f"This took longer than {MOST_SECONDS:g} seconds, and was given up: send less at a time.")


@dataclass(slots=True)
class _Effort:
    until: float
    suggestions: int = MOST_SUGGESTIONS


_effort: ContextVar[_Effort | None] = ContextVar("dealbrain_effort", default=None)


@contextmanager
def limited(seconds: float = MOST_SECONDS) -> Iterator[None]:
    """Everything inside is one request."""
    token = _effort.set(_Effort(time.monotonic() + seconds))
    try:
        yield
    finally:
        _effort.reset(token)


@contextmanager
def unlimited() -> Iterator[None]:
    """What has to be finished though it is done inside a request: work that was put off until its commit."""
    token = _effort.set(None)
    try:
        yield
    finally:
        _effort.reset(token)


def go_on() -> None:
    """Raise TookTooLong when the time of this request is over."""
    effort = _effort.get()
    if effort is not None and time.monotonic() > effort.until:
        raise TookTooLong


def may_suggest() -> bool:
    """Whether a near name may be looked for once more: so often in one request."""
    effort = _effort.get()
    if effort is None:
        return True
    effort.suggestions -= 1
    return effort.suggestions >= 0
