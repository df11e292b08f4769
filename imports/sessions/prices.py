"""Prices of records as a listing keeps them: dollars for what counts, and what the file said beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from imports.resolving.outcomes import Price
from imports.sessions.known import Held, Row
from imports.sessions.merging import UNKNOWN
from imports.sessions.plans import Message, message
from listings.rates import Rates, dollars, rates_for

DOLLARS = "USD"
PRICES = ("price_usd", "price_date", "price_original", "currency", "exchange_rate", "rate_date")


class Pricing:
    """Converts by the rates there are; each currency's are read once. `today` is the day of prices that say none."""

    def __init__(self, today: date) -> None:
        self.today = today
        self._rates: dict[str, Rates] = {}

    def priced(self, price: Price) -> tuple[dict[str, Any], list[Message]]:
        """The columns of a listing for this price, and why its dollars are unknown where they are."""
        values: dict[str, Any] = {**dict.fromkeys(PRICES), "currency": "", "price_date": price.day}
        if price.currency == DOLLARS:
            return {**values, "price_usd": price.amount}, []
        values |= {"price_original": price.amount, "currency": price.currency}
        if price.usd is not None:  # the file says the dollars, and what they were made by
            rate = {"exchange_rate": price.rate, "rate_date": price.rate_day}
            return {**values, "price_usd": price.usd, **rate}, []
        day = price.day or self.today
        found = dollars(price.amount, price.currency, day, self._rates_of(price.currency))
        if found.price_usd is None:
            text = f"there is no rate of {price.currency} for {day}: the price in dollars is unknown"
            return values, [message(text, price.header, f"{price.amount} {price.currency}")]
        return {**values, **found._asdict()}, []

    def in_dollars(self, price: Price) -> Decimal | None:
        """What the price is in dollars, as far as that is known."""
        found: Decimal | None = self.priced(price)[0]["price_usd"]
        return found

    def _rates_of(self, currency: str) -> Rates:
        if currency not in self._rates:
            self._rates[currency] = rates_for([(currency, date.min), (currency, date.max)])
        return self._rates[currency]

    def is_current(self, price: Price, held: Held) -> bool:
        """Whether nothing is new: the listing has this price, or the file repeats one that was corrected."""
        row = held.row
        if price.currency == DOLLARS and row["currency"] and _is(price, (row["price_usd"], DOLLARS), row["price_date"]):
            return True  # what the foreign price was converted to
        if _is(price, _stated(row), row["price_date"]):
            return row["price_usd"] is not None or self.in_dollars(price) is None
        base = {name: held.base(name) for name in PRICES}
        if UNKNOWN in base.values():
            return False
        return _is(price, _stated(base), base["price_date"])

    def is_newer(self, price: Price, row: Row) -> bool:
        """Whether this price is not of an earlier day than the listing's."""
        known: date | None = row["price_date"]
        return known is None or price.day is None or price.day >= known


def _stated(values: dict[str, Any]) -> tuple[Decimal | None, str]:
    """Amount and currency as the offer says them."""
    if values["currency"] and values["price_original"] is not None:
        return values["price_original"], values["currency"]
    return values["price_usd"], DOLLARS


def _is(price: Price, stated: tuple[Decimal | None, str], day: date | None) -> bool:
    return (price.amount, price.currency) == stated and price.day in (None, day)
