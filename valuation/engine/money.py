"""Cents, dollars and the one rounding function: half away from zero.

`round`, `np.round` and `Decimal` disagree on amounts such as 2.675, whose binary neighbours lie on either side of
the half. What lies within a millionth of the last kept digit below a half counts as that half, so every figure of the
product is rounded here.

Why that is right for every amount up to LIMIT. A decimal x becomes the nearest double, and times 100 the nearest double
again: two roundings of at most 2**-53 of the value each, and a few more where the amount was computed. Eight of them
are 2**-50 of the value, which for a billion dollars is 0.00009 of a cent: more than a millionth, so there the tolerance
is that. The whole and the rest behind it are told apart without an error (a double minus its floor is a double). An
amount with at most four decimals that is no half lies at least 0.01 of a cent from one, a hundred times further away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import overload

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Cents = npt.NDArray[np.int64]

LIMIT = 1e9  # dollars; no computer is worth more, and cents stay far inside int64
ABSORB = 1e-6  # of the last digit kept: above binary error up to ten million dollars, far below anything typed
BINARY_ERROR = 2.0**-50  # of a value: eight roundings of a double
MOST_ABSORBED = 0.01  # of the last digit kept, where a double holds hardly more digits than are asked for


@overload
def round_half_away(x: float, digits: int = 0) -> float: ...
@overload
def round_half_away(x: Floats, digits: int = 0) -> Floats: ...
def round_half_away(x: float | Floats, digits: int = 0) -> float | Floats:
    """`x` rounded to `digits` decimals (negative: tens, hundreds), half away from zero. NaN and infinity stay."""
    values = np.asarray(x, dtype=np.float64)
    power = 10.0 ** abs(digits)
    with np.errstate(all="ignore"):
        scaled = np.abs(values) * power if digits >= 0 else np.abs(values) / power
        whole = np.floor(scaled)
        absorbed = np.minimum(np.maximum(scaled * BINARY_ERROR, ABSORB), MOST_ABSORBED)
        whole = whole + (scaled - whole >= 0.5 - absorbed)
        rounded = np.copysign(whole / power if digits >= 0 else whole * power, values) + 0.0
    return rounded if isinstance(x, np.ndarray) else float(rounded)


@overload
def to_cents(dollars: float) -> int: ...
@overload
def to_cents(dollars: Floats) -> Cents: ...
def to_cents(dollars: float | Floats) -> int | Cents:
    """Dollars as whole cents. The caller has made sure that they are finite."""
    if isinstance(dollars, np.ndarray):
        return round_half_away(dollars * 100.0).astype(np.int64)
    return int(round_half_away(dollars * 100.0))


def format_usd(cents: int) -> str:
    """`-$1,234.50`, as shown to people."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def format_dollars(dollars: float) -> str:
    """An unrounded dollar figure with its cents, and with more decimals where it has them (`$0.0025`)."""
    shown = round_half_away(dollars, 6)
    whole, _, decimals = f"{abs(shown):,.6f}".partition(".")
    return f"{'-' if shown < 0 else ''}${whole}.{decimals.rstrip('0').ljust(2, '0')}"


def format_written(dollars: float) -> str:
    """As `format_dollars`, of an amount that a person wrote: no digit of it is binary error, however small it is."""
    if round_half_away(dollars, 6) or not dollars:
        return format_dollars(dollars)
    return f"{'-' if dollars < 0 else ''}${format_exact(abs(dollars))}"


def format_number(value: float) -> str:
    """`12,400`, `0.5`: no trailing zeros."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def format_exact(value: float, *, sign: bool = False) -> str:
    """`1,234,567.5`, `0.0000001`: up to twelve digits, never an exponent; with `sign`, a + where there is no -."""
    text = f"{Decimal(f'{value:.12g}'):{'+' if sign else ''},f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_factor(value: float) -> str:
    """`0.80`, `1.125`: at least two decimals, at most four."""
    text = f"{value:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")
