"""The figures of a batch as one table: what is compared with the stored rows, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from valuation.engine import Batch, Result, score_columns
from valuation.recalculation.rulebook import Rulebook

Table = npt.NDArray[np.float64]

INTEGERS = ("price_cents", "total_cents", "adjusted_cents", "matched_rules")
SCORES = (
    "score_cpu_multi",
    "score_cpu_single",
    "score_gpu",
    "score_composite",
    "perf_per_watt",
    "dollar_per_cpu_mark",
    "dollar_per_single_mark",
    "dollar_per_cpu_mark_multi",
    "dollar_per_cpu_mark_single",
)
FIGURES = INTEGERS + SCORES


def figure_table(book: Rulebook, batch: Batch, result: Result) -> Table:
    """`float64[n, len(FIGURES)]`, NaN for null. Cents are whole numbers far below 2**53, so a double holds them."""
    scores = score_columns(batch, result, book.weights, book.scales)
    money = [
        np.where(result.priced, cents, np.nan)
        for cents in (result.price_cents, result.total_cents, result.adjusted_cents)
    ]
    return np.column_stack([*money, result.matched_rules.astype(float), *(scores[name] for name in SCORES)])


def null_figures(count: int) -> Table:
    """The figures of listings that could not be valued: null, and no rule matched."""
    table = np.full((count, len(FIGURES)), np.nan)
    table[:, FIGURES.index("matched_rules")] = 0
    return table


def differs(left: Table, right: Table) -> npt.NDArray[np.bool_]:
    """Which rows differ in any figure; null equals null."""
    return ~((left == right) | (np.isnan(left) & np.isnan(right))).all(axis=1)


def as_columns(table: Table) -> list[Sequence[Any]]:
    """The figures for the database, in the order of FIGURES: int cents, float scores, None for NaN."""
    columns: list[Sequence[Any]] = []
    for position, name in enumerate(FIGURES):
        column = table[:, position]
        known = ~np.isnan(column)
        values = np.where(known, column, 0)
        plain: list[Any] = values.astype(np.int64).tolist() if name in INTEGERS else values.tolist()
        columns.append(plain if known.all() else [v if k else None for v, k in zip(plain, known.tolist(), strict=True)])
    return columns


def as_rows(table: Table) -> list[Sequence[Any]]:
    """The same, a row for each listing."""
    return list(zip(*as_columns(table), strict=True))
