"""Offers to compare with as bytes and back: numbers as they are, words once each."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from valuation.market.estimate.offers import Labels, Offers

TEXTS = ("cpu", "model", "seller", "title")


def to_bytes(offers: Offers) -> bytes:
    """A compressed archive of arrays and one of words; for `from_bytes`, and nothing in it is ever executed."""
    columns = {f"label/{name}": column for name, column in offers.labels.items()}
    columns |= {f"text/{name}": getattr(offers, name) for name in TEXTS}
    small = {name: _compact(column) for name, column in columns.items()}
    words = json.dumps({name: column.names for name, column in small.items()}, ensure_ascii=False).encode()
    arrays: dict[str, Any] = {f"number/{name}": values for name, values in offers.numbers.items()}
    arrays |= {name: column.codes for name, column in small.items()}
    arrays |= {"ids": offers.ids, "price": offers.price, "days_old": offers.days_old}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays, words=np.frombuffer(words, dtype=np.uint8))
    return packed.getvalue()


def from_bytes(packed: bytes) -> Offers:
    """The same offers, in the same order. None of them is refused."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    words: Mapping[str, list[str]] = json.loads(arrays["words"].tobytes())
    columns = {name: Labels(arrays[name], tuple(names)) for name, names in words.items()}
    return Offers(
        ids=arrays["ids"],
        price=arrays["price"],
        numbers=_under("number/", arrays),
        labels=_under("label/", columns),
        **_under("text/", columns),
        days_old=arrays["days_old"],
        refused=np.full(len(arrays["ids"]), "", dtype=object),
    )


def _under(prefix: str, found: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def _compact(column: Labels) -> Labels:
    """Without the words that no row has."""
    used = np.unique(column.codes[column.codes >= 0])
    places = np.full(len(column.names) + 1, -1, dtype=np.int32)  # one more at the end, which -1 finds
    places[used] = np.arange(len(used))
    return Labels(places[column.codes], tuple(column.names[code] for code in used.tolist()))
