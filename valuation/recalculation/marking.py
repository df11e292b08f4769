"""What is stale, and saying so. A mark is a counter moved by one set-based UPDATE, never a flag that is cleared."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Case, F, Max, Q, Value, When
from django.db.models.functions import Coalesce, Lower

from catalog.models import Cpu, Gpu
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import Scales
from valuation.models import RulesRevision


def revision_row() -> RulesRevision:
    """The one row, made when it is first asked for."""
    row, _ = RulesRevision.objects.get_or_create(pk=1)
    return row


def mark_rules(**changes: Any) -> None:
    """Every figure may differ: move the revision, in the caller's transaction, whose row lock orders the writers."""
    if not RulesRevision.objects.filter(pk=1).update(revision=F("revision") + 1, **changes):
        revision_row()
        mark_rules(**changes)


def mark_listings(listings: ListingQuerySet) -> int:
    """These listings' figures may differ. Returns how many there are."""
    return listings.update(input_version=F("input_version") + 1)


def mark_scales() -> None:
    """The best part of a metric may have changed, and with it the scale of every composite score."""
    scales = best_parts()
    if revision_row().scales != scales:
        mark_rules(scales=scales)


def mark_year(today: date) -> None:
    """Ages count from this year: the first recalculation of a new one makes every figure stale, once."""
    if revision_row().year != today.year:
        mark_rules(year=today.year)


def best_parts() -> dict[str, float | None]:
    """The best value of each metric among the catalog's parts, None where no part has one. Two queries.

    A part's GPU score is SEMANTICS 7's: Apple's cards by 0.8 x Metal score + 0.2 x (mark or Metal score).
    """
    cpus = Cpu.objects.aggregate(
        cpu_mark_multi=Max("cpu_mark_multi"),
        cpu_mark_single=Max("cpu_mark_single"),
        igpu=Max("igpu_mark"),
        perf_per_watt=Max(F("cpu_mark_multi") * Value(1.0) / F("tdp_w")),
    )
    score = Case(
        When(
            Q(maker="apple", metal_score__isnull=False),
            then=F("metal_score") * 0.8 + Coalesce(F("gpu_mark"), F("metal_score")) * 0.2,
        ),
        default=F("gpu_mark") * 1.0,
    )
    best_gpu = Gpu.objects.annotate(maker=Lower("manufacturer")).aggregate(best=Max(score))["best"]
    known = [value for value in (best_gpu, cpus.pop("igpu")) if value is not None]
    found = {**cpus, "gpu_score": max(known, default=None)}
    return {name: None if value is None else float(value) for name, value in found.items()}


def scales_of(row: RulesRevision) -> Scales:
    """The stored best parts as the engine takes them."""
    return Scales(**{name: row.scales.get(name) for name in ("cpu_mark_multi", "cpu_mark_single", "gpu_score", "perf_per_watt")})


def stale_listings(row: RulesRevision) -> ListingQuerySet:
    """Listings whose figures do not match what they are computed from, by the stamps."""
    stale = Q(valuation__isnull=True) | ~Q(valuation__input_version=F("input_version"))
    if row.covered_revision < row.revision:
        stale |= Q(valuation__revision__lt=row.revision)
    return Listing.objects.filter(stale)


def anything_stale() -> bool:
    """Whether any figure does not match what it is computed from. Two queries."""
    return stale_listings(revision_row()).exists()
