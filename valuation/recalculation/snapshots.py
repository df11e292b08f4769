"""The history of a listing: its figures, and what they were made of, at the moments that matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from valuation.engine import Result, evaluate
from valuation.models import ListingScoreSnapshot
from valuation.recalculation.facts import Facts, Ids, among, chunks
from valuation.recalculation.figures import FIGURES, SCORES, Table, as_rows
from valuation.recalculation.rulebook import Rulebook
from valuation.recalculation.writer import Repriced


def take_snapshots(book: Rulebook, facts: Facts, table: Table, *, reason: str) -> int:
    """One snapshot of each listing of a batch: its figures now, and the amount of every rule that matched it."""
    result = evaluate(book.program, facts.batch, keep_rules=True)
    now = timezone.now()
    snapshots = [
        _snapshot(listing, row, reason=reason, taken_at=now, explanation=_amounts(result, position))
        for position, (listing, row) in enumerate(zip(facts.batch.ids.tolist(), as_rows(table), strict=True))
    ]
    return len(ListingScoreSnapshot.objects.bulk_create(snapshots, batch_size=500))


def keep_first_prices(ids: Ids, replaced: Repriced) -> int:
    """The figures as they were before a price first changed, so that a history starts with the first price.

    `ids` are the listings of what was replaced. The rules are gone by then, so these have no explanation.
    """
    known = {
        listing
        for part in chunks(ids)
        for listing in ListingScoreSnapshot.objects.filter(among("listing", part))
        .values_list("listing_id", flat=True)
        .distinct()
    }
    snapshots = [
        _snapshot(listing, row, reason="first", taken_at=valued_at, explanation=None)
        for listing, row, valued_at in zip(ids.tolist(), as_rows(replaced.table), replaced.valued_at, strict=True)
        if listing not in known
    ]
    return len(ListingScoreSnapshot.objects.bulk_create(snapshots, batch_size=500))


def _snapshot(
    listing: int,
    row: Sequence[Any],
    *,
    reason: str,
    taken_at: datetime,
    explanation: list[dict[str, object]] | None,
) -> ListingScoreSnapshot:
    figures = dict(zip(FIGURES, row, strict=True))
    return ListingScoreSnapshot(
        listing_id=listing,
        taken_at=taken_at,
        reason=reason,
        price_cents=figures["price_cents"],
        total_cents=figures["total_cents"],
        adjusted_cents=figures["adjusted_cents"],
        figures={name: figures[name] for name in SCORES},
        explanation=explanation,
    )


def _amounts(result: Result, position: int) -> list[dict[str, object]]:
    """The rules that matched one listing of a batch, with their cents."""
    return [
        {
            "ruleset": column.ruleset.name,
            "group": column.group.name,
            "rule": column.rule.name,
            "rule_id": column.rule.id,
            "cents": int(column.cents[position]),
        }
        for column in result.rules
        if column.matched[position]
    ]
