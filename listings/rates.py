"""Dollars of an amount in another currency: by the rate on or before its day, if it is not too old."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from listings.models import ExchangeRate

USD = "USD"
OLDEST = timedelta(days=45)
CENT = Decimal("0.01")


class Rate(NamedTuple):
    """US dollars for one unit of a currency, and the day that the rate is of."""

    usd_per_unit: Decimal
    date: date


class Converted(NamedTuple):
    """A price in US dollars, and the rate that it was made with; all three None where there is no rate."""

    price_usd: Decimal | None
    exchange_rate: Decimal | None
    rate_date: date | None


UNKNOWN = Converted(None, None, None)


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates that were looked up, by currency, oldest first: days and what a unit was worth on them."""

    days: dict[str, list[date]] = field(default_factory=dict)
    values: dict[str, list[Decimal]] = field(default_factory=dict)

    def on(self, currency: str, day: date) -> Rate | None:
        """The rate on or before the day, at most `OLDEST` older; of the dollar 1. None where there is none."""
        if currency == USD:
            return Rate(Decimal(1), day)
        days = self.days.get(currency, [])
        place = bisect_right(days, day) - 1
        if place < 0 or day - days[place] > OLDEST:
            return None
        return Rate(self.values[currency][place], days[place])


def rates_for(pairs: Iterable[tuple[str, date]]) -> Rates:
    """What is needed to convert amounts of these currencies on these days. One query, or none for dollars alone."""
    wanted = {(currency, day) for currency, day in pairs if currency != USD}
    if not wanted:
        return Rates()
    days = [day for _, day in wanted]
    first = min(days)
    since = first - OLDEST if first - date.min > OLDEST else date.min
    rows = ExchangeRate.objects.filter(
        currency__in={currency for currency, _ in wanted}, date__range=(since, max(days))
    )
    found = Rates(defaultdict(list), defaultdict(list))
    for currency, day, value in rows.order_by("date").values_list("currency", "date", "usd_per_unit").iterator():
        found.days[currency].append(day)
        found.values[currency].append(value)
    return found


def rate_on(currency: str, day: date) -> Rate | None:
    """The rate of one currency on one day, as `Rates.on`. One query; for many, `rates_for`."""
    return rates_for([(currency, day)]).on(currency, day)


def dollars(amount: Decimal, currency: str, day: date, rates: Rates) -> Converted:
    """An amount in US dollars, half a cent rounded up; without a rate nothing is known."""
    rate = rates.on(currency, day)
    if rate is None:
        return UNKNOWN
    return Converted((amount * rate.usd_per_unit).quantize(CENT, ROUND_HALF_UP), *rate)
