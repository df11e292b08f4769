"""Offers for sale that are most like a machine, whether it is for sale itself or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from listings.models import Listing
from valuation.engine import FieldRegistry
from valuation.market.estimate.neighbours import distances
from valuation.market.estimate.offers import Offers
from valuation.market.reading import read_offers
from valuation.recalculation.naming import Named

NEAREST = 5
MOST_LOOKED_AT = 1_000  # without a model, which has them in order

Json = dict[str, Any]


def nearest_offers(market: Json, offers: Offers, *, registry: FieldRegistry, year: int) -> list[Json]:
    """Up to five offers that can be bought now, the nearest first. At most eight queries.

    They are the first comparables of the market's document. Where no model has told them, the newest thousand are
    looked at: those with the same CPU, if there are any, else all.
    """
    if market["model"] is None:
        found = _without_model(offers, registry, year)
    else:
        found = {item["id"]: item["distance"] for item in market["comparables"]}
    return _shown(found)


def _without_model(offers: Offers, registry: FieldRegistry, year: int) -> Mapping[int, float]:
    priced = Listing.objects.active().filter(price_usd__isnull=False)
    name = str(offers.cpu.texts()[0])
    alike = _newest(priced.filter(cpu__name=name)) if name else []
    pks = np.array(sorted(alike or _newest(priced)), dtype=np.int64)
    others = read_offers(Listing.objects.filter(pk__one_of=Named(pks)), registry=registry, year=year)
    apart = distances(offers, others)[0]
    order = np.lexsort((others.ids, apart))[:NEAREST]
    return {int(others.ids[place]): round(float(apart[place]), 4) for place in order if np.isfinite(apart[place])}


def _newest(listings: Any) -> list[int]:
    return list(listings.order_by("-pk").values_list("pk", flat=True)[:MOST_LOOKED_AT])


def _shown(found: Mapping[int, float]) -> list[Json]:
    """The rows of those that are still for sale."""
    for_sale = Listing.objects.active().filter(pk__in=found, price_usd__isnull=False)
    columns = ("pk", "title", "price_usd", "listing_url", "valuation__adjusted_cents")
    rows = {row[0]: row[1:] for row in for_sale.order_by().values_list(*columns)}
    return [
        {
            "id": pk,
            "title": rows[pk][0],
            "price_usd": float(rows[pk][1]),
            "adjusted_price_usd": None if rows[pk][3] is None else rows[pk][3] / 100,
            "listing_url": rows[pk][2],
            "distance": distance,
        }
        for pk, distance in found.items()
        if pk in rows
    ][:NEAREST]
