"""One SQLite file, an editor and a recalculation: they take turns, and nobody is told that it is locked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.flow.conftest import ROOT

PREPARE = """
from tests.benchmarks.generator import make_market, make_rules
make_market(2_000)
make_rules(10)
"""
EDIT = """
from listings.models import Listing
from valuation.models import RuleAction
for number in range(60):
    listing = Listing.objects.order_by("?").first()
    listing.price_usd = 100 + number
    listing.save()
    if number % 20 == 0:
        action = RuleAction.objects.exclude(value_usd=None).first()
        action.value_usd += 1
        action.save()
"""
RECALCULATE = """
from django.core.management import call_command
for _ in range(12):
    call_command("recalculate", "--all", "--batch-size=200")
"""


def start(environment: dict[str, str], code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_writer_and_a_recalculation_together(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path}/both.sqlite3", "SECRET_KEY": "x" * 50}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    prepared = start(environment, PREPARE)
    said, _ = prepared.communicate(timeout=120)
    assert prepared.returncode == 0, said
    both = [start(environment, EDIT), start(environment, RECALCULATE)]
    for process in both:
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, said
        assert "locked" not in said
    check = subprocess.run(
        [sys.executable, "manage.py", "recalculate", "--check"], cwd=ROOT, env=environment, check=False
    )
    assert check.returncode == 0
