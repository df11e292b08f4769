"""Figures of listings that have changed since the current model has valued them, or that are new to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog
from django.db import transaction
from django.db.models import F, Q

from dealbrain import queue
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import FieldRegistry
from valuation.market.reading import read_offers
from valuation.market.standing import Standing, standing
from valuation.market.writing import ModelMoved, Rows, rows_of, write
from valuation.recalculation.facts import Ids
from valuation.recalculation.naming import Named
from valuation.recalculation.reading import fetch_numbers
from valuation.registry import field_registry

log = structlog.get_logger(__name__)

PAGE = 5_000  # listings valued together: some tens of megabytes, whatever their number
MOST_NOW = 500  # listings valued beside an edit; more have a job of their own
MOST_TRIES = 5  # against models that become current meanwhile


def stale_listings() -> ListingQuerySet:
    """Listings whose market figures are not of what they are now."""
    return Listing.objects.filter(Q(market__isnull=True) | ~Q(market__input_version=F("input_version")))


def pages(market: Standing, listings: ListingQuerySet, *, registry: FieldRegistry, page: int = PAGE) -> Iterator[Rows]:
    """The figures of these listings, so many at a time, by id: one that appears or vanishes meanwhile shifts no other.

    The versions are read first: an edit that lands in between leaves a row that is stale, never one that is wrong.
    """
    last = 0
    while True:
        chosen = listings.filter(pk__gt=last).order_by("pk")[:page]
        found = fetch_numbers(chosen.values_list("pk", "input_version"), 2).astype(int)
        if not len(found):
            return
        last = int(found[-1, 0])
        yield _value(market, found, registry)
        if len(found) < page:
            return


def _value(market: Standing, found: Ids, registry: FieldRegistry) -> Rows:
    ids, versions = found[:, 0], found[:, 1]
    offers = read_offers(Listing.objects.filter(pk__one_of=Named(ids)), registry=registry, year=market.year)
    there = versions[ids.searchsorted(offers.ids)]
    return rows_of(offers, there, market.value(offers))


def value_listings(*, listings: ListingQuerySet) -> int:
    """Bring the market figures of these listings up to date. Returns how many; 0 where there is no model."""
    for _ in range(MOST_TRIES):
        market = standing()
        if market is None:
            return 0
        done = 0
        try:
            for rows in pages(market, listings, registry=field_registry()):
                write(rows, model_id=market.pk)
                done += len(rows.ids)
        except ModelMoved:
            continue
        return done
    return 0


def refresh_market() -> None:
    """The job: value whatever is stale."""
    value_listings(listings=stale_listings())


def listings_moved(ids: Sequence[int]) -> None:
    """The inputs of these listings have moved on: value them now where they are few, else by a job.

    What fails here must not take the figures of the rules with it; it shows as null, and the next job does it again.
    """
    if len(ids) > MOST_NOW:
        queue.run_after_commit(refresh_market)
        return
    try:
        with transaction.atomic():
            value_listings(listings=Listing.objects.filter(pk__in=ids))
    except Exception:
        log.exception("market_not_refreshed", listings=len(ids))
