"""Whatever is killed on the way, afterwards every figure is right and nothing is stuck."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from catalog.models import Cpu, Gpu
from dealbrain.views import health
from listings.models import Listing
from tests.benchmarks.generator import make_market, make_rules
from tests.factories import ListingFactory, RuleActionFactory
from tests.flow.conftest import PrivateRedis, Workers, wait_until
from valuation.choices import RunState
from valuation.models import ListingValuation, RecalculationRun, RuleAction, StaleHint
from valuation.recalculation import shards, valuing
from valuation.recalculation.figures import FIGURES
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import Scope, recalculate, start_run, work

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 20


def figures() -> dict[int, tuple[object, ...]]:
    rows = ListingValuation.objects.values_list("listing_id", *FIGURES)
    return {row[0]: row[1:] for row in rows}


def assert_as_from_scratch() -> None:
    """The stored figures are those that an empty table would get."""
    assert not anything_stale()
    found = figures()
    assert len(found) == Listing.objects.count()
    ListingValuation.objects.all().delete()
    recalculate(scope=Scope(), trigger="from scratch")
    assert figures() == found


def edit_something(chance: random.Random) -> None:
    """One edit of the kind that editors make: a rule, a CPU, a GPU, or a listing."""
    kind = chance.randrange(4)
    if kind == 0:
        action = chance.choice(list(RuleAction.objects.exclude(value_usd=None)))
        action.value_usd = chance.randrange(1, 50)
        action.save()
    elif kind == 1:
        cpu = chance.choice(list(Cpu.objects.all()[:50]))
        cpu.cpu_mark_multi = chance.randrange(1_000, 40_000)
        cpu.save()
    elif kind == 2:
        gpu = chance.choice(list(Gpu.objects.all()[:10]))
        gpu.gpu_mark = chance.randrange(1_000, 30_000)
        gpu.save()
    else:
        listing = Listing.objects.order_by("?")[0]
        listing.price_usd = chance.randrange(50, 2_000)
        listing.save()


def in_threads(*work: Callable[[], object]) -> None:
    """Run these side by side, each on a connection of its own; what one raises is raised here."""

    def closing(job: Callable[[], object]) -> None:
        try:
            job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(closing, job) for job in work]:
            future.result()


def test_a_worker_that_is_killed_again_and_again(workers: Workers) -> None:
    chance = random.Random(7)
    make_market(20_000)
    make_rules(40)
    interrupted = 0
    for _ in range(KILLS):
        workers.start()
        edit_something(chance)
        time.sleep(chance.random() * 0.8)
        edit_something(chance)
        interrupted += RecalculationRun.objects.filter(state=RunState.RUNNING).exists()
        workers.kill()
    assert interrupted, "no kill hit a run: the test shows nothing"
    call_command("recalculate", verbosity=0)
    assert_as_from_scratch()
    assert not RecalculationRun.objects.filter(state=RunState.RUNNING).exists()


def test_the_next_kick_mends_what_a_killed_worker_left(workers: Workers) -> None:
    make_market(20_000)
    make_rules(10)
    workers.start()
    wait_until(lambda: RecalculationRun.objects.filter(state=RunState.RUNNING).exists(), "a run")
    workers.kill()
    assert anything_stale()
    workers.start()
    ListingFactory()
    wait_until(lambda: not anything_stale(), "fresh figures")
    assert_as_from_scratch()


def test_the_hints_outlive_the_workers_that_have_read_them(private_redis: PrivateRedis, workers: Workers) -> None:
    """Nobody looks at everything: what was marked is found by its hints, whoever was killed over them."""
    chance = random.Random(11)
    make_market(20_000)
    make_rules(40)
    call_command("recalculate", verbosity=0)
    interrupted = 0
    for _ in range(KILLS // 2):
        workers.start()
        cpu = chance.choice(list(Cpu.objects.order_by("pk")[250:]))
        cpu.cpu_mark_single = chance.randrange(1_000, 4_000)
        cpu.save()
        time.sleep(chance.random() * 0.4)
        interrupted += StaleHint.objects.exists()
        workers.kill()
    assert interrupted, "no kill hit a job: the test shows nothing"
    private_redis.flush()  # a marker of a job that was killed would have the next kick wait
    workers.start()
    cpu.save()
    wait_until(lambda: not StaleHint.objects.exists(), "the hints to be read and forgotten")
    assert_as_from_scratch()


def test_several_workers_share_a_run(workers: Workers) -> None:
    make_market(3_000)
    make_rules(10)
    workers.start(2)
    recalculate(scope=Scope(everything=True), trigger="test", batch_size=100)
    assert_as_from_scratch()


def test_redis_is_gone_before_during_and_after_an_edit(private_redis: PrivateRedis, workers: Workers) -> None:
    listing = ListingFactory(price_usd=100)
    action = RuleActionFactory(value_usd=5)
    recalculate(scope=Scope(), trigger="test")
    private_redis.stop()
    action.value_usd = 7
    action.save()  # answers as ever
    listing.refresh_from_db()
    assert anything_stale()
    private_redis.start()
    workers.start()
    assert anything_stale(), "a kick that was never queued cannot have come to a worker"
    listing.price_usd = 200
    listing.save()
    wait_until(lambda: not anything_stale(), "fresh figures after Redis came back")
    private_redis.flush()
    action.value_usd = 9
    action.save()
    call_command("recalculate", verbosity=0)
    assert ListingValuation.objects.get().adjusted_cents == 20_900


def test_a_flush_between_kick_and_worker_is_mended_by_the_next(private_redis: PrivateRedis, workers: Workers) -> None:
    ListingFactory(price_usd=100)
    private_redis.flush()
    workers.start()
    assert anything_stale()
    ListingFactory(price_usd=200)
    wait_until(lambda: not anything_stale(), "fresh figures")


def test_many_saves_make_few_runs(workers: Workers) -> None:
    ListingFactory.create_batch(20, price_usd=100)
    action = RuleActionFactory(value_usd=1)
    workers.start(2)
    before = RecalculationRun.objects.count()
    for amount in range(1, 101):
        action.value_usd = amount
        action.save()
        time.sleep(0.05)
    wait_until(lambda: not anything_stale(), "fresh figures")
    assert set(ListingValuation.objects.values_list("adjusted_cents", flat=True)) == {20_000}
    assert RecalculationRun.objects.count() - before <= 6


def test_the_connection_is_cut_in_the_middle_of_a_batch(
    private_redis: PrivateRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_market(500)
    make_rules(5)
    evaluate, cut = valuing.evaluate, iter([True])

    def evaluate_and_cut(*arguments: object) -> object:
        result = evaluate(*arguments)
        for _ in cut:
            with psycopg_elsewhere() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return result

    monkeypatch.setattr(valuing, "evaluate", evaluate_and_cut)
    with pytest.raises(DatabaseError):
        recalculate(scope=Scope(), trigger="test")
    recalculate(scope=Scope(), trigger="test")
    assert_as_from_scratch()
    assert not RecalculationRun.objects.filter(state=RunState.RUNNING).exists()


def psycopg_elsewhere():
    """A second session on this database."""
    copy = connection.copy()
    copy.ensure_connection()
    return copy.connection


def test_two_workers_on_one_shard(private_redis: PrivateRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every claim counts as old, so both take everything."""
    make_market(600)
    make_rules(5)
    monkeypatch.setattr(shards, "CLAIM_LASTS", timedelta(seconds=-1))
    run = start_run(scope=Scope(everything=True), trigger="test", batch_size=50)
    assert run is not None
    in_threads(lambda: work(run.pk), lambda: work(run.pk))
    run.refresh_from_db()
    assert (run.state, run.done) == (RunState.DONE, 600)
    assert_as_from_scratch()


def test_two_rule_edits_that_commit_in_the_other_order(private_redis: PrivateRedis) -> None:
    listing = ListingFactory(price_usd=100)
    first, second = RuleActionFactory(value_usd=1), RuleActionFactory(value_usd=10)
    recalculate(scope=Scope(), trigger="test")
    started, committed = Event(), Event()

    def early_start_late_commit() -> None:
        with transaction.atomic():
            action = RuleAction.objects.get(pk=first.pk)
            started.set()
            assert committed.wait(10)
            action.value_usd = 2
            action.save()

    def late_start_early_commit() -> None:
        assert started.wait(10)
        action = RuleAction.objects.get(pk=second.pk)
        action.value_usd = 20
        action.save()
        recalculate(scope=Scope(), trigger="test")
        committed.set()

    in_threads(early_start_late_commit, late_start_early_commit)
    recalculate(scope=Scope(), trigger="test")
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 12_200


def test_no_deadlock_between_editors_and_recalculations(private_redis: PrivateRedis) -> None:
    make_market(300)
    make_rules(10)
    done = Event()

    def edit(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(100):
            edit_something(chance)

    def edit_all() -> None:
        try:
            in_threads(lambda: edit(1), lambda: edit(2))
        finally:
            done.set()

    def recalculate_all() -> None:
        while not done.is_set():
            recalculate(scope=Scope(), trigger="test", batch_size=40)

    in_threads(edit_all, recalculate_all, recalculate_all)
    recalculate(scope=Scope(), trigger="test")
    assert_as_from_scratch()


def test_a_worker_says_that_it_is_there(client: Client, private_redis: PrivateRedis, workers: Workers) -> None:
    def worker() -> str:
        health.look_again()
        return str(client.get("/readyz").json()["worker"])

    assert worker() == "none"
    workers.start()
    wait_until(lambda: worker() == "ok", "a worker")
    private_redis.stop()
    health.look_again()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["redis"]) == (503, "unreachable")


def test_a_full_run_is_left_to_the_workers(private_redis: PrivateRedis, workers: Workers) -> None:
    ListingFactory(price_usd=100)
    workers.start()
    call_command("recalculate", "--all", "--queue")
    wait_until(lambda: RecalculationRun.objects.filter(trigger="command", state=RunState.DONE).exists(), "the run")
    assert not anything_stale()
    private_redis.stop()
    with pytest.raises(CommandError, match="Redis does not answer"):
        call_command("recalculate", "--queue")
