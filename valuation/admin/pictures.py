"""Pictures of figures, as SVG that a template draws: here is only where each thing stands, in units of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from valuation.engine import Bin, format_usd

WIDTH, HEIGHT, FOOT = 360, 110, 18  # of the picture; the foot has the words of the axis


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram, with the words for it."""

    x: str
    y: str
    width: str
    height: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """`low` and `high` are the ends of its axis; `zero`, where no dollar moves, if that lies between them."""

    bars: tuple[Bar, ...]
    low: str
    high: str
    zero: str
    most: int
    width: int = WIDTH
    middle: int = WIDTH // 2
    height: int = HEIGHT
    foot: int = HEIGHT - FOOT


def histogram_of(bins: Sequence[Bin]) -> Histogram | None:
    """The picture of some bins of dollars; None where there are none."""
    if not bins:
        return None
    low, high, most = bins[0].low, bins[-1].high, max(found.count for found in bins)
    span, room = high - low or 1.0, HEIGHT - FOOT
    bars = []
    for found in bins:
        height = max(room * 0.97 * found.count / most, 1.5 if found.count else 0.0)
        x, width = WIDTH * (found.low - low) / span, WIDTH * (found.high - found.low) / span
        if len(bins) == 1:  # one amount for all: a bar, and no wall
            x, width = WIDTH * 0.4, WIDTH * 0.2
        said = (
            usd_words(found.low)
            if usd_words(found.low) == usd_words(found.high)
            else f"{usd_words(found.low)} to {usd_words(found.high)}"
        )
        bars.append(Bar(n(x), n(room - height), n(max(width - 1, 1)), n(height), said, found.count))
    zero = n(WIDTH * -low / span) if low < 0 < high else ""
    return Histogram(tuple(bars), usd_words(low), usd_words(high), zero, most)


def n(number: float) -> str:
    """A coordinate, whatever the language of the page."""
    return f"{number:.1f}"


def usd_words(dollars: float) -> str:
    """Whole dollars without their cents: `$12`, `−$4.50`."""
    return format_usd(round(dollars * 100)).removesuffix(".00").replace("-", "\u2212")
