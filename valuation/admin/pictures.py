"""Pictures of figures, as SVG that a template draws: here is only where each thing stands, in units of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from valuation.engine import Bin, format_usd

WIDTH, HEIGHT, FOOT = 360, 110, 18  # of the picture; the foot has the words of the axis
LINE_WIDTH, LINE_HEIGHT, LINE_EDGE = 140, 28, 2
MOST_POINTS = 120  # of a line
BOX_WIDTH = 120


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


@dataclass(frozen=True, slots=True)
class Line:
    """Dollars by day: the `points` of a polyline, where no dollar is, if that is in it, and the same in `words`."""

    points: str
    zero: str
    words: str
    width: int = LINE_WIDTH
    height: int = LINE_HEIGHT


def line_of(points: Sequence[tuple[date, int]], *, first: date, last: date) -> Line | None:
    """The picture of cents by day, on an axis from the first day to the last; None without a point."""
    if not points:
        return None
    every = -(-len(points) // MOST_POINTS)
    shown = [point for at, point in enumerate(reversed(points)) if at % every == 0][::-1]
    low, high = min(cents for _, cents in shown), max(cents for _, cents in shown)
    days, span, room = (last - first).days or 1, high - low, LINE_HEIGHT - 2 * LINE_EDGE

    def height(cents: float) -> float:
        return LINE_EDGE + (room * (high - cents) / span if span else room / 2)

    places = [(LINE_WIDTH * (day - first).days / days, height(cents)) for day, cents in shown]
    if len(places) == 1:  # one day: a dash, for a point is nothing to see
        places = [(max(places[0][0] - 4, 0.0), places[0][1]), (max(places[0][0], 4.0), places[0][1])]
    (begin, start), (end, now) = points[0], points[-1]
    words = (
        f"{end}: {usd_words(now / 100)}"
        if begin == end
        else f"{begin}: {usd_words(start / 100)}, {end}: {usd_words(now / 100)}"
    )
    zero = n(height(0)) if low < 0 < high else ""
    return Line(" ".join(f"{n(x)},{n(y)}" for x, y in places), zero, words)


@dataclass(frozen=True, slots=True)
class Box:
    """Where most amounts lie, from `x` on, with the middle one, on an axis that has `zero` in it."""

    x: str
    length: str
    middle: str
    zero: str
    words: str
    width: int = BOX_WIDTH


def boxes_of(spreads: Sequence[tuple[int, int, int] | None]) -> list[Box | None]:
    """The pictures of some (10 %, median, 90 %) in cents, on one axis."""
    ends = [0, *(cents for spread in spreads if spread is not None for cents in spread)]
    low, span = min(ends), max(ends) - min(ends) or 1

    def place(cents: int) -> float:
        return BOX_WIDTH * (cents - low) / span

    return [
        None
        if spread is None
        else Box(
            x=n(min(place(spread[0]), BOX_WIDTH - 2)),
            length=n(max(place(spread[2]) - place(spread[0]), 2)),
            middle=n(place(spread[1])),
            zero=n(place(0)),
            words=_range(*spread),
        )
        for spread in spreads
    ]


def _range(low: int, middle: int, high: int) -> str:
    if low == high:
        return usd_words(low / 100)
    return f"{usd_words(low / 100)} to {usd_words(high / 100)}, the middle one {usd_words(middle / 100)}"


def n(number: float) -> str:
    """A coordinate, whatever the language of the page."""
    return f"{number:.1f}"


def usd_words(dollars: float) -> str:
    """Whole dollars without their cents: `$12`, `−$4.50`."""
    return format_usd(round(dollars * 100)).removesuffix(".00").replace("-", "\u2212")
