"""Records of one file that have one number: of two machines both are kept, of one machine there are several, or several
prices."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Again:
    """A later record with the number of an earlier one: of which line that was, and whether its price was the same."""

    key: Key
    first_line: int
    is_same_machine: bool
    is_same_price: bool

    def plan(self, offer: Offer, identity: Identity) -> Plan:
        """Of one machine: a price of another day is a change, and all else is one more of the same."""
        title, price = offer.text("title"), offer.price
        if price is not None and price.day is not None and not self.is_same_price:
            told = message(f"the offer of line {self.first_line} on another day: its price goes into the history")
            return Plan(offer.line, RowOutcome.CHANGED, title, [told], identity, prices=[price], again=self.key)
        text = f"line {self.first_line} is the same offer already, "
        if price is None or self.is_same_price:
            text += "so that there are several of it"
        else:
            text += "with another price and no day for either: the first is taken"
        return Plan(
            offer.line, RowOutcome.LEFT_OUT, title, [message(text, "vendor_item_id", identity.number)], identity
        )


class Duplicates:
    """The numbers that the records of a file have had so far.

    A file may have 200,000, so they are kept as hashes, in columns: of the first record with a number its line, what
    of it does not move with the price, and its price.
    """

    def __init__(self) -> None:
        self._lines, self._twins, self._prices = array("q"), array("q"), array("q")
        self._first: dict[int, int] = {}  # hash of a key -> place in the columns
        self._others: dict[int, list[int]] = {}  # and of other machines with the same number

    def see(self, offer: Offer, identity: Identity) -> Again | None:
        """What an earlier record with the same number means for this one; None where there is none."""
        key = key_of(identity)
        if key is None:
            return None
        number, twin, price = hash(key), hash(identity.twin), _hash_of(offer.price)
        first = self._first.get(number)
        places = [] if first is None else [first, *self._others.get(number, ())]
        found = next((place for place in places if self._twins[place] == twin), first)
        is_same = found is not None and self._twins[found] == twin
        if not is_same:
            self._keep(number, offer.line, twin, price)
        if found is None:
            return None
        return Again(key, self._lines[found], is_same_machine=is_same, is_same_price=self._prices[found] == price)

    def _keep(self, number: int, line: int, twin: int, price: int) -> None:
        if number in self._first:
            self._others.setdefault(number, []).append(len(self._lines))
        else:
            self._first[number] = len(self._lines)
        self._lines.append(line)
        self._twins.append(twin)
        self._prices.append(price)


def _hash_of(price: Price | None) -> int:
    return hash(price and (price.amount, price.currency, price.day))
