"""Background work, each job idempotent: the database says what there is to do, and a job is only a wake-up."""

from __future__ import annotations

import time
from collections.abc import Collection

import structlog
from django.conf import settings
from django.db import transaction

from dealbrain import queue
from listings.models import Listing
from valuation.models import RecalculationRun
from valuation.recalculation.hints import ask_for_everything
from valuation.recalculation.looking import anything_waiting
from valuation.recalculation.rulebook import load_rulebook
from valuation.recalculation.run import RunSummary, Scope, recalculate, reopen, start_run, work
from valuation.recalculation.shards import open_runs
from valuation.recalculation.valuing import Valuing
from valuation.recalculation.writer import RulesMoved

log = structlog.get_logger(__name__)

# A worker looks on for a moment after a run, so that a burst of edits is one run and not one for each of them.
QUIET_SECONDS = 2.0
LOOK_SECONDS = 0.1
LONGEST_WATCH_SECONDS = 60.0
MOST_NOW = 2_000  # listings valued together inside a write


def recalculate_stale() -> RunSummary:
    """Value what the hints and the rules' moving on say is stale. Nothing to look at: no run, no write."""
    summary = recalculate(scope=Scope(hinted=True), trigger="change", share=call_helpers)
    if settings.REDIS_URL and summary.run_id is not None:
        _watch(summary.run_id)
    return summary


def help_with_run(run_id: int) -> None:
    """Take shards of a run that somebody else has started."""
    if RecalculationRun.objects.filter(pk=run_id).exists():
        work(run_id)


def start_full_run(*, trigger: str) -> RecalculationRun:
    """A run over every listing, left to the workers; without any it is done when this returns.

    With a Redis that does not answer the run stays open, and the next job or cron takes it up.
    """
    run = start_run(scope=Scope(everything=True), trigger=trigger)
    assert run is not None  # only what is stale can come to nothing
    if not settings.REDIS_URL:
        help_with_run(run.pk)
        run.refresh_from_db()
    elif queue.enqueue(help_with_run, run.pk):
        call_helpers(run)
    return run


def look_everywhere() -> None:
    """Have a job look at the stamps of every listing, hinted at or not. What a lost hint left behind is found so."""
    ask_for_everything()
    kick()


def kick() -> None:
    """Have stale figures recalculated after this transaction commits."""
    queue.run_after_commit(recalculate_stale)


def value_now(ids: Collection[int]) -> None:
    """Value a few listings inside the transaction that has written them, so that its answer shows their figures.

    Where there are workers this is theirs to do. What fails here waits for the kick that follows the commit.
    """
    if settings.REDIS_URL:
        return
    try:
        with transaction.atomic():
            for _ in Valuing(load_rulebook(), stamp_revision=True).pages(Listing.objects.filter(pk__in=ids), MOST_NOW):
                pass
    except RulesMoved:  # somebody is writing rules at this moment
        return
    except Exception:
        log.exception("not_valued_now", listings=len(ids))


def run_of_changes() -> RecalculationRun | None:
    """The run that brings what was committed a moment ago up to date, or has done so already."""
    return start_run(scope=Scope(hinted=True), trigger="change") or RecalculationRun.objects.order_by("-pk").first()


def call_helpers(run: RecalculationRun) -> None:
    """Ask the other workers to take shards of this run, as many as there are shards for."""
    spare = run.shards.filter(is_done=False).count() - 1
    if spare > 0 and settings.REDIS_URL:
        for _ in range(min(spare, queue.spare_workers())):
            queue.enqueue(help_with_run, run.pk)


def _watch(run_id: int) -> None:
    """Look on after a run that is done: help whoever opens another, or go on with this one when a new kick waits."""
    started = quiet_since = time.monotonic()
    while (now := time.monotonic()) - quiet_since < QUIET_SECONDS and now - started < LONGEST_WATCH_SECONDS:
        time.sleep(LOOK_SECONDS)
        if other := open_runs().first():
            work(other.pk)
        elif queue.is_waiting(recalculate_stale) and anything_waiting() and reopen(run_id):
            work(run_id)
            quiet_since = time.monotonic()
