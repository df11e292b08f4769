"""Modifiers: factors on an action's dollars, in a fixed order, and bounds at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .batch import Mask, Source, fold
from .conditions import OPERATORS, Matcher, make_leaf
from .errors import MOST_PROBLEMS, Problem
from .fields import CONDITIONS, FieldRegistry, UnknownField, nearest
from .money import LIMIT, Floats, format_exact, format_factor, format_written
from .spec import Condition, Json, json_number

DEFAULT_MAX_AGE = 0.5
MOST_MULTIPLIERS, MOST_CASES = 50, 1_000

Notes = list[str]


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor for each row. `label` says what it is for ("refurb", "age"); `fields` what it reads."""

    label: str
    fields: frozenset[str]
    column: Callable[[Source], Floats]

    def note(self, source: Source) -> str:
        """What the factor did to the first row, empty where it is 1: "refurb x 0.80"."""
        value = float(self.column(source)[0])
        return "" if value == 1.0 else f"{self.label} × {format_factor(value)}"


@dataclass(frozen=True, slots=True)
class Modifiers:
    """The checked modifiers of one action, in the order they apply."""

    factors: tuple[Factor, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(path for factor in self.factors for path in factor.fields)

    def apply(self, dollars: Floats, source: Source) -> Floats:
        """Dollars after every factor and the bounds."""
        for factor in self.factors:
            dollars = dollars * factor.column(source)
        if self.low is not None:
            dollars = np.maximum(dollars, self.low)
        if self.high is not None:
            dollars = np.minimum(dollars, self.high)
        return dollars

    def notes(self, source: Source) -> Notes:
        """What happened to the first row, factor by factor."""
        notes = [note for factor in self.factors if (note := factor.note(source))]
        if self.low is not None:
            notes.append(f"at least {format_written(self.low)}")
        if self.high is not None:
            notes.append(f"at most {format_written(self.high)}")
        return notes


class _Reader:
    """Reads one action's modifiers and collects what is wrong with them."""

    def __init__(self, registry: FieldRegistry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []
        self.factors: list[Factor] = []

    def wrong(self, path: str, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(path, message, "modifier", suggestion))

    def number(self, value: Json, path: str, low: float = -LIMIT, high: float = LIMIT) -> float | None:
        number = json_number(value)
        if number is None or not low <= number <= high:
            self.wrong(path, f"must be a number from {format_exact(low)} to {format_exact(high)}")
            return None
        return number

    def table(self, value: Json, path: str) -> Mapping[str, Json]:
        if isinstance(value, Mapping):
            return value
        self.wrong(path, "must be an object")
        return {}

    def known_keys(self, value: Mapping[str, Json], known: Iterable[str], path: str) -> None:
        names = list(known)
        for key in value:
            if len(self.problems) >= MOST_PROBLEMS:
                break
            if key not in names:
                near = nearest(str(key), names, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"the keys are {', '.join(names)}"
                self.wrong(f"{path}.{key}" if path else str(key), f'unknown key "{key}"', hint)

    def multipliers(self, value: Json) -> None:
        if not isinstance(value, list):
            self.wrong("multipliers", "must be a list of {name, field, conditions}")
            return
        if len(value) > MOST_MULTIPLIERS:
            self.wrong("multipliers", f"there may be at most {MOST_MULTIPLIERS}, not {len(value):,}")
            return
        for index, item in enumerate(value):
            self._multiplier(self.table(item, f"multipliers[{index}]"), f"multipliers[{index}]")

    def _multiplier(self, item: Mapping[str, Json], path: str) -> None:
        self.known_keys(item, ("name", "field", "conditions"), path)
        name = item.get("field")
        try:
            fact = self.registry.resolve(name if isinstance(name, str) else "")
        except UnknownField as error:
            self.wrong(f"{path}.field", str(error), ", ".join(error.suggestions))
            return
        cases = item.get("conditions")
        if not isinstance(cases, list) or not cases:
            self.wrong(f"{path}.conditions", "must be a list of {value, multiplier}")
            return
        if len(cases) > MOST_CASES:
            self.wrong(f"{path}.conditions", f"there may be at most {MOST_CASES}, not {len(cases):,}")
            return
        found: list[tuple[Condition, float]] = []
        for index, case in enumerate(cases):
            if len(self.problems) >= MOST_PROBLEMS:
                break
            place = f"{path}.conditions[{index}]"
            row = self.table(case, place)
            self.known_keys(row, ("value", "multiplier"), place)
            factor = self.number(row.get("multiplier"), f"{place}.multiplier")
            leaf = make_leaf(fact.path, OPERATORS["equals"], row.get("value"), place, self.registry, self.problems)
            if leaf is not None and factor is not None:
                found.append((leaf, factor))
        label = str(item.get("name") or fact.label)
        self.factors.append(Factor(label, frozenset({fact.path}), lambda source: _first_match(source, found)))

    def by_text(self, key: str, path: str, value: Json, known: Iterable[str] | None = None) -> None:
        """A factor by the text of a field: condition_multipliers, brand_multipliers."""
        rows = self.table(value, key)
        if known is not None:
            self.known_keys(rows, known, key)
        factors = {
            fold(name): factor
            for name, raw in rows.items()
            if (factor := self.number(raw, f"{key}.{name}")) is not None
        }
        label = "condition" if path == "condition" else "brand"
        self.factors.append(Factor(label, frozenset({path}), lambda source: _by_text(source, path, factors)))

    def age_curve(self, value: Json) -> None:
        rows = self.table(value, "age_curve")
        self.known_keys(rows, ("rate_per_year", "max"), "age_curve")
        rate = self.number(rows.get("rate_per_year"), "age_curve.rate_per_year", 0, LIMIT)
        most = self.number(rows.get("max", DEFAULT_MAX_AGE), "age_curve.max", 0, 1)
        if rate is not None and most is not None:
            self.factors.append(Factor("age", frozenset({"age_years"}), lambda source: _age(source, rate, most)))


def read_modifiers(raw: Json, registry: FieldRegistry) -> tuple[Modifiers, list[Problem]]:
    """The checked modifiers and every problem; paths are relative to the modifiers (`age_curve.max`)."""
    reader = _Reader(registry)
    if not isinstance(raw, Mapping):
        reader.wrong("", "modifiers are an object")
        return Modifiers(), reader.problems
    reader.known_keys(raw, (*_ORDER, *_BOUNDS, *NOTES), "")
    for key, read in _ORDER.items():
        if raw.get(key) is not None:
            read(reader, raw[key])
    clamp = raw.get("clamp", True)
    if not isinstance(clamp, bool):
        reader.wrong("clamp", "must be true or false")
    low, high = (reader.number(raw[key], key) if raw.get(key) is not None else None for key in ("min_usd", "max_usd"))
    if low is not None and high is not None and low > high:
        reader.wrong("min_usd", "must not be above max_usd")
    if clamp is False:
        low = high = None
    return Modifiers(tuple(reader.factors), low, high), reader.problems


# The order of docs/rules.md (actions), whatever the order of the keys.
_ORDER: dict[str, Callable[[_Reader, Json], None]] = {
    "multipliers": _Reader.multipliers,
    "condition_multipliers": lambda reader, value: reader.by_text(
        "condition_multipliers", "condition", value, CONDITIONS
    ),
    "age_curve": _Reader.age_curve,
    "brand_multipliers": lambda reader, value: reader.by_text("brand_multipliers", "manufacturer", value),
}
_BOUNDS = ("min_usd", "max_usd", "clamp")
NOTES = (
    "explanation",
    "formula_notes",
    "unit",
    "original_multiplier",
    # What the older loader of baselines wrote down.
    "baseline_placeholder",
    "baseline_unit",
)


def _first_match(source: Source, cases: Iterable[tuple[Condition, float]]) -> Floats:
    matcher = Matcher(source)
    factor = np.ones(len(source))
    open_rows: Mask = np.ones(len(source), dtype=np.bool_)
    for leaf, value in cases:
        hit = matcher.match(leaf) & open_rows
        factor[hit] = value
        open_rows = open_rows & ~hit
    return factor


def _by_text(source: Source, path: str, factors: Mapping[str, float]) -> Floats:
    column = source.category(path)
    by_code = np.ones(len(column.categories) + 1)  # the last one is for code -1, a missing value
    by_code[:-1] = [factors.get(fold(text), 1.0) for text in column.categories]
    return by_code[column.codes]


def _age(source: Source, rate: float, most: float) -> Floats:
    age = source.number("age_years")
    return np.where(age.present, 1.0 - np.minimum(age.values * rate, most), 1.0)
