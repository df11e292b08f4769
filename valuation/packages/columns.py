"""The values of one row of a file, read strictly: each as its column takes it, or a problem that names the place.

What a column is (its length, its choices, what it is when it is left out) is known to the models alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models

from catalog.models import CustomField
from valuation.decoding import MOST_PROBLEMS, shown_key
from valuation.engine import Problem
from valuation.engine.fields import nearest
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.packages.content import (
    ACTION_COLUMNS,
    FIELD_COLUMNS,
    GROUP_COLUMNS,
    RULE_COLUMNS,
    RULESET_COLUMNS,
    Json,
    PackageError,
    plain,
)

NOISE = Decimal("0.000000001")  # of binary numbers: less than this beyond the last decimal says nothing
Columns = Mapping[str, Any]
"""The columns of a row by what a file calls them."""


def _columns(model: type[models.Model], names: Iterable[str]) -> Columns:
    return {name: model._meta.get_field(name) for name in names}


RULESETS = _columns(Ruleset, RULESET_COLUMNS)
GROUPS = _columns(RuleGroup, GROUP_COLUMNS)
RULES = _columns(Rule, RULE_COLUMNS)
ACTIONS = _columns(RuleAction, ACTION_COLUMNS)
FIELDS: Columns = {name: CustomField._meta.get_field(column) for name, column in FIELD_COLUMNS.items()}
REQUIRED = frozenset({"name", "key", "label", "data_type", "action_type"})


class Problems:
    """What is wrong with one file. Raises PackageError when nobody would read on."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, path: str, message: str, code: str = "invalid", suggestion: str = "") -> None:
        self.take([Problem(path, message, code, suggestion)])

    def take(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            if problem.severity == "error":
                self.found.append(problem)
            elif len(self.warnings) < MOST_PROBLEMS:
                self.warnings.append(problem)
            if len(self.found) >= MOST_PROBLEMS:
                self.refuse()

    def refuse(self) -> None:
        if self.found:
            raise PackageError(self.found)


def read_row(given: Any, columns: Columns, path: str, problems: Problems, *, inside: tuple[str, ...] = ()) -> Json:
    """The values of the row at `path`, in one spelling; `inside` are keys that are not of the row itself.

    A value that is wrong, or left out, is the column's own default, so that what follows can be looked at all the same.
    """
    if not isinstance(given, dict):
        problems.add(path, "this must be an object: {...}")
        given = dict.fromkeys(REQUIRED & columns.keys(), "?")
    refuse_unknown(given, (*columns, *inside), path, problems)
    return {name: _value(name, column, given, path, problems) for name, column in columns.items()}


def refuse_unknown(given: Json, known: Iterable[str], path: str, problems: Problems) -> None:
    names = tuple(known)
    for key in given:
        if key not in names:
            near = nearest(key, names, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the keys are {', '.join(names)}"
            problems.add(f"{path}.{shown_key(key)}" if path else shown_key(key), "unknown key", "unknown_key", hint)


def _value(name: str, column: Any, given: Json, path: str, problems: Problems) -> Any:
    place = f"{path}.{name}"
    raw = given.get(name)
    if raw is None:
        if name in REQUIRED:
            problems.add(place, "this is needed", "required")
        return plain(column.get_default()) if column.has_default() or not column.null else None
    try:
        return _reader(column)(raw, column)
    except ValidationError as error:
        for message in error.messages:
            problems.add(place, message, "invalid")
        return plain(column.get_default())


def _reader(column: Any) -> Callable[[Any, Any], Any]:
    return next(reader for kind, reader in READERS if isinstance(column, kind))


def _text(raw: Any, column: Any) -> str:
    if not isinstance(raw, str):
        raise ValidationError("This must be a text.")
    # Which types of action there are, the engine says, with the nearest.
    value = raw if column.name == "action_type" else str(column.clean(raw, None))
    if not value.strip() and not column.blank:
        raise ValidationError("This must not be empty.")
    return value


def _flag(raw: Any, _: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValidationError("This must be true or false.")
    return raw


def _whole(raw: Any, column: Any) -> int:
    number = plain(raw)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValidationError("This must be a whole number.")
    low, high = connection.ops.integer_field_range(column.get_internal_type())
    low, high = max(low or 0, -(2**31)), min(high or 0, 2**31 - 1)
    if not low <= number <= high:
        raise ValidationError(f"This must be a whole number from {low:,} to {high:,}.")
    return number


def _decimal(raw: Any, column: Any) -> Any:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise ValidationError("This must be a number.")
    exact = Decimal(repr(raw))
    if abs(exact) < 10**12:
        rounded = round(exact, column.decimal_places)
        exact = rounded if abs(rounded - exact) < NOISE else exact
    return plain(column.clean(exact, None))


def _json(raw: Any, column: Any) -> Any:
    kind = type(column.get_default())
    if kind in (dict, list) and not isinstance(raw, kind):
        raise ValidationError(f"This must be {'an object: {...}' if kind is dict else 'a list: [...]'}.")
    return plain(raw)


# By the kind of column; the first that fits.
READERS: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
    (models.JSONField, _json),
    (models.BooleanField, _flag),
    (models.IntegerField, _whole),
    (models.DecimalField, _decimal),
    (models.Field, _text),
)
