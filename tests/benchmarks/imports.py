"""Rows a second that go in: new, unchanged, with other prices. And the most memory that a large file takes.

In a database of its own, which is thrown away; the test database of SQLite is in memory, so the most memory is
measured on PostgreSQL. CPU seconds (user and system) are what counts on a busy machine; rows a
second are of them. A file is opened (read twice: to be asked about, and to be counted) and committed; both are told.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from django.conf import settings
from django.test.utils import setup_databases, teardown_databases

from imports.models import ImportSession
from imports.sessions import service
from tests.benchmarks.measures import say

CPUS = ("i5-8500T", "i5-9400", "i7-8700T", "i7-9700T", "i3-8100T", "i5-10400T", "i5-6500T", "i7-7700")
MODELS = (
    "Dell OptiPlex 3060 Micro",
    "HP EliteDesk 800 G4 Mini",
    "Lenovo ThinkCentre M720q Tiny",
    "Fujitsu Esprimo Q558",
)
HEADER = "item number,title,price,condition,seller,cpu,ram,storage,notes\n"
# What the importer before this one managed in the same run, in rows a second of the clock.
BEFORE = {"new": 573, "unchanged": 1_365, "changed": 166}


def lines(count: int, *, cents: int = 0, padding: str = "", first: int = 0) -> bytes:
    """Offers, each with a title of its own; with a header where they are the first."""
    rows = (
        f"{number},{MODELS[number % 4]} {CPUS[number % 8]} {8 << number % 3}GB #{number},"
        f"${100 + number % 400}.{cents:02},Used,seller {number % 50},Intel Core {CPUS[number % 8]},"
        f"{8 << number % 3}GB DDR4,{256 << number % 2}GB SSD,{padding}\n"
        for number in range(first, first + count)
    )
    return (("" if first else HEADER) + "".join(rows)).encode()


def timed(work: Callable[[], ImportSession]) -> tuple[float, ImportSession]:
    started = process_time()
    session = work()
    return process_time() - started, session


def load(name: str, raw: bytes, expected: str) -> None:
    """Open and commit one file, and say how fast."""
    opening, session = timed(lambda: service.open_session(file=io.BytesIO(raw), name=name, actor="bench"))
    assert session.state == "ready", (session.state, session.questions, session.error)
    committing, session = timed(lambda: service.commit(session, actor="bench"))
    count = session.counts["records"]
    assert session.counts[expected] == count, session.counts
    say(
        f"{expected:>10}: {count / committing:8,.0f} rows/s to commit ({BEFORE.get(expected, 0):,} before), "
        f"{count / opening:8,.0f} rows/s to open, {count / (opening + committing):8,.0f} both"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks imports")
    parser.add_argument("part")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--large", action="store_true", help="a file of 100 MB too, for the most memory")
    options = parser.parse_args(sys.argv[1:])
    old = setup_databases(verbosity=0, interactive=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings.UPLOAD_ROOT = folder
            load("new.csv", lines(options.rows), "new")
            load("again.csv", lines(options.rows), "unchanged")
            load("prices.csv", lines(options.rows, cents=50), "changed")
            if options.large:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                path = Path(folder) / "large.csv"
                with path.open("wb") as file:
                    for first in range(0, 60_000, 1_000):
                        file.write(lines(1_000, cents=70, padding="x" * 1_500, first=first))
                size = path.stat().st_size
                with path.open("rb") as file:
                    session = service.open_session(file=file, name="large.csv", actor="bench")
                service.commit(session, actor="bench")
                most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                say(f"{size / 1e6:.0f} MB: {most / 1024:.0f} MB at the most, {before / 1024:.0f} MB before")
    finally:
        teardown_databases(old, verbosity=0)
