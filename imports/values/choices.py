"""Words for the closed lists of ours: states of offers, markets, media of drives, generations of memory."""

from __future__ import annotations

from catalog.choices import DdrGeneration
from catalog.recognition import fold, read_medium
from catalog.recognition.labels import choice_named
from listings.choices import Marketplace, Status

# What sites and people call the states of an offer.
STATES: dict[str, str] = {
    **dict.fromkeys(("active", "live", "published", "available", "in stock", "for sale", "open"), Status.ACTIVE.value),
    **dict.fromkeys(
        ("archived", "sold", "ended", "closed", "expired", "out of stock", "unavailable", "removed"),
        Status.ARCHIVED.value,
    ),
    **dict.fromkeys(("pending", "draft", "reserved", "on hold", "scheduled"), Status.PENDING.value),
}


def market_named(text: str) -> str | None:
    """The market that a name is of: `eBay`, `ebay.co.uk`, `Amazon UK`, `other`; None for any other."""
    found = choice_named(text.strip(), Marketplace.values)
    if found:
        return found
    low = text.casefold()
    return next((market for market in (Marketplace.EBAY.value, Marketplace.AMAZON.value) if market in low), None)


def generation_named(text: str) -> str | None:
    """The generation of memory that a text names: `DDR4`, `ddr4-3200`, `LPDDR5X`; None where it names none."""
    found = choice_named(text.strip(), DdrGeneration.values)
    if found:
        return found
    low = fold(text).lower().replace(" ", "")
    return max((value for value in DdrGeneration.values if value in low), key=len, default=None)


def find_media(text: str) -> str | None:
    """The medium of drives that a text names, `HDD + SSD` for the first of several; None where it names none."""
    return read_medium(text) or next((found for part in text.split("+") if (found := read_medium(part))), None)
