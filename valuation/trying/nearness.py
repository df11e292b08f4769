"""How near listings are to matching a rule that they do not match: those that just miss it say most about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from valuation.engine import Batch, Condition, Kind, Matcher

Gaps = npt.NDArray[np.float64]
FAR, UNKNOWN = 1.0, 1.5  # of a condition that is no comparison of numbers, and of one whose fact is not stated
EACH = 10.0  # for each condition that does not hold: more than any distance


def gaps(condition: Condition | None, batch: Batch, matcher: Matcher) -> Gaps:
    """For each listing how many of the conditions fail, times ten, and how far off the fact is where it is only one.

    Conditions are those of the outermost "all of"; any other tree is one condition. 0 where all hold.
    """
    if condition is None:
        return np.zeros(len(batch))
    parts = condition.children if condition.logic == "and" else (condition,)
    failing = [~matcher.match(part) for part in parts]
    count = np.sum(failing, axis=0)
    found: Gaps = count * EACH
    for part, fails in zip(parts, failing, strict=True):
        rows = np.flatnonzero(fails & (count == 1))
        found[rows] += _distance(part, batch, rows)
    return found


def _distance(leaf: Condition, batch: Batch, rows: npt.NDArray[np.intp]) -> Gaps:
    """Between 0 and 1 where a number is compared with numbers: relative to both, so that 15 of 16 GB is near."""
    if leaf.logic or leaf.value is None:
        return np.full(len(rows), FAR)
    bounds, kind = leaf.value
    if kind is Kind.STRING:
        missing = batch.category(leaf.field).codes[rows] < 0
        return np.where(missing, UNKNOWN, FAR)
    column = batch.number(leaf.field)
    values, missing = column.values[rows], ~column.present[rows]
    if bounds is None:
        return np.full(len(rows), FAR)
    near = np.full(len(rows), np.inf)
    for bound in np.atleast_1d(np.asarray(bounds, dtype=np.float64)).tolist():
        near = np.minimum(near, np.abs(values - bound) / (np.abs(values) + abs(bound) + 1.0))
    return np.where(missing, UNKNOWN, near)
