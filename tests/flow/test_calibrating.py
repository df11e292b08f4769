"""A process that estimates the market is killed on the way: the old estimate stays, whole, until another is done."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.flow.test_sqlite import start
from tests.valuation.market.inventory import stock
from valuation.choices import CalibrationState
from valuation.market.calibration import ABANDONED_AFTER, calibrate_market
from valuation.models import ListingMarket, MarketModel, MarketPool

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="its test database is in memory, of one process"),
]
KILLED = """
import os, signal
from valuation.market import calibration
calibration.{step} = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)
calibration.calibrate_market(trigger="dies")
"""
# While it fits, while it values, and after all rows have been replaced, in the transaction that makes it current.
STEPS = ("calibrate", "pages", "drop_others")


def environment() -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    parts: Any = connection.settings_dict
    login = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    url = f"postgres://{login}@{parts['HOST'] or '127.0.0.1'}:{parts['PORT'] or 5432}/{parts['NAME']}"
    return {**found, "DATABASE_URL": url, "SECRET_KEY": "x" * 50, "LOG_LEVEL": "ERROR"}


def told() -> list[Any]:
    pools = [(pool.pk, bytes(pool.offers)) for pool in MarketPool.objects.all()]
    current = list(MarketModel.objects.filter(is_current=True).values_list("pk", "estimate"))
    return [current, pools, list(ListingMarket.objects.order_by("pk").values())]


def test_the_old_estimate_stays_and_the_next_one_takes_over() -> None:
    rows = stock(80)
    calibrate_market(trigger="test")
    before = told()
    rows[0].delete()  # so that the next estimate is another one
    for step in STEPS:
        process = start(environment(), KILLED.format(step=step))
        said, _ = process.communicate(timeout=120)
        assert process.returncode == -9, said
        after = told()
        assert after[:2] == before[:2]
        assert after[2] == [row for row in before[2] if row["listing_id"] in {row.pk for row in rows[1:]}]
        assert calibrate_market(trigger="too soon").state == CalibrationState.RUNNING  # as far as anybody knows
        MarketModel.objects.filter(trigger="dies").update(active_at=timezone.now() - 2 * ABANDONED_AFTER)
    done = calibrate_market(trigger="next")
    assert (done.state, done.valued) == (CalibrationState.DONE, len(rows) - 1)
    assert set(ListingMarket.objects.values_list("model", flat=True)) == {done.model_id}
    dead = MarketModel.objects.filter(trigger="dies").values_list("state", flat=True)
    assert list(dead) == [CalibrationState.FAILED] * len(STEPS)
