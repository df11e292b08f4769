"""Parts that one piece of work asks for again and again, asked of the database once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_remembered: ContextVar[dict[Hashable, Any] | None] = ContextVar("parts", default=None)


@contextmanager
def parts_remembered() -> Iterator[None]:
    """For whoever writes many rows in one transaction: what is found or made inside is found again without a query."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def remembered(key: Hashable, make: Callable[[], Any]) -> Any:
    """What `make` gives, once for each key inside `parts_remembered`, and every time outside of it."""
    known = _remembered.get()
    if known is None:
        return make()
    if key not in known:
        known[key] = make()
    return known[key]
