"""Robust dollars: a sum of bounded dollar amounts fitted to prices by the logarithm of price over fit.

The loss is the absolute log ratio, smoothed within 0.05 (Huber), so that $12 and ten times the price each count about
as one offer that is off; the ridge keeps columns that say the same thing apart. Gauss-Newton: the residual is made
linear at the current fit, the absolute loss becomes weights, and the bounded quadratic problem that is left is solved
coordinate by coordinate. A step that does not lower the loss is halved. Nothing is random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from valuation.market.estimate.offers import Floats

SMOOTH = 0.05
RIDGE = 2.0
LEAST_BASE = 0.01  # of the median price
LEAST_FIT = 0.01
STEPS, HALVINGS, PIVOTS, SWEEPS = 40, 12, 30, 200
ENOUGH = 1e-6  # of the loss, in one step
STILL = 1e-7  # of the unit, in one sweep


@dataclass(frozen=True, slots=True)
class Bounds:
    low: Floats
    high: Floats

    @classmethod
    def of(cls, signs: list[int]) -> Bounds:
        """Base and terms: +1 from 0 up, -1 from 0 down, 0 free."""
        low = np.array([LEAST_BASE, *(0.0 if sign > 0 else -np.inf for sign in signs)])
        return cls(low, np.array([np.inf, *(0.0 if sign < 0 else np.inf for sign in signs)]))


def solve(
    matrix: Floats,
    price: Floats,
    weight: Floats,
    signs: list[int],
    start: Floats | None = None,
    *,
    enough: float = ENOUGH,
) -> Floats:
    """Dollars for the base and each term, float64[1 + terms], for prices in USD > 0. Deterministic.

    It ends when a step lowers the loss by less than this share of it.
    """
    unit = float(np.median(price))
    goal = np.log(price / unit)
    bounds = Bounds.of(signs)
    ridge = np.full(matrix.shape[1], RIDGE)
    ridge[0] = 0.0
    found = _first(matrix) if start is None else start / unit
    found = np.clip(found, bounds.low, bounds.high)
    loss = _loss(matrix, goal, weight, ridge, found)
    for _ in range(STEPS):
        better, lower = _step(matrix, goal, weight, ridge, bounds, found, loss)
        if better is None:
            break
        gained, found, loss = loss - lower, better, lower
        if gained <= enough * max(loss, 1e-12):
            break
    return np.asarray(found * unit)


def _first(matrix: Floats) -> Floats:
    found = np.zeros(matrix.shape[1])
    found[0] = 1.0
    return found


def fit_of(matrix: Floats, dollars: Floats, unit: float) -> Floats:
    """The fitted prices, USD; at least a hundredth of `unit`, because nothing is worth less than nothing."""
    return np.maximum(matrix @ dollars, LEAST_FIT * unit)


def _loss(matrix: Floats, goal: Floats, weight: Floats, ridge: Floats, found: Floats) -> float:
    residual = np.abs(goal - np.log(np.maximum(matrix @ found, LEAST_FIT)))
    smooth = np.where(residual < SMOOTH, residual**2 / (2 * SMOOTH), residual - SMOOTH / 2)
    return float(weight @ smooth + (ridge * found**2).sum())


def _step(
    matrix: Floats, goal: Floats, weight: Floats, ridge: Floats, bounds: Bounds, found: Floats, loss: float
) -> tuple[Floats | None, float]:
    fit = np.maximum(matrix @ found, LEAST_FIT)
    residual = goal - np.log(fit)
    share = weight / np.maximum(np.abs(residual), SMOOTH) / fit**2
    # (residual - x.(new - found) / fit) squared: of `new`, a row aims at fit * residual + x.found
    normal = matrix.T @ (matrix * share[:, None])
    normal[np.diag_indices_from(normal)] += 2 * ridge + 1e-9
    right = matrix.T @ (share * (fit * residual + matrix @ found))
    wanted = bounded_least(normal, right, bounds, found)
    size = 1.0
    for _ in range(HALVINGS):
        tried = found + size * (wanted - found)
        lower = _loss(matrix, goal, weight, ridge, tried)
        if lower < loss:
            return tried, lower
        size /= 2
    return None, loss


def bounded_least(normal: Floats, right: Floats, bounds: Bounds, start: Floats) -> Floats:
    """The least of x'Nx/2 - r'x between the bounds, N positive definite.

    What is not held by a bound is solved at once, until nothing more is held or let go; where that goes in circles,
    coordinate by coordinate, which cannot.
    """
    found = np.clip(start, bounds.low, bounds.high)
    for _ in range(PIVOTS):
        gradient = normal @ found - right
        held = ((found <= bounds.low) & (gradient > 0)) | ((found >= bounds.high) & (gradient < 0))
        free = ~held
        rest = right[free] - normal[np.ix_(free, held)] @ found[held]
        solved = np.linalg.solve(normal[np.ix_(free, free)], rest)
        found[free] = np.clip(solved, bounds.low[free], bounds.high[free])
        if np.array_equal(found[free], solved) and not _wants_out(normal @ found - right, found, bounds, held):
            return found
    return _by_coordinates(normal, right, bounds, found)


def _wants_out(gradient: Floats, found: Floats, bounds: Bounds, held: np.ndarray) -> bool:
    """Whether something that is held would lower the loss if it were let go."""
    return bool((held & (((found <= bounds.low) & (gradient < 0)) | ((found >= bounds.high) & (gradient > 0)))).any())


def _by_coordinates(normal: Floats, right: Floats, bounds: Bounds, found: Floats) -> Floats:
    gradient = normal @ found - right
    diagonal = np.diag(normal)
    for _ in range(SWEEPS):
        most = 0.0
        for place in range(len(found)):
            moved = found[place] - gradient[place] / diagonal[place]
            moved = min(max(moved, bounds.low[place]), bounds.high[place])
            delta = moved - found[place]
            if delta:
                gradient += normal[:, place] * delta
                found[place] = moved
                most = max(most, abs(delta))
        if most < STILL:
            break
    return found
