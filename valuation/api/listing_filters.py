"""Filters of listings by what rules do: the listings behind a figure of the analytics."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from dealbrain.api.filters import ParameterFilter
from dealbrain.api.parameters import MOST_ID, Parameter
from listings.filtersets import add_listing_filter
from valuation.analytics.behind import QUESTIONS, NoSuchRow, Row, listings_behind, row_behind


class RowParameter(Parameter):
    """The id of the rule or ruleset that a question is about; its value is that row."""

    __slots__ = ()

    def value(self, text: str) -> Row:
        try:
            return row_behind(self.name, text)
        except NoSuchRow as error:
            raise ValidationError(str(error), code="does_not_exist") from error

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": MOST_ID}


class BehindFilter(ParameterFilter):
    def filter(self, qs: Any, value: Any) -> Any:
        return qs if value is None else listings_behind(qs, self.parameter.name, value)


def add_filters() -> None:
    for question in QUESTIONS.values():
        add_listing_filter(question.name, BehindFilter(RowParameter(question.name, question.help), "pk"))
