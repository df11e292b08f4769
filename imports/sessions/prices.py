"""Prices of records as a listing keeps them: dollars for what counts, and what the file said beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from imports.resolving.outcomes import Price
from imports.sessions.plans import Message, message

DOLLARS = "USD"
COLUMNS = ("price_usd", "price_date")


def priced(price: Price, today: date) -> tuple[dict[str, Any], list[Message]]:
    """The columns of a listing for this price, and why its dollars are unknown where they are."""
    day = price.day or today
    if price.currency == DOLLARS:
        return {"price_usd": price.amount, "price_date": day}, []
    return {"price_usd": None, "price_date": day}, [
        message(f"no rate for {price.currency} on {day}: the price in dollars is unknown", price.header, str(price.amount))
    ]


def is_current(price: Price, row: dict[str, Any]) -> bool:
    """Whether the listing has this price, of this day where one is said."""
    same = row["price_usd"] == price.amount and price.currency == DOLLARS
    return same and (price.day is None or price.day == row["price_date"])


def is_newer(price: Price, row: dict[str, Any], today: date) -> bool:
    """Whether this price is of the listing's day or a later one."""
    known: date | None = row["price_date"]
    return known is None or (price.day or today) >= known


NOTHING: Decimal | None = None
