"""Fields of answers in words short enough for shapes of many; typed, which the serializers' own are not for mypy."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


def words(**options: Any) -> serializers.CharField:
    return serializers.CharField(**options)


def whole(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(**options)


def number(**options: Any) -> serializers.FloatField:
    """Dollars, shares, ratios."""
    return serializers.FloatField(**options)
