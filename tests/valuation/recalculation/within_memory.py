"""Every path of the recalculation, on a market of any size, in a process that has denied itself more memory.

Run by test_memory.py: `python -m tests.valuation.recalculation.within_memory FILE LISTINGS MEGABYTES`.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

FILE, LISTINGS, MEGABYTES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SEED = 1_000  # listings that are made; the others are copies
BATCH = 20_000 if LISTINGS > 100_000 else 2_000

os.environ |= {"DATABASE_URL": f"sqlite:///{FILE}", "REDIS_URL": "", "LOG_LEVEL": "ERROR", "SECRET_KEY": "m" * 60}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealbrain.settings")

import django  # noqa: E402  # the database is named first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from catalog.models import Cpu  # noqa: E402
from listings.models import Listing  # noqa: E402
from tests.benchmarks.generator import make_market, make_rules  # noqa: E402
from valuation.engine import ActionSpec  # noqa: E402
from valuation.models import ListingValuation, RuleAction, RuleGroup  # noqa: E402
from valuation.recalculation import covering, paging  # noqa: E402
from valuation.recalculation.run import Scope, recalculate  # noqa: E402
from valuation.trying import inventory  # noqa: E402
from valuation.trying.preview import Draft, preview_rule  # noqa: E402


def everything() -> None:
    recalculate(scope=Scope(everything=True), trigger="test", batch_size=BATCH)


def anew() -> None:
    ListingValuation.objects.all().delete()
    recalculate(scope=Scope(), trigger="test", batch_size=BATCH)


def a_rule() -> None:
    with transaction.atomic():
        action = RuleAction.objects.get(rule__name="Touches 4 %")
        action.value_usd = float(action.value_usd or 0) + 1
        action.save()


def a_cpu() -> None:
    cpu = Cpu.objects.order_by("pk").last()
    assert cpu is not None
    cpu.cpu_mark_single = (cpu.cpu_mark_single or 1_000) + 1
    cpu.save()


def a_preview() -> None:
    draft = Draft(
        conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 16}],
        actions=(ActionSpec("multiplier", value_usd=-5),),
        group=RuleGroup.objects.select_related("ruleset")[0],
        evaluation_order=1,
        priority=1,
    )
    assert preview_rule(draft=draft, listings=Listing.objects.all(), sample_size=10)["statistics"]


PATHS: dict[str, Callable[[], None]] = {
    "a first pass": anew,
    "a pass that changes nothing": everything,
    "one rule": a_rule,
    "one CPU": a_cpu,
    "a preview": a_preview,
}


def copy_listings() -> None:
    """By the database alone: the first thousand again and again."""
    names = ", ".join(field.column for field in Listing._meta.concrete_fields if not field.primary_key)
    table = Listing._meta.db_table
    with connection.cursor() as cursor:
        for _ in range(LISTINGS // SEED - 1):
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE id <= {SEED}")
        cursor.execute("ANALYZE")


def data_bytes() -> int:
    """What the limit counts."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))


def main() -> None:
    call_command("migrate", verbosity=0)
    covering.PAGE = paging.PAGE = inventory.PAGE = BATCH
    make_market(SEED)
    make_rules(40)
    for path in PATHS.values():
        path()  # on few listings: what is loaded once is loaded now
    with transaction.atomic():
        copy_listings()
    limit = data_bytes() + MEGABYTES * 1024**2
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    for name, path in PATHS.items():
        before = data_bytes()
        try:
            path()
        except MemoryError:
            sys.exit(f"{name}: more than {MEGABYTES} MB over what the process had")
        sys.stdout.write(f"{name}: {(data_bytes() - before) / 1024**2:.0f} MB kept\n")
    if ListingValuation.objects.count() != LISTINGS:
        sys.exit("not every listing has been valued")


main()
