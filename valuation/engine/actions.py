"""Actions: each type as a check of what was written and a column function that gives dollars."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .batch import Source
from .errors import Problem, RuleError
from .fields import Field, FieldRegistry, Kind, UnknownField, nearest
from .formula import compile_formula
from .modifiers import Modifiers, read_modifiers
from .money import LIMIT, Cents, Floats, format_dollars, format_exact, format_number, format_usd
from .spec import ActionSpec, json_number
from .terms import Term

Run = Callable[[Source, Cents], Term]
"""Rows and their running price in cents -> dollars before modifiers."""
Describe = Callable[[Source, Cents, Term], str]
"""The same for the first row, with the outcome, in words."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity by its short name: a field, divided by `divisor`; no field means one piece."""

    path: str
    unit: str
    divisor: float = 1.0


METRICS: dict[str, Metric] = {
    "per_gb": Metric("ram_gb", "GB"),
    "per_tb": Metric("primary_storage_gb", "TB", 1000.0),
    "per_ram_spec_gb": Metric("ram_spec.total_capacity_gb", "GB"),
    "per_ram_speed": Metric("ram_speed_mhz", "MHz"),
    "per_primary_storage_gb": Metric("primary_storage_gb", "GB"),
    "per_secondary_storage_gb": Metric("secondary_storage_gb", "GB"),
    "per_core": Metric("cpu.cores", "cores"),
    "per_thread": Metric("cpu.threads", "threads"),
    "quantity": Metric("", ""),
}
UNIT_DIVISORS: dict[str, float] = {
    "per_1000_points": 1000.0,
    "per_100_points": 100.0,
    "per_10_points": 10.0,
    "per_point": 1.0,
}
DEFAULT_UNIT = "per_1000_points"


@dataclass(frozen=True, slots=True)
class Action:
    """A checked action."""

    spec: ActionSpec
    run: Run
    describe: Describe
    modifiers: Modifiers
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Draft:
    run: Run
    describe: Describe
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ActionType:
    """One row of the action table: whether a value is needed, and what reads it (None: nothing can be run).

    `takes` are the fields of the spec that it reads, `needs` those that must be there. `about` says to an author what
    it gives, `unit` what its value counts.
    """

    label: str
    needs_value: bool
    read: Callable[[ActionSpec, FieldRegistry, list[Problem]], _Draft | None]
    about: str
    takes: tuple[str, ...] = ("value_usd",)
    unit: str = "$"

    @property
    def needs(self) -> tuple[str, ...]:
        needed = {"metric", "formula", *(("value_usd",) if self.needs_value else ())}
        return tuple(name for name in self.takes if name in needed)


def compile_action(spec: ActionSpec, registry: FieldRegistry) -> tuple[Action | None, list[Problem]]:
    """The action, unless a problem is an error, and every problem; paths begin with the name of the field."""
    problems: list[Problem] = []
    modifiers, wrong = read_modifiers(spec.modifiers, registry)
    wrong = [problem.under("modifiers") for problem in wrong]
    kind = ACTIONS.get(spec.action_type)
    if kind is None:
        near = nearest(str(spec.action_type), ACTIONS, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"use one of {', '.join(ACTIONS)}"
        problems.append(Problem("action_type", f'unknown action type "{spec.action_type}"', "action_type", hint))
        return None, [*problems, *wrong]
    wrong_value = _check_value(spec, required=kind.needs_value)
    problems.extend(wrong_value)
    if wrong_value:
        spec = replace(spec, value_usd=None)  # what is read next need not fear it
    draft = kind.read(spec, registry, problems)
    problems.extend(wrong)
    if draft is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    return Action(spec, draft.run, draft.describe, modifiers, draft.fields | modifiers.fields), problems


def check_action(spec: ActionSpec, registry: FieldRegistry) -> list[Problem]:
    """Every problem of an action, warnings too."""
    return compile_action(spec, registry)[1]


def _check_value(spec: ActionSpec, *, required: bool) -> list[Problem]:
    value = spec.value_usd
    if value is None:
        return (
            [Problem("value_usd", "a value is needed", "required", "write dollars, such as 2.50")] if required else []
        )
    number = json_number(value)
    if number is None or abs(number) > LIMIT:
        return [Problem("value_usd", "must be a number from -1,000,000,000 to 1,000,000,000", "range")]
    return []


def _resolve(spec: ActionSpec, registry: FieldRegistry, problems: list[Problem]) -> Field | None:
    """The number field that the metric names, or None with a problem."""
    try:
        fact = registry.resolve(spec.metric)
    except UnknownField as error:
        if not spec.metric.strip():
            message, hint = "a metric is needed", f"use {', '.join(METRICS)} or a number field"
        else:
            near = nearest(spec.metric, METRICS, 1)
            message, hint = str(error), ", ".join([*near, *error.suggestions])
        problems.append(Problem("metric", message, "unknown_field", hint))
        return None
    if fact.kind not in (Kind.NUMBER, Kind.BOOLEAN):
        problems.append(Problem("metric", f"{fact.path} is a {fact.kind} field, not a number", "type"))
        return None
    return fact


def _constant(source: Source, dollars: float) -> Term:
    return Term(np.full(len(source), dollars), np.ones(len(source), dtype=np.bool_))


def _fixed(spec: ActionSpec, _: FieldRegistry, __: list[Problem]) -> _Draft:
    dollars = float(spec.value_usd or 0)
    return _Draft(lambda source, running: _constant(source, dollars), lambda *_: f"fixed {format_dollars(dollars)}")


def _per_unit(spec: ActionSpec, registry: FieldRegistry, problems: list[Problem]) -> _Draft | None:
    metric = METRICS.get(spec.metric.strip().lower())
    if metric is None:
        fact = _resolve(spec, registry, problems)
        if fact is None:
            return None
        metric = Metric(fact.path, fact.unit or fact.label)
    dollars, path, divisor, unit = float(spec.value_usd or 0), metric.path, metric.divisor, metric.unit

    def quantity(source: Source) -> Floats:
        if not path:
            return np.ones(len(source))
        column = source.number(path)
        return np.where(column.present, column.values, 0.0) / divisor

    def run(source: Source, running: Cents) -> Term:
        return Term(quantity(source) * dollars, np.ones(len(source), dtype=np.bool_))

    def describe(source: Source, *_: object) -> str:
        count = format_number(float(quantity(source)[0]))
        return f"{count}{f' {unit}' if unit else ''} × {format_dollars(dollars)}"

    return _Draft(run, describe, frozenset({path} if path else ()))


def _benchmark(spec: ActionSpec, registry: FieldRegistry, problems: list[Problem]) -> _Draft | None:
    unit = spec.unit_type or DEFAULT_UNIT
    if unit not in UNIT_DIVISORS:
        near = nearest(unit, UNIT_DIVISORS, 1)
        hint = f'did you mean "{near[0]}"?' if near else f"use one of {', '.join(UNIT_DIVISORS)}"
        problems.append(Problem("unit_type", f'unknown unit "{unit}"', "unit_type", hint))
    fact = _resolve(spec, registry, problems)
    if fact is None or unit not in UNIT_DIVISORS:
        return None
    dollars, path, divisor = float(spec.value_usd or 0), fact.path, UNIT_DIVISORS[unit]

    def run(source: Source, running: Cents) -> Term:
        column = source.number(path)
        missing = ((f"{path} is unknown", ~column.present),)
        return Term(column.values / divisor * dollars, column.present, missing)

    def describe(source: Source, running: Cents, term: Term) -> str:
        score = format_number(float(source.number(path).values[0]))
        return f"{score} points / {divisor:,.0f} × {format_dollars(dollars)}" if term.present[0] else ""

    return _Draft(run, describe, frozenset({path}))


def _multiplier(spec: ActionSpec, _: FieldRegistry, problems: list[Problem]) -> _Draft:
    percent = float(spec.value_usd or 0)
    if abs(percent) > 100:
        hint = f"did you mean {format_exact(percent - math.copysign(100, percent))}?"
        written = f"{format_exact(percent, sign=True)} %"
        problems.append(Problem("value_usd", written, "percent", hint, severity="warning"))

    def run(source: Source, running: Cents) -> Term:
        return Term(running / 100.0 * percent / 100.0, np.ones(len(source), dtype=np.bool_))

    def describe(source: Source, running: Cents, term: Term) -> str:
        return f"{format_usd(int(running[0]))} × {format_exact(percent)} %"

    return _Draft(run, describe)


def _formula(spec: ActionSpec, registry: FieldRegistry, problems: list[Problem]) -> _Draft | None:
    try:
        formula = compile_formula(spec.formula, registry)
    except RuleError as error:
        problems.extend(problem.under("formula") for problem in error.problems)
        return None

    def describe(source: Source, running: Cents, term: Term) -> str:
        return f"{spec.formula} = {format_dollars(float(term.values[0]))}" if term.present[0] else spec.formula

    return _Draft(lambda source, running: formula.evaluate(source), describe, formula.fields)


ACTIONS: dict[str, ActionType] = {
    "fixed_value": ActionType("Fixed value", True, _fixed, "The same amount for each listing."),
    "additive": ActionType("Additive", True, _fixed, "The same amount for each listing, as a fixed value."),
    "per_unit": ActionType(
        "Per unit", True, _per_unit, "So many dollars for each one that the listing has.", ("metric", "value_usd")
    ),
    "benchmark_based": ActionType(
        "By benchmark",
        True,
        _benchmark,
        "So many dollars for each step of a score; nothing where the score is unknown.",
        ("metric", "value_usd", "unit_type"),
    ),
    "multiplier": ActionType(
        "Percent of the running price",
        False,
        _multiplier,
        "A share of the price and all that was added before: 15 adds 15 %, -10 takes 10 % off.",
        unit="%",
    ),
    "formula": ActionType("Formula", False, _formula, "What the formula gives, in dollars.", ("formula",)),
}
