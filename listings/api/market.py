"""What the market says about a listing, beside its figures: a grade, why there is none, and what is behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from listings.choices import Grade
from listings.figures import MARKET_FACTS, market_of

READ: dict[str, Any] = {"read_only": True, "allow_null": True, "source": "*"}


def _said(listing: Any, name: str) -> Any:
    """None where nothing is known; a blank is none either."""
    value = getattr(market_of(listing), MARKET_FACTS[name], None)
    return None if value == "" else value


class GradeField(serializers.ChoiceField):
    def __init__(self) -> None:
        super().__init__(Grade.choices, **READ)

    def to_representation(self, value: Any) -> Any:
        return _said(value, "grade")


class GradeReasonField(serializers.CharField):
    def __init__(self) -> None:
        super().__init__(**READ)

    def to_representation(self, value: Any) -> Any:
        return _said(value, "grade_reason")


class ComparablesField(serializers.IntegerField):
    def __init__(self) -> None:
        super().__init__(**READ)

    def to_representation(self, value: Any) -> Any:
        return _said(value, "comparables_count")


class ImplausibleField(serializers.BooleanField):
    def __init__(self) -> None:
        super().__init__(**READ)

    def to_representation(self, value: Any) -> Any:
        return _said(value, "price_is_implausible")


MARKET_FIELDS: dict[str, Callable[[], serializers.Field[Any, Any, Any, Any]]] = {
    "grade": GradeField,
    "grade_reason": GradeReasonField,
    "comparables_count": ComparablesField,
    "price_is_implausible": ImplausibleField,
}
