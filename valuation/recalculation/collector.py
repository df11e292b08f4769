"""The garbage collector, kept out of the way while a batch is in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for cycles inside: a page of rows is a million tuples and numbers that hold none.

    The collector would look through all of them again and again as they come in. Reference counts free them as ever;
    whatever cycles there are wait until the page is done. A collector that is off, here or by a caller, stays so.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
