"""Where a job looks: hints come with marks, are taken away by who has read them, and may be lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import F

from listings.models import Listing
from listings.querysets import ListingQuerySet
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory
from valuation import jobs
from valuation.jobs import kick, recalculate_stale, value_now
from valuation.models import ListingValuation, RecalculationRun, StaleHint
from valuation.recalculation import hints, valuing
from valuation.recalculation.hints import EVERYTHING, NOTHING, ask_for_everything, forget_hints, leave_hint, read_hints
from valuation.recalculation.marking import anything_stale, mark_listings, mark_rules
from valuation.recalculation.run import RunSummary, Scope, recalculate

pytestmark = pytest.mark.django_db


def job() -> RunSummary:
    """What a kick starts, without a queue."""
    return recalculate(scope=Scope(hinted=True), trigger="test")


@pytest.fixture
def listings() -> list[Listing]:
    """Five of them, valued."""
    made: list[Listing] = ListingFactory.create_batch(5, price_usd=100, cpu=None)
    recalculate(scope=Scope(), trigger="test")
    assert not StaleHint.objects.exists()
    return made


def priced(listing: Listing, price: int) -> None:
    listing.price_usd = price
    listing.save()


def adjusted() -> list[int]:
    return list(ListingValuation.objects.order_by("pk").values_list("adjusted_cents", flat=True))


# -- Leaving, reading, forgetting ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "named", "within"),
    [
        ([], [], None),
        ([7], [7], None),
        ([3, 5, 7], [3, 5, 7], None),
        ([3, 5, 7, 9], [], (3, 9)),  # more than are named
    ],
)
def test_a_mark_is_one_hint(
    monkeypatch: pytest.MonkeyPatch, ids: list[int], named: list[int], within: tuple[int, int] | None
) -> None:
    monkeypatch.setattr(hints, "MOST_NAMED_IN_HINT", 3)
    leave_hint(ids, why="catalog.cpu:5")
    found = read_hints()
    assert (found.listing_ids.tolist(), found.within) == (named, within)
    assert found.keys.tolist() == list(StaleHint.objects.values_list("pk", flat=True))
    assert len(found.keys) == bool(ids)
    assert found.why == ("catalog.cpu:5" if ids else "")


def test_hints_are_read_together() -> None:
    leave_hint([5, 9], why="listings.listing:5")
    leave_hint([2, 5], why="catalog.cpu:1")
    ask_for_everything()
    found = read_hints()
    assert (found.listing_ids.tolist(), found.within, found.why) == ([2, 5, 9], EVERYTHING, "catalog.cpu:1")


def test_only_hints_that_were_read_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST_READ", 2)
    for pk in (1, 2, 3):
        leave_hint([pk])
    keys = read_hints().keys
    leave_hint([4])
    forget_hints(keys)
    assert read_hints().listing_ids.tolist() == [3, 4]
    forget_hints(NOTHING)
    assert StaleHint.objects.count() == 2


def test_a_rollback_takes_the_hint_with_the_mark(listings: list[Listing]) -> None:
    with transaction.atomic():
        mark_listings(Listing.objects.all())
        transaction.set_rollback(True)
    assert not StaleHint.objects.exists()


def test_listings_that_come_between_are_looked_for(listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    """They were committed after the others were held, and marked with them: nobody has read which they are."""
    monkeypatch.setattr(ListingQuerySet, "held", lambda self: [listings[0].pk])
    mark_listings(Listing.objects.filter(pk__in=[listings[0].pk, listings[1].pk]))
    assert read_hints().within == EVERYTHING
    assert job().done == 2


# -- What a job does with them ---------------------------------------------------------------------------------


def test_a_job_looks_where_hints_point(listings: list[Listing]) -> None:
    ListingValuation.objects.filter(pk=listings[0].pk).delete()  # as a lost hint leaves it
    priced(listings[3], 300)
    assert job().done == 1
    assert adjusted() == [10_000, 10_000, 30_000, 10_000]
    assert not StaleHint.objects.exists()
    assert job().run_id is None
    assert anything_stale()
    assert recalculate(scope=Scope(), trigger="cron").done == 1
    assert not anything_stale()
    assert not StaleHint.objects.exists()


def test_a_lost_hint_costs_a_look_by_cron_and_nothing_else(listings: list[Listing]) -> None:
    priced(listings[1], 300)
    StaleHint.objects.all().delete()
    assert job().run_id is None
    assert recalculate(scope=Scope(), trigger="cron").done == 1
    assert adjusted() == [10_000, 30_000, 10_000, 10_000, 10_000]


def test_too_many_hints_cost_a_look(listings: list[Listing]) -> None:
    before = RecalculationRun.objects.count()
    leave_hint([listing.pk for listing in listings])
    leave_hint([10**12])  # of a listing that is gone
    ask_for_everything()
    assert job().run_id is None
    assert (StaleHint.objects.exists(), RecalculationRun.objects.count()) == (False, before)


def test_a_deleted_listing_takes_nothing_with_it(listings: list[Listing]) -> None:
    for listing in listings[:2]:
        priced(listing, 200)
    listings[0].delete()
    assert job().done == 1
    assert not StaleHint.objects.exists()


def test_a_burst_is_one_hint_and_one_run(listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST_NAMED_IN_HINT", 2)
    mark_listings(Listing.objects.exclude(pk=listings[2].pk))
    assert StaleHint.objects.get().listing_ids is None
    assert job().done == 4
    assert not anything_stale()


def test_more_hints_than_are_read_at_once(listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST_READ", 2)
    for listing in listings:
        priced(listing, 200)
    assert job().done == 5
    assert adjusted() == [20_000] * 5
    assert not StaleHint.objects.exists()


def test_hints_and_rules_are_one_run(listings: list[Listing]) -> None:
    priced(listings[0], 300)
    RuleActionFactory(value_usd=5, rule__conditions=[{"field_name": "price_usd", "operator": "gt", "value": 1_000}])
    summary = job()
    assert (summary.done, RecalculationRun.objects.get(pk=summary.run_id).passes) == (1, 1)
    assert not anything_stale()
    assert not StaleHint.objects.exists()


def test_an_edit_that_lands_meanwhile_keeps_its_hint(listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate, edits = valuing.evaluate, iter([(1, 200), (0, 300)])
    seen: list[int] = []

    def edit_then_evaluate(*arguments: object) -> object:
        result = evaluate(*arguments)  # type: ignore[arg-type]  # what it was called with
        for place, price in edits:
            priced(listings[place], price)
            break
        seen.append(StaleHint.objects.count())
        return result

    monkeypatch.setattr(valuing, "evaluate", edit_then_evaluate)
    priced(listings[0], 150)
    summary = job()
    assert adjusted() == [30_000, 20_000, 10_000, 10_000, 10_000]
    assert seen == [2, 2, 1], "what a pass has read goes at its end, and not before"
    assert RecalculationRun.objects.get(pk=summary.run_id).passes == 3
    assert not StaleHint.objects.exists()


def test_rules_that_move_meanwhile_cost_no_hint(listings: list[Listing], monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate, once = valuing.evaluate, iter([1])

    def move_then_evaluate(*arguments: object) -> object:
        for _ in once:
            mark_rules()
        return evaluate(*arguments)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(valuing, "evaluate", move_then_evaluate)
    priced(listings[0], 200)
    job()
    assert adjusted()[0] == 20_000
    assert not anything_stale()
    assert not StaleHint.objects.exists()


def test_what_a_write_has_valued_needs_no_run(listings: list[Listing]) -> None:
    priced(listings[0], 200)
    value_now([listings[0].pk])
    assert StaleHint.objects.exists()
    assert job().run_id is None
    assert not StaleHint.objects.exists()


def test_a_run_over_every_listing_takes_the_hints_with_it(listings: list[Listing]) -> None:
    priced(listings[0], 200)
    assert recalculate(scope=Scope(everything=True), trigger="test").done == 5
    assert not StaleHint.objects.exists()


def test_a_run_over_chosen_listings_leaves_them(listings: list[Listing]) -> None:
    priced(listings[0], 200)
    priced(listings[1], 200)
    recalculate(scope=Scope(listings=Listing.objects.filter(pk=listings[1].pk)), trigger="test")
    assert job().done == 1
    assert not StaleHint.objects.exists()


@pytest.mark.parametrize("edit", ["listing", "cpu"])
def test_a_run_says_what_was_changed(listings: list[Listing], edit: str) -> None:
    cpu = CpuFactory(cpu_mark_multi=1)
    CpuFactory(cpu_mark_multi=90_000)
    listings[0].cpu = cpu
    listings[0].save()
    recalculate(scope=Scope(), trigger="test")
    if edit == "cpu":
        cpu.cpu_mark_multi = 2
        cpu.save()
        expected = f"catalog.cpu:{cpu.pk}"
    else:
        priced(listings[1], 50)
        expected = f"listings.listing:{listings[1].pk}"
    assert RecalculationRun.objects.get(pk=job().run_id).cause == expected


def test_the_queue_is_asked_for_a_look_at_everything(
    listings: list[Listing], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    ListingValuation.objects.filter(pk=listings[0].pk).delete()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        kick()
    assert anything_stale()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # as above
        jobs.look_everywhere()
    assert not anything_stale()


# -- How it looks ----------------------------------------------------------------------------------------------


def plans_of(statements: list[str]) -> list[str]:
    """How the database would run these, where it reads listings or figures, as if the tables were large."""
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if statement.startswith("SELECT") and ("listings_listing" in statement or "listingvaluation" in statement):
                plan = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.execute(f"{plan} {statement}")
                found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


@pytest.mark.parametrize("edited", [1, 3])
def test_a_job_reads_no_whole_table(
    listings: list[Listing], edited: int, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for listing in listings[:edited]:
        priced(listing, 200)
    with django_assert_max_num_queries(80) as queries:  # type: ignore[attr-defined]  # a context manager
        assert job().done == edited
    plans = plans_of([query["sql"] for query in queries.captured_queries])
    assert plans
    scans = ("SCAN listings", "SCAN valuation_listing", "SCAN U0", "Seq Scan on listings", "Seq Scan on valuation_list")
    assert not [plan for plan in plans if any(scan in plan for scan in scans)]


# -- Two at a time ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")
def test_a_hint_that_is_committed_late_is_read_by_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number is lower than one that was read and forgotten."""
    monkeypatch.setattr(jobs.queue, "run_after_commit", lambda _: None)
    late, early = (ListingFactory(price_usd=100, cpu=None) for _ in range(2))
    recalculate_stale()
    marked, done = Event(), Event()

    def commit_late() -> None:
        try:
            with transaction.atomic():
                priced(late, 200)
                marked.set()
                assert done.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(commit_late)
        assert marked.wait(20)
        priced(early, 300)
        recalculate_stale()
        assert adjusted() == [10_000, 30_000]
        done.set()
        waiting.result()
    assert StaleHint.objects.count() == 1
    recalculate_stale()
    assert adjusted() == [20_000, 30_000]
    assert not StaleHint.objects.exists()


def test_marks_without_hints_are_what_the_stamps_are_for(listings: list[Listing]) -> None:
    Listing.objects.filter(pk=listings[0].pk).update(input_version=F("input_version") + 1)
    assert job().run_id is None
    assert recalculate(scope=Scope(), trigger="cron").written == 1
