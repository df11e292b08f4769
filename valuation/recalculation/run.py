"""The loop: pages of listings through facts, engine and writer until nothing is stale."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import structlog
from django.db import transaction
from django.utils import timezone

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.choices import RunState
from valuation.engine import RuleProblem, evaluate
from valuation.models import RecalculationRun, RulesRevision
from valuation.recalculation.facts import Facts, load_facts
from valuation.recalculation.figures import Table, figure_table, null_figures
from valuation.recalculation.marking import mark_scales, mark_year, revision_row, stale_listings
from valuation.recalculation.rulebook import Rulebook, load_rulebook
from valuation.recalculation.snapshots import keep_first_prices, take_snapshots
from valuation.recalculation.writer import Change, RulesMoved, Stored, compare, read_stored, write

log = structlog.get_logger(__name__)

BATCH_SIZE = 20_000
# Rules that change faster than a pass over them: give up after so many and leave the rest to the next job.
MOST_RESTARTS = 100
MOST_PARAMETERS = 5_000  # in one statement: SQLite's own limit is 32,766

Progress = Callable[[int, int], None]
"""Called with (done, total) after each batch."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which listings: what is stale (default), every one, or those with these ids."""

    everything: bool = False
    ids: Collection[int] | None = None

    def parts(self, row: RulesRevision) -> Iterator[ListingQuerySet]:
        """The listings, in as many querysets as the parameters of a statement ask for."""
        if self.ids is None:
            yield Listing.objects.all() if self.everything else stale_listings(row)
            return
        ids = sorted(self.ids)
        for start in range(0, len(ids), MOST_PARAMETERS):
            yield Listing.objects.filter(pk__in=ids[start : start + MOST_PARAMETERS])

    def count(self, row: RulesRevision) -> int:
        return len(self.ids) if self.ids is not None else sum(part.count() for part in self.parts(row))


@dataclass(slots=True)
class RunSummary:
    """What a run did. `done` listings looked at, `written` rows of which `changed` have other figures."""

    run_id: int | None = None
    revision: int = 0
    done: int = 0
    changed: int = 0
    written: int = 0
    snapshots: int = 0
    failures: list[dict[str, object]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"read": 0.0, "evaluate": 0.0, "write": 0.0})

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += perf_counter() - started


def recalculate(
    *,
    scope: Scope,
    trigger: str,
    batch_size: int = BATCH_SIZE,
    dry_run: bool = False,
    snapshot: bool = False,
    progress: Progress | None = None,
) -> RunSummary:
    """Bring the figures of `scope` up to date and say what was done.

    `dry_run` computes and compares, and writes nothing at all, not even a run. A database error is recorded in the run
    and raised; a listing that cannot be evaluated gets null figures, is named in `failures` and stops nothing.
    """
    if dry_run:
        summary = RunSummary()
        _Pass(scope, summary, batch_size, progress, dry_run=True).run(load_rulebook())
        return summary
    mark_year(timezone.localdate())
    mark_scales()
    run = RecalculationRun.objects.create(trigger=trigger, total=scope.count(revision_row()))
    summary = RunSummary(run_id=run.pk)
    try:
        _until_nothing_is_stale(scope, summary, batch_size, _record(run, summary, progress), snapshot=snapshot)
    except BaseException as error:
        _finish(run, summary, RunState.FAILED, f"{type(error).__name__}: {error}")
        raise
    _finish(run, summary, RunState.DONE)
    return summary


def _until_nothing_is_stale(
    scope: Scope, summary: RunSummary, batch_size: int, progress: Progress, *, snapshot: bool
) -> None:
    for _ in range(MOST_RESTARTS):
        try:
            _Pass(scope, summary, batch_size, progress, snapshot=snapshot).run(load_rulebook())
        except RulesMoved:
            continue
        row = revision_row()
        if scope.ids is not None:
            return
        # What was edited while the pass ran is stale again, and only that is left to do.
        scope, snapshot = Scope(), False
        if not stale_listings(row).exists():
            return
    log.warning("recalculation_gave_up", reason="the rules change faster than a pass", passes=MOST_RESTARTS)


class _Pass:
    """One pass over a scope under one revision. Raises RulesMoved when the revision is not current any more."""

    def __init__(
        self,
        scope: Scope,
        summary: RunSummary,
        batch_size: int,
        progress: Progress | None,
        *,
        dry_run: bool = False,
        snapshot: bool = False,
    ) -> None:
        self.scope, self.summary, self.batch_size, self.progress = scope, summary, batch_size, progress
        self.dry_run, self.snapshot = dry_run, snapshot

    def run(self, book: Rulebook) -> None:
        row = revision_row()
        if row.revision != book.revision:
            raise RulesMoved
        self.summary.revision = book.revision
        self.summary.problems = [_problem_line(problem) for problem in book.program.problems]
        total = self.scope.count(row) if self.progress else 0
        looked_at = 0
        for facts in self._pages(book, row):
            self._value(book, facts)
            looked_at += len(facts.batch)
            if self.progress:
                self.progress(looked_at, max(total, looked_at))
        if self.scope.ids is None and not self.dry_run:
            RulesRevision.objects.filter(pk=1, covered_revision__lt=book.revision).update(
                covered_revision=book.revision
            )

    def _pages(self, book: Rulebook, row: RulesRevision) -> Iterator[Facts]:
        """The scope in pages by pk: a listing that appears or vanishes meanwhile shifts none of the others."""
        for listings in self.scope.parts(row):
            last = 0
            while True:
                page = listings.filter(pk__gt=last).order_by("pk")[: self.batch_size]
                with self.summary.timed("read"):
                    facts = load_facts(page, fields=book.program.fields, registry=book.registry, year=book.year)
                if not len(facts.batch):
                    break
                yield facts
                last = int(facts.batch.ids[-1])

    def _value(self, book: Rulebook, facts: Facts) -> None:
        with self.summary.timed("read"):
            stored = read_stored(facts.batch.ids)
        with self.summary.timed("evaluate"):
            table = self._figures(book, facts)
            by_listing = self.scope.ids is not None
            change = compare(stored, table, facts.input_versions, revision=book.revision, stamp_revision=by_listing)
        if not self.dry_run:
            with self.summary.timed("write"):
                self._store(book, facts, stored, table, change)
        self.summary.done += len(facts.batch)
        self.summary.changed += int(change.figures.sum())
        self.summary.written += int(change.rows.sum())

    def _store(self, book: Rulebook, facts: Facts, stored: Stored, table: Table, change: Change) -> None:
        """The rows and the snapshots of a batch, both or neither."""
        rows, price = change.rows, np.flatnonzero(change.prices)
        with transaction.atomic():
            if len(price):
                self.summary.snapshots += keep_first_prices(facts.batch.ids[price], stored.table[price])
            write(facts.batch.ids[rows], facts.input_versions[rows], table[rows], revision=book.revision)
            if self.snapshot:
                self.summary.snapshots += take_snapshots(book, facts, table, reason="requested")
            elif len(price):
                self.summary.snapshots += take_snapshots(book, facts.rows(price), table[price], reason="price")

    def _figures(self, book: Rulebook, facts: Facts) -> Table:
        """The figures of a batch. If it cannot be evaluated as a whole, its halves are, down to the one to blame."""
        try:
            return figure_table(book, facts.batch, evaluate(book.program, facts.batch))
        except Exception as error:
            count = len(facts.batch)
            if count > 1:
                halves = np.split(np.arange(count), [count // 2])
                return np.vstack([self._figures(book, facts.rows(half)) for half in halves])
            listing = int(facts.batch.ids[0])
            self.summary.failures.append({"listing_id": listing, "reason": f"{type(error).__name__}: {error}"})
            log.exception("listing_not_valued", listing_id=listing)
            return null_figures(1)


def _record(run: RecalculationRun, summary: RunSummary, progress: Progress | None) -> Progress:
    def record(done: int, total: int) -> None:
        RecalculationRun.objects.filter(pk=run.pk).update(
            done=done, total=total, revision=summary.revision, changed=summary.changed, written=summary.written
        )
        if progress:
            progress(done, total)

    return record


def _finish(run: RecalculationRun, summary: RunSummary, state: RunState, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error, timezone.now()
    run.revision, run.done, run.total = summary.revision, summary.done, summary.done
    run.changed, run.written, run.failures = summary.changed, summary.written, summary.failures
    run.seconds = {phase: round(seconds, 4) for phase, seconds in summary.seconds.items()}
    run.save()
    log.info(
        "recalculation_finished",
        run_id=run.pk,
        state=state,
        revision=summary.revision,
        done=summary.done,
        changed=summary.changed,
        written=summary.written,
        failures=len(summary.failures),
    )


def _problem_line(problem: RuleProblem) -> str:
    """`ruleset > group > rule: where: what`."""
    names = (problem.ruleset_name, problem.group_name, problem.rule_name)
    return f"{' > '.join(name for name in names if name)}: {problem.problem}"
