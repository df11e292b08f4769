"""From the inventory to a current model: read, fit, value every listing, and only then take the old one's place.

Nothing that others see changes until the end, when one transaction makes the model current and brings the figures of
all listings. So whoever reads sees one model or the other, and what is killed on the way leaves the old one as it was.
One calibration runs at a time; who asks for another meanwhile is given that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from dealbrain import queue
from dealbrain.actor import actor_name
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.choices import CalibrationState
from valuation.market.estimate.calibrating import FEWEST, Market, TooThin, calibrate
from valuation.market.estimate.stored import FORM, to_json
from valuation.market.pools import to_bytes
from valuation.market.reading import read_offers
from valuation.market.refreshing import pages, refresh_market
from valuation.market.standing import standing_of
from valuation.market.writing import Rows, drop_others, store
from valuation.models import MarketModel, MarketPool
from valuation.registry import field_registry

log = structlog.get_logger(__name__)

ABANDONED_AFTER = timedelta(minutes=5)  # without a sign of life, of a step that takes seconds
MOST_KEPT = 50  # models, as history; what they compared with goes at once
ENOUGH_TIME = timedelta(days=1)
ENOUGH_CHANGED = 0.05  # of the priced listings


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How a calibration ended: `state`, why there is no estimate, and how many listings have figures of it."""

    model_id: int
    state: str
    error: str = ""
    valued: int = 0


class Superseded(Exception):
    """Somebody has given this calibration up and may have begun another one."""


@dataclass(slots=True)
class _Clock:
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0) + perf_counter() - started, 3)


def priced_listings() -> ListingQuerySet:
    """What an estimate is made of: what can be bought, and says for how much."""
    return Listing.objects.active().filter(price_usd__isnull=False)


def calibrate_market(*, trigger: str) -> Calibrated:
    """Make a model of the inventory as it is and value every listing by it; signed by `actor_name()`.

    Where another calibration is running, that one is told of, and nothing is done here.
    """
    model, is_mine = start_calibration(trigger=trigger)
    return work_on(model.pk) if is_mine else Calibrated(model.pk, model.state)


def start_calibration(*, trigger: str) -> tuple[MarketModel, bool]:
    """A calibration to work on, and whether it is a new one; False: it is running already, elsewhere."""
    _close_abandoned()
    try:
        with transaction.atomic():
            return MarketModel.objects.create(trigger=trigger, made_by=actor_name(), year=_year()), True
    except IntegrityError:
        running = MarketModel.objects.filter(state=CalibrationState.RUNNING).first()
        # It may have ended in between: then it is as fresh as one can be.
        return running or MarketModel.objects.latest("pk"), False


def start_in_background(*, trigger: str) -> MarketModel:
    """A calibration, left to the workers; without any it is done when this returns."""
    model, is_mine = start_calibration(trigger=trigger)
    if is_mine and not (settings.REDIS_URL and queue.enqueue(work_on, model.pk)):
        work_on(model.pk)
    model.refresh_from_db()
    return model


def work_on(model_id: int) -> Calibrated:
    """Do the work of a calibration that was started. What goes wrong is recorded in it and raised."""
    model = MarketModel.objects.filter(pk=model_id, state=CalibrationState.RUNNING).first()
    if model is None:
        return Calibrated(model_id, CalibrationState.FAILED, "It was given up before it began.")
    clock = _Clock()
    model.seconds = clock.seconds  # the same dict: each sign of life stores how far it is
    try:
        return _work(model, clock)
    except TooThin as thin:
        _finish(model, CalibrationState.REFUSED, clock, error=str(thin), left_out=thin.reasons)
        return Calibrated(model.pk, CalibrationState.REFUSED, str(thin))
    except Superseded:
        return Calibrated(model.pk, CalibrationState.FAILED, "It took too long, and was given up.")
    except BaseException as error:
        _record_failure(model, clock, error)
        raise


def _work(model: MarketModel, clock: _Clock) -> Calibrated:
    registry = field_registry()
    with clock.timed("read"):
        model.started_at = timezone.now()  # what is edited from here on counts as changed since
        offers = read_offers(priced_listings(), registry=registry, year=model.year)
        model.priced = len(offers)
    _alive(model)
    with clock.timed("fit"):
        market = calibrate(offers)
        del offers
    _keep(model, market)
    packed = to_bytes(market.pool.offers)
    made = standing_of(model, packed)
    del market
    valued = []
    with clock.timed("value"):
        for rows in pages(made, Listing.objects.all(), registry=registry):
            valued.append(rows)
            _alive(model)
    with clock.timed("write"):
        _take_over(model, packed, valued, clock)
    MarketModel.objects.filter(pk=model.pk).update(seconds=clock.seconds)
    refresh_market()  # what was edited meanwhile
    return Calibrated(model.pk, CalibrationState.DONE, valued=sum(len(rows.ids) for rows in valued))


def _keep(model: MarketModel, market: Market) -> None:
    """The estimate into the row, which is not current yet."""
    model.estimate = to_json(market)
    model.offers, model.left_out, model.warnings = market.offers, dict(market.left_out), list(market.warnings)
    model.errors = {models: dict(errors) for models, errors in market.errors.items()}
    model.covered = dict(market.covered)
    _alive(model)


def _take_over(model: MarketModel, packed: bytes, valued: list[Rows], clock: _Clock) -> None:
    """Make the model current, with its figures for all listings, in one transaction."""
    with transaction.atomic():
        mine = MarketModel.objects.select_for_update(no_key=True).filter(pk=model.pk, state=CalibrationState.RUNNING)
        if not mine.exists():
            raise Superseded
        list(MarketModel.objects.select_for_update(no_key=True).filter(is_current=True).values_list("pk"))
        MarketModel.objects.filter(is_current=True).update(is_current=False)
        MarketPool.objects.exclude(pk=model.pk).delete()
        MarketPool.objects.create(model=model, offers=packed)
        for rows in valued:
            store(rows, model_id=model.pk)
        drop_others(model.pk)
        model.is_current = True
        _finish(model, CalibrationState.DONE, clock)
        oldest = MarketModel.objects.filter(is_current=False).order_by("-pk").values_list("pk", flat=True)
        MarketModel.objects.filter(pk__in=list(oldest[MOST_KEPT:])).delete()


def is_due() -> bool:
    """Whether the inventory has changed enough since the last attempt, and a day has passed. At most four queries.

    Changed are the priced listings that are new, that were edited, and that are gone.
    """
    last = MarketModel.objects.exclude(state=CalibrationState.FAILED).order_by("-pk").first()
    priced = priced_listings().count()
    if last is None:
        return priced >= FEWEST
    if timezone.now() - last.started_at < ENOUGH_TIME:
        return False
    if last.is_current and (last.estimate or {}).get("form") != FORM:
        return True
    unchanged = priced_listings().filter(input_changed_at__lte=last.started_at).count()
    new = priced_listings().filter(created_at__gt=last.started_at).count()
    return max(last.priced - unchanged, 0) + new >= max(ENOUGH_CHANGED * last.priced, 1) and priced >= FEWEST


def calibrate_if_due(*, trigger: str) -> MarketModel | None:
    """Refit where it is time to; else bring what is stale up to date. What `recalculate` ends with."""
    if is_due():
        return start_in_background(trigger=trigger)
    refresh_market()
    return None


def _year() -> int:
    return timezone.localdate().year


def _alive(model: MarketModel) -> None:
    """A sign of life. Raises Superseded where somebody has given up waiting for one."""
    model.active_at = timezone.now()
    model.save(update_fields=["active_at", "priced", "offers", "seconds"])
    if not MarketModel.objects.filter(pk=model.pk, state=CalibrationState.RUNNING).exists():
        raise Superseded


def _close_abandoned() -> None:
    silent = MarketModel.objects.filter(state=CalibrationState.RUNNING, active_at__lt=timezone.now() - ABANDONED_AFTER)
    silent.update(
        state=CalibrationState.FAILED, finished_at=timezone.now(), error="Whoever worked on it has stopped doing so."
    )


def _finish(model: MarketModel, state: CalibrationState, clock: _Clock, **more: Any) -> None:
    model.state, model.finished_at, model.seconds = state, timezone.now(), clock.seconds
    for name, value in more.items():
        setattr(model, name, value)
    model.save()


def _record_failure(model: MarketModel, clock: _Clock, error: BaseException) -> None:
    """Close it, if the database still answers; if not, it is found to be abandoned later."""
    if not connection.in_atomic_block:  # a caller's transaction is not ours to end
        connection.close_if_unusable_or_obsolete()
    try:
        model.estimate, model.is_current = None, False
        _finish(model, CalibrationState.FAILED, clock, error=f"{type(error).__name__}: {error}")
    except DatabaseError:
        log.exception("calibration_not_closed", model_id=model.pk)
