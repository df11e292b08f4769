"""What filter sets share: a search by words, and numbers within what a column can hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from dealbrain.api.parameters import Flag, Parameter

MOST_WHOLE = 2**31 - 1
MOST_WORDS = 10


def search(queryset: QuerySet[Any], words: str, paths: Iterable[str]) -> QuerySet[Any]:
    """Rows that hold every word somewhere in these columns; `%` and `_` are letters like any other."""
    columns = list(paths)
    for word in words.split()[:MOST_WORDS]:
        anywhere = Q()
        for path in columns:
            anywhere |= Q(**{f"{path}__icontains": word})
        queryset = queryset.filter(anywhere)
    return queryset


def whole(field_name: str, bound: str = "exact", most: int = MOST_WHOLE) -> django_filters.NumberFilter:
    """A whole number of 0 or more."""
    return django_filters.NumberFilter(
        field_name=field_name, lookup_expr=bound, min_value=0, max_value=most, decimal_places=0, max_digits=19
    )


def text(field_name: str) -> django_filters.CharFilter:
    """Equal, without case."""
    return django_filters.CharFilter(field_name=field_name, lookup_expr="iexact", max_length=255)


def choice(values: Any, **options: Any) -> django_filters.ChoiceFilter:
    """One of a TextChoices."""
    return django_filters.ChoiceFilter(choices=values.choices, error_messages=naming(values), **options)


def naming(values: Any) -> dict[str, str]:
    """The message that says which choices there are."""
    return {"invalid_choice": f"%(value)s is not one of {', '.join(values.values)}."}


class SearchedBy(django_filters.CharFilter):  # type: ignore[misc]  # django-filter is not typed
    """`q=` words, each of them somewhere in these columns."""

    def __init__(self, *paths: str) -> None:
        super().__init__(label="Words in a name", max_length=200)
        self.paths = paths

    def filter(self, qs: Any, value: Any) -> Any:
        return search(qs, value, self.paths) if value else qs


class ParameterField(forms.Field):
    """Reads a value exactly as a query parameter of a view is read."""

    def __init__(self, *, parameter: Parameter, **options: Any) -> None:
        super().__init__(**options)
        self.parameter = parameter

    def clean(self, value: Any) -> Any:
        if not value:
            return self.parameter.default
        try:
            return self.parameter.value(str(value))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error


class ParameterFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter is not typed
    """A filter whose value a `Parameter` reads, and describes."""

    field_class = ParameterField

    def __init__(self, parameter: Parameter, field_name: str, bound: str = "exact") -> None:
        super().__init__(field_name=field_name, lookup_expr=bound, label=parameter.help, parameter=parameter)
        self.parameter = parameter


class OnlyFilter(ParameterFilter):
    """A flag: true leaves the rows where the column is true, false leaves them all."""

    def __init__(self, name: str, about: str, field_name: str) -> None:
        super().__init__(Flag(name, about), field_name)

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, True) if value else qs
