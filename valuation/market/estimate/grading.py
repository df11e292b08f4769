"""What a price means beside a fair value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from valuation.market.estimate.offers import Floats, Mask
from valuation.market.estimate.spread import Spread

TARGET_SHARE = 0.25
TARGET_STEP_USD = 5.0
LEAST_SHARE_OF_FAIR = 0.20
MOST_DEVIATIONS = 5.0
WIDEST = 2.5  # high over low

WIDE = "The interval is wider than 2.5 times: too few offers are like this one."
NO_PARTS = "Neither the CPU nor the memory is known."
NO_PRICE = "It has no price."
IMPLAUSIBLE = "The price cannot be right for this machine: check it first."


class Grade(StrEnum):
    """From the best to the worst for a buyer."""

    GREAT = "great"
    GOOD = "good"
    FAIR = "fair"
    HIGH = "high"
    OVERPRICED = "overpriced"


# up to which share of offers that ask less
SHARES = ((0.10, Grade.GREAT), (0.25, Grade.GOOD), (0.75, Grade.FAIR), (0.90, Grade.HIGH), (1.0, Grade.OVERPRICED))


@dataclass(frozen=True, slots=True)
class Judged:
    """For n offers: `grade` a text or "", and then `reason`; `target` in USD; `implausible`; `scaled` the error."""

    grade: np.ndarray
    reason: np.ndarray
    target: Floats
    implausible: Mask
    scaled: Floats


def judge(price: Floats, fair: Floats, scale: Floats, spread: Spread, *, knows_parts: Mask, is_sketch: bool) -> Judged:
    """Grades of prices (USD, NaN: none) beside fair values. A sketch calls nothing great and nothing overpriced."""
    scaled = np.log(np.where(price > 0, price, np.nan) / fair) / scale
    share = spread.share_below(np.nan_to_num(scaled))
    grades = np.array([grade.value for _, grade in SHARES], dtype=object)
    grade = grades[np.searchsorted([most for most, _ in SHARES], share, side="left")]
    if is_sketch:
        grade[grade == Grade.GREAT] = Grade.GOOD.value
        grade[grade == Grade.OVERPRICED] = Grade.HIGH.value
    implausible = is_implausible(price, fair, scaled, spread)
    reason = np.full(len(price), "", dtype=object)
    wide = np.exp((spread.high - spread.low) * scale) > WIDEST
    for mask, text in (
        (np.isnan(price), NO_PRICE),
        (~knows_parts, NO_PARTS),
        (implausible, IMPLAUSIBLE),
        (wide, WIDE),
    ):
        reason[mask & (reason == "")] = text
    grade[reason != ""] = ""
    return Judged(grade, reason, _targets(price, fair, scale, spread), implausible, scaled)


def is_implausible(price: Floats, fair: Floats, scaled: Floats, spread: Spread) -> Mask:
    """Below a fifth of the fair value, or further off than errors go: five robust deviations from their middle."""
    far = np.abs(np.nan_to_num(scaled) - spread.quantile(0.5)) > MOST_DEVIATIONS * spread.deviation
    return np.asarray(~np.isnan(price) & (far | (price < LEAST_SHARE_OF_FAIR * fair)))


def _targets(price: Floats, fair: Floats, scale: Floats, spread: Spread) -> Floats:
    """Where the grade becomes good, down to five dollars, and never above what is asked."""
    wanted = fair * np.exp(spread.quantile(TARGET_SHARE) * scale)
    whole = np.floor(wanted / TARGET_STEP_USD) * TARGET_STEP_USD
    return np.fmin(np.where(whole > 0, whole, np.floor(wanted * 100) / 100), np.floor(price * 100) / 100)
