"""The engine is a library of its own: it works without Django, and its words are those of the models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from catalog.choices import DdrGeneration, PortType, ScoreMetric, StorageMedium
from listings.choices import Condition, Marketplace, Status
from valuation.choices import ActionType, Effect, MatchPolicy, UnitType
from valuation.engine import ACTIONS, METRIC_KEYS, STANDARD_FIELDS, UNIT_DIVISORS
from valuation.engine.compiler import EFFECTS, MATCH_POLICIES

ROOT = Path(__file__).resolve().parents[3]
ALLOWED = {"numpy", "re2", "_re2", "valuation"}
SCRIPT = """
import sys
before = set(sys.modules)
import valuation.engine as engine
program = engine.compile_rulesets([], engine.FieldRegistry([]))
batch = engine.Batch.from_rows([{"price_usd": 1}], engine.FieldRegistry([]))
assert engine.evaluate(program, batch).adjusted_cents.tolist() == [100]
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names))
"""


def test_it_works_in_a_bare_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.split())
    assert "django" not in found
    assert found <= ALLOWED


def test_its_words_are_those_of_the_models() -> None:
    options = {field.path: set(field.options) for field in STANDARD_FIELDS if field.options}
    assert options["condition"] == set(Condition.values)
    assert options["status"] == set(Status.values)
    assert options["marketplace"] == set(Marketplace.values)
    for path in ("ram_type", "ram_spec.ddr_generation"):
        assert options[path] == set(DdrGeneration.values)
    for path in (
        "primary_storage_type",
        "secondary_storage_type",
        "storage.primary.medium",
        "storage.secondary.medium",
    ):
        assert options[path] == set(StorageMedium.values)
    paths = {field.path for field in STANDARD_FIELDS}
    assert {f"ports.{kind}" for kind in PortType.values} <= paths
    assert set(ACTIONS) == set(ActionType.values)
    assert set(UNIT_DIVISORS) == set(UnitType.values)
    assert set(METRIC_KEYS) == set(ScoreMetric.values)
    assert set(EFFECTS) == set(Effect.values)
    assert set(MATCH_POLICIES) == set(MatchPolicy.values)
