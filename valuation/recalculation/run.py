"""Starting runs and working on them, until nothing is stale."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.choices import RunScope, RunState
from valuation.engine import RuleProblem
from valuation.models import RecalculationRun, RecalculationShard
from valuation.recalculation.facts import MOST_NAMED
from valuation.recalculation.hints import ask_for_everything
from valuation.recalculation.looking import anything_waiting
from valuation.recalculation.marking import mark_scales, mark_year, revision_row, stale_listings
from valuation.recalculation.naming import Named
from valuation.recalculation.rulebook import load_rulebook
from valuation.recalculation.shards import (
    MOST_PASSES,
    add_outcome,
    claim,
    close_abandoned_runs,
    complete,
    conclude,
    finish,
    listings_of,
    open_runs,
    plan,
    replan,
    settle,
)
from valuation.recalculation.valuing import Outcome, Valuing
from valuation.recalculation.writer import RulesMoved

log = structlog.get_logger(__name__)

BATCH_SIZE = 20_000
POLL_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""Called with (done, total) after each shard."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which listings: what is stale (default), every one, or those of a queryset.

    What is stale is looked for by every listing's stamps, and by a job (`hinted`) only where hints say it may be.
    """

    everything: bool = False
    hinted: bool = False
    listings: ListingQuerySet | None = None

    @property
    def kind(self) -> RunScope:
        if self.listings is not None:
            return RunScope.SOME
        return RunScope.ALL if self.everything else RunScope.STALE


@dataclass(slots=True)
class RunSummary:
    """What a run did. `done` listings looked at, `written` rows of which `changed` have other figures."""

    run_id: int | None = None
    state: str = RunState.DONE
    revision: int = 0
    done: int = 0
    changed: int = 0
    written: int = 0
    snapshots: int = 0
    failed: int = 0
    failures: list[dict[str, object]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def recalculate(
    *,
    scope: Scope,
    trigger: str,
    batch_size: int = BATCH_SIZE,
    dry_run: bool = False,
    snapshot: bool = False,
    progress: Progress | None = None,
    share: Callable[[RecalculationRun], None] | None = None,
) -> RunSummary:
    """Bring the figures of `scope` up to date and say what was done; nothing to do makes no run.

    `dry_run` computes and compares, and writes nothing at all, not even a run. A database error is recorded in the run
    and raised; a listing that cannot be evaluated gets null figures, is named in `failures` and stops nothing. `share`
    is told of the run before the work begins, to call others to it.
    """
    if dry_run:
        return _dry_run(scope, batch_size, progress)
    run = start_run(scope=scope, trigger=trigger, batch_size=batch_size, snapshot=snapshot)
    if run is None:
        return RunSummary(revision=revision_row().revision, problems=_problems())
    if share:
        share(run)
    try:
        if scope.listings is not None:
            _value_some(run, scope.listings, progress)
        else:
            work(run.pk, progress=progress)
    except BaseException as error:
        _record_failure(run, error)
        raise
    return summary_of(run)


def start_run(
    *, scope: Scope, trigger: str, batch_size: int = BATCH_SIZE, snapshot: bool = False
) -> RecalculationRun | None:
    """A planned run to work on, or None when nothing is stale.

    What is stale needs one run only: if one is open it is joined, be it one that a dead worker left.
    """
    mark_year(timezone.localdate())
    mark_scales()
    close_abandoned_runs()
    if scope.kind is RunScope.STALE:
        if not scope.hinted:
            ask_for_everything()
        if not snapshot and (run := open_runs().first()):
            return run
        if not anything_waiting():
            return None
    try:
        with transaction.atomic():
            return _new_run(trigger=trigger, scope=scope.kind, batch_size=batch_size, snapshot=snapshot)
    except IntegrityError:  # somebody else has opened one for what is stale, a moment ago
        return open_runs().first()


def _new_run(*, scope: RunScope, **options: Any) -> RecalculationRun | None:
    run = RecalculationRun.objects.create(scope=scope, **options)
    if scope is RunScope.SOME:
        return run
    plan(run)
    if scope is RunScope.STALE and not run.total:
        settle(run)  # the rules may have moved on without touching a listing, and listings have been valued already
        run.delete()
        return None
    return run


def work(run_id: int, *, progress: Progress | None = None) -> None:
    """Take shards of this run until it is closed. Any number of processes may do this at once."""
    while True:
        run = RecalculationRun.objects.get(pk=run_id)
        if progress:
            progress(run.done, max(run.total, run.done))
        if run.state != RunState.RUNNING:
            return
        shard = claim(run)
        if shard is not None:
            try:
                complete(run, shard, _value_shard(run, shard))
            except RulesMoved:
                replan(run)
        elif run.shards.filter(is_done=False).exists():
            time.sleep(POLL_SECONDS)  # others are at the last ones; if they die, their claims grow old
        else:
            conclude(run)


def reopen(run_id: int) -> bool:
    """Go on with a run that was done, because something became stale again. False if another run is open."""
    try:
        with transaction.atomic():
            done = RecalculationRun.objects.filter(pk=run_id, state=RunState.DONE)
            return bool(done.update(state=RunState.RUNNING, scope=RunScope.STALE, finished_at=None))
    except IntegrityError:
        return False


def summary_of(run: RecalculationRun) -> RunSummary:
    run.refresh_from_db()
    return RunSummary(
        run_id=run.pk,
        state=run.state,
        revision=run.revision,
        done=run.done,
        changed=run.changed,
        written=run.written,
        snapshots=run.snapshots,
        failed=run.failed,
        failures=run.failures,
        problems=_problems(),
        seconds=run.seconds,
    )


def _value_shard(run: RecalculationRun, shard: RecalculationShard) -> Outcome:
    """Raises RulesMoved when the rules are not those the pass was planned under."""
    book = load_rulebook()
    if book.revision != run.revision:
        raise RulesMoved
    valuing = Valuing(book, snapshot=run.snapshot and run.is_first_round)
    outcome = Outcome()
    for listings in _listings_of_shard(run, shard):
        for page in valuing.pages(listings, run.batch_size):
            outcome += page
    return outcome


def _listings_of_shard(run: RecalculationRun, shard: RecalculationShard) -> Iterator[ListingQuerySet]:
    if shard.listing_ids is None:
        yield listings_of(run, revision_row(), within=(shard.first_id, shard.last_id))
        return
    ids = np.frombuffer(shard.listing_ids, dtype=np.int64)
    for start in range(0, len(ids), MOST_NAMED):
        yield Listing.objects.filter(pk__one_of=Named(ids[start : start + MOST_NAMED]))


def _value_some(run: RecalculationRun, listings: ListingQuerySet, progress: Progress | None) -> None:
    """A run over chosen listings. Nothing else is covered by it, so each row carries the revision itself."""
    total = listings.count()
    for _ in range(MOST_PASSES):
        book = load_rulebook()
        run.revision, run.passes, run.total, run.done = book.revision, run.passes + 1, total, 0
        try:
            for outcome in Valuing(book, stamp_revision=True, snapshot=run.snapshot).pages(listings, run.batch_size):
                add_outcome(run, outcome)
                if progress:
                    progress(run.done, max(total, run.done))
        except RulesMoved:
            continue
        finish(run, RunState.DONE)
        return
    finish(run, RunState.FAILED, "The rules change faster than these listings are valued. Try again.")


def _dry_run(scope: Scope, batch_size: int, progress: Progress | None) -> RunSummary:
    book, row = load_rulebook(), revision_row()
    listings = scope.listings
    if listings is None:
        listings = Listing.objects.all() if scope.everything else stale_listings(row)
    total = listings.count()
    outcome = Outcome()
    for page in Valuing(book, stamp_revision=scope.listings is not None, store=False).pages(listings, batch_size):
        outcome += page
        if progress:
            progress(outcome.done, max(total, outcome.done))
    return RunSummary(
        revision=book.revision,
        done=outcome.done,
        changed=outcome.changed,
        written=outcome.written,
        failed=len(outcome.failures),
        failures=outcome.failures,
        problems=_problems(),
        seconds=outcome.seconds,
    )


def _record_failure(run: RecalculationRun, error: BaseException) -> None:
    """Close the run, if the database still answers; if not, the open run is joined by the next job."""
    if not connection.in_atomic_block:  # a caller's transaction is not ours to end
        connection.close_if_unusable_or_obsolete()
    try:
        finish(run, RunState.FAILED, f"{type(error).__name__}: {error}")
    except DatabaseError:
        log.exception("run_not_closed", run_id=run.pk)


def _problems() -> list[str]:
    """The rules that cannot run: `ruleset > group > rule: where: what`."""
    return [_problem_line(problem) for problem in load_rulebook().program.problems]


def _problem_line(problem: RuleProblem) -> str:
    names = (problem.ruleset_name, problem.group_name, problem.rule_name)
    return f"{' > '.join(name for name in names if name)}: {problem.problem}"
