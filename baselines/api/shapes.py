"""What the baseline endpoints give. Money in USD; factors where a field's unit is "multiplier"."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from baselines.describing import FIELD_TYPES, STATUSES
from baselines.diffing import ADDED, CHANGED, REMOVED
from baselines.overriding import Override
from baselines.reading import EFFECTS, UNITS
from baselines.services import ImportOutcome
from dealbrain.api.shapes import number, whole, words
from valuation.choices import Layer


class UnconfiguredSerializer(serializers.Serializer[Any]):
    """A field, or one bucket of it, that could not be read and was imported inactive."""

    entity_key = words(source="entity")
    field_name: Any = words(source="field")
    label: Any = words(help_text="The bucket's; empty for the whole field.")
    reason = words()
    original = serializers.DictField()


class InstantiatedSerializer(serializers.Serializer[ImportOutcome]):
    """`hash_match`: the same file was imported before, so nothing was created, and `skipped_reason` says when."""

    ruleset_id = whole()
    version = words()
    created = serializers.BooleanField()
    hash_match = serializers.SerializerMethodField()
    source_hash = words()
    ruleset_name = words()
    created_groups = whole()
    created_rules = whole()
    needs_configuration = UnconfiguredSerializer(many=True)
    warnings = serializers.ListField(child=words())
    skipped_reason = serializers.SerializerMethodField()

    def get_hash_match(self, outcome: ImportOutcome) -> bool:
        return not outcome.created

    def get_skipped_reason(self, outcome: ImportOutcome) -> str | None:
        return outcome.skipped_reason or None


class ConditionField(serializers.JSONField):
    """A condition as it is stored."""

    json_schema = {"$ref": "#/components/schemas/Conditions"}


class BaselineBucketSerializer(serializers.Serializer[Any]):
    """One tier, and the rule that it became."""

    label: Any = words()
    value_usd = number(allow_null=True)
    min_usd = number(allow_null=True)
    max_usd = number(allow_null=True)
    formula = words(allow_null=True)
    condition = ConditionField(allow_null=True)
    applies_when = words(allow_null=True)
    rule_id = whole(allow_null=True)
    is_active = serializers.BooleanField()


class BaselineFieldSerializer(serializers.Serializer[Any]):
    """One default value. `needs_configuration` says why it does not count, where it could not be read."""

    field_name: Any = words()
    field_type = serializers.ChoiceField(FIELD_TYPES)
    proper_name = words()
    description = words(allow_null=True)
    explanation = words(allow_null=True)
    unit = serializers.ChoiceField(UNITS)
    min_value = number(allow_null=True)
    max_value = number(allow_null=True)
    formula = words(allow_null=True)
    dependencies = serializers.ListField(child=words(), allow_null=True)
    nullable = serializers.BooleanField()
    notes = words(allow_null=True)
    valuation_buckets = BaselineBucketSerializer(many=True, allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    needs_configuration = words(allow_null=True)


class BaselineEntitySerializer(serializers.Serializer[Any]):
    entity_key = words()
    fields: Any = BaselineFieldSerializer(many=True)


class BaselineMetaSerializer(serializers.Serializer[Any]):
    """The active baseline."""

    version = words()
    entities = BaselineEntitySerializer(many=True)
    source_hash = words()
    is_active = serializers.BooleanField()
    schema_version = words()
    generated_at = serializers.DateTimeField()
    ruleset_id = whole()
    ruleset_name = words()
    effect = serializers.ChoiceField(EFFECTS)


class FieldChangeSerializer(serializers.Serializer[Any]):
    """`value_diff` holds, for a changed field, each attribute with `old` and `new`."""

    key = words()
    entity_key = words()
    field_name: Any = words()
    proper_name = words()
    change_type = serializers.ChoiceField([ADDED, CHANGED, REMOVED])
    old_value = serializers.DictField(allow_null=True)
    new_value = serializers.DictField(allow_null=True)
    value_diff = serializers.DictField(allow_null=True)


class DiffSummarySerializer(serializers.Serializer[Any]):
    added_count = whole()
    changed_count = whole()
    removed_count = whole()
    unchanged_count = whole()
    total_changes = whole()


class BaselineDiffSerializer(serializers.Serializer[Any]):
    """What differs, field by field.

    `effect` is set where the candidate turns the sign of every amount, `order` where the fields that both have stand in
    another order, which decides what a factor is a factor of; each is selected by its name. `state` is the revision
    of the rules that this was made of.
    """

    added = FieldChangeSerializer(many=True)
    changed = FieldChangeSerializer(many=True)
    removed = FieldChangeSerializer(many=True)
    added_fields = serializers.ListField(child=words())
    changed_fields = serializers.ListField(child=words())
    removed_fields = serializers.ListField(child=words())
    effect = serializers.DictField(allow_null=True)
    order = serializers.DictField(allow_null=True)
    state = whole()
    summary = DiffSummarySerializer()
    current_version = words(allow_null=True)
    candidate_version = words()
    warnings = serializers.ListField(child=words())


class AdoptedSerializer(serializers.Serializer[Any]):
    """The task is the recalculation that follows; where there are no workers it is done by then."""

    new_ruleset_id = whole()
    new_version = words()
    changes_applied = whole()
    adopted_fields = serializers.ListField(child=words())
    skipped_fields = serializers.ListField(child=words())
    needs_configuration = serializers.ListField(child=words())
    warnings = serializers.ListField(child=words())
    previous_ruleset_id = whole(allow_null=True)
    recalculation_task_id = whole(allow_null=True)
    audit_log_id = whole()


class BaselineProblemSerializer(serializers.Serializer[Any]):
    path = words()
    message = words()


class ValidatedSerializer(serializers.Serializer[Any]):
    """Whether a file could be imported, and which of its fields would count."""

    valid = serializers.BooleanField()
    errors: Any = BaselineProblemSerializer(many=True)
    warnings = BaselineProblemSerializer(many=True)
    readable_fields = serializers.ListField(child=words())
    unreadable_fields = serializers.ListField(child=words())


class BaselineOverrideSerializer(serializers.Serializer[Override]):
    """One override. `is_orphan`: the active baseline has no such field, so nothing is replaced."""

    entity_key = words(source="entity")
    field_name: Any = words(source="field")
    proper_name = words()
    override_value = number(source="amount.value", allow_null=True)
    override_min = number(source="amount.low", allow_null=True)
    override_max = number(source="amount.high", allow_null=True)
    warnings = serializers.ListField(child=words(), required=False)
    override_formula = words(source="amount.formula", allow_blank=True)
    is_enabled = serializers.BooleanField()
    is_orphan = serializers.BooleanField()
    rule_id = whole()
    ruleset_id = whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class BaselineOverridesSerializer(serializers.Serializer[Any]):
    entity_key = words()
    overrides = BaselineOverrideSerializer(many=True)


class ImpactStatisticsSerializer(serializers.Serializer[Any]):
    """Over all priced active listings; deltas over those whose adjusted price moves."""

    total_listings = whole()
    matched_count = whole()
    match_percentage = serializers.FloatField()
    total_delta = number()
    avg_delta = number(allow_null=True)
    min_delta = number(allow_null=True)
    max_delta = number(allow_null=True)
    median_delta = number(allow_null=True)
    std_dev_delta = number(allow_null=True)


class ImpactSampleSerializer(serializers.Serializer[Any]):
    """One of the listings that move most: its adjusted price without the overrides, and with them."""

    id = whole()
    title = words()
    current_price = number()
    baseline_price = number()
    override_price = number()
    delta = number()
    delta_pct = serializers.FloatField(allow_null=True)


class ImpactSerializer(serializers.Serializer[Any]):
    statistics = ImpactStatisticsSerializer()
    samples = ImpactSampleSerializer(many=True)
    generated_at = serializers.DateTimeField()


class LayerInfluenceSerializer(serializers.Serializer[Any]):
    """`share` is the layer's part of all dollars moved, whichever way: 0 to 1."""

    layer = serializers.ChoiceField(Layer.choices)
    rules = whole()
    matches = whole()
    total_adjustment = number()
    absolute_adjustment = number()
    share = serializers.FloatField()


class LayerInfluencesSerializer(serializers.Serializer[Any]):
    layers = LayerInfluenceSerializer(many=True)


class TopRuleSerializer(serializers.Serializer[Any]):
    rule_id = whole()
    rule_name = words()
    rule_group_name = words()
    ruleset_name = words()
    layer = serializers.ChoiceField(Layer.choices)
    matches = whole()
    total_adjustment = number()
    mean_adjustment = number(allow_null=True)


class TopRulesSerializer(serializers.Serializer[Any]):
    rules = TopRuleSerializer(many=True)


class FieldChurnSerializer(serializers.Serializer[Any]):
    key = words()
    created = whole()
    changed = whole()
    removed = whole()
    changes = whole()
    last_changed_at = serializers.DateTimeField()


class ChurnSerializer(serializers.Serializer[Any]):
    """How often overrides were made, changed and removed in the last days."""

    days = whole()
    changes = whole()
    fields: Any = FieldChurnSerializer(many=True)


class BaselineMetricsSerializer(serializers.Serializer[Any]):
    layer_influence = LayerInfluenceSerializer(many=True)
    top_rules = TopRuleSerializer(many=True)
    override_churn = ChurnSerializer()


class BaselineHealthChecksSerializer(serializers.Serializer[Any]):
    baseline_exists = serializers.BooleanField()
    baseline_version = words(allow_null=True)
    baseline_age_days = whole(allow_null=True)
    adjustments_group_exists = serializers.BooleanField()
    hash_match = serializers.BooleanField(allow_null=True)


class BaselineHealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["healthy", "warning", "error"])
    checks = BaselineHealthChecksSerializer()
    warnings = serializers.ListField(child=words())
    errors: Any = serializers.ListField(child=words())
    timestamp = serializers.DateTimeField()
