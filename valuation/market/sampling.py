"""Some listings beside what the current model says they are worth: enough for a picture, however many there are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from listings.figures import is_of_now
from listings.models import Listing

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One listing: cents > 0 of what is asked, of the fair value and of its interval."""

    price: int
    fair: int
    low: int
    high: int
    is_implausible: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """`rows` of `total` active listings with a price and figures of now, spread evenly over their ids."""

    rows: tuple[Asked, ...]
    total: int

    @property
    def is_whole(self) -> bool:
        return len(self.rows) == self.total


def sample_of_listings(most: int = MOST) -> Sample:
    """About `most` listings, and all where there are no more. Two queries."""
    known = Listing.objects.active().filter(is_of_now(), price_usd__gt=0, market__fair_cents__gt=0)
    total = known.count()
    step = max(1, -(-total // most))
    columns = ("price_usd", "market__fair_cents", "market__low_cents", "market__high_cents", "market__is_implausible")
    chosen = known.alias(turn=F("pk") % step).filter(turn=0).order_by("pk").values_list(*columns)
    return Sample(
        tuple(Asked(round(price * 100), fair, low, high, odd) for price, fair, low, high, odd in chosen), total
    )
