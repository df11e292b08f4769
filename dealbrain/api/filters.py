"""What filter sets share: a search by words, and numbers within what a column can hold."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from dealbrain.api.parameters import Flag, Parameter
from dealbrain.folding import fold
from dealbrain.numerals import is_number
from dealbrain.searching import MOST_SEARCHED, search

MOST_WHOLE = 2**31 - 1


class NumberField(forms.DecimalField):
    """A number in the digits of ASCII, and nothing else that Python would take for one."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and not is_number(value.strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class NumberFilter(django_filters.NumberFilter):  # type: ignore[misc]  # django-filter is not typed
    field_class = NumberField


def whole(field_name: str, bound: str = "exact", most: int = MOST_WHOLE) -> NumberFilter:
    """A whole number of 0 or more."""
    return NumberFilter(
        field_name=field_name, lookup_expr=bound, min_value=0, max_value=most, decimal_places=0, max_digits=19
    )


class TextFilter(django_filters.CharFilter):  # type: ignore[misc]  # django-filter is not typed
    """Equal, without case."""

    def __init__(self, field_name: str, **options: Any) -> None:
        super().__init__(field_name=field_name, lookup_expr="folded", **options)

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, fold(value) if value else value)


def text(field_name: str) -> TextFilter:
    return TextFilter(field_name, max_length=255)


def choice(values: Any, **options: Any) -> django_filters.ChoiceFilter:
    """One of a TextChoices."""
    return django_filters.ChoiceFilter(choices=values.choices, error_messages=naming(values), **options)


def naming(values: Any) -> dict[str, str]:
    """The message that says which choices there are."""
    return {"invalid_choice": f"%(value)s is not one of {', '.join(values.values)}."}


class SearchedBy(django_filters.CharFilter):  # type: ignore[misc]  # django-filter is not typed
    """`q=` words, each of them somewhere in these columns."""

    def __init__(self, *paths: str, about: str = "Words in a name") -> None:
        super().__init__(label=about, max_length=MOST_SEARCHED)
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
