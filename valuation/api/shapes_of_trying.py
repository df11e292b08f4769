"""The documents of what is tried and not saved: previews, evaluations, formulas. Money is in USD."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dealbrain.api.shapes import whole, words
from valuation.api.shapes import BreakdownSerializer
from valuation.engine import Kind


class StatisticsSerializer(serializers.Serializer[Any]):
    """Amounts in USD over the listings that match; null where none does."""

    total_listings_checked = whole()
    matched_count = whole()
    match_percentage = serializers.FloatField()
    non_matched_count = whole()
    avg_adjustment = serializers.FloatField(allow_null=True)
    min_adjustment = serializers.FloatField(allow_null=True)
    max_adjustment = serializers.FloatField(allow_null=True)
    median_adjustment = serializers.FloatField(allow_null=True)
    total_adjustment = serializers.FloatField()


class BinSerializer(serializers.Serializer[Any]):
    """How many amounts lie from `low` to below `high`, in USD."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    count = whole()


class MoverSerializer(serializers.Serializer[Any]):
    """A listing that changes its place by adjusted dollars per CPU mark; 1 is the best."""

    id = whole()
    title = words()
    rank_before = whole()
    rank_after = whole()
    adjusted_price_before = serializers.FloatField()
    adjusted_price_after = serializers.FloatField()


class MatchedListingSerializer(serializers.Serializer[Any]):
    """What the rule would do to one listing, in USD."""

    id = whole()
    title = words()
    original_price = serializers.FloatField()
    adjustment = serializers.FloatField()
    adjusted_price = serializers.FloatField()
    price_change_pct = serializers.FloatField(allow_null=True)


class FailedConditionSerializer(serializers.Serializer[Any]):
    """What was asked for, and what the listing has; null: unknown."""

    path = words()
    field_name: Any = words()
    operator = words()
    expected = serializers.JSONField(allow_null=True)
    actual = serializers.JSONField(allow_null=True)
    negated = serializers.BooleanField(help_text="It holds, and stands under a `not`.")


class NotMatchedListingSerializer(serializers.Serializer[Any]):
    """Why the rule leaves one listing alone."""

    id = whole()
    title = words()
    original_price = serializers.FloatField(allow_null=True)
    reason = words()
    failed_condition = FailedConditionSerializer(allow_null=True)


class PreviewShownSerializer(serializers.Serializer[Any]):
    """What a rule would do to every active listing."""

    warnings = serializers.ListField(child=words(), required=False)
    statistics = StatisticsSerializer()
    histogram = BinSerializer(many=True)
    rank_changes = MoverSerializer(many=True)
    sample_matched_listings = MatchedListingSerializer(many=True)
    sample_non_matched_listings = NotMatchedListingSerializer(many=True)
    state = whole()


class EvaluatedSerializer(BreakdownSerializer):
    """The breakdown, and its heart once more as the older contract had it."""

    breakdown = serializers.DictField()


class FormulaProblemSerializer(serializers.Serializer[Any]):
    """What is wrong, where (a character of the formula), and what to write instead."""

    message = words()
    severity = serializers.ChoiceField(["error", "warning", "info"])
    position = whole(allow_null=True)
    suggestion = words(allow_null=True)


class ReadableFactSerializer(serializers.Serializer[Any]):
    """A fact that formulas can name."""

    path = words()
    label: Any = words()
    kind = serializers.ChoiceField([str(kind) for kind in Kind])
    unit = words()


class FormulaCheckedSerializer(serializers.Serializer[Any]):
    """Whether a formula can be saved, and what it gives."""

    warnings = serializers.ListField(child=words(), required=False)
    valid = serializers.BooleanField()
    errors: Any = FormulaProblemSerializer(many=True)
    preview = serializers.FloatField(allow_null=True)
    used_fields = serializers.ListField(child=words())
    available_fields = ReadableFactSerializer(many=True)
