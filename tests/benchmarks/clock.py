"""What a piece of work takes: wall time, CPU of this process and of its database, memory. And the lines that say so."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from django.db import connection, reset_queries

REPEATS = 5
IDLE = 0.5  # a load above this, before anything is measured, is somebody else's


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds. `database` is None where its process cannot be looked at, and part of `process` on SQLite."""

    wall: float
    process: float
    database: float | None = None

    @property
    def cpu(self) -> float:
        return self.process + (self.database or 0.0)

    def __add__(self, other: Spent) -> Spent:
        both = None if self.database is None or other.database is None else self.database + other.database
        return Spent(self.wall + other.wall, self.process + other.process, both)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a figure ought to be at the most: seconds of wall time, or of CPU of process and database together."""

    most: float
    cpu: bool = False

    def __str__(self) -> str:
        return f"{_seconds(self.most)}{' CPU' if self.cpu else ''}"

    def is_met(self, spent: Spent) -> bool:
        return (spent.cpu if self.cpu else spent.wall) <= self.most


def measure(work: Callable[[], Any]) -> tuple[Spent, Any]:
    reset_queries()
    connection.ensure_connection()
    before, cpu, started = _database_cpu(), process_time(), perf_counter()
    outcome = work()
    wall, process, after = perf_counter() - started, process_time() - cpu, _database_cpu()
    return Spent(wall, process, None if before is None or after is None else after - before), outcome


def medians(
    work: Callable[[], Any], *, before: Callable[[], Any] | None = None, times: int = REPEATS
) -> tuple[Spent, Any]:
    """Each figure's median by itself, and the last outcome; `before` is not measured."""
    samples, outcome = [], None
    for _ in range(times):
        if before is not None:
            before()
        spent, outcome = measure(work)
        samples.append(spent)
    return median_of(samples), outcome


def median_of(samples: Sequence[Spent]) -> Spent:
    database = [spent.database for spent in samples if spent.database is not None]
    return Spent(
        statistics.median(spent.wall for spent in samples),
        statistics.median(spent.process for spent in samples),
        statistics.median(database) if database else None,
    )


def _database_cpu() -> float | None:
    """CPU seconds of our own PostgreSQL backend, if it runs on this machine under Linux."""
    if connection.vendor != "postgresql":
        return None
    process = Path("/proc") / str(connection.connection.info.backend_pid)
    try:
        if "postgres" not in (process / "comm").read_text():
            return None
        try:
            return int((process / "schedstat").read_text().split()[0]) / 1e9
        except (OSError, ValueError, IndexError):  # a kernel that does not count so finely
            user, system = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return None


@contextmanager
def peak_memory() -> Iterator[Callable[[], float | None]]:
    """Inside, the largest memory of this process since the beginning, in MB; None where Linux does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        yield lambda: None
        return
    yield lambda: _status("VmHWM")


def _status(name: str) -> float | None:
    for entry in Path("/proc/self/status").read_text().splitlines():
        key, _, value = entry.partition(":")
        if key == name:
            return int(value.split()[0]) / 1024
    return None


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def heading() -> None:
    say(f"{'':<44}{'wall':>11}{'process':>11}{'database':>11}{'wanted':>13}")


def line(name: str, spent: Spent | None, *, wanted: Wanted | None = None, note: str = "") -> None:
    """One figure: wall time, the CPU of process and database, and what is wanted, with a mark where that is missed."""
    shown = [_seconds(value) for value in (spent.wall, spent.process, spent.database)] if spent else [""] * 3
    mark = "" if wanted is None or spent is None or wanted.is_met(spent) else " missed"
    say(f"{name:<44}{shown[0]:>11}{shown[1]:>11}{shown[2]:>11}{wanted or ''!s:>13}{mark:<7}  {note}".rstrip())


def ratio(name: str, value: float, *, wanted: float | None = None) -> None:
    mark = "" if wanted is None or value <= wanted else " missed"
    say(f"{name:<44}{f'{value:,.2f}x':>11}{'':>22}{'' if wanted is None else f'{wanted:.1f}x':>13}{mark}")


def load() -> None:
    """How busy the machine is: wall time on a busy one says little, CPU time is some percent too high."""
    now, minutes, quarter = os.getloadavg()
    note = "" if now <= IDLE else ": not idle, look at the CPU seconds"
    say(f"load of the machine: {now:.2f}, {minutes:.2f}, {quarter:.2f}{note}")


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
