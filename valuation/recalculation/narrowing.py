"""Conditions as SQL, as far as SQL means the same: a filter that never loses a listing the condition holds for.

Only the whole numbers and the closed lists of the listing itself are said. What may be in a closed list is known, so
the engine answers for each of its values and SQL is left to compare whole values. Text, patterns, JSON, parts and
money are not said: collations, dialects and rounding would give them a second meaning. What is not said is kept, so
the filter is an upper bound and the engine has the last word.
"""

from __future__ import annotations

import math
from typing import Any

from django.db.models import CharField, IntegerField, Q

from listings.models import Listing
from valuation.engine import OPERATORS, UNKNOWN, Condition

EVERY = 2_147_483_647  # beyond any whole number a listing holds
MISSING = ("", UNKNOWN)  # the values of a closed list that a rule does not see
NONE = Q(pk__in=[])


def narrowed(conditions: list[Condition]) -> Q | None:
    """A filter that keeps every listing for which any of these conditions holds; None: it would keep them all."""
    return _any([_possible(condition) for condition in conditions])


def _possible(condition: Condition) -> Q | None:
    if not condition.logic:
        return _leaf(condition)
    if condition.logic == "not":
        return None  # what may hold says nothing about what may fail
    children = [_possible(child) for child in condition.children]
    return _any(children) if condition.logic == "or" else _all(children)


def _any(filters: list[Q | None]) -> Q | None:
    result = NONE
    for found in filters:
        if found is None:
            return None
        result |= found
    return result


def _all(filters: list[Q | None]) -> Q | None:
    known = [found for found in filters if found is not None]
    return Q(*known) if known else None


def _leaf(leaf: Condition) -> Q | None:
    column = _columns().get(leaf.field)
    if isinstance(column, IntegerField):
        return _numbers(leaf)
    return _options(leaf, column) if isinstance(column, CharField) else None


def _columns() -> dict[str, Any]:
    """The columns of the listing that SQL can answer for: whole numbers, and closed lists that a CHECK closes."""
    return {
        column.name: column
        for column in Listing._meta.concrete_fields
        if column.remote_field is None
        and not column.primary_key
        and (isinstance(column, IntegerField) or (isinstance(column, CharField) and column.choices))
    }


def _numbers(leaf: Condition) -> Q | None:
    name, (value, _) = leaf.field, leaf.value
    match leaf.operator:
        case "is_null" | "is_not_null":
            return Q(**{f"{name}__isnull": leaf.operator == "is_null"})
        case "equals":
            return _whole(name, (value,))
        case "in":
            return _whole(name, value)
        case "greater_than" | "gte":
            return Q(**{f"{name}__gte": _bound(math.floor(value))})
        case "less_than" | "lte":
            return Q(**{f"{name}__lte": _bound(math.ceil(value))})
        case "between":
            low, high = value
            return Q(**{f"{name}__gte": _bound(math.floor(low)), f"{name}__lte": _bound(math.ceil(high))})
        case _:  # all but a few values: nothing to gain
            return Q(**{f"{name}__isnull": False})


def _whole(name: str, values: tuple[float, ...]) -> Q:
    """One of these; a column of whole numbers holds no fraction."""
    return Q(**{f"{name}__in": sorted(int(value) for value in values if value.is_integer() and abs(value) <= EVERY)})


def _bound(value: int) -> int:
    """In the range of the column's type, on the same side of all it holds."""
    return max(-EVERY, min(value, EVERY))


def _options(leaf: Condition, column: CharField[Any, Any]) -> Q:
    """The values of the closed list for which the engine says yes."""
    operator, (value, _) = OPERATORS[leaf.operator], leaf.value
    options = [option for option, _ in column.flatchoices]
    if operator.name == "is_null":
        options = list(MISSING)
    elif operator.text is not None and operator.name != "regex":
        options = [option for option in options if operator.text(option.casefold(), value)]
    return Q(**{f"{leaf.field}__in": options})
