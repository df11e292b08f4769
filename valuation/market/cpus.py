"""What the market says about processors (docs/rules.md): price targets, what a mark costs, how prices spread.

Over active listings with an adjusted price above 0, unless the price cannot be right. Price targets are those of the
estimate of the market, where there is one: what machines with the processor are asked for, whatever is in them; else a
statistic of adjusted prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import fmean, median
from typing import Any

from django.db.models import Avg, Count, Max, Min, QuerySet

from catalog.models import Cpu
from listings.figures import is_implausible, is_of_now, is_plausible
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import (
    ENOUGH,
    PriceTargets,
    confidence_of,
    histogram,
    performance_ratings,
    price_targets,
    round_half_away,
)
from valuation.models import MarketModel

CHEAPEST = 10
BY_MARKET, BY_PRICES = "market", "adjusted_prices"
BASES = (BY_MARKET, BY_PRICES)
MARKET_CENTS = ("market__low_cents", "market__target_cents", "market__fair_cents")
RANGES = ("cores", "threads", "tdp_w", "release_year", "cpu_mark_multi", "cpu_mark_single")


def counted_listings() -> ListingQuerySet:
    """The listings that count. Those whose price cannot be right do not: they would be the cheapest of all."""
    return Listing.objects.active().filter(is_plausible(), valuation__adjusted_cents__gt=0)


def implausible_count(cpu: Cpu) -> int:
    """How many active listings with this CPU do not count, since their price cannot be right."""
    return Listing.objects.active().filter(is_implausible(), cpu=cpu).count()


def cpu_analytics(cpus: Iterable[Cpu]) -> dict[int, dict[str, Any]]:
    """By id: `{listings_count, price_targets, performance_value}`. At most four queries, however many there are."""
    wanted = {cpu.pk: cpu for cpu in cpus}
    prices: dict[int, list[float]] = {pk: [] for pk in wanted}
    rows = counted_listings().filter(cpu__in=wanted).order_by("pk").values_list("cpu_id", "valuation__adjusted_cents")
    for pk, cents in rows:
        prices[pk].append(cents / 100)
    ratings = _ratings()
    if MarketModel.objects.filter(is_current=True).exists():
        targets, basis = _market_targets(wanted), BY_MARKET
    else:
        targets, basis = {pk: price_targets(found) for pk, found in prices.items()}, BY_PRICES
    return {
        pk: {
            "listings_count": len(prices[pk]),
            "price_targets": {**asdict(targets[pk]), "basis": basis},
            "performance_value": _performance(pk, ratings),
        }
        for pk in wanted
    }


def _market_targets(cpus: Iterable[int]) -> dict[int, PriceTargets]:
    """By CPU what is in the middle of its listings: of the lower ends of their intervals a great price, of their target
    prices a good one, of their fair values a fair one. Figures of an older state do not count.
    """
    found: dict[int, list[tuple[int, int, int]]] = {pk: [] for pk in cpus}
    listings = counted_listings().filter(is_of_now(), cpu__in=found)
    for pk, *cents in listings.order_by("pk").values_list("cpu_id", *MARKET_CENTS):
        found[pk].append(tuple(cents))
    return {pk: _middle(rows) for pk, rows in found.items()}


def _middle(rows: Sequence[tuple[int, int, int]]) -> PriceTargets:
    count = len(rows)
    if count < ENOUGH:
        return PriceTargets(None, None, None, count, confidence_of(count))
    low, target, fair = (round_half_away(median(column) / 100, 2) for column in zip(*rows, strict=True))
    # (A target is a whole number of five dollars, which may lie below the interval of a cheap machine.)
    return PriceTargets(target, min(low, target), fair, count, confidence_of(count))


def price_distribution(cpu: Cpu) -> list[dict[str, Any]]:
    """The adjusted prices in USD as the bars of a histogram."""
    cents = counted_listings().filter(cpu=cpu).values_list("valuation__adjusted_cents", flat=True)
    return [asdict(bar) for bar in histogram([value / 100 for value in cents])]


def cheapest(cpu: Cpu, listings: ListingQuerySet) -> QuerySet[Any]:
    """The ten of `listings` with this CPU and the lowest adjusted prices."""
    found = listings.active().filter(is_plausible(), cpu=cpu, valuation__adjusted_cents__gt=0)
    return found.order_by("valuation__adjusted_cents", "pk")[:CHEAPEST]


def global_statistics() -> dict[str, Any]:
    """What the catalog of CPUs and the market for them are like. A constant number of queries."""
    bounds = [bound(name) for name in RANGES for bound in (Min, Max)]
    found = Cpu.objects.aggregate(*bounds, total=Count("pk"))
    values = _values()
    cents = list(counted_listings().exclude(cpu=None).values_list("valuation__adjusted_cents", flat=True))
    return {
        "total_count": found["total"],
        "cpus_with_listings": Cpu.objects.filter(pk__in=counted_listings().values("cpu")).count(),
        "listings_count": len(cents),
        "manufacturers": _distinct("manufacturer"),
        "sockets": _distinct("socket"),
        **{f"{name}_range": {"min": found[f"{name}__min"], "max": found[f"{name}__max"]} for name in RANGES},
        "adjusted_price_usd": _spread([value / 100 for value in cents], 2),
        "dollar_per_cpu_mark": _spread(list(values.values()), 4),
    }


def _values() -> dict[int, float]:
    """USD per mark of each CPU: the mean adjusted price of its listings by its mark. One query."""
    rows = (
        counted_listings()
        .filter(cpu__cpu_mark_multi__gt=0)
        .order_by("cpu")
        .values_list("cpu", "cpu__cpu_mark_multi")
        .annotate(mean=Avg("valuation__adjusted_cents"))
    )
    return {pk: float(mean) / 100 / mark for pk, mark, mean in rows}


def _ratings() -> dict[int, tuple[float, float, str]]:
    """By CPU: USD per mark, percentile among all CPUs (0 best) and rating."""
    values = _values()
    ratings = performance_ratings(list(values.values()))
    return {pk: (values[pk], *rating) for pk, rating in zip(values, ratings, strict=True)}


def _performance(pk: int, ratings: dict[int, tuple[float, float, str]]) -> dict[str, Any]:
    if pk not in ratings:
        return {"dollar_per_cpu_mark": None, "percentile": None, "rating": None}
    value, percentile, rating = ratings[pk]
    return {"dollar_per_cpu_mark": round_half_away(value, 4), "percentile": percentile, "rating": rating}


def _distinct(column: str) -> list[str]:
    rows = Cpu.objects.exclude(**{column: ""}).order_by(column).values_list(column, flat=True).distinct()
    return list(rows)


def _spread(values: list[float], digits: int) -> dict[str, float | None]:
    if not values:
        return dict.fromkeys(("min", "max", "mean", "median"))
    found = {"min": min(values), "max": max(values), "mean": fmean(values), "median": median(values)}
    return {name: round_half_away(value, digits) for name, value in found.items()}
