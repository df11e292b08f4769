"""Pictures of an estimate of the market, as SVG that a template draws; every one has its figures beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, inf, log, log10

import numpy as np

from valuation.admin.pictures import n, usd_words
from valuation.market.estimate.bands import Band
from valuation.market.sampling import Sample

WIDTH, HEIGHT = 440, 330
LEFT, RIGHT, TOP, FOOT = 64, 8, 8, 40  # margins, with the words of the axes
ROUND = ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1,))  # times powers of ten, the finest that has room
MOST_TICKS = 7
CROSS = 3  # half of its size
PARTS = 8  # of the band along the axis
FEWEST = 5  # offers in a part of the band
WORTH_WIDTH, WORTH_HEIGHT = 220, 22


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of a grid and its words."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """The same in figures, in cents: listings of fair values from `low` to `high`, how many, and the middle of what
    they are worth, of what they ask and of their intervals. `inside` is how many of 100 lie in theirs."""

    low: int
    high: int
    count: int
    fair: int
    asked: int
    interval_low: int
    interval_high: int
    inside: int


@dataclass(frozen=True, slots=True)
class Scatter:
    """What is asked over the fair value, on axes where equal lengths are equal shares. `dots` and `crosses` are paths;
    `band` the polygon of the middle intervals, `line` where both are the same."""

    dots: str
    crosses: str
    odd: int
    band: str
    line: tuple[str, str, str, str]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    rows: tuple[BandRow, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    foot: int = HEIGHT - FOOT
    words: int = HEIGHT - FOOT + 15
    name: int = HEIGHT - 6
    middle: int = (LEFT + WIDTH - RIGHT) // 2
    centre: int = (TOP + HEIGHT - FOOT) // 2


@dataclass(frozen=True, slots=True)
class _Axis:
    """Logarithms of cents between two ends, as a length of the picture."""

    low: float
    high: float
    start: float
    end: float

    def at(self, cents: float) -> float:
        share = (log(cents) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def within(self, cents: float) -> float:
        """The same, or the nearer end with room for a mark."""
        low, high = sorted((self.start, self.end))
        return min(max(self.at(cents), low + CROSS + 1), high - CROSS - 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Round dollars."""
        powers = range(floor(log10(exp(self.low) / 100)), ceil(log10(exp(self.high) / 100)) + 1)
        for steps in ROUND:
            found = [step * 10**power * 100 for power in powers for step in steps]
            shown = [cents for cents in found if self.low <= log(cents) <= self.high]
            if len(shown) <= MOST_TICKS:
                break
        return tuple(Tick(n(self.at(cents)), usd_words(cents / 100)) for cents in shown)


def scatter_of(sample: Sample) -> Scatter | None:
    """None where there is nothing to draw."""
    rows = sample.rows
    if not rows:
        return None
    plain = [row for row in rows if not row.is_implausible]
    # Prices that cannot be right would press the others into a corner: they stand at the edge.
    x = _axis([row.fair for row in plain or rows], LEFT, WIDTH - RIGHT)
    y = _axis([row.price for row in plain or rows], HEIGHT - FOOT, TOP)
    parts = _band_rows(sample)
    low, high = max(x.low, y.low), min(x.high, y.high)
    ends = (exp(low), exp(high)) if low < high else (exp(x.low), exp(x.low))
    return Scatter(
        dots="".join(f"M{n(x.at(row.fair))} {n(y.at(row.price))}h0" for row in plain),
        crosses="".join(_cross(x.within(row.fair), y.within(row.price)) for row in rows if row.is_implausible),
        odd=len(rows) - len(plain),
        band=_polygon(parts, x, y),
        line=(n(x.at(ends[0])), n(y.at(ends[0])), n(x.at(ends[1])), n(y.at(ends[1]))),
        across=x.ticks(),
        up=y.ticks(),
        rows=parts,
    )


def _cross(x: float, y: float) -> str:
    return f"M{n(x - CROSS)} {n(y - CROSS)}l6 6m0-6l-6 6"


def _axis(cents: Sequence[int], start: float, end: float) -> _Axis:
    low, high = log(min(cents)), log(max(cents))
    margin = max(0.04 * (high - low), 0.1)
    return _Axis(low - margin, high + margin, start, end)


def _band_rows(sample: Sample) -> tuple[BandRow, ...]:
    """Parts with about as many listings each, by fair value; without prices that cannot be right."""
    rows = sorted((row for row in sample.rows if not row.is_implausible), key=lambda row: row.fair)
    parts = min(PARTS, len(rows) // FEWEST)
    found = []
    for places in np.array_split(np.arange(len(rows)), parts) if parts else []:
        here = [rows[place] for place in places]
        inside = sum(row.low <= row.price <= row.high for row in here)
        fair, asked, low, high = (
            int(np.median([getattr(row, name) for row in here])) for name in ("fair", "price", "low", "high")
        )
        found.append(
            BandRow(here[0].fair, here[-1].fair, len(here), fair, asked, low, high, round(100 * inside / len(here)))
        )
    return tuple(found)


def _polygon(rows: Sequence[BandRow], x: _Axis, y: _Axis) -> str:
    """Along the lower ends of the intervals, and back along the upper ones."""
    if len(rows) < 2:
        return ""
    lower = [(row.fair, row.interval_low) for row in rows]
    upper = [(row.fair, row.interval_high) for row in rows]
    inside = [(at, min(max(cents, exp(y.low)), exp(y.high))) for at, cents in [*lower, *reversed(upper)]]
    return " ".join(f"{n(x.at(at))},{n(y.at(cents))}" for at, cents in inside)


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """One band of prices: where its bar stands and how high it is, in words and numbers."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    percent: str
    lean: str
    offers: int


@dataclass(frozen=True, slots=True)
class ErrorBars:
    bars: tuple[ErrorBar, ...]
    ends: tuple[Tick, ...]  # the prices between them
    width: int = WIDTH
    height: int = 170
    foot: int = 130
    words: int = 146
    name: int = 164
    middle: int = WIDTH // 2


def error_bars(bands: Sequence[Band]) -> ErrorBars | None:
    """The middle error by price; None where nobody has looked at it."""
    if not bands:
        return None
    room, each = 110, WIDTH / len(bands)
    most = max(band.error for band in bands) or 1.0
    bars = []
    for number, band in enumerate(bands):
        height = max(room * band.error / most, 1.5)
        lean = round(100 * band.lean)
        told = "as often over as under" if not lean else f"{abs(lean)} % too {'high' if lean > 0 else 'low'}"
        bars.append(
            ErrorBar(
                n(number * each + 6),
                n(130 - height),
                n(each - 12),
                n(height),
                n((number + 0.5) * each),
                _between(band),
                f"{100 * band.error:.0f} %",
                told,
                band.offers,
            )
        )
    ends = tuple(Tick(n(number * each), usd_words(band.low)) for number, band in enumerate(bands) if number)
    return ErrorBars(tuple(bars), ends)


def _between(band: Band) -> str:
    if band.low == 0:
        return f"under {usd_words(band.high)}" if band.high < inf else "all"
    return f"{usd_words(band.low)} and more" if band.high == inf else f"{usd_words(band.low)} to {usd_words(band.high)}"


@dataclass(frozen=True, slots=True)
class Whisker:
    """One amount: a dot at `at`, its interval from `low` on, `length` long, and `zero`, where it is worth nothing."""

    at: str
    low: str
    length: str
    zero: str
    width: int = WORTH_WIDTH
    height: int = WORTH_HEIGHT
    middle: int = WORTH_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class WorthScale:
    """One scale for all amounts, so that their lengths compare: from `low` to `high` USD, which hold 0."""

    low: float
    high: float

    @property
    def words(self) -> str:
        return f"{usd_words(self.low)} to {usd_words(self.high)}"

    def whisker(self, usd: float, low: float, high: float) -> Whisker:
        start, end = self._at(min(low, usd)), self._at(max(high, usd))
        return Whisker(n(self._at(usd)), n(start), n(max(end - start, 1.0)), n(self._at(0)))

    def _at(self, usd: float) -> float:
        return 5 + (WORTH_WIDTH - 10) * (usd - self.low) / (self.high - self.low)


def worth_scale(amounts: Iterable[tuple[float, float]]) -> WorthScale:
    """The scale that holds all of these intervals, in whole dollars."""
    ends = [0.0, *(end for interval in amounts for end in interval)]
    low, high = float(floor(min(ends))), float(ceil(max(ends)))
    return WorthScale(low, high if high > low else low + 1)
