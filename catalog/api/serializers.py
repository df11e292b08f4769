"""Parts as they are shown and written, alone and nested in a listing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from catalog.choices import CustomFieldEntity, ScoreMetric
from catalog.custom_values import check_attributes, default_attributes, merged
from catalog.models import Cpu, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from dealbrain.api.serializers import StrictSerializer

STAMPS = ("created_at", "updated_at")
WEIGHTS = {
    "type": "object",
    "properties": {metric: {"type": "number", "minimum": 0} for metric in ScoreMetric.values},
    "additionalProperties": False,
    "minProperties": 1,
}


class AttributedSerializer(StrictSerializer):
    """A row with custom fields. `attributes` in a PATCH are changes: null removes one, the others stay.

    A body may also be `{"fields": {...}, "attributes": {...}}`.
    """

    entity: str
    fields_inside = True  # for the schema

    def to_internal_value(self, data: Any) -> Any:
        if not (isinstance(data, dict) and isinstance(data.get("fields"), dict)):
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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = super().validate(attrs)
        if wrong := self.problems(values):
            raise serializers.ValidationError(wrong)
        return values

    def problems(self, values: dict[str, Any]) -> dict[str, Any]:
        """What is wrong beyond single fields, by field. Custom fields: here as well as in the model, so that they
        are named together with the rest."""
        stored = None if self.instance is None else self.instance.attributes
        given = values.get("attributes")
        if isinstance(given, dict) and stored is not None:
            base = stored if self.partial else default_attributes(self.entity)
            values["attributes"] = given = merged(base, given)
        if stored is not None and given is None:
            return {}
        try:
            check_attributes(entity=self.entity, attributes={} if given is None else given, previous=stored)
        except DjangoValidationError as error:
            return {"attributes": error.messages}
        return {}


class NameIsFree(UniqueValidator):
    """Says of a name that it is taken. (Of an index without case rest_framework knows nothing.)"""

    def filter_queryset(self, value: Any, queryset: Any, field_name: str) -> Any:
        return queryset.named(value)


def named_once(model: type[Cpu] | type[Gpu]) -> dict[str, Any]:
    """For `extra_kwargs`."""
    message = f"There is a {model._meta.verbose_name} with this name already."
    return {"name": {"validators": [NameIsFree(model.objects.all(), message)]}}


class CpuSerializer(AttributedSerializer):
    entity = CustomFieldEntity.CPU
    example = {"name": "Ryzen 5 PRO 5650GE", "manufacturer": "AMD", "cores": 6, "threads": 12, "cpu_mark_multi": 18_000}

    class Meta:
        model = Cpu
        fields: tuple[str, ...] = (
            "id",
            "name",
            "manufacturer",
            "socket",
            "cores",
            "threads",
            "tdp_w",
            "igpu_model",
            "cpu_mark_multi",
            "cpu_mark_single",
            "igpu_mark",
            "release_year",
            "notes",
            "attributes",
            *STAMPS,
        )
        read_only_fields = STAMPS
        for_people: tuple[str, ...] = ("notes",)
        extra_kwargs: dict[str, Any] = named_once(Cpu)


class GpuSerializer(AttributedSerializer):
    entity = CustomFieldEntity.GPU

    class Meta:
        model = Gpu
        fields = ("id", "name", "manufacturer", "gpu_mark", "metal_score", "notes", "attributes", *STAMPS)
        read_only_fields = STAMPS
        for_people = ("notes",)
        extra_kwargs: dict[str, Any] = named_once(Gpu)


class RamSpecSerializer(StrictSerializer):
    # `label: Any`: rest_framework's Field has an attribute of that name.
    label: Any = serializers.CharField(read_only=True)

    class Meta:
        model = RamSpec
        fields = ("id", "label", *RamSpec.identity_fields)


class StorageProfileSerializer(StrictSerializer):
    label: Any = serializers.CharField(read_only=True)

    class Meta:
        model = StorageProfile
        fields = ("id", "label", *StorageProfile.identity_fields)


class PortSerializer(StrictSerializer):
    class Meta:
        model = Port
        fields = ("id", "type", "count", "spec_notes")


class PortsProfileSerializer(StrictSerializer):
    """`ports` is the whole set: what is sent replaces what was there."""

    ports = PortSerializer(many=True, required=False)

    class Meta:
        model = PortsProfile
        fields = ("id", "name", "description", "ports")

    def create(self, validated_data: dict[str, Any]) -> PortsProfile:
        ports = validated_data.pop("ports", [])
        profile: PortsProfile = super().create(validated_data)
        return self._with(profile, ports)

    def update(self, instance: PortsProfile, validated_data: dict[str, Any]) -> PortsProfile:
        ports = validated_data.pop("ports", None if self.partial else [])
        profile: PortsProfile = super().update(instance, validated_data)
        return profile if ports is None else self._with(profile, ports)

    @staticmethod
    def _with(profile: PortsProfile, ports: list[dict[str, Any]]) -> PortsProfile:
        for port in profile.ports.all():
            port.delete()
        for fields in ports:
            Port.objects.create(ports_profile=profile, **fields)
        return profile


class ProfileSerializer(StrictSerializer):
    class Meta:
        model = Profile
        fields = ("id", "name", "description", "weights", "is_default")
        json_schemas: dict[str, Any] = {"weights": WEIGHTS}
        # No weights are refused, so they have to be sent. A second default is no error: it replaces the first.
        extra_kwargs: dict[str, Any] = {"weights": {"required": True}, "is_default": {"validators": []}}
