"""Columns of results, and what formulas can do with them: one table each of functions and operators.

Every operation needs all of its operands; an operation that is undefined (a division by zero, an overflow) is missing,
with its reason. Only `coalesce` and the branch of an `if` that is not taken are exempt.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .batch import Mask, Source
from .money import Floats, round_half_away


@dataclass(frozen=True, slots=True)
class Term:
    """A column of results. Where `present` is false, `reasons` say why: the first whose mask holds for the row."""

    values: Floats
    present: Mask
    reasons: tuple[tuple[str, Mask], ...] = ()

    def reason(self, row: int) -> str:
        """Why the row has no value; empty where it has one."""
        if self.present[row]:
            return ""
        return next((text for text, mask in self.reasons if mask[row]), "no value")


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the function table. `most` is None for any number of arguments."""

    name: str
    signature: str
    least: int
    most: int | None
    column: Callable[..., Floats]


def _clamp(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.maximum(low, np.minimum(value, high))


def _fold(step: Callable[[Floats, Floats], Floats]) -> Callable[..., Floats]:
    def column(first: Floats, *rest: Floats) -> Floats:
        for other in rest:
            first = step(first, other)
        return first

    return column


def _round(value: Floats, digits: Floats | None = None) -> Floats:
    return round_half_away(value, 0 if digits is None or not len(digits) else int(digits[0]))


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("abs", "abs(x)", 1, 1, np.abs),
        Function("min", "min(a, b, ...)", 1, None, _fold(np.minimum)),
        Function("max", "max(a, b, ...)", 1, None, _fold(np.maximum)),
        Function("round", "round(x) or round(x, digits)", 1, 2, _round),
        Function("int", "int(x)", 1, 1, np.trunc),
        Function("float", "float(x)", 1, 1, np.positive),
        Function("sqrt", "sqrt(x)", 1, 1, np.sqrt),
        Function("pow", "pow(x, y)", 2, 2, np.power),
        Function("floor", "floor(x)", 1, 1, np.floor),
        Function("ceil", "ceil(x)", 1, 1, np.ceil),
        Function("clamp", "clamp(value, low, high)", 3, 3, _clamp),
        Function("coalesce", "coalesce(a, b, ...)", 1, None, _fold(np.fmax)),  # run by `coalesce`, which may skip
    )
}
BINARY: dict[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.remainder,
    ast.Pow: np.power,
}
COMPARE: dict[type[ast.cmpop], Callable[[Floats, Floats], Mask]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
UNARY: dict[type[ast.unaryop], Callable[[Floats], Floats]] = {
    ast.UAdd: np.positive,
    ast.USub: np.negative,
    ast.Not: lambda values: (values == 0).astype(np.float64),
}


def apply(column: Callable[..., Floats], terms: Sequence[Term], *, divides: bool = False) -> Term:
    """`column` of the terms where all are known; where the outcome is not finite the operation is undefined."""
    present = np.logical_and.reduce([term.present for term in terms])
    with np.errstate(all="ignore"):
        values = np.asarray(column(*(term.values for term in terms)), dtype=np.float64)
    finite = np.isfinite(values)
    reasons = tuple(reason for term in terms for reason in term.reasons)
    undefined = present & ~finite
    if undefined.any():
        if divides:
            reasons = (*reasons, ("division by zero", undefined & (terms[1].values == 0)))
        if column is np.power:  # 0 to a negative power
            reasons = (*reasons, ("division by zero", undefined & (terms[0].values == 0)))
        reasons = (*reasons, ("no real number", undefined & np.isnan(values)), ("too large a number", undefined))
    return Term(np.where(finite, values, 0.0), present & finite, reasons)


def coalesce(terms: Sequence[Term]) -> Term:
    """The first known of the terms."""
    values, present = terms[0].values, terms[0].present
    for term in terms[1:]:
        values = np.where(present, values, term.values)
        present = present | term.present
    # Only where nothing is known: elsewhere they would hide why a later operation is undefined.
    return Term(values, present, tuple((text, mask & ~present) for term in terms for text, mask in term.reasons))


def choose(test: Term, body: Term, otherwise: Term) -> Term:
    """`body if test else otherwise`; the branch not taken does not count, a missing test makes the whole missing."""
    taken = test.values != 0
    reasons = (
        *test.reasons,
        *((text, mask & taken) for text, mask in body.reasons),
        *((text, mask & ~taken) for text, mask in otherwise.reasons),
    )
    present = test.present & np.where(taken, body.present, otherwise.present)
    return Term(np.where(taken, body.values, otherwise.values), present, reasons)


def number_term(source: Source, path: str) -> Term:
    """A number or boolean field as a term."""
    column = source.number(path)
    return Term(column.values, column.present, ((f"{path} is unknown", ~column.present),))
