"""The documents that no table has, as the schema describes them. Money is in USD."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dealbrain.api.parameters import Choice
from dealbrain.api.shapes import whole, words
from listings.api.serializers import ListingSerializer
from valuation.choices import ActionType, Effect, Layer
from valuation.engine import Kind
from valuation.market.cpus import RANGES
from valuation.preferences import LIMIT, PREFERENCES

# The listings that rankings leave out.
IMPLAUSIBLE_URL = "/v1/listings?status=active&price_is_implausible=true"


class RulesetShareSerializer(serializers.Serializer[Any]):
    """What one ruleset gives."""

    id = whole()
    name = words()
    layer = serializers.ChoiceField(Layer.choices)
    priority = whole()
    effect = serializers.ChoiceField(Effect.choices)
    total_adjustment = serializers.FloatField()


class AppliedActionSerializer(serializers.Serializer[Any]):
    """What one action gives, and how that is reckoned."""

    action_type = serializers.ChoiceField(ActionType.choices)
    metric = words(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    details = words()
    error = words(allow_null=True)


class RulePlaceSerializer(serializers.Serializer[Any]):
    """Which rule it is, and where it stands."""

    rule_id = whole()
    rule_name = words()
    rule_group_id = whole()
    rule_group_name = words()
    ruleset_id = whole()
    ruleset_name = words()


class AdjustmentSerializer(RulePlaceSerializer):
    """What one matching rule gives."""

    rule_description = words()
    layer = serializers.ChoiceField(Layer.choices)
    adjustment_amount = serializers.FloatField()
    actions = AppliedActionSerializer(many=True)


class SeenConditionSerializer(serializers.Serializer[Any]):
    """A condition, with what it expects and what the listing has; or a group, with what is in it."""

    path = words()
    matched = serializers.BooleanField()
    field_name: Any = words(required=False)
    label: Any = words(required=False)
    operator = words(required=False)
    expected = serializers.JSONField(required=False, allow_null=True)
    actual = serializers.JSONField(required=False, allow_null=True)
    logical_operator = serializers.ChoiceField(["and", "or", "not"], required=False)
    conditions = serializers.ListField(child=serializers.DictField(), required=False)


class UnmatchedRuleSerializer(RulePlaceSerializer):
    """A rule that gives nothing, and why."""

    reason = words()
    conditions = SeenConditionSerializer(many=True)


class RuleProblemSerializer(serializers.Serializer[Any]):
    """Something that keeps a part of the rules from working."""

    ruleset_id = whole(allow_null=True)
    ruleset_name = words(allow_null=True)
    rule_group_id = whole(allow_null=True)
    rule_group_name = words(allow_null=True)
    rule_id = whole(allow_null=True)
    rule_name = words(allow_null=True)
    path = words()
    message = words()
    suggestion = words(allow_null=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """How a price becomes an adjusted price, down to the action. `unmatched` is there with `trace=true` only."""

    base_price_usd = serializers.FloatField(allow_null=True)
    adjusted_price_usd = serializers.FloatField(allow_null=True)
    total_adjustment = serializers.FloatField(allow_null=True)
    matched_rules_count = whole()
    ruleset_id = whole(allow_null=True)
    ruleset_name = words(allow_null=True)
    rulesets = RulesetShareSerializer(many=True)
    adjustments = AdjustmentSerializer(many=True)
    errors: Any = RuleProblemSerializer(many=True)
    notes = serializers.ListField(child=words())
    unmatched = UnmatchedRuleSerializer(many=True, required=False)


class BreakdownSerializer(ExplanationSerializer):
    """The explanation of one listing."""

    listing_id = whole()
    listing_title = words()


class DashboardSerializer(serializers.Serializer[Any]):
    """The best active listings; null where there is none."""

    best_value = ListingSerializer(allow_null=True)
    best_perf_per_watt = ListingSerializer(allow_null=True)
    best_under_budget = ListingSerializer(many=True)
    implausible_count = whole()
    implausible_url = words()


class OverrideShownSerializer(serializers.Serializer[Any]):
    """`ruleset_id` is the one ruleset of a static listing."""

    mode = serializers.ChoiceField(["auto", "static"])
    ruleset_id = whole(allow_null=True)
    disabled_rulesets = serializers.ListField(child=whole())


class RecalculatedSerializer(serializers.Serializer[Any]):
    updated_count = whole()
    message = words()


class AppliedSerializer(serializers.Serializer[Any]):
    """Counts of listings; `errors` are the first things that went wrong."""

    processed = whole()
    succeeded = whole()
    failed = whole()
    errors: Any = serializers.ListField(child=words())


class NamedSerializer(serializers.Serializer[Any]):
    id = whole()
    name = words()


class FieldDeletionSerializer(serializers.Serializer[Any]):
    """How many values were archived, and what names a field that is no more."""

    archived = whole()
    rules = NamedSerializer(many=True)
    rulesets = NamedSerializer(many=True)


class FieldUsageSerializer(serializers.Serializer[Any]):
    """How many rows hold a value, how many different values, and what names the field."""

    rows = whole()
    distinct_values = whole()
    rules = NamedSerializer(many=True)
    rulesets = NamedSerializer(many=True)


class UsageCountSerializer(serializers.Serializer[Any]):
    """`counts` is the total by entity."""

    field_id = whole()
    entity = words()
    key = words()
    total = whole()
    counts = serializers.DictField(child=whole())


class AllUsageSerializer(serializers.Serializer[Any]):
    usage = UsageCountSerializer(many=True)


class ValueCountSerializer(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    count = whole()


class ValueCountsSerializer(serializers.Serializer[Any]):
    """The most frequent first; `total` and `next_cursor` are always null."""

    items = ValueCountSerializer(many=True)
    total = whole(allow_null=True)
    limit = whole()
    next_cursor = words(allow_null=True)
    has_next = serializers.BooleanField()


class FactSerializer(serializers.Serializer[Any]):
    """A fact that rules can name by its key."""

    key = words()
    label: Any = words()
    data_type = serializers.ChoiceField([str(kind) for kind in Kind])
    unit = words()
    nullable = serializers.BooleanField()
    options = serializers.ListField(child=words())
    description = words()


class FactGroupSerializer(serializers.Serializer[Any]):
    key = words()
    label: Any = words()
    fields: Any = FactSerializer(many=True)


class OperatorNameField(serializers.CharField):
    """The name of an operator."""

    json_schema = {"$ref": "#/components/schemas/ConditionOperator"}


class OperatorSerializer(serializers.Serializer[Any]):
    """`field_types` are the types of facts that it compares."""

    value = OperatorNameField()
    label: Any = words()
    aliases = serializers.ListField(child=words())
    field_types = serializers.ListField(child=words())


class MetadataSerializer(serializers.Serializer[Any]):
    """What rules can be made of."""

    entities = FactGroupSerializer(many=True)
    operators = OperatorSerializer(many=True)


class RangeSerializer(serializers.Serializer[Any]):
    min = whole(allow_null=True)
    max = whole(allow_null=True)


class SpreadSerializer(serializers.Serializer[Any]):
    """Null where there is nothing to count."""

    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)


class _CpuStatistics(serializers.Serializer[Any]):
    total_count = whole()
    cpus_with_listings = whole()
    listings_count = whole()
    manufacturers = serializers.ListField(child=words())
    sockets = serializers.ListField(child=words())
    adjusted_price_usd = SpreadSerializer()
    dollar_per_cpu_mark = SpreadSerializer()


CpuStatisticsSerializer: Any = type(
    "CpuStatisticsSerializer", (_CpuStatistics,), {f"{column}_range": RangeSerializer() for column in RANGES}
)

# Thresholds in percent: which of the two depends on the key.
THRESHOLDS: dict[str, Any] = {
    "title": "Thresholds",
    "examples": [dict(next(iter(PREFERENCES.values())).defaults)],
    "oneOf": [
        {
            "type": "object",
            "title": key,
            "description": preference.help,
            "required": sorted(preference.defaults),
            "properties": {
                name: {"type": "number", "minimum": -LIMIT, "maximum": LIMIT} for name in preference.defaults
            },
            "additionalProperties": False,
        }
        for key, preference in PREFERENCES.items()
    ],
}
SETTING_KEY = Choice("key", "Which thresholds.", None, tuple(PREFERENCES))
