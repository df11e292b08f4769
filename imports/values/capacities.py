"""Sizes of memory and drives. One size: a cell that names several is for the recogniser of parts."""

from __future__ import annotations

import re
from decimal import Decimal

from imports.reading.detection import Cell
from imports.values.numbers import COMMA, DOT, NUMERAL, is_open, parsed

# GB, in the letters of the languages: `1 To`, `1 ТБ`.
GB_PER_UNIT = {
    **dict.fromkeys(("gb", "g", "go", "gib", "гб", "гиг"), Decimal(1)),
    **dict.fromkeys(("tb", "t", "to", "tib", "тб"), Decimal(1000)),
    **dict.fromkeys(("mb", "mo", "mib", "мб"), Decimal("0.001")),
}
UNITS = "|".join(sorted(GB_PER_UNIT, key=len, reverse=True))
SIZE = re.compile(rf"\s*({NUMERAL.pattern})\s*({UNITS})?(?!\w)(.*)", re.IGNORECASE | re.DOTALL)
MORE = re.compile(rf"[|+/]|[0-9]\s*(?:{UNITS})(?![^\W\d_])|^\s*[x×*]\s*[0-9]|\bup to\b", re.IGNORECASE)
MEMORY = re.compile(r"[^0-9]*\b(?:ram|memory|(?:lp)?ddr[0-9]x?)\b", re.IGNORECASE)
DRIVE = re.compile(rf"[0-9][0-9.,]*\s*(?:{UNITS})\s*(?:emmc|ssd|hdd|nvme|flash|storage)", re.IGNORECASE)


def capacity(cell: Cell, sign: str = "") -> int:
    """`16`, `16 GB`, `1,5TB` (1500), `1.000 GB` (1000), `1 To`, in GB of 1000 to the terabyte.

    Raises ValueError for several sizes (`2 x 8GB`, `8GB|16GB`) and for what is no whole number of GB (`512 MB`).
    """
    if isinstance(cell, Decimal):
        return _whole(cell)
    match = SIZE.fullmatch(cell)
    if not match:
        raise ValueError("a capacity is needed, such as 16 GB or 1 TB")
    numeral, unit, rest = match[1], (match[2] or "gb").lower(), match[3]
    if MORE.search(_of_the_memory(rest)):
        raise ValueError("one capacity is needed, such as 16 GB; this names several")
    if not sign and is_open(numeral):
        # No drive is 1.000 GB small, and none 1,024 TB large.
        mark = DOT if DOT in numeral else COMMA
        sign = mark if GB_PER_UNIT[unit] > 1 else {DOT: COMMA, COMMA: DOT}[mark]
    return _whole(parsed(numeral, sign) * GB_PER_UNIT[unit])


def _of_the_memory(rest: str) -> str:
    """What is said after a size; in `4GB DDR4 RAM, 64GB eMMC` the drive is none of it."""
    return DRIVE.sub("", rest) if MEMORY.match(rest) else rest


def _whole(value: Decimal) -> int:
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= 10**9:
        raise ValueError("a whole number of GB is needed")
    return int(value)
