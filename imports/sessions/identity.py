"""Which offer a record is, by what it says of itself. Pure: no database.

In this order: the number within its marketplace and source, which an address of eBay or Amazon holds too; the address
without what only tells who sent the visitor; and, with neither, everything the record says. What stays the same while a
price changes (`twin`) tells whether two records are one machine.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from dealbrain.folding import fold
from imports.resolving.addresses import address
from imports.resolving.outcomes import Offer
from listings.choices import Marketplace

ALIKE = 0.5  # titles below are of two machines
HASHED = "row-"
APART = "#"  # between a number that two machines of one file have and what tells them apart
MOST_NUMBER = 128  # characters of a vendor_item_id
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record is known by. Digests are of 16 bytes, in hex; `number` is as stated or from the address."""

    marketplace: str
    source: str
    number: str
    url: str
    twin: str
    digest: str
    is_stated: bool = True  # the number stands in a column of its own

    @property
    def is_hashed(self) -> bool:
        """Whether the number is ours, made of what the record says."""
        return self.number.startswith(HASHED)

    def numbered(self, number: str) -> Identity:
        return replace(self, number=number)

    def of_source(self, source: str) -> Identity:
        return replace(self, source=source)

    def apart(self) -> Identity:
        """The identity of the second machine that has this number: with eight letters that only it has."""
        if not self.number:
            return self.numbered(f"{HASHED}{self.digest}-1")
        return self.numbered(f"{self.number[: MOST_NUMBER - 9]}{APART}{self.twin[:8]}")


def identify(offer: Offer, *, source: str) -> Identity:
    """The identity of a record, whose own source wins over that of its file."""
    said = _said(offer)
    number, url = offer.facts.get("vendor_item_id"), offer.facts.get("listing_url")
    return Identity(
        marketplace=offer.text("marketplace") or Marketplace.OTHER.value,
        source=offer.text("source") or source,
        number=offer.text("vendor_item_id"),
        url=offer.text("listing_url"),
        twin=_digest([said[name] for name in ("title", "seller", "cpu", "gpu", "memory", "drives")]),
        digest=_digest(said),
        # One that an address holds came from that column.
        is_stated=number is not None and (url is None or number.header != url.header or not number.header),
    )


def _said(offer: Offer) -> dict[str, Any]:
    """All that a record says, in a form that the order of columns and the version of this program do not move."""
    parts = {
        "cpu": fold(offer.cpu.name) if offer.cpu else "",
        "gpu": fold(offer.gpu.name) if offer.gpu else "",
        "memory": offer.memory.fields if offer.memory else {},
        "drives": [drive.fields for drive in offer.drives],
    }
    price = offer.price
    return {
        **{name: fact.value for name, fact in offer.facts.items()},
        **{f"custom.{name}": fact.value for name, fact in offer.custom.items()},
        **parts,
        "title": fold(offer.text("title")),
        "seller": fold(offer.text("seller")),
        "price": [str(price.amount.normalize()), price.currency, str(price.day or "")] if price else None,
    }


def _digest(said: Any) -> str:
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def clean_url(url: str) -> str:
    """An address of a listing as a record's is read: without what only tells who sent the visitor."""
    if not url:
        return ""
    try:
        return address(url).url
    except ValueError:
        return url


def likeness(one: str, other: str) -> float:
    """How alike two titles are, from 0 to 1: their letters in order, or their words in any order."""
    first, second = fold(one), fold(other)
    if first == second:
        return 1.0
    words, others = set(_WORDS.findall(first)), set(_WORDS.findall(second))
    shared = 2 * len(words & others) / (len(words) + len(others)) if words and others else 0.0
    return max(shared, SequenceMatcher(None, first, second, autojunk=False).ratio()) if shared < 1 else shared
