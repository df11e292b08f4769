"""The columns of the estimate: which there are for these offers, and their values for any offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from valuation.market.estimate.offers import Floats, Offers

FEWEST = 10  # offers on either side of a step, or with something not stated
FEWEST_LABELLED = 15
MOST_LABELS = 14
KNOTS = 6
KNOT_RANGE = (0.05, 0.90)
NICE = np.array([1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])

# field -> (where it steps, +1: more is never worth less, -1: never worth more)
STEPS: dict[str, tuple[tuple[float, ...], int]] = {
    "ram_gb": ((4.0, 8.0, 16.0, 32.0, 64.0), 1),
    "storage_gb": ((120.0, 240.0, 480.0, 950.0, 1900.0), 1),
    "card": ((1.0,), 1),
    "age_years": ((2.0, 4.0, 6.0, 8.0, 10.0), -1),
}
SLOPES = ("cpu_mark", "gpu_mark")
STATED = ("ram_gb", "storage_gb", "cpu_mark", "gpu_mark", "age_years")  # numbers that may be not stated


class Shape(StrEnum):
    """What a column is: 1 from a threshold on; from 0 to 1 between two knots; 1 for a label; 1 for not stated."""

    STEP = "step"
    SLOPE = "slope"
    LABEL = "label"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Term:
    """One column; its coefficient is in USD. `sign`: +1 may not be negative, -1 may not be positive, 0 is free."""

    field: str
    shape: Shape
    sign: int = 0
    at: float = 0.0
    to: float = 0.0
    label: str = ""

    @property
    def rule(self) -> tuple[str, str]:
        """What is one rule for people: the slopes of a field are one formula, anything else stands alone."""
        if self.shape is Shape.SLOPE:
            return self.field, "formula"
        return self.field, self.label if self.shape is Shape.LABEL else f"{self.shape} {self.at:g}"

    def column(self, offers: Offers) -> Floats:
        """Its values for these offers, float64[n] between 0 and 1; 0 where what it asks for is not stated."""
        if self.field in offers.labels:
            labels = offers.labels[self.field]
            if self.shape is Shape.UNSTATED:
                return np.asarray(labels.codes < 0, dtype=float)
            code = labels.names.index(self.label) if self.label in labels.names else -2
            return np.asarray(labels.codes == code, dtype=float)
        values = offers.numbers.get(self.field)
        if values is None:
            return np.full(len(offers), float(self.shape is Shape.UNSTATED))
        if self.shape is Shape.UNSTATED:
            return np.isnan(values).astype(float)
        if self.shape is Shape.STEP:
            return np.asarray(values >= self.at, dtype=float)
        return np.nan_to_num(np.clip((values - self.at) / (self.to - self.at), 0.0, 1.0))


def design(terms: Sequence[Term], offers: Offers) -> Floats:
    """float64[n, 1 + terms]: a column of ones for the base, then one for each term."""
    matrix = np.ones((len(offers), 1 + len(terms)))
    for place, term in enumerate(terms, start=1):
        matrix[:, place] = term.column(offers)
    return matrix


def terms_for(offers: Offers) -> tuple[Term, ...]:
    """The columns that these offers can say something about, in a fixed order."""
    found: list[Term] = []
    for field, (thresholds, sign) in STEPS.items():
        found += _steps(field, thresholds, sign, offers.numbers[field])
    for field in SLOPES:
        values = offers.numbers[field]
        found += _slopes(field, values[values > 0])
    for field, column in sorted(offers.labels.items()):
        found += _labels(field, column.codes, column.names)
    unstated = [(field, np.isnan(offers.numbers[field])) for field in STATED]
    unstated += [(field, column.codes < 0) for field, column in sorted(offers.labels.items())]
    found += [Term(field, Shape.UNSTATED) for field, mask in unstated if _both_sides(mask)]
    return tuple(found)


def _both_sides(mask: np.ndarray) -> bool:
    return FEWEST <= int(mask.sum()) <= len(mask) - FEWEST


def _steps(field: str, thresholds: Iterable[float], sign: int, values: Floats) -> list[Term]:
    """A step where enough offers lie between it and the last one, and enough at or above it."""
    found, below = [], -np.inf
    for at in thresholds:
        if int(((values >= below) & (values < at)).sum()) >= FEWEST and int((values >= at).sum()) >= FEWEST:
            found.append(Term(field, Shape.STEP, sign, at))
            below = at
    return found


def _slopes(field: str, values: Floats) -> list[Term]:
    knots = knots_of(values) if len(values) >= 2 * FEWEST else []
    return [Term(field, Shape.SLOPE, 1, at, to) for at, to in pairwise(knots)]


def knots_of(values: Floats) -> list[float]:
    """Up to six round numbers between the 5 % and the 90 % quantile, ascending; fewer where values repeat."""
    quantiles = np.quantile(values, np.linspace(*KNOT_RANGE, KNOTS))
    return sorted({nice(float(value)) for value in quantiles})


def nice(value: float) -> float:
    """The nearest of 1, 1.2, 1.5, 2, ... times a power of ten, by ratio."""
    power = 10.0 ** np.floor(np.log10(value))
    near = NICE[np.argmin(np.abs(np.log(NICE * power / value)))]
    return float(f"{near * power:.6g}")


def _labels(field: str, codes: np.ndarray, names: tuple[str, ...]) -> list[Term]:
    """The common labels; the most common is worth 0, and so is whatever is rare."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    common = sorted((name for name in names), key=lambda name: (-counts[names.index(name)], name))
    kept = [name for name in common[1 : MOST_LABELS + 1] if counts[names.index(name)] >= FEWEST_LABELLED]
    return [Term(field, Shape.LABEL, label=str(name)) for name in kept]
