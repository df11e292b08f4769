"""The dollars of an offer in another currency: when they are computed, and when they are somebody's word.

`price_usd` is valued; `price_original` and `currency` are what the offer says. Who gives the original and no dollars
has it converted by the rate of the price's day, and the rate stays with the price. Who gives dollars has said what it
costs: there is no rate then. What is not touched stays, whatever rates have been loaded since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils import timezone

from listings.currencies import shown
from listings.models import Listing
from listings.rates import USD, Rates, dollars, rates_for

ORIGINAL = frozenset(("price_original", "currency"))


class Price(NamedTuple):
    """The columns of a listing that are its price."""

    price_usd: Decimal | None
    price_original: Decimal | None
    currency: str
    exchange_rate: Decimal | None
    rate_date: date | None

    @property
    def original(self) -> tuple[Decimal | None, str]:
        return self.price_original, self.currency


def price_of(listing: Listing) -> Price:
    return Price(*(getattr(listing, name) for name in Price._fields))


def settled(before: Price, now: Price, *, given: Collection[str], day: date, rates: Rates | None = None) -> Price:
    """What a price becomes when somebody gives these columns, so that `before` would be `now`.

    `day` is that of the price. `rates` are looked up where they are needed and not at hand.
    """
    stated = "price_usd" in given and now.price_usd is not None
    if stated or now.price_original is None or not now.currency or not ORIGINAL & set(given):
        same = now == before
        return now if same else now._replace(exchange_rate=None, rate_date=None)
    if now.original == before.original:  # a form that was sent back, or a PUT
        if before.exchange_rate is not None:
            return before
        if now.price_usd is not None:
            return now
    rates = rates or rates_for([(now.currency, day)])
    made = dollars(now.price_original, now.currency, day, rates)
    return now._replace(price_usd=made.price_usd, exchange_rate=made.exchange_rate, rate_date=made.rate_date)


def settle(listing: Listing, before: Price, values: Mapping[str, Any], rates: Rates | None = None) -> None:
    """Bring the price of a listing in order after `values` were set, as `settled` says; nothing is saved."""
    price = settled(before, price_of(listing), given=values, day=day_of(listing.price_date), rates=rates)
    for name, value in price._asdict().items():
        setattr(listing, name, value)


def rates_needed(given: Iterable[tuple[Listing | None, Mapping[str, Any]]]) -> Rates:
    """The rates for these values of these listings (None: a new one). One query at most."""
    pairs = set()
    for listing, values in given:
        currency = values.get("currency", listing.currency if listing else "")
        if currency and ORIGINAL & values.keys():
            pairs.add((currency, day_of(values.get("price_date", listing.price_date if listing else None))))
    return rates_for(pairs)


def day_of(price_date: date | None) -> date:
    """The day that a price is of: today, where nothing is said."""
    return price_date or timezone.now().date()


def original_price(listing: Listing) -> str:
    """What an offer says in its own money, and how dollars were made of it; "" where it says dollars.

    `€1,199.00 → $1,289.90, rate of 2026-11-20`
    """
    if listing.price_original is None or listing.currency == USD:
        return ""
    text = shown(listing.price_original, listing.currency)
    if listing.price_usd is None:
        return f"{text}, no exchange rate for its day"
    if listing.exchange_rate is None:
        return text
    return f"{text} → {shown(listing.price_usd, USD)}, rate of {listing.rate_date}"
