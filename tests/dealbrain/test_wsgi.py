"""A server with a dangerous setting does not start, as no command does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "f3Zq9-vK2mXw8Lr5Tn7Yb4Hs6Jd1Pg0Ce_QaUoIiEeRrTtYy99",
    "ALLOWED_HOSTS": "deals.example.org",
    "DEBUG": "false",
}


def start(module: str, **changed: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"import {module}"],
        cwd=ROOT,
        env={**kept, **GOOD, **changed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_careful_installation_starts() -> None:
    done = start("dealbrain.wsgi")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DEBUG": "true"}, "dealbrain.E001"),
        ({"SECRET_KEY": "short"}, "dealbrain.E002"),
        ({"ALLOWED_HOSTS": "*"}, "dealbrain.E003"),
    ],
)
def test_a_careless_one_does_not(changed: dict[str, str], said: str) -> None:
    done = start("dealbrain.wsgi", **changed)
    assert done.returncode != 0
    assert said in done.stderr
