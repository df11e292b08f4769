"""Imports that are killed, and two people at one import: rows go in once, or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.flow.conftest import ROOT
from tests.flow.test_sqlite import start

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = """
import io
from imports.sessions import service
text = "id,title,price,cpu\\n" + "".join(f"{n},Dell OptiPlex {n},$5,Intel Core i5-8500T\\n" for n in range(2_000))
session = service.open_session(file=io.BytesIO(text.encode()), name="a.csv", actor="ann")
assert (session.state, session.counts["new"]) == ("ready", 2_000), session.state
print(session.pk)
"""
STATE = """
from catalog.models import Cpu
from imports.models import ImportRow, ImportSession
from listings.models import Listing, PriceRecord
found = [ImportSession.objects.latest("pk").state]
print(*found, *(model.objects.count() for model in (Listing, Cpu, PriceRecord)))
"""
KILLED = """
import os, signal
from imports.models import ImportSession
from imports.sessions import {module}, service
{module}.mark_scales = lambda: os.kill(os.getpid(), signal.SIGKILL)
service.{doing}(ImportSession.objects.latest("pk"), actor="ann")
"""
DO = """
from imports.models import ImportSession
from imports.sessions import service
from imports.sessions.errors import NotNow
try:
    print(service.{doing}(ImportSession.objects.latest("pk"), actor="ann").state)
except NotNow as error:
    print("told:", error)
"""


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without rows."""
    path = tmp_path_factory.mktemp("empty") / "empty.sqlite3"
    found = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    found |= {"DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": "x" * 50}
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, cwd=ROOT, env=found, check=True, capture_output=True)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings of processes that share one database, and the files."""
    found = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    found |= {"SECRET_KEY": "x" * 50, "UPLOAD_ROOT": str(tmp_path), "LOG_LEVEL": "ERROR"}
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("empty_file"), tmp_path / "both.sqlite3")
        return {**found, "DATABASE_URL": f"sqlite:///{path}"}
    if connection.vendor != "postgresql":
        pytest.skip("needs DATABASE_URL on PostgreSQL")
    parts: Any = connection.settings_dict
    login = parts["USER"] + (f":{parts['PASSWORD']}" if parts["PASSWORD"] else "")
    host = f"{parts['HOST'] or '127.0.0.1'}:{parts['PORT'] or 5432}"
    return {**found, "DATABASE_URL": f"postgres://{login}@{host}/{parts['NAME']}"}


def run(environment: dict[str, str], code: str, *, dies: bool = False) -> str:
    process = start(environment, code)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == (-9 if dies else 0), said
    return said.strip()


def test_killed_while_committing_and_while_taking_back(environment: dict[str, str]) -> None:
    run(environment, OPEN)
    run(environment, KILLED.format(module="committing", doing="commit"), dies=True)
    assert run(environment, STATE) == "committing 0 0 0"
    assert run(environment, DO.format(doing="commit")) == "committed"
    assert run(environment, STATE) == "committed 2000 1 2000"
    run(environment, KILLED.format(module="undoing", doing="undo"), dies=True)
    assert run(environment, STATE) == "undoing 2000 1 2000"
    assert run(environment, DO.format(doing="undo")) == "undone"
    assert run(environment, STATE) == "undone 0 0 0"


def test_two_at_once(environment: dict[str, str]) -> None:
    run(environment, OPEN)
    for doing, done, stored in (("commit", "committed", "2000 1 2000"), ("undo", "undone", "0 0 0")):
        both = [start(environment, DO.format(doing=doing)) for _ in range(2)]
        said = {process.communicate(timeout=120)[0].strip() for process in both}
        assert done in said
        assert [line.partition(":")[0] for line in said - {done}] == ["told"], said
        assert run(environment, STATE) == f"{done} {stored}"
