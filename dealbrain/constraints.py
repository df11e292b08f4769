"""CHECK constraints by name: the database has the last word on every range and every choice."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

MOST_DOLLARS = 9_999_999_999  # of one amount: what the columns of prices hold


def in_range(name: str, field: str, low: int, high: int) -> models.CheckConstraint:
    """`low <= field <= high`, both inside; a null passes, as everywhere in SQL."""
    return models.CheckConstraint(
        name=name,
        condition=models.Q(**{f"{field}__isnull": True}) | models.Q(**{f"{field}__range": (low, high)}),
        violation_error_message=f"{field} must lie between {low} and {high}.",
    )


def one_of(name: str, field: str, values: Iterable[str]) -> models.CheckConstraint:
    """`field` holds one of `values`; add "" to them where blank is allowed."""
    allowed = list(values)
    return models.CheckConstraint(
        name=name,
        condition=models.Q(**{f"{field}__in": allowed}),
        violation_error_message=f"{field} must be one of {', '.join(v for v in allowed if v)}.",
    )


def bounds(low: int, high: int) -> list[MinValueValidator | MaxValueValidator]:
    """The same range for forms and serializers, which name the field in their message."""
    return [MinValueValidator(low), MaxValueValidator(high)]
