"""Records of one file that have one number: of two machines both are kept, of one machine there are several, or several
prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from imports.choices import RowOutcome
from imports.resolving.outcomes import Offer, Price
from imports.sessions.identity import Identity
from imports.sessions.plans import Plan, message

Key = tuple[str, str, str]


def key_of(identity: Identity) -> Key | None:
    """What two records of one offer share; None for those that are told apart by all that they say."""
    if identity.is_hashed:
        return None
    if identity.number:
        return identity.marketplace, identity.source, identity.number
    return ("url", "", identity.url) if identity.url else None


class First(NamedTuple):
    """The first record with a number: its line, what does not move with the price (as a number), and its price."""

    line: int
    twin: int
    price: Price | None


@dataclass(frozen=True, slots=True)
class Again:
    """A later record with the number of an earlier one."""

    key: Key
    first: First
    is_same_machine: bool

    def plan(self, offer: Offer, identity: Identity) -> Plan:
        """Of one machine: a price of another day is a change, and all else is one more of the same."""
        title, price = offer.text("title"), offer.price
        if price is not None and price.day is not None and not _is_one(price, self.first.price):
            told = message(f"the offer of line {self.first.line} on another day: its price goes into the history")
            return Plan(offer.line, RowOutcome.CHANGED, title, [told], identity, prices=[price], again=self.key)
        text = f"line {self.first.line} is the same offer already, "
        if price is None or _is_one(price, self.first.price):
            text += "so that there are several of it"
        else:
            text += "with another price and no day for either: the first is taken"
        return Plan(
            offer.line, RowOutcome.LEFT_OUT, title, [message(text, "vendor_item_id", identity.number)], identity
        )


class Duplicates:
    """The numbers that the records of a file have had so far."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[First, ...]] = {}  # by hash: a file may have 200,000

    def see(self, offer: Offer, identity: Identity) -> Again | None:
        """What an earlier record with the same number means for this one; None where there is none."""
        key = key_of(identity)
        if key is None:
            return None
        place, twin = hash(key), hash(identity.twin)
        seen = self._seen.get(place, ())
        first = next((one for one in seen if one.twin == twin), None)
        if first is not None:
            return Again(key, first, is_same_machine=True)
        self._seen[place] = (*seen, First(offer.line, twin, offer.price))
        return Again(key, seen[0], is_same_machine=False) if seen else None


def _is_one(price: Price, other: Price | None) -> bool:
    return other is not None and (price.amount, price.currency, price.day) == (other.amount, other.currency, other.day)
