"""A current model that was fitted once, for tests that need one and do not mind which."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils import timezone

from tests.valuation.market.estimate.made import made
from valuation.choices import CalibrationState
from valuation.market.estimate.calibrating import calibrate
from valuation.market.estimate.stored import to_json
from valuation.market.pools import to_bytes
from valuation.models import MarketModel, MarketPool


@lru_cache(maxsize=1)
def _fitted() -> tuple[dict[str, Any], bytes]:
    market = calibrate(made(120, 1).offers)
    return to_json(market), to_bytes(market.pool.offers)


def canned_model() -> MarketModel:
    """Of 120 machines, none of which is in the database."""
    estimate, pool = _fitted()
    model = MarketModel.objects.create(
        trigger="test",
        state=CalibrationState.DONE,
        is_current=True,
        year=2026,
        priced=120,
        offers=estimate["offers"],
        estimate=estimate,
        left_out=estimate["left_out"],
        errors=estimate["errors"],
        covered=estimate["covered"],
        warnings=estimate["warnings"],
        finished_at=timezone.now(),
    )
    MarketPool.objects.create(model=model, offers=pool)
    return model
