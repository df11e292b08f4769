"""How long a recalculation takes, beside what cannot be saved and beside the obvious way.

Everything runs in one process on a database of its own, which is made and dropped: a file on SQLite, a test database
on PostgreSQL. Ratios are of figures from the same run; on another machine the seconds differ and the ratios hardly.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection, reset_queries
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from baselines.adopting import adopt, compare_with_current
from baselines.impact import impact_of_adopting
from baselines.reading import read_document
from baselines.services import import_baseline
from catalog.models import Cpu
from listings.models import Listing
from tests.benchmarks import floor, naive
from tests.benchmarks.generator import SHARES, make_market, make_rules
from valuation.explaining.breakdown import explain_listing
from valuation.models import ListingValuation, RecalculationRun, RuleAction
from valuation.recalculation.marking import mark_rules
from valuation.recalculation.rulebook import load_rulebook
from valuation.recalculation.run import BATCH_SIZE, RunSummary, Scope, recalculate
from valuation.registry import field_registry

REPEATS = 5
OUR_BASELINE = Path(settings.BASE_DIR) / "baselines" / "data" / "baseline-1.1.json"


def main() -> None:
    options = _options()
    with database():
        say(f"{connection.vendor}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        make_market(options.listings)
        make_rules(options.rules)
        say(f"{options.listings:,} listings x {options.rules} rules, in batches of {BATCH_SIZE:,}")
        analyse()
        _full_pass(options)
        _edits()
        _explanation()
        _baseline()
        if connection.vendor == "postgresql" and os.environ["BENCH_REDIS_URL"]:
            _workers(os.environ["BENCH_REDIS_URL"])
        for size in options.grow:
            _growth(size)


def _full_pass(options: argparse.Namespace) -> None:
    """A first pass, which reads everything and writes every row, beside its floor and the obvious way."""
    ListingValuation.objects.all().delete()  # the rules' commit has valued everything already
    seconds, summary = _timed(lambda: recalculate(scope=Scope(), trigger="bench"))
    _line("full pass, every row written", seconds, summary)
    _line("peak memory", None, note=f"{_peak_memory():.0f} MB")
    read, write = floor.read_and_write(load_rulebook().program.fields, batch_size=BATCH_SIZE)
    _line("floor: read and write the same columns", read + write, note=f"read {read:.2f}, write {write:.2f}")
    ids = list(Listing.objects.values_list("pk", flat=True))
    each = naive.seconds_per_listing(random.Random(0).sample(ids, min(options.sample, len(ids))))
    _line("one listing at a time (sample)", each * len(ids), note=f"{each * 1000:.2f} ms each, {options.sample} timed")
    _line("  full pass / floor", None, note=f"{seconds / (read + write):.2f}x")
    _line("  one at a time / full pass", None, note=f"{each * len(ids) / seconds:,.0f}x")
    recalculate(scope=Scope(everything=True), trigger="bench")
    again, summary = _timed(lambda: recalculate(scope=Scope(everything=True), trigger="bench"))
    _line("full pass, nothing changed", again, summary)


def _edits() -> None:
    """From a committed edit to fresh figures."""
    for name in SHARES:
        _touch(name)
        seconds, summary = _timed(lambda: recalculate(scope=Scope(), trigger="bench"))
        _line(f"one rule edited: {name.lower()}", seconds, summary)
    samples = []
    for listing in Listing.objects.order_by("?")[:REPEATS]:
        listing.price_usd = (listing.price_usd or 0) + 1
        started = perf_counter()
        listing.save()  # outside a transaction: marked, committed and recalculated here
        samples.append(perf_counter() - started)
    _line("one listing edited, save included", statistics.median(samples))
    cpu = Cpu.objects.annotate(count=Count("listings")).order_by("-count").first()
    assert cpu is not None
    cpu.cpu_mark_single = (cpu.cpu_mark_single or 1_000) + 1
    seconds, _ = _timed(cpu.save)
    _line(f"one CPU edited, {cpu.count:,} listings", seconds)


def _touch(rule: str) -> None:
    """As a save would, but without the job that it starts here and now."""
    RuleAction.objects.filter(rule__name=rule).update(value_usd=F("value_usd") + 1)
    mark_rules()


def _workers(redis_url: str) -> None:
    """The same full pass by one process and by two: a command, and a worker that it calls."""
    environment = {**os.environ, "REDIS_URL": redis_url, "SECRET_KEY": "b" * 60, "DATABASE_URL": database_url()}
    for helpers in (0, 1):
        workers = [
            subprocess.Popen(
                [sys.executable, "manage.py", "rqworker", "default"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(helpers)
        ]
        time.sleep(3 * helpers)  # it has to be there when the command asks
        _touch("Touches 91 %")
        command = [sys.executable, "manage.py", "recalculate", "--all", "--json"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        run = RecalculationRun.objects.filter(trigger="command").first()
        assert run is not None
        assert run.finished_at is not None
        _line(f"full pass, 91 % written, {helpers + 1} process(es)", (run.finished_at - run.started_at).total_seconds())
        for worker in workers:
            worker.terminate()
            worker.wait()


def database_url() -> str:
    parts = connection.settings_dict
    login = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    return f"postgres://{login}@{parts['HOST'] or '127.0.0.1'}:{parts['PORT'] or 5432}/{parts['NAME']}"


def _explanation() -> None:
    ids = list(Listing.objects.order_by("?").values_list("pk", flat=True)[: REPEATS * 4])
    explain_listing(ids[0], trace=True)
    samples = []
    for listing in ids:
        started = perf_counter()
        explain_listing(listing, trace=True)
        samples.append(perf_counter() - started)
    with CaptureQueriesContext(connection) as queries:
        explain_listing(ids[0], trace=True)
    _line("one listing explained, with trace", statistics.median(samples), note=f"{len(queries)} queries")


def _baseline() -> None:
    """A baseline imported, looked at and adopted, each up to fresh figures: the commit recalculates here and now."""
    runs = RecalculationRun.objects.count()
    seconds, outcome = _timed(lambda: import_baseline(content=OUR_BASELINE.read_bytes()))
    note = f"{outcome.created_rules} rules, {RecalculationRun.objects.count() - runs} recalculation"
    _line("baseline imported, to fresh figures", seconds, note=note)
    content = json.loads(OUR_BASELINE.read_text())
    content["generated_at"] = "2030-01-01T00:00:00Z"
    for fields in content["entities"].values():
        for bucket in (bucket for item in fields for bucket in item.get("valuation_buckets", ())):
            bucket["value_usd"] = bucket.get("value_usd", 0) + 1
    candidate = read_document(content, field_registry())
    comparison = compare_with_current(candidate)
    keys = comparison.diff.selectable()
    seconds, (impact, _) = _timed(lambda: impact_of_adopting(comparison, keys))
    _line("its effect on all listings, before", seconds, note=f"{len(keys)} fields, {impact.moved:,} listings move")
    seconds, _ = _timed(lambda: adopt(candidate=candidate, selected=keys[:1]))
    _line("one field adopted, to fresh figures", seconds)


def _growth(size: int) -> None:
    """Memory must not follow the number of listings."""
    make_market(size - Listing.objects.count(), seed=size)
    analyse()
    before = _peak_memory()
    seconds, summary = _timed(lambda: recalculate(scope=Scope(everything=True), trigger="bench"))
    _line(f"full pass over {size:,}", seconds, summary)
    _line("  peak memory before and after", None, note=f"{before:.0f} and {_peak_memory():.0f} MB")


@contextmanager
def database() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        name = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / "bench.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    reset_queries()
    started = perf_counter()
    outcome = work()
    return perf_counter() - started, outcome


def _peak_memory() -> float:
    """MB of this process at its largest so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def _line(name: str, seconds: float | None, summary: RunSummary | None = None, note: str = "") -> None:
    if summary is not None:
        phases = ", ".join(f"{phase} {spent:.2f}" for phase, spent in summary.seconds.items())
        note = f"{summary.done / (seconds or 1):,.0f} rows/s, {summary.written:,} written ({phases})"
    shown = "" if seconds is None else f"{seconds:10.2f} s" if seconds >= 1 else f"{seconds * 1000:9.1f} ms"
    say(f"{name:<40}{shown:>14}  {note}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=40)
    parser.add_argument("--sample", type=int, default=200, help="listings valued the obvious way")
    parser.add_argument("--grow", type=int, nargs="*", default=[], metavar="N", help="then so many listings, once")
    return parser.parse_args()
