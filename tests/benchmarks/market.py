"""`python -m tests.benchmarks market`: the market, estimated from inventories of two sizes, and appraisals by it.

One process, a database of its own. Each phase stands beside what cannot be saved: the fit beside one least-squares fit
of the same columns, all of it beside reading the same offers once and storing the same figures once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.test import Client

from catalog.models import Cpu
from listings.models import Listing
from tests.benchmarks.clock import Wanted, heading, line, load, measure, median_of, peak_memory, ratio, say
from tests.benchmarks.generator import make_market, make_rules, worth_of_parts
from tests.benchmarks.worlds import analyse, database
from valuation.market.calibration import calibrate_market, priced_listings
from valuation.market.estimate.calibrating import calibrate
from valuation.market.estimate.offers import Offers
from valuation.market.estimate.terms import design, terms_for
from valuation.market.reading import read_offers
from valuation.market.refreshing import pages, value_listings
from valuation.market.standing import forget, standing
from valuation.market.writing import write
from valuation.models import ListingMarket, MarketModel
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry

# listings -> seconds that the fit with all its folds may take, and the figures of every listing, stored
WANTED = {10_000: (3.0, 5.0), 100_000: (15.0, 40.0)}
APPRAISED = 40
MOST_APPRAISAL = 0.2
TITLES = ("Lenovo Mini PC {} WiFi 6 16GB 512GB NVMe refurbished", "Dell Mini PC {} 32GB 1TB SSD Win 11 Pro", "HP {}")


def main() -> None:
    options = _options()
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEALBRAIN_PUBLIC_READ = True
    settings.THROTTLE_ANONYMOUS = None
    with database():
        say(f"{connection.vendor}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        load()
        made = 0
        for size in options.listings:
            make_market(size - made, seed=size, priced=worth_of_parts)
            if not made:
                make_rules(40)
            made = size
            analyse()
            recalculate(scope=Scope(everything=True), trigger="bench")
            say(f"{size:,} listings")
            heading()
            _calibration(size)
            _one_edit()
            _appraisals()
        load()


def _calibration(size: int) -> None:
    """From the inventory to the figures of every listing, and each phase of it by itself. On a busy machine only CPU
    seconds say anything, so those are wanted."""
    forget()
    ListingMarket.objects.all().delete()
    with peak_memory() as peak:
        whole, done = measure(lambda: calibrate_market(trigger="bench"))
        memory = peak()
    assert done.state == "done", done.error
    line("from the inventory to stored figures", whole, note=f"{done.valued:,} valued; at most {memory or 0:.0f} MB")
    fitted, valued = (Wanted(most, cpu=True) if most else None for most in WANTED.get(size, (None, None)))
    model = MarketModel.objects.get(pk=done.model_id)
    read, offers = measure(lambda: read_offers(priced_listings(), registry=field_registry(), year=model.year))
    line("  reading the offers", read)
    fit, _ = measure(lambda: calibrate(offers))
    line("  fitting, with the folds", fit, wanted=fitted)
    market = standing()
    assert market is not None
    value, rows = measure(lambda: list(pages(market, Listing.objects.all(), registry=field_registry())))
    ListingMarket.objects.all().delete()
    stored, _ = measure(lambda: [write(part, model_id=market.pk) for part in rows])
    line("  fair values of every listing", value)
    line("  storing them", stored)
    line("  fair values, stored", value + stored, wanted=valued)
    least, _ = measure(lambda: _least_squares(offers))
    ratio("  fitting / one least-squares fit, same columns", fit.cpu / least.cpu)
    ratio("  all of it / reading and storing the same once", whole.cpu / (read.cpu + stored.cpu))


def _least_squares(offers: Offers) -> None:
    """What a spreadsheet would do, on the same columns."""
    matrix = design(terms_for(offers), offers)
    np.linalg.lstsq(np.nan_to_num(matrix), np.log(np.nan_to_num(offers.price, nan=1.0)), rcond=None)


def _one_edit() -> None:
    """The market's figures of one listing, when it has changed."""
    pk = Listing.objects.order_by("pk").values_list("pk", flat=True)[50]
    spent, _ = measure(lambda: value_listings(listings=Listing.objects.filter(pk=pk)))
    line("  one listing valued anew", spent)


def _appraisals() -> None:
    """Machines that are not listed, through the whole stack; the first one of a process reads the model."""
    forget()
    client = Client()
    marked = Cpu.objects.filter(cpu_mark_multi__gt=0, listings__isnull=False).distinct()
    names = list(marked.order_by("pk").values_list("name", flat=True)[:APPRAISED])
    bodies = [
        {"title": TITLES[at % len(TITLES)].format(at), "facts": {"cpu.name": name}, "price_usd": 300 + 5 * at}
        for at, name in enumerate(names)
    ]
    first, _ = measure(lambda: _asked(client, bodies[0]))
    spent = [measure(partial(_asked, client, body))[0] for body in bodies]
    line("  the first appraisal of a process", first)
    line("  one appraisal, the middle", median_of(spent), wanted=Wanted(MOST_APPRAISAL))
    walls = sorted(each.wall for each in spent)
    slow = sorted(spent, key=lambda each: each.cpu)[round(0.95 * len(spent)) - 1]
    line(
        "  one appraisal, p95 by CPU",
        slow,
        note=f"p95 by the clock {walls[round(0.95 * len(walls)) - 1] * 1000:.0f} ms",
    )


def _asked(client: Client, body: dict[str, Any]) -> None:
    answer = client.post("/v1/appraisals", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["ranking"]["of"] is not None or answer.json()["market"]["price_is_implausible"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks market", description=__doc__)
    parser.add_argument("part")
    parser.add_argument("--listings", type=int, nargs="+", default=list(WANTED), help="sizes, the smallest first")
    return parser.parse_args()
