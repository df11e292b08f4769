"""Near names: looking for one is the dearest thing about a wrong one, so a request gets a few, wherever it asks.

Outside of a request, in commands and forms, there is no limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MOST_HINTS = 10


@dataclass(slots=True)
class _Left:
    hints: int = MOST_HINTS


_left: ContextVar[_Left | None] = ContextVar("dealbrain_hints", default=None)


@contextmanager
def few_hints() -> Iterator[None]:
    """Everything inside is one request."""
    token = _left.set(_Left())
    try:
        yield
    finally:
        _left.reset(token)


def may_hint() -> bool:
    """Whether a near name may be looked for once more."""
    left = _left.get()
    if left is None:
        return True
    left.hints -= 1
    return left.hints >= 0
