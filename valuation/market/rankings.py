"""Active listings from best to worst, by any figure, or by the composite score under any buyer's profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet

from dealbrain.api.ordering import Ordering, SortKey
from listings.figures import MARKET, RANK_PATHS, is_implausible, is_of_now, is_plausible
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import Batch, category_column, compile_rulesets, evaluate, number_column, score_columns
from valuation.recalculation.marking import revision_row, scales_of
from valuation.registry import STANDARD_REGISTRY

# metric -> whether high comes first; what a dollar buys and a price are better when low
METRICS: dict[str, bool] = {
    "score_composite": True,
    "score_cpu_multi": True,
    "score_cpu_single": True,
    "score_gpu": True,
    "perf_per_watt": True,
    "dollar_per_cpu_mark": False,
    "dollar_per_single_mark": False,
    "adjusted_price_usd": False,
    "discount": True,
}
COMPOSITE = "score_composite"
BUDGET_CHOICES = 5
NO_RULES = compile_rulesets([], STANDARD_REGISTRY)
MARKS = (
    "id",
    "valuation__score_cpu_multi",
    "valuation__score_cpu_single",
    "valuation__score_gpu",
    "cpu__tdp_w",
    "ram_gb",
)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The answers a buyer wants first; None and no rows where no active listing has the figure."""

    best_value: Any
    best_perf_per_watt: Any
    best_under_budget: list[Any]
    implausible: int


@dataclass(frozen=True, slots=True)
class Place:
    """1 is the best; `of` counts the newcomer."""

    number: int
    of: int


def plausible(listings: ListingQuerySet) -> ListingQuerySet:
    """Those whose price may be right, as far as the market knows."""
    return listings.filter(is_plausible())


def implausible_count() -> int:
    """How many active listings rankings leave out for their price."""
    return Listing.objects.active().filter(is_implausible()).count()


def ranking(
    listings: ListingQuerySet, metric: str, *, include_implausible: bool = False
) -> tuple[QuerySet[Any], Ordering]:
    """The active ones of `listings` that have this figure, and the order from best to worst.

    Prices that cannot be right would lead every ranking: they are left out unless asked for.
    """
    path = RANK_PATHS[metric]
    descending = METRICS[metric]
    # A figure that is not null needs no NULLS LAST and joins inside out: the index of the figure gives the order.
    order = Ordering(metric, (SortKey(path, descending), SortKey("pk", descending)))
    ranked = listings.active().filter(**{f"{path}__isnull": False})
    if path.startswith(MARKET):
        ranked = ranked.filter(is_of_now())
    return ranked if include_implausible else plausible(ranked), order


def place_of(ratio: float, *, adjusted_cents: int) -> Place:
    """Where a newcomer would stand in the ranking by adjusted dollars per CPU mark: behind its equals. One query.

    Where the adjusted price is not above 0 it is ordered by that, as `ListingValuation.rank_per_cpu_mark` is.
    """
    rank = ratio if adjusted_cents > 0 else adjusted_cents - 1.0
    ranked, order = ranking(Listing.objects.all(), "dollar_per_cpu_mark")
    before = Q(**{f"{order.keys[0].path}__lte": rank})
    found = ranked.order_by().aggregate(all=Count("pk"), before=Count("pk", filter=before))
    return Place(found["before"] + 1, found["all"] + 1)


def composites(weights: Mapping[str, float], *, include_implausible: bool = False) -> list[tuple[float, int]]:
    """(composite under these weights, listing id) of every active listing that has one, best first.

    The stored marks go through the engine's own scoring as one batch: the stored GPU score stands where a machine
    without a card has its integrated one, which scoring takes as it is. Two queries.
    """
    ranked = Listing.objects.active()
    ranked = ranked if include_implausible else plausible(ranked)
    rows = list(ranked.order_by("pk").values_list(*MARKS))
    if not rows:
        return []
    ids, multi, single, graphics, tdp, ram = zip(*rows, strict=True)
    nothing = category_column([None] * len(rows))
    batch = Batch(
        ids=np.array(ids, dtype=np.int64),
        price_cents=np.zeros(len(rows), dtype=np.int64),
        priced=np.zeros(len(rows), dtype=np.bool_),
        columns={
            "cpu.cpu_mark_multi": number_column(multi),
            "cpu.cpu_mark_single": number_column(single),
            "cpu.tdp_w": number_column(tdp),
            "cpu.igpu_mark": number_column(graphics),
            "cpu.manufacturer": nothing,
            "gpu.name": nothing,
            "gpu.gpu_mark": number_column([None] * len(rows)),
            "gpu.metal_score": number_column([None] * len(rows)),
            "ram_gb": number_column(ram),
        },
        static_ruleset=np.zeros(len(rows), dtype=np.int64),
        disabled={},
    )
    scores = score_columns(batch, evaluate(NO_RULES, batch), weights, scales_of(revision_row()))[COMPOSITE]
    known = np.flatnonzero(~np.isnan(scores))
    best_first = known[np.lexsort((-batch.ids[known], -scores[known]))]
    return list(zip(scores[best_first].tolist(), batch.ids[best_first].tolist(), strict=True))


def dashboard(listings: ListingQuerySet, *, budget: Decimal, include_implausible: bool = False) -> Dashboard:
    """The best of `listings`. The budget is what a buyer has to pay, so it is held against the asking price.

    A query for the ids of each card, and one for all their rows: whole rows are not sorted.
    """
    if not include_implausible:
        listings = plausible(listings)
    cards = (
        _best(listings, "dollar_per_cpu_mark", 1),
        _best(listings, "perf_per_watt", 1),
        _best(listings.filter(price_usd__lte=budget), COMPOSITE, BUDGET_CHOICES),
    )
    rows = {row.pk: row for row in listings.filter(pk__in={pk for card in cards for pk in card}).order_by()}
    # One may have been deleted in between.
    value, watt, budgeted = ([rows[pk] for pk in card if pk in rows] for card in cards)
    return Dashboard(next(iter(value), None), next(iter(watt), None), budgeted, implausible_count())


def _best(listings: ListingQuerySet, metric: str, count: int) -> list[int]:
    """The ids of the first of a ranking."""
    ranked, order = ranking(listings, metric, include_implausible=True)  # which has been seen to
    return list(ranked.order_by(*order.expressions()).values_list("pk", flat=True)[:count])
