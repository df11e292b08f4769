"""What is stale, and saying so. A mark is a counter moved by one set-based UPDATE, never a flag that is cleared."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, FilteredRelation, FloatField, Max, Min, Q, When
from django.db.models.functions import Cast, Coalesce, Lower
from django.utils import timezone

from catalog.models import Cpu, Gpu
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import Scales
from valuation.models import RulesRevision
from valuation.recalculation.facts import Ids, among
from valuation.recalculation.hints import Range, ask_for_everything, leave_hint


def revision_row() -> RulesRevision:
    """The one row, made when it is first asked for."""
    row, _ = RulesRevision.objects.get_or_create(pk=1)
    return row


def mark_rules(*, cause: str = "", **changes: Any) -> None:
    """Every figure may differ: move the revision, in the caller's transaction, whose row lock orders the writers.

    `cause` is the row that was changed, as `app.model:id`, for the history of runs.
    """
    moved = {"revision": F("revision") + 1, "changed_at": timezone.now(), "cause": cause, **changes}
    if not RulesRevision.objects.filter(pk=1).update(**moved):
        revision_row()
        mark_rules(cause=cause, **changes)


def lock_rules() -> RulesRevision:
    """Make other writers of rules wait until this transaction ends. (On SQLite a transaction does that by itself.)"""
    row, _ = RulesRevision.objects.select_for_update().get_or_create(pk=1)
    return row


def mark_listings(listings: ListingQuerySet, *, why: str = "") -> int:
    """These listings' figures may differ. Returns how many there are. They are held, in the order of their ids.

    `why` is the row that was changed, as `app.model:id`. A hint says where they are, in the same transaction.
    """
    with transaction.atomic(savepoint=False):
        ids = listings.held()
        count = listings.update(input_version=F("input_version") + 1, input_changed_at=timezone.now())
        if count == len(ids):
            leave_hint(ids, why=why)
        else:  # others have come to be among these since: which ones, only the stamps know
            ask_for_everything(why=why)
    return count


def mark_assigned(rulesets: Collection[int]) -> None:
    """The listings that are assigned to one of these. Call it before the rules are held: locks have an order."""
    assigned = Listing.objects.filter(ruleset_override__static_ruleset__in=rulesets)
    mark_listings(assigned, why=f"valuation.ruleset:{min(rulesets)}" if rulesets else "")


def mark_scales() -> None:
    """The best part of a metric may have changed, and with it the scale of every composite score.

    Looked at again under the lock: of two who see different parts, the later one sees them all.
    """
    if revision_row().scales == best_parts():
        return
    with transaction.atomic(savepoint=False):
        row, scales = lock_rules(), best_parts()
        if row.scales != scales:
            mark_rules(scales=scales)


def mark_year(today: date) -> None:
    """Ages count from this year: the first recalculation of a new one makes every figure stale, once."""
    if revision_row().year != today.year:
        mark_rules(year=today.year)


def best_parts() -> dict[str, float | None]:
    """The best value of each metric among the catalog's parts, None where no part has one. Two queries.

    A part's GPU score is that of docs/rules.md: Apple's cards by 0.8 x Metal score + 0.2 x (mark or Metal score).
    """
    per_watt = Cast(F("cpu_mark_multi"), FloatField()) / Cast(F("tdp_w"), FloatField())
    cpus = Cpu.objects.aggregate(
        best_multi=Max("cpu_mark_multi"),
        best_single=Max("cpu_mark_single"),
        best_igpu=Max("igpu_mark"),
        best_per_watt=Max(per_watt),
    )
    metal, mark = Cast(F("metal_score"), FloatField()), Cast(F("gpu_mark"), FloatField())
    score = Case(
        When(maker="apple", metal_score__isnull=False, then=metal * 0.8 + Coalesce(mark, metal) * 0.2), default=mark
    )
    best_gpu = Gpu.objects.annotate(maker=Lower("manufacturer")).aggregate(best=Max(score))["best"]
    known = [value for value in (best_gpu, cpus["best_igpu"]) if value is not None]
    found = {
        "cpu_mark_multi": cpus["best_multi"],
        "cpu_mark_single": cpus["best_single"],
        "perf_per_watt": cpus["best_per_watt"],
        "gpu_score": max(known, default=None),
    }
    return {name: None if value is None else float(value) for name, value in found.items()}


def scales_of(row: RulesRevision) -> Scales:
    """The stored best parts as the engine takes them."""
    return Scales(**row.scales)


def stale_listings(row: RulesRevision, *, within: Range | None = None) -> ListingQuerySet:
    """Listings whose figures do not match what they are computed from, by the stamps; all, or those of a range."""
    if row.covered_revision < row.revision:
        listings, stamp = _stamped(within)
        return listings.filter(_own_stamp(stamp) | Q(**{f"{stamp}__revision__lt": row.revision}))
    return stale_by_themselves(within=within)


def stale_by_themselves(*, within: Range | None = None) -> ListingQuerySet:
    """Listings that have changed since their figures were computed, or have none, whatever the rules do."""
    listings, stamp = _stamped(within)
    return listings.filter(_own_stamp(stamp))


def stale_among(ids: Ids) -> ListingQuerySet:
    """Those of these sorted listings that are stale by themselves; one of `chunks`."""
    listings, stamp = _joined(lambda key: among(key, ids))
    return listings.filter(_own_stamp(stamp))


def _stamped(within: Range | None) -> tuple[ListingQuerySet, str]:
    """Listings, and the name under which their stamps are joined."""
    if within is None:
        return Listing.objects.all(), "valuation"
    first, last = within
    return _joined(lambda key: Q(**{f"{key}__gte": first, f"{key}__lte": last}))


def _joined(which: Callable[[str], Q]) -> tuple[ListingQuerySet, str]:
    """Which listings is said of both sides: PostgreSQL does not carry it over the join, and would read all figures."""
    stamps = FilteredRelation("valuation", condition=which("valuation__listing_id"))
    return Listing.objects.filter(which("pk")).annotate(stamps=stamps), "stamps"


def _own_stamp(stamp: str) -> Q:
    return Q(**{f"{stamp}__isnull": True}) | ~Q(**{f"{stamp}__input_version": F("input_version")})


def anything_stale() -> bool:
    """Whether any figure does not match what it is computed from. Two queries."""
    return stale_listings(revision_row()).exists()


def stale_since(row: RulesRevision) -> datetime | None:
    """When the oldest figure became stale, None if none is."""
    stale = stale_listings(row)
    if row.covered_revision < row.revision and stale.filter(valuation__revision__lt=row.revision).exists():
        return row.changed_at
    found: datetime | None = stale.aggregate(since=Min("input_changed_at"))["since"]
    return found
