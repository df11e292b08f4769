"""A job that dies between any two of its statements: the next one puts everything right, without looking everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from catalog.models import Cpu
from listings.models import Listing
from tests.baselines.worlds import totals
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory
from valuation import jobs
from valuation.models import CoveredRules, RecalculationRun, RuleAction, StaleHint
from valuation.recalculation import shards
from valuation.recalculation.marking import anything_stale, revision_row
from valuation.recalculation.run import RunSummary, Scope, recalculate

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # A cursor on the server that nobody closes: its connection is gone.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MOST_STATEMENTS = 400
STEP = 1 if connection.vendor == "sqlite" else 4  # there each commit waits for a disk; tests/flow kills processes


class Killed(BaseException):
    """What no handler of the product expects, as nothing of it runs when a process is killed."""


class Death:
    """Lets so many statements through, and none from then on: not those of a handler either."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        if self.left <= 0:
            raise Killed
        self.left -= 1
        return execute(*arguments)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody works but who is told to, and what a dead one had taken may be taken at once."""
    monkeypatch.setattr(jobs.queue, "run_after_commit", lambda _: None)
    monkeypatch.setattr(shards, "CLAIM_LASTS", timedelta(seconds=-1))


@pytest.fixture
def market() -> None:
    cpu = CpuFactory(cpu_mark_multi=5_000)
    CpuFactory(cpu_mark_multi=90_000)
    for ram in (4, 8, 16, 32, 64):
        ListingFactory(price_usd=100, ram_gb=ram, cpu=cpu if ram < 32 else None)
    RuleActionFactory(value_usd=10, rule__conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 32}])
    fast = [{"field_name": "cpu.cpu_mark_multi", "operator": "between", "value": [1_000, 80_000]}]
    RuleActionFactory(action_type="per_unit", metric="per_gb", value_usd=1, rule__conditions=fast)
    recalculate(scope=Scope(), trigger="test")


def job() -> RunSummary:
    return recalculate(scope=Scope(hinted=True), trigger="test", batch_size=2)


def price(number: int) -> None:
    listing = Listing.objects.order_by("pk")[number % 5]
    listing.price_usd = 100 + number
    listing.save()


def amount(number: int) -> None:
    action = RuleAction.objects.order_by("pk")[0]
    action.value_usd = 20 + number
    action.save()


def mark(number: int) -> None:
    cpu = Cpu.objects.order_by("pk")[0]
    cpu.cpu_mark_multi = 6_000 + number
    cpu.save()


def several(number: int) -> None:
    with transaction.atomic():
        price(number)
        amount(number)
        mark(number)


EDITS = {"a listing": price, "a rule": amount, "all that there is": several}


@contextmanager
def dying(death: Death) -> Iterator[None]:
    with connection.execute_wrapper(death):
        yield


def survived(death: Death) -> bool:
    """Whether the job came to its end before it died."""
    try:
        with dying(death):
            job()
    except Killed:
        connection.close()  # as the death of a process does
        return False
    return True


def assert_right() -> None:
    """The figures are those from scratch, and nothing is left to do."""
    assert not anything_stale()
    assert dict(Listing.objects.values_list("pk", "valuation__adjusted_cents")) == totals()
    scratch = recalculate(scope=Scope(everything=True), trigger="test", dry_run=True)
    assert (scratch.done, scratch.written) == (5, 0)
    assert not StaleHint.objects.exists()
    assert not RecalculationRun.objects.filter(state="running").exists()
    row = revision_row()
    assert row.covered_revision == row.revision == CoveredRules.objects.get().revision


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_killed_between_any_two_statements(market: None, edit: Callable[[int], None]) -> None:
    for after in range(0, MOST_STATEMENTS, STEP):
        edit(after)
        done = survived(Death(after))
        if not done:
            job()
        assert_right()
        if done:
            break
    assert 20 < after < MOST_STATEMENTS, "it died at every statement of a round, and then at none"


def test_killed_twice_in_a_row(market: None) -> None:
    """The one who mends dies as well, at every third of its statements or fewer."""
    for after in range(0, MOST_STATEMENTS, 3 * STEP):
        several(after)
        assert not survived(Death(25))
        mended = survived(Death(after))
        if not mended:
            job()
        assert_right()
        if mended:
            break
    assert 20 < after < MOST_STATEMENTS


def test_killed_in_the_middle_of_an_edit(market: None) -> None:
    """The mark and its hint are there, both or neither."""
    for after in range(MOST_STATEMENTS):
        death = Death(after)
        try:
            with dying(death):
                several(after)
        except Killed:
            connection.close()
        else:
            break
        row = revision_row()
        assert anything_stale() == StaleHint.objects.exists() == (row.covered_revision < row.revision)
        job()
        assert_right()
    assert 5 < after < MOST_STATEMENTS
    job()
    assert_right()
