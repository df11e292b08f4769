"""Values as they come from the database into the columns of a batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from valuation.engine import UNKNOWN, Column, Field, NumberColumn, category_column, number_column


def text_column(values: Sequence[str | None], field: Field | None) -> Column:
    """Texts as rules see them: what is blank or `unknown` is missing. Asked of each distinct text once."""
    found = category_column(values)
    if field is None or UNKNOWN not in field.options:
        if "" not in found.categories:
            return found
        stated = category_column([text or None for text in found.categories])
    else:
        stated = category_column([field.stated(text) if text else None for text in found.categories])
    return stated.take(found.codes)


def table_column(values: Sequence[Any], field: Field | None) -> Column:
    if any(isinstance(value, str) for value in values):
        return text_column(values, field)
    if all(value is None or isinstance(value, int | float) for value in values):
        return number_column(values)
    return category_column([None] * len(values))  # dates and JSON of a part are no facts


def sum_known(first: NumberColumn, second: NumberColumn) -> NumberColumn:
    values = np.where(first.present, first.values, 0.0) + np.where(second.present, second.values, 0.0)
    return NumberColumn(values, first.present | second.present)


def custom_text(value: object) -> str | None:
    if value is None or value == []:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def custom_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None
