"""Text as it is stored, compared and read: one form of Unicode, names that nobody else has, ids of rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from itertools import chain, count
from typing import Any

MOST_NAME = 255
LONGEST_ID = 18  # digits: no row of ours has an id of more


def nfc(text: str) -> str:
    """The text in NFC: a letter with its accent is one character, however it was typed or pasted."""
    return unicodedata.normalize("NFC", text)


def nfc_json(value: Any) -> Any:
    """A JSON value with all its texts, keys too, in NFC. Without recursion: what is hostile is deep."""
    if isinstance(value, str):
        return value if value.isascii() else nfc(value)  # as most values are, of each row that is written
    if not isinstance(value, list | dict):
        return value
    found = [value]
    waiting: list[tuple[Any, Any]] = [(found, 0)]
    while waiting:
        holder, key = waiting.pop()
        item = holder[key]
        if isinstance(item, str):
            if not item.isascii():
                holder[key] = nfc(item)
        elif isinstance(item, list):
            holder[key] = copy = list(item)
            waiting.extend((copy, place) for place in range(len(copy)))
        elif isinstance(item, dict):
            holder[key] = named = {nfc(name) if isinstance(name, str) else name: part for name, part in item.items()}
            waiting.extend((named, name) for name in named)
    return found[0]


def row_id(text: object) -> int | None:
    """The id that an address, a form or a command line names; None where it is no number that a row may have."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_ID else None


def free_name(base: str, taken: Container[str], *suffixes: str, most: int = MOST_NAME) -> str:
    """`base`, or with the first of the `suffixes` or of " (2)", " (3)" ... behind it that makes it a name of its own.

    Each is cut to `most` characters before it is looked for, and it is the base that is cut, never what tells it apart.
    """
    base = nfc(base)
    tails = chain(["", *map(nfc, suffixes)], (f" ({number})" for number in count(2)))
    names = (f"{base[: max(most - len(tail), 0)]}{tail}"[-most:] for tail in tails)
    return next(name for name in names if name not in taken)
