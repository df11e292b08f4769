"""Parts as they are shown and written, alone and nested in a listing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from catalog.api.fields import LabelledSerializer
from catalog.choices import CustomFieldEntity, ScoreMetric
from catalog.custom_values import check_attributes, default_attributes, definitions, merged
from catalog.models import Cpu, Gpu, Port, PortsProfile, Profile, RamSpec, StorageProfile
from catalog.models.named import Named
from catalog.models.ports import MOST_PORTS
from catalog.models.profiles import ONE_DEFAULT, validate_weights
from dealbrain.api.dialect import forgives
from dealbrain.api.leniency import notes_of
from dealbrain.api.serializers import ItemSerializer, ObjectField
from dealbrain.children import replace_children

STAMPS = ("created_at", "updated_at")
ATTRIBUTES = {"attributes_json": "attributes"}
LOST = "There is no such field here: what was sent is not kept."
NOT_KEPT = dict.fromkeys(("notes", "attributes", "attributes_json"), LOST)
BY_NAME_ONLY = "Names of PassMark are not kept: marks are matched by the CPU's name."
PASSMARK = dict.fromkeys(("passmark_slug", "passmark_category", "passmark_id"), BY_NAME_ONLY)
# What seeds of the older system call two of the metrics.
OLDER_METRICS = {"cpu_multi_score": "cpu_mark_multi", "cpu_single_score": "cpu_mark_single"}
WEIGHTS: dict[str, Any] = {
    "type": "object",
    "properties": {metric: {"type": "number", "minimum": 0} for metric in ScoreMetric.values},
    "additionalProperties": False,
    "minProperties": 1,
}


class AttributedSerializer(LabelledSerializer):
    """A row with custom fields. `attributes` in a PATCH are changes: null removes one, the others stay.

    A body may also be `{"fields": {...}, "attributes": {...}}`.
    """

    entity: str
    fields_inside = True  # for the schema
    older_names: ClassVar[Mapping[str, str]] = ATTRIBUTES

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = super().validate(attrs)
        if wrong := self.problems(values):
            raise serializers.ValidationError(wrong)
        return values

    def problems(self, values: dict[str, Any]) -> dict[str, Any]:
        """What is wrong beyond single fields, by field. Custom fields: here as well as in the model, so that they
        are named together with the rest."""
        stored = None if self.instance is None else self.instance.attributes
        given = self._forgiven(values.get("attributes"))
        if given is not None:
            values["attributes"] = given
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

    def _forgiven(self, given: Any) -> Any:
        """Attributes without those that are no custom field, where the dialect passes over them."""
        if not isinstance(given, dict) or not forgives(f"attributes of a {CustomFieldEntity(self.entity).label}"):
            return given
        known = {field.key for field in definitions(self.entity)}
        for name in given.keys() - known:
            notes_of(self).add(f"attributes.{name}", "There is no such custom field: what was sent is not kept.")
        return {name: value for name, value in given.items() if name in known}


class NameIsFree(UniqueValidator):
    """Says of a name that it is taken. (Of the key that names are compared by rest_framework knows nothing.)"""

    def filter_queryset(self, value: Any, queryset: Any, field_name: str) -> Any:
        return queryset.named(value)


def named_once(model: type[Named]) -> dict[str, Any]:
    """For `extra_kwargs`."""
    message = f"There is a {model._meta.verbose_name} with this name already."
    return {"name": {"validators": [NameIsFree(model.objects.all(), message)]}}


class CpuSerializer(AttributedSerializer):
    entity = CustomFieldEntity.CPU
    idle_names = PASSMARK
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
    example = {"name": "Radeon RX 6600M", "manufacturer": "AMD", "gpu_mark": 13_000}

    class Meta:
        model = Gpu
        fields = ("id", "name", "manufacturer", "gpu_mark", "metal_score", "notes", "attributes", *STAMPS)
        read_only_fields = STAMPS
        for_people = ("notes",)
        extra_kwargs: dict[str, Any] = named_once(Gpu)


class RamSpecSerializer(LabelledSerializer):
    example = {
        "ddr_generation": "lpddr5",
        "speed_mhz": 6400,
        "module_count": 4,
        "capacity_per_module_gb": 4,
        "total_capacity_gb": 16,
    }
    # `label: Any`: rest_framework's Field has an attribute of that name.
    label: Any = serializers.CharField(read_only=True)
    fields_inside = True
    idle_names = NOT_KEPT
    derived = ("label",)

    class Meta:
        model = RamSpec
        fields = ("id", "label", *RamSpec.identity_fields, *STAMPS)
        read_only_fields = STAMPS

    def update(self, instance: RamSpec, validated_data: dict[str, Any]) -> RamSpec:
        """A total that followed from the modules follows them again, unless it is given."""
        modules = {"module_count", "capacity_per_module_gb"}
        if modules & validated_data.keys() and instance.total_is_derived():
            validated_data.setdefault("total_capacity_gb", None)
        spec: RamSpec = super().update(instance, validated_data)
        return spec


class StorageProfileSerializer(LabelledSerializer):
    example = {"medium": "nvme", "interface": "PCIe 4.0", "form_factor": "M.2 2280", "capacity_gb": 500}
    label: Any = serializers.CharField(read_only=True)
    fields_inside = True
    idle_names = NOT_KEPT
    derived = ("label",)

    class Meta:
        model = StorageProfile
        fields = ("id", "label", *StorageProfile.identity_fields, *STAMPS)
        read_only_fields = STAMPS


class PortSerializer(ItemSerializer, LabelledSerializer):
    older_names = {"port_type": "type", "quantity": "count"}
    most_items = MOST_PORTS

    class Meta:
        model = Port
        fields = ("id", "type", "count", "spec_notes")


class PortsProfileSerializer(LabelledSerializer):
    """`ports` is the whole set: what is sent replaces what was there."""

    example = {"name": "Tiny", "ports": [{"type": "usb_a", "count": 4}, {"type": "displayport", "count": 2}]}
    ports = PortSerializer(many=True, required=False)
    fields_inside = True
    idle_names = NOT_KEPT

    class Meta:
        model = PortsProfile
        fields = ("id", "name", "description", "ports", *STAMPS)
        read_only_fields = STAMPS
        extra_kwargs: dict[str, Any] = named_once(PortsProfile)

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
        replace_children(profile.ports.all(), ports, like=("type",), new=lambda: Port(ports_profile=profile))
        return profile


class WeightsField(ObjectField):
    """Weights by metric, also by what older seeds call one."""

    json_schema: ClassVar[dict[str, Any]] = WEIGHTS

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        return {
            ours: weight
            for name, weight in given.items()
            if (ours := OLDER_METRICS.get(name, name)) == name or ours not in given
        }


class ProfileSerializer(LabelledSerializer):
    example = {"name": "Compiler", "weights": {"cpu_mark_multi": 0.7, "cpu_mark_single": 0.3}}
    # No weights are refused, so they have to be sent.
    weights = WeightsField(validators=[validate_weights])
    older_names = {"weights_json": "weights"}
    fields_inside = True
    idle_names = {"attributes": NOT_KEPT["attributes"]}

    class Meta:
        model = Profile
        fields = ("id", "name", "description", "weights", "is_default", *STAMPS)
        read_only_fields = STAMPS
        # A second default is no error: it replaces the first.
        extra_kwargs: dict[str, Any] = {"is_default": {"validators": []}, **named_once(Profile)}

    def validate_is_default(self, value: bool) -> bool:
        """(Asked of what was sent, and of nothing else.)"""
        if self.instance is not None and self.instance.is_default and not value:
            notes_of(self).add("is_default", ONE_DEFAULT)
            return True
        return value
