"""Memory does not follow the number of listings: a process that denies itself more values ten times as many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# 200,000 take half a minute of a machine of its own: MEMORY_LISTINGS=200000 asks for them, and has pages of 20,000.
LISTINGS = int(os.environ.get("MEMORY_LISTINGS", "20000"))
MEGABYTES = 160 if LISTINGS > 100_000 else 24


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not hold a process to RLIMIT_DATA")
def test_every_path_keeps_within_its_limit(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.valuation.recalculation.within_memory",
            str(tmp_path / "market.sqlite3"),
            str(LISTINGS),
            str(MEGABYTES),
        ],
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]
