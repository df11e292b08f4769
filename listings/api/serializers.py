"""The flat representation of a listing: its columns, its parts, its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers

from catalog.api.serializers import (
    AttributedSerializer,
    CpuSerializer,
    GpuSerializer,
    PortsProfileSerializer,
    RamSpecSerializer,
    StorageProfileSerializer,
)
from catalog.choices import CustomFieldEntity
from catalog.models import Cpu, Gpu, PortsProfile, RamSpec, StorageProfile
from dealbrain.api.serializers import ReferenceField, StrictSerializer
from listings.figures import FIGURES, Figure, valuation_of
from listings.models import Listing, ListingComponent
from listings.specs import assign, disagreements
from listings.validation import validate_web_url

COLUMNS = (
    "title",
    "listing_url",
    "other_urls",
    "seller",
    "price_usd",
    "price_date",
    "condition",
    "status",
    "marketplace",
    "vendor_item_id",
    "device_model",
    "manufacturer",
    "series",
    "model_number",
    "form_factor",
    "cpu_id",
    "gpu_id",
    "ram_spec_id",
    "ports_profile_id",
    "primary_storage_profile_id",
    "secondary_storage_profile_id",
    "ram_gb",
    "ram_notes",
    "primary_storage_gb",
    "primary_storage_type",
    "secondary_storage_gb",
    "secondary_storage_type",
    "os_license",
    "other_components",
    "notes",
    "attributes",
    "raw_payload",
)
# What somebody wrote for colleagues, and what came from elsewhere, unread.
FOR_PEOPLE = ("notes", "raw_payload")
TEXTS = {"type": "array", "items": {"type": "string"}}
URLS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["url"],
        "properties": {"url": {"type": "string"}, "label": {"type": ["string", "null"]}},
        "additionalProperties": False,
    },
}
IMAGE_KEYS = ("thumbnail_url", "thumbnail", "image_url", "image", "images")


class FigureField(serializers.FloatField):
    """One of our figures of a listing; null where it is undefined."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(read_only=True, allow_null=True, source="*")
        self.figure = figure

    def to_representation(self, value: Any) -> Any:
        return self.figure.of(valuation_of(value))


class PartNameField(serializers.CharField):
    """The name of a part: shown, and another way to choose one. One that is not known yet is made."""

    def __init__(self, part: str) -> None:
        super().__init__(source="*", required=False, allow_null=True, allow_blank=True, max_length=255)
        self.part = part

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # (To rest_framework a null for the whole object, which `*` stands for, is no null.)
        return {f"{self.part}_name": None if data is None else super().run_validation(data) or None}

    def to_representation(self, value: Any) -> Any:
        found = getattr(value, self.part)
        return found.name if found else None


class InlinePart(serializers.BaseSerializer[Any]):
    """A part that is given by its fields instead of its id."""

    reference: str

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"source": "*", "required": False, "allow_null": True, **options})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return {f"{self.reference}_inline": None if data is None else super().run_validation(data)}

    def to_representation(self, instance: Listing) -> Any:
        part = getattr(instance, self.reference)
        return None if part is None else super().to_representation(part)


class InlineRamSpec(InlinePart, RamSpecSerializer):
    reference = "ram_spec"


class InlinePrimaryStorage(InlinePart, StorageProfileSerializer):
    reference = "primary_storage_profile"


class InlineSecondaryStorage(InlinePart, StorageProfileSerializer):
    reference = "secondary_storage_profile"


class ListingComponentSerializer(StrictSerializer):
    class Meta:
        model = ListingComponent
        fields = ("id", "component_type", "name", "quantity", "metadata", "adjustment_value_usd")


def reference(model: Any, name: str) -> ReferenceField:
    return ReferenceField(queryset=model.objects.all(), source=name, required=False, allow_null=True)


class ListingSerializer(AttributedSerializer):
    """Needs rows of `for_api`: with their parts loaded and `stale` annotated.

    Parts are written by id, by `cpu_name` or `gpu_name`, or as an object in their place.
    """

    entity = CustomFieldEntity.LISTING
    example = {
        "title": "ThinkCentre M75q Gen 2",
        "listing_url": "https://www.example.com/item/1",
        "price_usd": 289.5,
        "condition": "used",
        "cpu_name": "Ryzen 5 PRO 5650GE",
        "ram_gb": 16,
        "primary_storage_gb": 512,
        "components": [{"component_type": "wifi", "name": "AX200", "quantity": 1}],
    }

    cpu_id = reference(Cpu, "cpu")
    gpu_id = reference(Gpu, "gpu")
    ram_spec_id = reference(RamSpec, "ram_spec")
    ports_profile_id = reference(PortsProfile, "ports_profile")
    primary_storage_profile_id = reference(StorageProfile, "primary_storage_profile")
    secondary_storage_profile_id = reference(StorageProfile, "secondary_storage_profile")
    cpu = CpuSerializer(read_only=True, allow_null=True)
    gpu = GpuSerializer(read_only=True, allow_null=True)
    ram_spec = InlineRamSpec()
    ports_profile = PortsProfileSerializer(read_only=True, allow_null=True)
    primary_storage_profile = InlinePrimaryStorage()
    secondary_storage_profile = InlineSecondaryStorage()
    components = ListingComponentSerializer(many=True, required=False)
    cpu_name = PartNameField("cpu")
    gpu_name = PartNameField("gpu")
    ram_type = serializers.CharField(source="ram_spec.ddr_generation", read_only=True, allow_null=True, default=None)
    ram_speed_mhz = serializers.IntegerField(source="ram_spec.speed_mhz", read_only=True, allow_null=True, default=None)
    thumbnail_url = serializers.SerializerMethodField()
    valued_at = serializers.DateTimeField(source="valuation.valued_at", read_only=True, allow_null=True, default=None)
    stale = serializers.BooleanField(read_only=True)

    class Meta:
        model = Listing
        fields: tuple[str, ...] = (
            "id",
            *COLUMNS,
            "created_at",
            "updated_at",
            "cpu",
            "gpu",
            "ram_spec",
            "ports_profile",
            "primary_storage_profile",
            "secondary_storage_profile",
            "components",
            "cpu_name",
            "gpu_name",
            "ram_type",
            "ram_speed_mhz",
            "thumbnail_url",
            "valued_at",
            "stale",
        )
        read_only_fields = ("created_at", "updated_at")
        for_people: tuple[str, ...] = FOR_PEOPLE
        json_schemas: dict[str, Any] = {"other_urls": URLS, "other_components": TEXTS}

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        return {**fields, **{figure.name: FigureField(figure) for figure in FIGURES}}

    def get_thumbnail_url(self, listing: Listing) -> str | None:
        return thumbnail_url(listing)

    def problems(self, values: dict[str, Any]) -> dict[str, Any]:
        wrong = self._find_parts(values)
        return {**wrong, **disagreements(values), **super().problems(values)}

    def _find_parts(self, values: dict[str, Any]) -> dict[str, str]:
        """Put the parts that were given by name or as an object where their ids would be; what contradicts an id."""
        wrong = {}
        for name, make in MAKERS.items():
            if name not in values:
                continue
            given = values.pop(name)
            reference_name = name.removesuffix("_inline").removesuffix("_name")
            if given is None:
                values.setdefault(reference_name, None)
                continue
            part = make(given)
            if values.get(reference_name) not in (None, part):
                shown = name.removesuffix("_inline")
                wrong[shown] = f"This is not the part that {reference_name}_id names: give one of them."
            values[reference_name] = part
        return wrong

    def create(self, validated_data: dict[str, Any]) -> Listing:
        return self._write(Listing(), validated_data)

    def update(self, instance: Listing, validated_data: dict[str, Any]) -> Listing:
        if not self.partial:
            validated_data.setdefault("components", [])
        return self._write(instance, validated_data)

    def _write(self, listing: Listing, values: dict[str, Any]) -> Listing:
        components = values.pop("components", None)
        assign(listing, values)
        listing.save()
        if components is not None:
            listing.components.all().delete()
            for component in components:
                ListingComponent.objects.create(listing=listing, **component)
        return listing


# What a request may give in place of an id -> how the part is found or made. The names end in what is cut off.
MAKERS: dict[str, Callable[[Any], Any]] = {
    "cpu_name": lambda name: named_part(Cpu, name),
    "gpu_name": lambda name: named_part(Gpu, name),
    "ram_spec_inline": lambda fields: RamSpec.objects.get_or_make(**fields)[0],
    "primary_storage_profile_inline": lambda fields: StorageProfile.objects.get_or_make(**fields)[0],
    "secondary_storage_profile_inline": lambda fields: StorageProfile.objects.get_or_make(**fields)[0],
}


def named_part(model: type[Cpu] | type[Gpu], name: str) -> Any:
    """The part with this name, in whatever case; made where there is none. Two makers at once get the same one."""
    found = model.objects.named(name).first()
    if found is None:
        try:
            with transaction.atomic():
                found = model.objects.create(name=name)
        except IntegrityError:
            found = model.objects.named(name).get()
    return found


def thumbnail_url(listing: Listing) -> str | None:
    """The first web address of an image in the custom fields, then in what the importer was given."""
    for source in (listing.attributes, listing.raw_payload):
        if not isinstance(source, dict):
            continue
        for candidate in _image_candidates(source):
            try:
                validate_web_url(candidate)
            except DjangoValidationError:
                continue
            return candidate
    return None


def _image_candidates(source: dict[str, Any]) -> Iterator[str]:
    for key in IMAGE_KEYS:
        value = source.get(key)
        for item in value if isinstance(value, list) else [value]:
            address = item.get("url") if isinstance(item, dict) else item
            if isinstance(address, str):
                yield address
