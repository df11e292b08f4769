"""Custom fields as filters and orders of listings: `custom.colour=red`, `custom.weight__gte=2`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from catalog.choices import CustomFieldEntity, CustomFieldType
from catalog.custom_types import MOST_NUMBER, MOST_STRING
from catalog.models import CustomField
from dealbrain.api.filters import NumberFilter
from dealbrain.folding import fold
from listings.custom_fields import filterable, sort_expression

PREFIX = "custom."


def custom_fields_for(query: str) -> list[CustomField]:
    """The fields of listings that a query string may name. No query to the database where none is named."""
    if PREFIX not in query.lower():
        return []
    fields = CustomField.objects.filter(entity=CustomFieldEntity.LISTING, is_active=True)
    return [field for field in fields if filterable(field)]


def column(field: CustomField) -> str:
    """What the annotated value of a field is called in a query."""
    return f"custom_{field.key}"


def with_columns(listings: QuerySet[Any], fields: Iterable[CustomField], query: str) -> QuerySet[Any]:
    """Annotate the values of those fields whose keys stand in the query string."""
    return listings.annotate(**{column(field): sort_expression(field) for field in fields if field.key in query})


def custom_orderings(fields: Iterable[CustomField]) -> dict[str, str]:
    """Public names to the columns of `with_columns`."""
    return {f"{PREFIX}{field.key}": column(field) for field in fields}


class CustomTextFilter(django_filters.CharFilter):
    """Equal, without case: the column is folded already. Blanks around a value count for nothing."""

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, fold(value) if value else value)


class YesNoFilter(django_filters.ChoiceFilter):
    def __init__(self, key: str) -> None:
        message = {"invalid_choice": "This must be true or false."}
        super().__init__(choices=[("true", "true"), ("false", "false")], error_messages=message)
        self.key = key

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(Q(**{f"attributes__{self.key}": value == "true"})) if value else qs


def custom_filters(fields: Iterable[CustomField]) -> Mapping[str, Any]:
    """A filter for each field, and for both ends of a number's range, by the names of their parameters."""
    found: dict[str, Any] = {}
    for field in fields:
        name = f"{PREFIX}{field.key}"
        if field.data_type == CustomFieldType.NUMBER:
            limits = {"min_value": -MOST_NUMBER, "max_value": MOST_NUMBER}
            for bound in ("exact", "gte", "lte"):
                parameter = name if bound == "exact" else f"{name}__{bound}"
                found[parameter] = NumberFilter(field_name=column(field), lookup_expr=bound, **limits)
        elif field.data_type == CustomFieldType.BOOLEAN:
            found[name] = YesNoFilter(field.key)
        else:
            found[name] = CustomTextFilter(field_name=column(field), max_length=MOST_STRING)
    return found
