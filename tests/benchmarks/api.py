"""How long the API takes to answer, beside the bare SQL of the same answer.

Each request goes through the whole stack in this process: middleware, authentication, view, JSON. Beside it stands the
time of its own statements alone, sent again as text and fetched, and for lists the time to turn 50 rows into JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealbrain.api.renderers import JsonRenderer
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.figures import FIGURE_PATHS
from listings.models import Listing
from tests.benchmarks.clock import load, say
from tests.benchmarks.generator import make_market, make_rules
from tests.benchmarks.worlds import analyse, database
from valuation.recalculation.run import Scope, recalculate

PAGE = 50
DEEP = 100  # the page that is asked for by cursor
BULK = 1_000


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds."""

    median: float
    slow: float  # the 95th percentile

    @classmethod
    def of(cls, work: Callable[[], Any], repeats: int) -> Timing:
        samples = []
        for _ in range(repeats):
            started = perf_counter()
            work()
            samples.append((perf_counter() - started) * 1000)
        return cls(statistics.median(samples), statistics.quantiles(samples, n=20)[-1])


class Bench:
    """One client that may do everything, and the table that is printed."""

    def __init__(self, repeats: int) -> None:
        self.repeats = repeats
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(get_user_model().objects.create_superuser("bench"))
        say(f"{'':<52}{'p50':>9}{'p95':>9}{'SQL':>9}   ms")

    def get(self, name: str, path: str, note: str = "") -> dict[str, Any]:
        return self.line(name, lambda: self.client.get(path), note=note)

    def post(self, name: str, path: str, body: Any, *, repeats: int | None = None) -> dict[str, Any]:
        text = json.dumps(body)
        return self.line(name, lambda: self.client.post(path, text, content_type="application/json"), repeats=repeats)

    def line(self, name: str, ask: Callable[[], Any], *, note: str = "", repeats: int | None = None) -> dict[str, Any]:
        with CaptureQueriesContext(connection) as queries:
            answer = ask()
        assert answer.status_code < 400, answer.content
        statements = [query["sql"] for query in queries.captured_queries]  # the next request empties the log
        timing = Timing.of(ask, repeats or self.repeats)
        bare = bare_sql(statements, repeats or self.repeats)
        say(f"{name:<52}{timing.median:9.1f}{timing.slow:9.1f}{bare.median:9.1f}   {note}{len(statements)} queries")
        found: dict[str, Any] = json.loads(answer.content)
        return {"answer": found, "timing": timing, "sql": bare}


def bare_sql(statements: Sequence[str], repeats: int) -> Timing:
    """The statements of a request again, without anything around them; what they write is rolled back."""

    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                if statement.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                    cursor.execute(statement)
                    if cursor.description:
                        cursor.fetchall()
            transaction.set_rollback(True)

    return Timing.of(run, repeats)


def main() -> None:
    options = _options()
    settings.THROTTLE_USER = None
    with database():
        make_market(options.listings)
        make_rules(40)
        recalculate(scope=Scope(), trigger="bench")
        analyse()
        say(f"{connection.vendor}, {options.listings:,} listings, {options.repeats} requests of each kind")
        load()
        # What made the market has left a million objects, and a web process has none of them to look through.
        gc.collect()
        gc.freeze()
        bench = Bench(options.repeats)
        rows = list(listings_for_api().order_by("pk")[:PAGE])
        shown = Timing.of(lambda: JsonRenderer().render(ListingSerializer(rows, many=True).data), options.repeats)
        say(f"{'50 loaded rows as JSON, alone':<52}{shown.median:9.1f}{shown.slow:9.1f}")
        _lists(bench, shown)
        _one(bench)
        _rules(bench)
        _bulk(bench)


def _lists(bench: Bench, shown: Timing) -> None:
    worst = 0.0
    for name in ("-created_at", "price_usd", *FIGURE_PATHS):
        first = bench.get(f"listings by {name}, first page", f"/v1/listings?ordering={name}")
        worst = max(worst, first["timing"].median / (3 * first["sql"].median + shown.median))
        cursor = first["answer"]["next_cursor"]
        for _ in range(DEEP - 2):
            cursor = bench.client.get(f"/v1/listings?ordering={name}&total=false&cursor={cursor}").json()["next_cursor"]
        deep = bench.get(f"  page {DEEP} by cursor", f"/v1/listings?ordering={name}&cursor={cursor}")
        filters = "condition__in=used,refurb&price_usd__lte=500&ram_gb__gte=16"
        bench.get("  filtered", f"/v1/listings?ordering={name}&{filters}")
        ratio = deep["timing"].median / first["timing"].median
        say(f"  {'page ' + str(DEEP) + ' / first page':<50}{ratio:9.2f}x")
    say(f"{'first page / (3 x its SQL + 50 rows as JSON), worst':<52}{worst:9.2f}x")


def _one(bench: Bench) -> None:
    pk = Listing.objects.order_by("?").values_list("pk", flat=True)[0]
    bench.get("detail", f"/v1/listings/{pk}")
    bench.get("breakdown with trace", f"/v1/listings/{pk}/valuation-breakdown?trace=true")
    bench.get("rankings", "/v1/rankings?metric=dollar_per_cpu_mark")
    bench.get("dashboard", "/v1/dashboard")
    bench.get("CPUs with analytics, 50", "/v1/cpus")


def _rules(bench: Bench) -> None:
    rule = {
        "conditions": [{"field_name": "ram_gb", "operator": "gte", "value": 16}],
        "actions": [{"action_type": "per_unit", "metric": "per_gb", "value_usd": 2}],
    }
    bench.post("preview of one rule over all listings", "/api/v1/valuation-rules/preview", rule)


def _bulk(bench: Bench) -> None:
    """The work that follows a commit is the recalculation, which `make bench` times."""
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[:BULK])
    body = {"listing_ids": ids, "fields": {"notes": "bulk", "condition": "used"}}
    with transaction.atomic():  # holds back what runs after a commit
        bench.post(f"bulk update of {BULK:,}", "/v1/listings/bulk-update", body, repeats=5)
        transaction.set_rollback(True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks api", description=__doc__)
    parser.add_argument("api", nargs="?")
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=20)
    return parser.parse_args()
