"""An estimate as JSON and back. The offers to compare with are not part of it: the inventory has them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from valuation.market.estimate.bands import Band
from valuation.market.estimate.calibrating import Market
from valuation.market.estimate.fitting import Amount, Fit
from valuation.market.estimate.neighbours import Pool
from valuation.market.estimate.offers import Offers
from valuation.market.estimate.spread import Spread
from valuation.market.estimate.terms import Shape, Term

FORM = 1


def to_json(market: Market) -> dict[str, Any]:
    """Everything but the pool, in JSON's own types; floats keep every digit."""
    spread = asdict(market.spread)
    return {
        "form": FORM,
        "base": market.fit.base,
        "unit": market.fit.unit,
        "amounts": [{**asdict(amount.term), **_without_term(amount)} for amount in market.fit.amounts],
        "spread": {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in spread.items()},
        "trust": market.trust,
        "marks": dict(market.marks),
        "offers": market.offers,
        "left_out": dict(market.left_out),
        "errors": {models: dict(errors) for models, errors in market.errors.items()},
        "covered": dict(market.covered),
        "warnings": list(market.warnings),
        "bands": [{**asdict(band), "high": band.high if np.isfinite(band.high) else None} for band in market.bands],
    }


def _without_term(amount: Amount) -> dict[str, Any]:
    return {"usd": amount.usd, "low": amount.low, "high": amount.high, "offers": amount.offers}


def fit_from_json(stored: dict[str, Any]) -> Fit:
    """The rules of a stored estimate."""
    return Fit(stored["base"], tuple(map(_amount, stored["amounts"])), stored["unit"])


def _amount(stored: dict[str, Any]) -> Amount:
    term = Term(stored["field"], Shape(stored["shape"]), stored["sign"], stored["at"], stored["to"], stored["label"])
    return Amount(term, stored["usd"], stored["low"], stored["high"], stored["offers"])


def bands_from_json(stored: dict[str, Any]) -> tuple[Band, ...]:
    """The errors by price; none in an estimate that was stored before there were any."""
    found = stored.get("bands", ())
    return tuple(Band(**{**band, "high": np.inf if band["high"] is None else band["high"]}) for band in found)


def from_json(stored: dict[str, Any], usable: Offers) -> Market:
    """The estimate beside the offers that it compares with: those that `calibrating.pool_of` lets through."""
    fit = fit_from_json(stored)
    spread = stored["spread"]
    return Market(
        fit=fit,
        pool=Pool(usable, fit.stated(usable)),
        spread=Spread(
            np.array(spread["scale"]),
            spread["middle"],
            spread["width"],
            np.array(spread["quantiles"]),
            spread["low"],
            spread["high"],
        ),
        trust=stored["trust"],
        marks=stored["marks"],
        offers=stored["offers"],
        left_out=stored["left_out"],
        errors=stored["errors"],
        covered=stored["covered"],
        warnings=tuple(stored["warnings"]),
        bands=bands_from_json(stored),
    )
