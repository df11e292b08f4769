"""What was compiled before, by the bytes of all that it was made of."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
Key = bytes


def key_of(*parts: object) -> Key | None:
    """The bytes of plain data: of two that differ in anything, be it 1 and 1.0, never the same. None: nested too deep.

    Equal data may have different bytes, which costs one more compilation and nothing else.
    """
    try:
        return pickle.dumps(parts, protocol=5)
    except RecursionError:
        return None


class Memo(Generic[T]):
    """The answers asked for last, for all threads of a process, as long as their keys take `most_bytes` together.

    An answer is shared by everybody who asks: it must not be changed. One that is larger than all of it is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[Key, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key | None) -> T | None:
        with self._lock:
            if key is None or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: Key | None, answer: T) -> None:
        with self._lock:
            if key is None or key in self._kept or len(key) > self._most:
                return
            self._kept[key] = answer
            self._size += len(key)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[0])

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._size = 0

    def __len__(self) -> int:
        return len(self._kept)
