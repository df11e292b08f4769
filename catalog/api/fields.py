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
