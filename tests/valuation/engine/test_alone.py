"""The engine is a library of its own: it works where there is no Django."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Isolated (-I): neither the environment nor the current directory adds anything to the path.
SCRIPT = """
import json, sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
from valuation.engine import *
registry = FieldRegistry()
rule = RuleSpec(1, "r", {"field_name": "title", "operator": "regex", "value": "nuc"}, (
    ActionSpec("formula", formula="ram_gb * 2"),
))
program = compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", (rule,)),))], registry)
batch = Batch.from_rows([{"price_usd": 100, "title": "NUC", "ram_gb": 16}], registry)
found = explain(program, batch, trace=True)
score_columns(batch, evaluate(program, batch), {}, Scales())
loaded = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(json.dumps({"adjusted": found.adjusted_cents, "loaded": sorted(loaded)}))
"""


def test_it_works_in_a_bare_interpreter(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, str(ROOT)],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["adjusted"] == 13_200
    assert found["loaded"] == ["numpy", "re2", "valuation"]
