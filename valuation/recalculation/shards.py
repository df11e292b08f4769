"""A run as shards that any number of workers take, on any number of machines.

There is no leader. Whoever finds nothing left to take concludes the run under its row lock: what the pass covered is
recorded, and if something is stale again, another pass is planned. A worker that is killed leaves a claim that grows
old; a run that is killed as a whole is taken up by the next job, because it looks for an open run first.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import numpy as np
import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.choices import RunScope, RunState
from valuation.models import RecalculationRun, RecalculationShard, RulesRevision
from valuation.recalculation.covering import cover
from valuation.recalculation.facts import is_sparse
from valuation.recalculation.hints import Range, forget_hints, read_hints
from valuation.recalculation.looking import Look, anything_waiting, ids_of, look
from valuation.recalculation.marking import revision_row, stale_listings
from valuation.recalculation.signals import everything_valued
from valuation.recalculation.valuing import TALLIES, Outcome, added

log = structlog.get_logger(__name__)

# A shard takes about a second. Who claimed one this long ago was killed, or is slow and loses nothing by company.
CLAIM_LASTS = timedelta(seconds=5)
ABANDONED_AFTER = timedelta(minutes=10)
# Rules that change faster than a pass over them: give up after so many and leave the rest to the next job.
MOST_PASSES = 100
MOST_FAILURES = 1_000  # named in a run; the rest are counted


def open_runs() -> QuerySet[RecalculationRun]:
    """Runs that others may join, newest first."""
    shared = (RunScope.STALE, RunScope.ALL)
    return RecalculationRun.objects.filter(state=RunState.RUNNING, scope__in=shared).order_by("-pk")


def listings_of(run: RecalculationRun, row: RulesRevision, *, within: Range) -> ListingQuerySet:
    """What the current pass of a run looks at in a range."""
    if _is_of_all(run):
        return Listing.objects.filter(pk__range=within)
    return stale_listings(row, within=within)


def plan(run: RecalculationRun) -> None:
    """Cut the next pass into shards. The caller holds the run's row lock, or is the only one who knows the run.

    The hints come before the look at what is stale: what they stand for has been committed by then.
    """
    row, hints = revision_row(), read_hints()
    run.shards.all().delete()
    run.passes += 1
    run.revision, run.hints, run.active_at = row.revision, hints.keys.tobytes(), timezone.now()
    if run.scope == RunScope.STALE:
        run.cause = (row.cause if row.covered_revision < row.revision else hints.why) or run.cause
    found = Look(ids_of(Listing.objects.all()), by_stamps=True) if _is_of_all(run) else look(row, hints)
    shards = _shards(run, found)
    RecalculationShard.objects.bulk_create(shards, batch_size=500)
    run.total = run.done + sum(shard.size for shard in shards)
    run.save()


def _is_of_all(run: RecalculationRun) -> bool:
    return run.scope == RunScope.ALL and run.is_first_round


def _shards(run: RecalculationRun, found: Look) -> list[RecalculationShard]:
    """So many listings each: by name, or by their range where they lie close and the stamps say which they are."""
    pieces = (found.ids[start : start + run.batch_size] for start in range(0, len(found.ids), run.batch_size))
    return [
        RecalculationShard(
            run=run,
            first_id=int(piece[0]),
            last_id=int(piece[-1]),
            size=len(piece),
            listing_ids=None if found.by_stamps and not is_sparse(piece) else piece.tobytes(),
        )
        for piece in pieces
    ]


def claim(run: RecalculationRun) -> RecalculationShard | None:
    """A shard that nobody else works on, or None. One conditional UPDATE decides between two who want the same."""
    now = timezone.now()
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LASTS)
    while True:
        shard: RecalculationShard | None = run.shards.filter(free, is_done=False).order_by("first_id").first()
        if shard is None:
            return None
        if RecalculationShard.objects.filter(free, pk=shard.pk, is_done=False).update(claimed_at=now):
            RecalculationRun.objects.filter(pk=run.pk).update(active_at=now)
            return shard


def complete(run: RecalculationRun, shard: RecalculationShard, outcome: Outcome) -> None:
    """Count a shard, once, whoever did it. Locks go from a run to its shards, here and everywhere."""
    with transaction.atomic():
        locked = _locked(run)
        if RecalculationShard.objects.filter(pk=shard.pk, is_done=False).update(is_done=True):
            add_outcome(locked, outcome)


def add_outcome(run: RecalculationRun, outcome: Outcome) -> None:
    """Add what was done to a run's counts. The caller holds the run's row lock, or is the only one who knows it."""
    run.done += outcome.done
    run.changed += outcome.changed
    run.written += outcome.written
    run.snapshots += outcome.snapshots
    run.failed += len(outcome.failures)
    run.failures = [*run.failures, *outcome.failures][:MOST_FAILURES]
    for name in TALLIES:
        setattr(run, name, {k: round(v, 4) for k, v in added(getattr(run, name), getattr(outcome, name)).items()})
    run.active_at = timezone.now()
    run.save()


def replan(run: RecalculationRun) -> None:
    """The rules have moved on: start the pass again under the current ones, unless somebody has already."""
    with transaction.atomic():
        locked = _locked(run)
        if locked.state != RunState.RUNNING or locked.passes != run.passes:
            return
        if locked.passes < MOST_PASSES:
            plan(locked)
        else:
            log.warning("recalculation_gave_up", run_id=run.pk, passes=run.passes)
            error = "The rules change faster than a pass over all listings. The next job goes on."
            finish(locked, RunState.FAILED, error)


def conclude(run: RecalculationRun) -> None:
    """End a pass whose shards are all done: record what it covered, and go on if something is stale again.

    What many passes have not come to the end of is edited without a rest, and left to the next job.
    """
    with transaction.atomic():
        locked = _locked(run)
        if locked.state != RunState.RUNNING or locked.shards.filter(is_done=False).exists():
            return
        settle(locked)
        locked.is_first_round = False
        if anything_waiting() and locked.passes < MOST_PASSES:
            plan(locked)
        else:
            finish(locked, RunState.DONE)


def settle(run: RecalculationRun) -> None:
    """What a pass was planned for is done, for all of it: cover its revision, and forget the hints it had read."""
    cover(run.revision)
    forget_hints(np.frombuffer(run.hints, dtype=np.int64))


def finish(run: RecalculationRun, state: RunState, error: str = "") -> None:
    """Close a run and drop its shards. A run that was closed meanwhile, by a cancel for one, stays as it is."""
    closed = RecalculationRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=state, error=error, finished_at=timezone.now(), hints=b""
    )
    RecalculationShard.objects.filter(run=run).delete()
    if closed:
        run.refresh_from_db()
        if run.scope == RunScope.ALL and state == RunState.DONE:
            transaction.on_commit(partial(everything_valued.send, RecalculationRun), robust=True)
        log.info(
            "recalculation_finished",
            run_id=run.pk,
            state=run.state,
            revision=run.revision,
            passes=run.passes,
            done=run.done,
            changed=run.changed,
            written=run.written,
            failed=run.failed,
            seconds=run.seconds,
        )


def close_abandoned_runs() -> None:
    """Runs over chosen listings cannot be taken up by others: those whose process is gone are closed."""
    RecalculationRun.objects.filter(
        state=RunState.RUNNING, scope=RunScope.SOME, active_at__lt=timezone.now() - ABANDONED_AFTER
    ).update(state=RunState.FAILED, error="The process that worked on it is gone.", finished_at=timezone.now())


def _locked(run: RecalculationRun) -> RecalculationRun:
    return RecalculationRun.objects.select_for_update().get(pk=run.pk)
