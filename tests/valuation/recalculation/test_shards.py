"""Runs in shards: planned by ids, taken once, concluded by whoever finds nothing left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories import ListingFactory, RuleActionFactory
from valuation.choices import RunScope, RunState
from valuation.models import ListingValuation, RecalculationRun, RecalculationShard
from valuation.recalculation import shards
from valuation.recalculation.marking import anything_stale, mark_rules, revision_row
from valuation.recalculation.run import Scope, recalculate, reopen, start_run, work
from valuation.recalculation.shards import claim, complete, conclude
from valuation.recalculation.valuing import Outcome

pytestmark = pytest.mark.django_db


def started(scope: Scope | None = None, batch_size: int = 2) -> RecalculationRun:
    run = start_run(scope=scope or Scope(everything=True), trigger="test", batch_size=batch_size)
    assert run is not None
    return run


def test_a_plan_covers_every_listing_once() -> None:
    ids = [listing.pk for listing in ListingFactory.create_batch(5)]
    run = started()
    found = list(run.shards.values_list("first_id", "last_id", "size"))
    assert found == [(ids[0], ids[1], 2), (ids[2], ids[3], 2), (ids[4], ids[4], 1)]
    assert (run.total, run.passes, run.revision) == (5, 1, revision_row().revision)


def test_a_plan_of_what_is_stale() -> None:
    ListingFactory.create_batch(4)
    recalculate(scope=Scope(), trigger="test")
    assert start_run(scope=Scope(), trigger="test") is None
    stale = ListingFactory()
    run = started(Scope())
    assert list(run.shards.values_list("first_id", "last_id", "size")) == [(stale.pk, stale.pk, 1)]


def test_a_shard_is_taken_once_until_its_claim_is_old() -> None:
    ListingFactory.create_batch(3)
    run = started()
    first, second = claim(run), claim(run)
    assert first is not None
    assert second is not None
    assert first.pk != second.pk
    assert claim(run) is None
    old = timezone.now() - shards.CLAIM_LASTS - timedelta(seconds=1)
    RecalculationShard.objects.filter(pk=first.pk).update(claimed_at=old)
    again = claim(run)
    assert again is not None
    assert again.pk == first.pk


def test_a_shard_counts_once_whoever_did_it() -> None:
    ListingFactory.create_batch(2)
    run = started()
    shard = claim(run)
    assert shard is not None
    for _ in range(2):
        complete(run, shard, Outcome(done=2, written=2))
    run.refresh_from_db()
    assert (run.done, run.written) == (2, 2)


def test_a_run_is_not_concluded_while_a_shard_is_open() -> None:
    ListingFactory.create_batch(2)
    run = started()
    conclude(run)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert revision_row().covered_revision < run.revision


def test_a_dead_run_is_joined_and_finished_by_the_next() -> None:
    ListingFactory.create_batch(5)
    dead = started(Scope())
    assert claim(dead) is not None
    RecalculationShard.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    summary = recalculate(scope=Scope(), trigger="test")
    assert (summary.run_id, summary.state, summary.done) == (dead.pk, RunState.DONE, 5)
    assert not RecalculationShard.objects.exists()
    assert not anything_stale()


def test_what_is_stale_has_one_open_run() -> None:
    ListingFactory()
    first = started(Scope())
    assert started(Scope()) == first
    with pytest.raises(IntegrityError), transaction.atomic():
        RecalculationRun.objects.create(trigger="test", scope=RunScope.STALE)
    done = RecalculationRun.objects.create(trigger="test", scope=RunScope.STALE, state=RunState.DONE)
    assert not reopen(done.pk)
    work(first.pk)
    assert reopen(done.pk)


def test_rules_that_move_start_the_pass_again() -> None:
    action = RuleActionFactory(value_usd=1)
    ListingFactory.create_batch(5, price_usd=100)
    run = started()
    action.value_usd = 2
    action.save()
    work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.passes) == (RunState.DONE, 2)
    assert set(ListingValuation.objects.values_list("adjusted_cents", flat=True)) == {10_200}
    assert revision_row().covered_revision == revision_row().revision


def test_rules_that_never_rest_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "MOST_PASSES", 3)
    ListingFactory()
    run = started()
    planned = shards.plan

    def plan_and_move(found: RecalculationRun) -> None:
        planned(found)
        mark_rules()

    monkeypatch.setattr(shards, "plan", plan_and_move)
    mark_rules()
    work(run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "change faster" in run.error
    monkeypatch.undo()
    recalculate(scope=Scope(), trigger="test")
    assert not anything_stale()


def test_a_run_over_chosen_listings_whose_process_is_gone_is_closed() -> None:
    long_ago = timezone.now() - shards.ABANDONED_AFTER - timedelta(minutes=1)
    gone = RecalculationRun.objects.create(trigger="test", scope=RunScope.SOME, active_at=long_ago)
    ListingFactory()
    recalculate(scope=Scope(), trigger="test")
    gone.refresh_from_db()
    assert gone.state == RunState.FAILED
