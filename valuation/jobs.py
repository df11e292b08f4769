"""Background work, each job idempotent and without arguments: the database says what there is to do."""

from __future__ import annotations

from dealbrain.queue import run_after_commit
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import RunSummary, Scope, recalculate


def recalculate_stale() -> RunSummary | None:
    """Value everything that is stale. Nothing stale: no run, no write."""
    if not anything_stale():
        return None
    return recalculate(scope=Scope(), trigger="change")


def kick() -> None:
    """Have stale figures recalculated after this transaction commits."""
    run_after_commit(recalculate_stale)
