"""What the market says about one listing, ready for a page: integer cents, words, and links that lead somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Any

from listings.choices import Grade
from listings.models import Listing
from valuation.market.showing import Json, listing_market
from valuation.models import MarketModel


@dataclass(frozen=True, slots=True)
class Comparable:
    """An offer of the model's time; `is_there` where it still has a page.

    `discount` is 1 - price / what the rules say of it: what is left of its price is what it says about others.
    """

    id: int
    title: str
    cents: int
    discount: float
    is_there: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Cents; `parts` are (name, cents) and add up to `fair`. `model` is the estimate that it comes from."""

    fair: int
    low: int
    high: int
    target: int
    grade: str
    reason: str
    discount: float | None
    is_implausible: bool
    parts: tuple[tuple[str, int], ...]
    comparables: tuple[Comparable, ...]
    model: MarketModel

    @property
    def grade_words(self) -> str:
        """`Great price`; "" without a grade."""
        return str(Grade(self.grade).label) if self.grade else ""


def tell(listing_id: int) -> Told | None:
    """What the page of a listing shows, of the listing as it is now; None where the market has not been estimated.

    Raises Listing.DoesNotExist.
    """
    document = listing_market(listing_id)
    if document["model"] is None:
        return None
    model = MarketModel.objects.only("started_at", "offers").get(pk=document["model"]["id"])
    return Told(
        fair=_cents(document["fair_value_usd"]),
        low=_cents(document["low"]),
        high=_cents(document["high"]),
        target=_cents(document["target_price_usd"]),
        grade=document["grade"] or "",
        reason=document["reason"] or "",
        discount=document["discount"],
        is_implausible=document["price_is_implausible"],
        parts=tuple((part["name"], _cents(part["amount_usd"])) for part in document["parts"]),
        comparables=_comparables(document),
        model=model,
    )


def estimated_at() -> datetime | None:
    """When the estimate that counts was begun; None where there is none. One query."""
    found: datetime | None = (
        MarketModel.objects.filter(is_current=True).order_by().values_list("started_at", flat=True).first()
    )
    return found


def _comparables(document: Json) -> tuple[Comparable, ...]:
    ids = [item["id"] for item in document["comparables"]]
    there = set(Listing.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return tuple(
        Comparable(item["id"], item["title"], _cents(item["price_usd"]), 1 - exp(item["residual"]), item["id"] in there)
        for item in document["comparables"]
    )


def _cents(usd: Any) -> int:
    return round(usd * 100)
