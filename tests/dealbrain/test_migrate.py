"""Two `migrate` at once: real processes on one new database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from dealbrain.management.commands import migrate

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import django; django.setup()
from dealbrain.management.commands.migrate import only_one
with only_one("default"):
    print("held", flush=True)
    input()
"""


def started(*command: str, url: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    settings = {"DJANGO_SETTINGS_MODULE": "dealbrain.settings", "SECRET_KEY": "m" * 60, "DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen[str], sent: str | None = None) -> str:
    try:
        said, _ = process.communicate(sent, timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, said
    return said


def a_new_database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new.sqlite3'}"


@pytest.mark.skipif(migrate.fcntl is None, reason="no file locks on this system")
def test_two_on_a_new_file_both_end_well(tmp_path: Path) -> None:
    both = [started("manage.py", "migrate", "--no-input", url=a_new_database(tmp_path)) for _ in range(2)]
    said = sorted(finished(process) for process in both)
    assert sum("No migrations to apply" in text for text in said) == 1, said


@pytest.mark.skipif(migrate.fcntl is None, reason="no file locks on this system")
def test_one_waits_for_whoever_holds_the_file(tmp_path: Path) -> None:
    lock = tmp_path / "new.sqlite3.migrate.lock"
    with started("-c", HOLDER, url=a_new_database(tmp_path)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with lock.open("a") as file, pytest.raises(BlockingIOError):
            migrate.fcntl.flock(file, migrate.fcntl.LOCK_EX | migrate.fcntl.LOCK_NB)
        finished(holder, "\n")
    with lock.open("a") as file:
        migrate.fcntl.flock(file, migrate.fcntl.LOCK_EX | migrate.fcntl.LOCK_NB)


@pytest.mark.django_db(transaction=True)
def test_a_lock_of_postgresql_is_held_and_let_go() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the lock of SQLite is a file: above")

    def free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [migrate.ADVISORY_LOCK])
            taken: bool = cursor.fetchone()[0]
            cursor.execute("SELECT pg_advisory_unlock_all()")
        return taken

    with migrate.only_one("default"):
        assert not free()
    assert free()
    call_command("migrate", verbosity=0)
    assert free()
