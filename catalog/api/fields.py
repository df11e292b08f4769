"""Fields of serializers that know what parts are called."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.recognition.labels import choice_named
from dealbrain.api.serializers import StrictSerializer


class LabelledChoiceField(serializers.ChoiceField):
    """One of a few choices, by itself or by what people call it: `nvme`, `NVMe SSD`."""

    def to_internal_value(self, data: Any) -> Any:
        named = choice_named(data, self.choices) if isinstance(data, str) and data else None
        return super().to_internal_value(data if named is None else named)


class LabelledSerializer(StrictSerializer):
    """A row of a table, whose choices are read by their labels too."""

    serializer_choice_field = LabelledChoiceField
    fields_inside = False  # whether a body may also be `{"fields": {...}}`, with or without `attributes` beside

    def to_internal_value(self, data: Any) -> Any:
        if not (self.fields_inside and isinstance(data, dict) and isinstance(data.get("fields"), dict)):
            return super().to_internal_value(data)
        rest = {name: value for name, value in data.items() if name != "fields"}
        if twice := sorted(data["fields"].keys() & rest.keys()):
            message = serializers.ErrorDetail("This stands beside `fields` as well: give it once.", "repeated")
            raise serializers.ValidationError({"fields": {name: [message] for name in twice}})
        try:
            return super().to_internal_value({**data["fields"], **rest})
        except serializers.ValidationError as error:
            detail: Any = error.detail
            inside = {name: messages for name, messages in detail.items() if name in data["fields"]}
            outside = {name: messages for name, messages in detail.items() if name not in inside}
            raise serializers.ValidationError({**({"fields": inside} if inside else {}), **outside}) from error
