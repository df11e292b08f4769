"""What the market says about one machine, down to the last cent: the document of the HTTP contract."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from django.utils import timezone

from listings.models import Listing
from valuation.market.candidate import candidate, place_of
from valuation.market.estimate.calibrating import Valued, with_marks
from valuation.market.estimate.fitting import to_cents
from valuation.market.estimate.offers import Offers
from valuation.market.estimate.terms import Shape, Term
from valuation.market.reading import read_offers
from valuation.market.standing import Standing, estimate_of, standing
from valuation.models import MarketModel
from valuation.registry import field_registry

MACHINE = "The machine itself"
NO_MODEL = "The market has not been estimated yet."

Json = dict[str, Any]


def listing_market(listing_id: int) -> Json:
    """The document of a listing as it is now; all null where there is no model. Raises Listing.DoesNotExist."""
    market = standing()
    if market is None:
        Listing.objects.only("pk").get(pk=listing_id)
        return nothing_known()
    offers = read_offers(Listing.objects.filter(pk=listing_id), registry=field_registry(), year=market.year)
    if not len(offers):
        raise Listing.DoesNotExist
    return document(market, offers)


def nothing_known() -> Json:
    """The document where there is no model."""
    figures = dict.fromkeys(("fair_value_usd", "low", "high", "grade", "target_price_usd", "discount"))
    empty: Json = {"comparables": [], "parts": [], "model": None}
    return {**figures, "reason": NO_MODEL, "price_is_implausible": None, "comparables_count": 0, **empty}


def document(market: Standing, offers: Offers) -> Json:
    """The document of a single offer. The amounts of `parts` add up to the fair value, to the cent."""
    valued = market.value(offers)
    fair, price = _cents(valued.fair), float(offers.price[0])
    judged = valued.judged
    comparables = comparables_of(market, valued)
    return {
        "fair_value_usd": fair / 100,
        "low": _cents(valued.low) / 100,
        "high": _cents(valued.high) / 100,
        "grade": judged.grade[0] or None,
        "reason": judged.reason[0] or None,
        "target_price_usd": _cents(judged.target) / 100,
        "discount": round(1 - price / (fair / 100), 4) if price == price else None,  # NaN
        "price_is_implausible": bool(judged.implausible[0]),
        "comparables_count": len(comparables),
        "comparables": comparables,
        "parts": _parts(market, offers, fair, len(comparables)),
        "model": {
            "id": market.pk,
            "offers": market.market.offers,
            "is_sketch": market.market.is_sketch,
            "error": round(market.market.errors["new"]["rules_and_comparables"], 4),
            "covered": round(market.market.covered["all"], 4),
        },
    }


def comparables_of(market: Standing, valued: Valued) -> list[Json]:
    """The offers that the first of these was compared with, the nearest first, as they were when the model was made."""
    near, pool = valued.near, market.offers
    return [
        {
            "id": int(pool.ids[place]),
            "title": pool.title.names[pool.title.codes[place]] if pool.title.codes[place] >= 0 else "",
            "price_usd": round(float(pool.price[place]), 2),
            "distance": round(float(near.distance[0, number]), 4),
            "weight": round(float(near.weight[0, number]), 4),
            "residual": round(float(near.residual[0, number]), 4),
        }
        for number, place in enumerate(near.places[0].tolist())
        if place >= 0
    ]


def _parts(market: Standing, offers: Offers, fair: int, comparables: int) -> list[Json]:
    """What each rule gives, and what comparable offers say beside them: that takes up the rounding."""
    fit = market.market.fit
    stated = with_marks(market.spelled(offers), market.market.marks)
    cents: dict[str, int] = {MACHINE: round(fit.base * 100)}
    dollars: dict[str, float] = {}
    for amount in fit.amounts:
        given = amount.usd * float(amount.term.column(stated)[0])
        dollars[_name(amount.term)] = dollars.get(_name(amount.term), 0.0) + given
    cents |= {name: found for name, usd in dollars.items() if (found := round(100 * float(to_cents(np.array(usd)))))}
    parts = [{"name": name, "amount_usd": found / 100} for name, found in cents.items()]
    said = f"{comparables} comparable offer{'' if comparables == 1 else 's'}"
    return [*parts, {"name": said, "amount_usd": (fair - sum(cents.values())) / 100}]


def _name(term: Term) -> str:
    """Memory; Condition: new; CPU mark: not stated."""
    name = place_of(term.field).name
    if term.shape is Shape.UNSTATED:
        return f"{name}: not stated"
    return f"{name}: {term.label}" if term.shape is Shape.LABEL else name


def rules_of(estimate: Json) -> list[Json]:
    """The rules of a stored estimate, in the order of the file that they would make."""
    return [
        {
            "name": place_of(amount["field"]).name,
            "field": amount["field"],
            "shape": str(amount["shape"]),
            "label": amount["label"] or None,
            "from_value": amount["at"] if amount["shape"] in (Shape.STEP, Shape.SLOPE) else None,
            "to_value": amount["to"] if amount["shape"] == Shape.SLOPE else None,
            "amount_usd": round(amount["usd"], 2),
            "low_usd": round(amount["low"], 2),
            "high_usd": round(amount["high"], 2),
            "offers": amount["offers"],
        }
        for amount in estimate["amounts"]
    ]


def candidate_of(model: MarketModel, only: Collection[str] | None = None) -> Json | None:
    """The rules of a stored model, or those of these row keys, as a baseline file; None without an estimate."""
    estimate = estimate_of(model)
    if estimate is None:
        return None
    day = timezone.localdate(model.started_at).isoformat()
    return candidate(estimate, day=day, registry=field_registry(), only=only)


def _cents(usd: Any) -> int:
    return round(float(usd[0]) * 100)
