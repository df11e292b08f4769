"""The parts of a listing as they are written: by id, by name, as an object in their place, or by a hint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework import serializers

from catalog.api.fields import LabelledChoiceField
from catalog.api.serializers import (
    CpuSerializer,
    GpuSerializer,
    PortsProfileSerializer,
    RamSpecSerializer,
    StorageProfileSerializer,
)
from catalog.choices import CustomFieldEntity, DdrGeneration
from catalog.custom_values import default_attributes
from catalog.models import Cpu, Gpu, PortsProfile, RamSpec, StorageProfile
from catalog.remembering import remembered
from dealbrain.api.serializers import IntegerField, ReferenceField
from dealbrain.folding import name_key
from listings.models import Listing
from listings.specs import NO_SAY, RAM_HINTS

MODELS: dict[str, Any] = {
    "cpu": Cpu,
    "gpu": Gpu,
    "ram_spec": RamSpec,
    "ports_profile": PortsProfile,
    "primary_storage_profile": StorageProfile,
    "secondary_storage_profile": StorageProfile,
}
NAME, INLINE, HINT = "_name", "_inline", "_hint"  # how a part was given; ends of names in validated values


class PartNameField(serializers.CharField):
    """The name of a part: shown, and another way to choose one. One that is not known yet is made."""

    def __init__(self, part: str) -> None:
        super().__init__(source="*", required=False, allow_null=True, allow_blank=True, max_length=255)
        self.part = part

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # (To rest_framework a null for the whole object, which `*` stands for, is no null.)
        return {f"{self.part}{NAME}": None if data is None else super().run_validation(data) or None}

    def to_representation(self, value: Any) -> Any:
        found = getattr(value, self.part)
        return found.name if found else None


class RamFact:
    """A fact of the RAM spec that is shown beside it: written, it says which spec is meant."""

    field_name: Any

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return {self.field_name: None if data is None else super().run_validation(data)}  # type: ignore[misc]  # a mixin

    def to_representation(self, value: Any) -> Any:
        return getattr(value.ram_spec, RAM_HINTS[self.field_name]) if value.ram_spec else None


class RamTypeField(RamFact, LabelledChoiceField):
    def __init__(self) -> None:
        super().__init__(DdrGeneration.choices, source="*", required=False, allow_null=True, allow_blank=True)


class RamSpeedField(RamFact, IntegerField):
    def __init__(self) -> None:
        super().__init__(source="*", required=False, allow_null=True, min_value=0, max_value=10_000)


class PartInPlace(serializers.BaseSerializer[Any]):
    """A part that is shown whole."""

    reference: str

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"source": "*", "required": False, "allow_null": True, **options})

    def to_representation(self, instance: Listing) -> Any:
        part = getattr(instance, self.reference)
        return None if part is None else super().to_representation(part)


class InlinePart(PartInPlace):
    """A part that may be given by its fields instead of its id; sent back as it was read, it is that row."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None or not isinstance(data, dict) or data.get("id") is None:
            return {f"{self.reference}{INLINE}": None if data is None else super().run_validation(data)}
        fields: Mapping[str, Any] = self.fields  # type: ignore[attr-defined]  # of the serializer beside this one
        given = {name: value for name, value in data.items() if name in fields and not fields[name].read_only}
        said = super().run_validation({name: value for name, value in data.items() if name not in ("id", "label")})
        row = row_named(MODELS[self.reference], data["id"])
        if any(getattr(row, name) != said[name] for name in given if name in said):
            message = f"This is not the one with the id {row.pk}: leave the id out, or send it as it is."
            raise serializers.ValidationError(message, code="contradiction")
        return {f"{self.reference}{HINT}": row}


class InlineRamSpec(InlinePart, RamSpecSerializer):
    reference = "ram_spec"


class InlinePrimaryStorage(InlinePart, StorageProfileSerializer):
    reference = "primary_storage_profile"


class InlineSecondaryStorage(InlinePart, StorageProfileSerializer):
    reference = "secondary_storage_profile"


class HintedPart(PartInPlace):
    """A part that is written by its id beside it: here only the id is looked at, which says the same or is used."""

    is_hint = True

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty:
            raise serializers.SkipField
        if data is not None and not (isinstance(data, dict) and "id" in data):
            raise serializers.ValidationError("This must be an object with the id of the part.", code="invalid")
        return {f"{self.reference}{HINT}": None if data is None else row_named(MODELS[self.reference], data["id"])}


class HintedCpu(HintedPart, CpuSerializer):
    reference = "cpu"


class HintedGpu(HintedPart, GpuSerializer):
    reference = "gpu"


class HintedPorts(HintedPart, PortsProfileSerializer):
    reference = "ports_profile"


def row_named(model: Any, pk: Any) -> Any:
    """The row with an id that stands inside an object. Raises ValidationError."""
    return ReferenceField(queryset=model.objects.all()).to_internal_value(pk)


def find_parts(values: dict[str, Any], stored: Listing | None, left_out: Collection[str] = ()) -> dict[str, str]:
    """Put the parts that were given by name, as an object or by a hint where their ids would be; what contradicts.

    `left_out` are references that nobody gave, though they have a value: a default.
    """
    wrong = {}
    for name, make in MAKERS.items():
        if name not in values:
            continue
        given = values.pop(name)
        reference = name.removesuffix(INLINE).removesuffix(NAME)
        part = None
        if given is not None:
            part = make(with_hints(given, values) if name == f"ram_spec{INLINE}" else given)
        now = getattr(stored, reference, None)
        by_id = values.get(reference)
        if reference not in values or reference in left_out or (by_id is None and now is None):
            values[reference] = part
        elif part not in (by_id, now):  # what is stored is sent back as it was read, beside the id of another one
            shown = name.removesuffix(INLINE)
            wrong[shown] = f"This is not the part that {reference}_id names: give one of them."
    return wrong | _follow_hints(values, stored)


def _follow_hints(values: dict[str, Any], stored: Listing | None) -> dict[str, str]:
    wrong = {}
    for reference in MODELS:
        if f"{reference}{HINT}" not in values:
            continue
        hint = values.pop(f"{reference}{HINT}")
        now = getattr(stored, reference, None)
        if reference not in values:
            values[reference] = hint
        elif hint not in (values[reference], now):
            wrong[reference] = f"This is not the part that {reference}_id names: give one of them."
    return wrong


def with_hints(fields: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a RAM spec, and what stands beside it where they say nothing."""
    beside = {column: values[name] for name, column in RAM_HINTS.items() if values.get(name) not in NO_SAY}
    return {**fields, **{column: value for column, value in beside.items() if fields.get(column) in NO_SAY}}


# What a request may give in place of an id -> how the part is found or made.
MAKERS: dict[str, Callable[[Any], Any]] = {
    f"cpu{NAME}": lambda name: named_part(Cpu, name),
    f"gpu{NAME}": lambda name: named_part(Gpu, name),
    f"ram_spec{INLINE}": lambda fields: RamSpec.objects.get_or_make(**fields)[0],
    f"primary_storage_profile{INLINE}": lambda fields: StorageProfile.objects.get_or_make(**fields)[0],
    f"secondary_storage_profile{INLINE}": lambda fields: StorageProfile.objects.get_or_make(**fields)[0],
}


ENTITIES = {Cpu: CustomFieldEntity.CPU, Gpu: CustomFieldEntity.GPU}


def named_part(model: type[Cpu] | type[Gpu], name: str) -> Any:
    """The part with this name, in whatever case; made where there is none. Two makers at once get the same one."""
    return remembered((model, name_key(name)), lambda: _named_part(model, name))


def _named_part(model: type[Cpu] | type[Gpu], name: str) -> Any:
    found = model.objects.named(name).first()
    if found is None:
        # Whoever names a part in passing cannot say what else a new one has to have: as in an import, it is made
        # without its required custom fields, which are asked for when somebody edits it.
        part: Any = model(name=name, attributes=default_attributes(ENTITIES[model]))
        part.clean_fields()
        try:
            with transaction.atomic():
                (found,) = model.objects.bulk_create([part])
        except IntegrityError:
            found = model.objects.named(name).get()
    return found
