"""Numbers of a record that have no currency: cores, marks, watts, years."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.said import Decisions
from imports.values.numbers import DOT, NUMERAL, is_open, quantity

# Column -> (field, least, most). A number out of its range is left unknown.
CPU_NUMBERS = {
    "cpu_cores": ("cores", 1, 256),
    "cpu_threads": ("threads", 1, 512),
    "cpu_tdp_w": ("tdp_w", 1, 1000),
    "cpu_release_year": ("release_year", 1970, 2100),
    "cpu_mark_multi": ("cpu_mark_multi", 1, 10_000_000),
    "cpu_mark_single": ("cpu_mark_single", 1, 10_000_000),
    "igpu_mark": ("igpu_mark", 1, 10_000_000),
}
GPU_NUMBERS = {"gpu_mark": ("gpu_mark", 1, 10_000_000), "gpu_metal_score": ("metal_score", 1, 10_000_000)}


def whole(stated: Stated, decisions: Decisions) -> Decimal:
    """The number of a cell, to the next whole one above: a TDP of 4.5 W needs 5. Raises ValueError for no number."""
    if isinstance(stated.cell, Decimal):
        return stated.cell.to_integral_value(ROUND_CEILING) if stated.cell.is_finite() else Decimal(-1)
    return _whole(stated.cell, decisions.signs.get(stated.position, ""))


@lru_cache(maxsize=4_096)
def _whole(cell: str, sign: str) -> Decimal:
    if not sign and any(map(is_open, NUMERAL.findall(cell))):
        # These are whole numbers: three digits behind a sign are thousands.
        sign = "," if DOT in cell else DOT
    return quantity(cell, sign)[0].to_integral_value(ROUND_CEILING)


def numbers(row: Row, table: dict[str, tuple[str, int, int]], decisions: Decisions, notes: Notes) -> dict[str, int]:
    """The fields that the columns of a table say of this record."""
    found: dict[str, int] = {}
    for column, (name, least, most) in table.items():
        stated = row.get(column)
        if stated is None:
            continue
        value = in_range(stated, decisions, notes, least, most)
        if value is not None:
            found[name] = value
    return found


def in_range(stated: Stated, decisions: Decisions, notes: Notes, least: int, most: int) -> int | None:
    try:
        value = whole(stated, decisions)
    except ValueError as error:
        notes.flag(stated.header, stated.text, f"{error}: it stays unknown")
        return None
    if not value:
        return None
    if not least <= value <= most:
        notes.flag(stated.header, stated.text, f"it is not between {least:,} and {most:,}: it stays unknown")
        return None
    return int(value)
