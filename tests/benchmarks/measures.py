"""How long a recalculation takes, beside what cannot be saved and beside the obvious way.

Everything runs in one process on a database of its own. Figures are medians of five. Ratios are of figures from the
same run; on another machine the seconds differ and the ratios hardly. CPU seconds hold on a busy machine, too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from baselines.adopting import adopt, compare_with_current
from baselines.impact import impact_of_adopting
from baselines.reading import read_document
from baselines.services import import_baseline
from catalog.models import Cpu
from listings.models import Listing
from tests.benchmarks import floor, naive
from tests.benchmarks.clock import (
    REPEATS,
    Wanted,
    heading,
    line,
    load,
    measure,
    median_of,
    medians,
    peak_memory,
    ratio,
    say,
)
from tests.benchmarks.generator import SHARES, make_market, make_rules
from tests.benchmarks.pages import pages, preview
from tests.benchmarks.worlds import analyse, database, database_url, empty_figures
from valuation.explaining.breakdown import explain_listing
from valuation.models import RecalculationRun, Rule, RuleAction
from valuation.recalculation.marking import mark_rules
from valuation.recalculation.rulebook import load_rulebook
from valuation.recalculation.run import BATCH_SIZE, RunSummary, Scope, recalculate
from valuation.registry import field_registry

OUR_BASELINE = Path(settings.BASE_DIR) / "baselines" / "data" / "baseline-1.1.json"
FLOORS = {"sqlite": 1.6, "postgresql": 1.5}  # a first pass, in floors
FEW = "Touches 4 %"


def main() -> None:
    options = _options()
    with database():
        say(f"{connection.vendor}, Python {sys.version.split()[0]}, {os.cpu_count()} cores")
        load()
        make_market(options.listings)
        make_rules(options.rules)
        say(
            f"{options.listings:,} listings x {options.rules} rules, in batches of {BATCH_SIZE:,}; medians of {REPEATS}"
        )
        analyse()
        heading()
        _full_pass(options)
        _edits()
        preview()
        pages()
        _explanation()
        _baseline()
        if connection.vendor == "postgresql" and os.environ["BENCH_REDIS_URL"]:
            _workers(os.environ["BENCH_REDIS_URL"])
        for size in options.grow:
            _growth(size)
        load()


def _full_pass(options: argparse.Namespace) -> None:
    """A first pass, which reads everything and writes every row, beside its floor and the obvious way."""
    first, summary = medians(lambda: _recalculate(Scope()), before=empty_figures)
    line("first pass, every row written", first, note=_phases(summary))
    fields, stored = load_rulebook().program.fields, floor.figures()
    bare = [floor.read_and_write(fields, stored, batch_size=BATCH_SIZE) for _ in range(REPEATS)]
    least = median_of([read + write for read, write in bare])
    read, write = (median_of([spents[place] for spents in bare]) for place in (0, 1))
    line("floor: read and write the same columns", least, note=f"read {read.wall:.2f}, write {write.wall:.2f} s")
    ratio("  first pass / floor", first.wall / least.wall, wanted=FLOORS[connection.vendor])
    ratio("  the same in CPU", first.cpu / least.cpu)
    ids = list(Listing.objects.values_list("pk", flat=True))
    sample = random.Random(0).sample(ids, min(options.sample, len(ids)))
    spent, _ = measure(lambda: naive.value_each(sample))
    each = spent.wall / len(sample)
    say(f"{'one listing at a time':<44}{each * len(ids):9.0f} s  {each * 1000:.2f} ms each, of {len(sample)}")
    ratio("  one at a time / first pass", each * len(ids) / first.wall)
    _recalculate(Scope(everything=True))
    again, summary = medians(lambda: _recalculate(Scope(everything=True)))
    line("full pass, nothing changed", again, wanted=Wanted(0.7), note=_phases(summary))


def _edits() -> None:
    """From a committed edit to fresh figures."""
    for name in SHARES:
        spent, summary = medians(lambda: _recalculate(Scope()), before=partial(_touch, name))
        wanted = Wanted(0.35) if name == FEW else None
        line(f"one rule edited: {name.lower()}", spent, wanted=wanted, note=_phases(summary))
    rule = Rule.objects.get(name=FEW)
    line("one rule saved unchanged", medians(rule.save)[0], wanted=Wanted(0.05))
    _one_listing()
    _one_cpu()


def _one_listing(wanted: Wanted | None = None) -> None:
    samples = []
    for listing in Listing.objects.order_by("?")[:REPEATS]:
        listing.price_usd = (listing.price_usd or 0) + 1
        samples.append(measure(listing.save)[0])  # outside a transaction: marked, committed and recalculated here
    line("one listing edited, save included", median_of(samples), wanted=wanted)


def _one_cpu(wanted: Wanted | None = None) -> None:
    cpu = Cpu.objects.annotate(count=Count("listings")).order_by("-count").first()
    assert cpu is not None

    def edit() -> None:
        cpu.cpu_mark_single = (cpu.cpu_mark_single or 1_000) + 1
        cpu.save()

    line(f"one CPU edited, {cpu.count:,} listings", medians(edit)[0], wanted=wanted)


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
        seconds = (run.finished_at - run.started_at).total_seconds()
        say(f"{f'full pass, 91 % written, {helpers + 1} process(es)':<44}{seconds:9.2f} s")
        for worker in workers:
            worker.terminate()
            worker.wait()


def _explanation() -> None:
    ids = list(Listing.objects.order_by("?").values_list("pk", flat=True)[: REPEATS * 4])
    explain_listing(ids[0], trace=True)
    spent = median_of([measure(partial(explain_listing, pk, trace=True))[0] for pk in ids])
    with CaptureQueriesContext(connection) as queries:
        explain_listing(ids[0], trace=True)
    line("one listing explained, with trace", spent, note=f"{len(queries)} queries")


def _baseline() -> None:
    """A baseline imported, looked at and adopted, once each, to fresh figures: the commit recalculates here and now."""
    runs = RecalculationRun.objects.count()
    spent, outcome = measure(lambda: import_baseline(content=OUR_BASELINE.read_bytes()))
    note = f"{outcome.created_rules} rules, {RecalculationRun.objects.count() - runs} recalculation"
    line("baseline imported, to fresh figures", spent, note=note)
    content = json.loads(OUR_BASELINE.read_text())
    content["generated_at"] = "2030-01-01T00:00:00Z"
    for fields in content["entities"].values():
        for bucket in (bucket for item in fields for bucket in item.get("valuation_buckets", ())):
            bucket["value_usd"] = bucket.get("value_usd", 0) + 1
    candidate = read_document(content, field_registry())
    comparison = compare_with_current(candidate)
    keys = comparison.diff.selectable()
    spent, (impact, _) = measure(lambda: impact_of_adopting(comparison, keys))
    line("its effect on all listings, before", spent, note=f"{len(keys)} fields, {impact.moved:,} listings move")
    spent, _ = measure(lambda: adopt(candidate=candidate, selected=keys[:1]))
    line("one field adopted, to fresh figures", spent)


def _growth(size: int) -> None:
    """What an edit costs must follow what it touches, and memory must not follow the number of listings."""
    make_market(size - Listing.objects.count(), seed=size)
    analyse()
    say(f"{size:,} listings")
    with peak_memory() as peak:
        spent, summary = measure(lambda: _recalculate(Scope()))
        line("what is new, valued", spent, note=f"{_phases(summary)}; at most {peak() or 0:.0f} MB")
    analyse()
    with peak_memory() as peak:
        spent, summary = measure(lambda: _recalculate(Scope(everything=True)))
        line("full pass, nothing changed", spent, note=f"{_phases(summary)}; at most {peak() or 0:.0f} MB")
    spent, summary = medians(lambda: _recalculate(Scope()), before=lambda: _touch(FEW))
    line("one rule edited: touches 4 %", spent, wanted=Wanted(3.0, cpu=True), note=_phases(summary))
    _one_listing(Wanted(0.05))
    with peak_memory() as peak:
        _one_cpu(Wanted(1.5, cpu=True))
        say(f"{'  memory, wanted 300 MB at the most':<44}{peak() or 0:9.0f} MB")


def _recalculate(scope: Scope) -> RunSummary:
    return recalculate(scope=scope, trigger="bench")


def _phases(summary: RunSummary) -> str:
    phases = ", ".join(f"{phase} {spent:.2f}" for phase, spent in summary.seconds.items())
    return f"{summary.written:,} written ({phases})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=40)
    parser.add_argument("--sample", type=int, default=200, help="listings valued the obvious way")
    parser.add_argument("--grow", type=int, nargs="*", default=[], metavar="N", help="then so many listings, once")
    return parser.parse_args()
