"""The documents of the market, as the schema describes them. Money is in USD."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from dealbrain.api.serializers import RowSerializer
from dealbrain.api.shapes import number, whole, words
from listings.choices import Grade
from valuation.market.estimate.terms import Shape
from valuation.market.showing import rules_of
from valuation.models import MarketModel


class ComparableSerializer(serializers.Serializer[Any]):
    """An offer that is like the listing, as it was when the model was made."""

    id = whole()
    title = words()
    price_usd = number()
    distance = number()
    weight = number()
    residual = number()


class MarketPartSerializer(serializers.Serializer[Any]):
    """What one part of a machine gives."""

    name = words()
    amount_usd = number()


class ModelInBriefSerializer(serializers.Serializer[Any]):
    """Which estimate it is, and how good."""

    id = whole()
    offers = whole()
    is_sketch = serializers.BooleanField()
    error = number()
    covered = number()


class ListingMarketSerializer(serializers.Serializer[Any]):
    """What the market says about a machine. The amounts of `parts` add up to the fair value, to the cent."""

    fair_value_usd = number(allow_null=True)
    low = number(allow_null=True)
    high = number(allow_null=True)
    grade = serializers.ChoiceField(Grade.choices, allow_null=True)
    reason = words(allow_null=True)
    target_price_usd = number(allow_null=True)
    discount = number(allow_null=True)
    price_is_implausible = serializers.BooleanField(allow_null=True)
    comparables_count = whole()
    comparables = ComparableSerializer(many=True)
    parts = MarketPartSerializer(many=True)
    model = ModelInBriefSerializer(allow_null=True)


class MarketRuleSerializer(serializers.Serializer[Any]):
    """What one property is worth, with the interval in which that lay in four of five resamples."""

    name = words()
    field = words()
    shape = serializers.ChoiceField(list(Shape))
    label: Any = words(allow_null=True)
    from_value = number(allow_null=True)
    to_value = number(allow_null=True)
    amount_usd = number()
    low_usd = number()
    high_usd = number()
    offers = whole()


COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}
TEXTS = {"type": "array", "items": {"type": "string"}}


class MarketModelSerializer(RowSerializer[MarketModel]):
    """What the inventory says parts are worth."""

    base_usd = serializers.FloatField(read_only=True, allow_null=True)
    rules = MarketRuleSerializer(many=True, read_only=True)

    class Meta:
        model = MarketModel
        fields: tuple[str, ...] = (
            "id",
            "state",
            "is_current",
            "priced",
            "offers",
            "left_out",
            "base_usd",
            "rules",
            "errors",
            "covered",
            "warnings",
            "started_at",
            "finished_at",
        )
        read_only_fields: tuple[str, ...] = fields
        json_schemas: ClassVar[dict[str, Any]] = {
            "left_out": COUNTS,
            "errors": {"type": "object", "additionalProperties": NUMBERS},
            "covered": NUMBERS,
            "warnings": TEXTS,
        }

    def to_representation(self, instance: MarketModel) -> dict[str, Any]:
        estimate = instance.estimate or {}
        rules = rules_of(estimate) if estimate else []
        vars(instance).update(base_usd=estimate.get("base"), rules=rules)
        return super().to_representation(instance)


class CalibrationSerializer(MarketModelSerializer):
    """One attempt to estimate the market. `error` says why there is no estimate."""

    error = serializers.SerializerMethodField()

    class Meta(MarketModelSerializer.Meta):
        fields = (*MarketModelSerializer.Meta.fields, "trigger", "made_by", "error", "seconds")
        read_only_fields = fields
        json_schemas: ClassVar[dict[str, Any]] = {**MarketModelSerializer.Meta.json_schemas, "seconds": NUMBERS}

    def get_error(self, model: MarketModel) -> str | None:
        return model.error or None
