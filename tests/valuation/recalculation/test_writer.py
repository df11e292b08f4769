"""A price's history is written once, by whoever stores the price first, whatever others have read meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import ListingFactory
from valuation.models import ListingScoreSnapshot, ListingValuation
from valuation.recalculation import facts, valuing
from valuation.recalculation.figures import FIGURES, null_figures
from valuation.recalculation.marking import revision_row
from valuation.recalculation.run import Scope, recalculate
from valuation.recalculation.writer import Stored, read_stored, write

pytestmark = pytest.mark.django_db
PRICE = FIGURES.index("price_cents")


def run() -> None:
    recalculate(scope=Scope(listings=Listing.objects.all()), trigger="test")


def history(listing: Listing) -> list[tuple[str, int | None]]:
    rows = ListingScoreSnapshot.objects.filter(listing=listing).order_by("pk")
    return list(rows.values_list("reason", "price_cents"))


def priced(listing: Listing, price: float | None) -> None:
    listing.price_usd = price
    listing.save()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something done once, by another job, right after the next one has read what is stored."""

    def install(work: Callable[[], None]) -> None:
        def read(ids: Any) -> Stored:
            stored = read_stored(ids)
            monkeypatch.setattr(valuing, "read_stored", read_stored)
            work()
            return stored

        monkeypatch.setattr(valuing, "read_stored", read)

    return install


def store(listing: Listing, price: float, *, version: int) -> None:
    """What a job that read the listing at `version` stores."""
    table = null_figures(1)
    table[:, PRICE] = price * 100
    ids, versions = (np.array([number], dtype=np.int64) for number in (listing.pk, version))
    write(ids, versions, table, revision=revision_row().revision)


def test_the_same_price_by_two_jobs_is_one_row(meanwhile: Any) -> None:
    listing = ListingFactory(price_usd=300)
    run()
    priced(listing, 200)
    meanwhile(run)
    run()
    assert history(listing) == [("first", 30_000), ("price", 20_000)]


def test_a_price_that_comes_back_past_another_job_is_told(meanwhile: Any) -> None:
    """Read as 300, stored as 200 by a job that had read it earlier, and 300 again: two changes, each with its row."""
    listing = ListingFactory(price_usd=300)
    run()
    priced(listing, 200)
    listing.refresh_from_db()
    version = listing.input_version
    priced(listing, 300)
    meanwhile(lambda: store(listing, 200, version=version))
    run()
    # The other job's own row is its own to write: it was told of a change, and here nobody asked it.
    assert history(listing) == [("first", 20_000), ("price", 30_000)]
    assert ListingValuation.objects.get(listing=listing).price_cents == 30_000


def test_a_listing_that_somebody_else_values_first_has_changed_its_price(meanwhile: Any) -> None:
    listing = ListingFactory(price_usd=200)
    meanwhile(lambda: store(listing, 300, version=listing.input_version))
    priced(listing, 200)
    run()
    assert history(listing) == [("first", 30_000), ("price", 20_000)]


def test_an_older_job_changes_nothing_and_tells_nothing(meanwhile: Any) -> None:
    listing = ListingFactory(price_usd=300)
    run()
    priced(listing, 250)
    listing.refresh_from_db()
    meanwhile(lambda: store(listing, 200, version=listing.input_version + 1))
    run()
    assert history(listing) == []
    assert ListingValuation.objects.get(listing=listing).price_cents == 20_000


def test_prices_that_come_and_go() -> None:
    listing = ListingFactory(price_usd=300)
    run()
    for price in (200, 250, None, None, 250):
        priced(listing, price)
        run()
    assert history(listing) == [
        ("first", 30_000),
        ("price", 20_000),
        ("price", 25_000),
        ("price", None),
        ("price", 25_000),
    ]


@pytest.mark.parametrize("new", [None, (True, True, True), (True, False, True)])
def test_a_listing_that_is_gone_is_passed_over(new: tuple[bool, ...] | None) -> None:
    listing, other, third = (ListingFactory(price_usd=300) for _ in range(3))
    store(other, 200, version=0)
    ids = np.array([listing.pk, other.pk, third.pk], dtype=np.int64)
    listing.delete()
    mask = None if new is None else np.array(new)
    write(ids, np.ones(3, dtype=np.int64), null_figures(3), revision=revision_row().revision, new=mask)
    stored = ListingValuation.objects.order_by("pk").values_list("listing_id", "input_version", "price_cents")
    assert list(stored) == [(other.pk, 1, None), (third.pk, 1, None)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")
@pytest.mark.parametrize("valued", [True, False])
def test_two_workers_at_once_write_the_history_once(monkeypatch: pytest.MonkeyPatch, valued: bool) -> None:
    listings = [ListingFactory(price_usd=300) for _ in range(20)]
    if valued:
        run()
        for listing in listings:
            priced(listing, 200)
    both_have_read = Barrier(2, timeout=30)

    def read(ids: Any) -> Stored:
        stored = read_stored(ids)
        both_have_read.wait()
        return stored

    def work(_: int) -> None:
        try:
            run()
        finally:
            connection.close()

    monkeypatch.setattr(valuing, "read_stored", read)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    expected = [("first", 30_000), ("price", 20_000)] if valued else []
    assert [history(listing) for listing in listings] == [expected] * 20
    assert set(ListingValuation.objects.values_list("price_cents", flat=True)) == {20_000 if valued else 30_000}


@pytest.mark.parametrize("count", [3, 4, 5, 9])
def test_many_ids_far_apart_are_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """One more than can be named does not read everything in between."""
    monkeypatch.setattr(facts, "MOST_NAMED", 4)
    scattered = [ListingFactory(pk=1_000 * (number + 1), price_usd=100) for number in range(count)]
    ListingFactory(pk=1_500, price_usd=100)
    run()
    ids = np.array([listing.pk for listing in scattered], dtype=np.int64)
    with CaptureQueriesContext(connection) as queries:
        stored = read_stored(ids)
    assert len(queries) == -(-count // 4)
    assert stored.exists.all()
    parts = [Listing.objects.filter(facts.among("pk", part)) for part in facts.chunks(ids)]
    assert [pk for part in parts for pk in part.order_by("pk").values_list("pk", flat=True)] == ids.tolist()


def test_ids_that_lie_close_are_one_range() -> None:
    ids = np.arange(1, 20_001, dtype=np.int64)
    assert len(facts.chunks(ids)) == 1
    assert facts.chunks(ids[:0]) == []
