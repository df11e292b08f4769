from __future__ import annotations

import numpy as np

from tests.valuation.market.estimate.made import made
from valuation.market.estimate.bands import price_bands
from valuation.market.estimate.calibrating import calibrate
from valuation.market.estimate.neighbours import Pool
from valuation.market.estimate.spread import HeldOut
from valuation.market.estimate.stored import bands_from_json, to_json


def test_bands_hold_all_held_out_offers_once_and_are_kept() -> None:
    market = calibrate(made(150, 1).offers)
    bands = market.bands
    assert sum(band.offers for band in bands) == market.offers
    assert [band.low for band in bands[1:]] == [band.high for band in bands[:-1]]
    assert (bands[0].low, bands[-1].high) == (0, np.inf)
    assert all(abs(band.lean) <= band.error for band in bands)
    assert bands_from_json(to_json(market)) == bands
    assert bands_from_json({}) == ()


def test_an_error_is_that_of_its_band() -> None:
    """Half of the offers ask 100 and are taken for 110, half ask 1,000 and are taken for 700."""
    offers = made(40, 1).offers
    price = np.repeat([100.0, 1_000.0], 20)
    rules = np.repeat([110.0, 700.0], 20)
    rows = np.arange(40)
    held = HeldOut(rows, rows % 5, price, rules, Pool(offers, np.ones(40)).near(offers, np.ones(40)), trust=0.0)
    found = [(band.low, band.offers, round(band.error, 4), round(band.lean, 4)) for band in price_bands(held)]
    assert found == [(0.0, 20, 0.1, 0.1), (found[-1][0], 20, 0.3, -0.3)]
