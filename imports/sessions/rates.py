"""The rates there are, each currency's read once: a file has thousands of prices and a few currencies."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from listings.models import ExchangeRate

OLDEST = timedelta(days=45)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Converted:
    """Dollars to the cent, the rate (USD for one unit) and its day."""

    usd: Decimal
    rate: Decimal
    date: date


class Rates:
    def __init__(self) -> None:
        self._known: dict[str, list[tuple[date, Decimal]]] = {}

    def convert(self, amount: Decimal, currency: str, day: date) -> Converted | None:
        """By the rate of the day or the last one before it, at most 45 days older; None where there is none."""
        rates = self._known.get(currency)
        if rates is None:
            rows = ExchangeRate.objects.filter(currency=currency).order_by("date").values_list("date", "usd_per_unit")
            rates = self._known[currency] = list(rows)
        place = bisect_right(rates, day, key=lambda item: item[0])
        if not place or day - rates[place - 1][0] > OLDEST:
            return None
        found, rate = rates[place - 1]
        return Converted((amount * rate).quantize(CENT, rounding=ROUND_HALF_UP), rate, found)
