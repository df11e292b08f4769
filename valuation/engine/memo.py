"""What was worked out before, bounded; what was compiled, by the bytes of all that it was made of."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Key = bytes


def key_of(*parts: object) -> Key | None:
    """The bytes of plain data: of two that differ in anything, be it 1 and 1.0, never the same.

    Equal data may have different bytes, which costs one more compilation and nothing else. None: it is nested too deep,
    or holds something that is no plain data.
    """
    try:
        return pickle.dumps(parts, protocol=5)
    except (RecursionError, TypeError, AttributeError, pickle.PicklingError):
        return None


class Memo(Generic[T]):
    """The answers asked for last, for all threads of a process, as long as they weigh no more than `most` together.

    `weigh` is of a key and its answer; without it, what counts is the length of keys. A key of None is never known. An
    answer is shared by everybody who asks: it must not be changed. One that weighs more than all of it is not kept.
    """

    def __init__(self, most: int, weigh: Callable[[Any, T], int] = lambda key, _: len(key)) -> None:
        self._most, self._weigh = most, weigh
        self._weight = 0
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable | None) -> T | None:
        with self._lock:
            if key is None or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: Hashable | None, answer: T) -> None:
        with self._lock:
            if key is None or key in self._kept or self._weigh(key, answer) > self._most:
                return
            self._kept[key] = answer
            self._weight += self._weigh(key, answer)
            while self._weight > self._most:
                self._weight -= self._weigh(*self._kept.popitem(last=False))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)
