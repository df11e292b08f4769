"""What the baseline endpoints take. Money in USD; factors where a field's unit is "multiplier"."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from rest_framework import serializers

from baselines.overriding import Amount
from baselines.reading import EFFECTS
from baselines.rules import BUCKET_POINTS
from dealbrain.api.serializers import ListField, StrictFields

EXAMPLE: dict[str, Any] = {
    "schema_version": "1.1",
    "generated_at": "2026-11-01T00:00:00Z",
    "entities": {
        "RamSpec": [
            {
                "id": "ram_capacity",
                "proper_name": "Memory",
                "unit": "USD",
                "valuation_buckets": [
                    {
                        "label": "16 GB",
                        "condition": [{"field_name": "ram_gb", "operator": "gte", "value": 16}],
                        "value_usd": 30,
                    }
                ],
            }
        ]
    },
}
MOST_KEYS = 5_000
ACTOR = {"actor": "Who does this is known by the login, and is not for a client to say."}


class BaselineJsonField(serializers.JSONField):
    """A whole baseline file. The reader of baselines checks it, and tells of every problem with its path."""

    json_schema = {"$ref": "#/components/schemas/BaselineDocument"}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("A baseline is a JSON object.", code="invalid")
        return data


class FiniteField(serializers.FloatField):
    """A number; JSON knows no other, and a text could name infinity."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            raise serializers.ValidationError("This must be a number.", code="invalid")
        return value


class CandidateSerializer(StrictFields):
    example: ClassVar[dict[str, Any]] = {"candidate_json": EXAMPLE}
    older_names = {"baseline_json": "candidate_json"}
    idle_names = ACTOR
    candidate_json = BaselineJsonField()


class AdoptSerializer(CandidateSerializer):
    """`selected_changes` are keys such as `CPU.cores`; left out, everything is adopted.

    With the `state` of a comparison it is refused once the rules are not those any more that were compared.
    """

    idle_names = {**ACTOR, "trigger_recalculation": "Figures follow every adoption by themselves."}
    example = {"candidate_json": EXAMPLE, "selected_changes": ["RamSpec.ram_capacity"]}
    state = serializers.IntegerField(min_value=0, max_value=2**53, required=False, allow_null=True)
    selected_changes = ListField(
        child=serializers.CharField(max_length=200), required=False, allow_null=True, max_length=MOST_KEYS
    )


class InstantiateSerializer(StrictFields):
    """Either the file itself, or its path below IMPORT_ROOT."""

    example = {"baseline_json": EXAMPLE}
    older_names = {"path": "baseline_path"}
    idle_names = ACTOR
    baseline_json = BaselineJsonField(required=False)
    baseline_path = serializers.CharField(required=False, max_length=1_000)
    create_adjustments_group = serializers.BooleanField(required=False, default=False)
    effect = serializers.ChoiceField(EFFECTS, required=False)
    bucket_point = serializers.ChoiceField(list(BUCKET_POINTS), required=False)
    activate = serializers.BooleanField(required=False, default=True)
    dry_run = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("baseline_json" in attrs) == ("baseline_path" in attrs):
            raise serializers.ValidationError({"baseline_json": ["Give either baseline_json or baseline_path."]})
        return attrs


class SetBaselineOverrideSerializer(StrictFields):
    """A value, a range or a formula that counts instead of the baseline's rules for one field."""

    example = {"entity_key": "Listing", "field_name": "wifi", "override_value": 8}
    idle_names = ACTOR
    entity_key = serializers.CharField(max_length=64)
    field_name: Any = serializers.CharField(max_length=64)
    override_value = FiniteField(required=False, allow_null=True)
    override_min = FiniteField(required=False, allow_null=True)
    override_max = FiniteField(required=False, allow_null=True)
    override_formula = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=1_000)
    is_enabled = serializers.BooleanField(required=False, default=True)

    def validate_is_enabled(self, value: bool) -> bool:
        if not value:
            message = "An override that does not count is none: delete it, and the baseline counts again."
            raise serializers.ValidationError(message, code="invalid")
        return value

    def amount(self) -> Amount:
        given = self.validated_data
        return Amount(
            value=given.get("override_value"),
            low=given.get("override_min"),
            high=given.get("override_max"),
            formula=given.get("override_formula") or "",
        )
