"""What a listing is made of, for clients that build their own forms and tables."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.choices import CustomFieldEntity, CustomFieldType
from catalog.custom_values import definitions
from listings.api.serializers import ListingSerializer
from listings.figures import COMPUTED

FIGURE_NAMES = {*COMPUTED}
REFERENCE = "reference"  # the id of another row
# kind of serializer field -> data type of the contract; the first that fits
DATA_TYPES: tuple[tuple[type, str], ...] = (
    (serializers.ChoiceField, CustomFieldType.ENUM),
    (serializers.BooleanField, CustomFieldType.BOOLEAN),
    (serializers.IntegerField, CustomFieldType.NUMBER),
    (serializers.FloatField, CustomFieldType.NUMBER),
    (serializers.DecimalField, CustomFieldType.NUMBER),
    (serializers.PrimaryKeyRelatedField, REFERENCE),
    (serializers.CharField, CustomFieldType.STRING),
    (serializers.DateField, CustomFieldType.STRING),
    (serializers.DateTimeField, CustomFieldType.STRING),
    (serializers.SerializerMethodField, CustomFieldType.STRING),  # the one there is, `thumbnail_url`
)
BOUNDS = {"min_value": "min", "max_value": "max", "min_length": "min_length", "max_length": "max_length"}


class FieldDescriptionSerializer(serializers.Serializer[Any]):
    """`origin` is core (a column), figure (computed) or custom; `validation` has min, max, pattern and the like."""

    key = serializers.CharField()
    label: Any = serializers.CharField()
    data_type = serializers.ChoiceField([*CustomFieldType.values, REFERENCE])
    required: Any = serializers.BooleanField()
    editable = serializers.BooleanField()
    description = serializers.CharField()
    options = serializers.ListField(child=serializers.CharField())
    validation = serializers.DictField()
    origin = serializers.ChoiceField(["core", "figure", "custom"])


class CustomFieldDescriptionSerializer(FieldDescriptionSerializer):
    id = serializers.IntegerField()


class ListingSchemaSerializer(serializers.Serializer[Any]):
    core_fields = FieldDescriptionSerializer(many=True)
    custom_fields = CustomFieldDescriptionSerializer(many=True)


def listing_schema() -> dict[str, Any]:
    """One query."""
    core, custom = described(ListingSerializer, CustomFieldEntity.LISTING)
    return {"core_fields": core, "custom_fields": custom}


def described(serializer: Any, entity: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The core fields and the custom fields of an entity. One query."""
    columns = {column.name: column for column in serializer.Meta.model._meta.concrete_fields}
    core = [_core(name, field, columns.get(field.source)) for name, field in serializer().fields.items()]
    return core, [_custom(field) for field in definitions(entity) if field.is_active]


def _core(name: str, field: Any, column: Any) -> dict[str, Any]:
    text = isinstance(field, serializers.CharField) and getattr(column, "get_internal_type", str)() == "TextField"
    data_type = next((known for kind, known in DATA_TYPES if isinstance(field, kind)), CustomFieldType.JSON)
    if name == "ruleset_id":  # of an app above this one
        data_type = REFERENCE
    # (Of a reference, rest_framework would list every row as a choice.)
    options = field.choices if isinstance(field, serializers.ChoiceField) else ()
    validation = {shown: limit for name, shown in BOUNDS.items() if (limit := getattr(field, name, None)) is not None}
    return {
        "key": name,
        "label": str(column.verbose_name if column is not None else name.replace("_", " ")),
        "data_type": CustomFieldType.TEXT if text else data_type,
        "required": field.required,
        "editable": not (field.read_only or getattr(field, "is_hint", False)),
        "description": str(field.help_text or ""),
        "options": [str(value) for value in options],
        "validation": {key: float(limit) if not isinstance(limit, int) else limit for key, limit in validation.items()},
        "origin": "figure" if name in FIGURE_NAMES else "core",
    }


def _custom(field: Any) -> dict[str, Any]:
    return {
        "id": field.pk,
        "key": field.key,
        "label": field.label,
        "data_type": field.data_type,
        "required": field.is_required,
        "editable": True,
        "description": field.description,
        "options": list(field.options),
        "validation": field.validation,
        "origin": "custom",
    }
