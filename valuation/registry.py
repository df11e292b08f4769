"""The engine's field registry with the custom fields that listings have in this installation."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from catalog.choices import CustomFieldEntity, CustomFieldType
from catalog.models import CustomField
from valuation.engine import Field, FieldRegistry, Kind

# A list of options reads as "a, b", JSON as its canonical text, so that text operators work on both.
KINDS = {
    CustomFieldType.NUMBER: Kind.NUMBER,
    CustomFieldType.BOOLEAN: Kind.BOOLEAN,
}
STANDARD_REGISTRY = FieldRegistry()


def field_registry() -> FieldRegistry:
    """Every field that a rule may name right now, inactive ones too: what they hold still counts. One query."""
    return registry_of(CustomField.objects.filter(entity=CustomFieldEntity.LISTING))


def registry_of(definitions: Iterable[CustomField]) -> FieldRegistry:
    """What rules may name where these are the custom fields of listings."""
    custom = tuple(
        Field(
            path=f"custom.{field.key}",
            kind=KINDS.get(CustomFieldType(field.data_type), Kind.STRING),
            label=field.label,
            options=tuple(field.options) if field.data_type == CustomFieldType.ENUM else (),
            description=field.description,
        )
        for field in definitions
    )
    return _registry(custom) if custom else STANDARD_REGISTRY


@lru_cache(maxsize=8)
def _registry(custom: tuple[Field, ...]) -> FieldRegistry:
    """One for the same fields, however often a request asks."""
    return FieldRegistry(custom)
