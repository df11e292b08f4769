"""The flat representation of a listing: its columns, its parts, its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from catalog.api.fields import LabelledChoiceField, LabelledSerializer
from catalog.api.serializers import ATTRIBUTES, AttributedSerializer
from catalog.choices import CustomFieldEntity
from catalog.models import Cpu, Gpu, PortsProfile, RamSpec, StorageProfile
from dealbrain.api.schema.query import IDENTITY
from dealbrain.api.serializers import ArrayField, ItemSerializer, ReferenceField
from dealbrain.children import replace_children
from listings.api.market import MARKET_FIELDS
from listings.api.parts import (
    HintedCpu,
    HintedGpu,
    HintedPorts,
    InlinePrimaryStorage,
    InlineRamSpec,
    InlineSecondaryStorage,
    PartNameField,
    RamSpeedField,
    RamTypeField,
    find_parts,
)
from listings.choices import Condition
from listings.figures import COMPUTED, FIGURES, Figure, disabled_of, override_of
from listings.models import Listing, ListingComponent
from listings.pricing import price_of, settle
from listings.specs import assign, disagreements
from listings.validation import MOST_COMPONENTS, MOST_URLS, price_problems, validate_other_urls, validate_web_url

RATE = ("exchange_rate", "rate_date")
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
# The last columns of an export, whose others keep their places: what an offer says in its own money, the rate that made
# dollars of it, and what its number counts within.
LATER_COLUMNS = ("price_original", "currency", *RATE, "source")
# What somebody wrote for colleagues, and what came from elsewhere, unread.
FOR_PEOPLE = ("notes", "raw_payload")
TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": MOST_COMPONENTS}
URLS: dict[str, Any] = {
    "type": "array",
    "maxItems": MOST_URLS,
    "items": {
        "type": "object",
        "required": ["url"],
        "properties": {"url": {"type": "string"}, "label": {"type": ["string", "null"]}},
        "additionalProperties": False,
    },
}
IDS = {"type": "array", "items": IDENTITY}
MAYBE_ID = {**IDENTITY, "type": ["integer", "null"]}
IMAGE_KEYS = ("thumbnail_url", "thumbnail", "image_url", "image", "images")


class FigureField(serializers.FloatField):
    """One of our figures of a listing; null where it is undefined."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(read_only=True, allow_null=True, source="*")
        self.figure = figure

    def to_representation(self, value: Any) -> Any:
        return self.figure.of(value)


class OtherUrlsField(ArrayField):
    """More addresses of an offer; older clients send them without labels, as texts."""

    json_schema: ClassVar[dict[str, Any]] = URLS

    def to_internal_value(self, data: Any) -> Any:
        listed = isinstance(data, list)
        return super().to_internal_value(
            [{"url": item} if isinstance(item, str) else item for item in data] if listed else data
        )


class ConditionField(LabelledChoiceField):
    """How used a machine is: null where the offer does not say, which the database holds as a blank."""

    def __init__(self) -> None:
        super().__init__(Condition.choices, required=False, allow_null=True)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if data == "" else data) or ""

    def to_representation(self, value: Any) -> Any:
        return value or None


class RulesetsField(serializers.Field[Any, Any, Any, Any]):
    """What somebody has decided about a listing's rulesets; kept by an app above this one, so read by name."""

    def __init__(self, show: Callable[[Any], Any], schema: dict[str, Any]) -> None:
        super().__init__(read_only=True, source="*")
        self.show, self.json_schema = show, schema

    def to_representation(self, value: Any) -> Any:
        return self.show(override_of(value))


class ListingComponentSerializer(ItemSerializer, LabelledSerializer):
    older_names = {"metadata_json": "metadata"}
    idle_names = {"rule_id": "A component belongs to no rule: its adjustment is what it says."}
    most_items = MOST_COMPONENTS

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
    older_names = {**ATTRIBUTES, "url": "listing_url"}
    idle_names = {"active_profile_id": "Which profile counts is not a listing's to say.", "valuation_breakdown": ""}
    derived = (*COMPUTED, "valued_at", "stale", "thumbnail_url", *RATE)
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

    condition = ConditionField()
    cpu_id = reference(Cpu, "cpu")
    gpu_id = reference(Gpu, "gpu")
    ram_spec_id = reference(RamSpec, "ram_spec")
    ports_profile_id = reference(PortsProfile, "ports_profile")
    primary_storage_profile_id = reference(StorageProfile, "primary_storage_profile")
    secondary_storage_profile_id = reference(StorageProfile, "secondary_storage_profile")
    cpu = HintedCpu()
    gpu = HintedGpu()
    ram_spec = InlineRamSpec()
    ports_profile = HintedPorts()
    primary_storage_profile = InlinePrimaryStorage()
    secondary_storage_profile = InlineSecondaryStorage()
    components = ListingComponentSerializer(many=True, required=False)
    cpu_name = PartNameField("cpu")
    gpu_name = PartNameField("gpu")
    ram_type = RamTypeField()
    ram_speed_mhz = RamSpeedField()
    other_urls = OtherUrlsField(required=False, validators=[validate_other_urls])
    ruleset_id = RulesetsField(lambda found: found.static_ruleset_id if found else None, MAYBE_ID)
    disabled_rulesets = RulesetsField(disabled_of, IDS)
    thumbnail_url = serializers.SerializerMethodField()
    valued_at = serializers.DateTimeField(source="valuation.valued_at", read_only=True, allow_null=True, default=None)
    stale = serializers.BooleanField(read_only=True)

    class Meta:
        model = Listing
        fields: tuple[str, ...] = (
            "id",
            *COLUMNS,
            *LATER_COLUMNS,
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
            "ruleset_id",
            "disabled_rulesets",
        )
        read_only_fields = ("created_at", "updated_at", *RATE)
        for_people: tuple[str, ...] = FOR_PEOPLE
        json_schemas: dict[str, Any] = {"other_components": TEXTS}

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        figures = {figure.name: FigureField(figure) for figure in FIGURES}
        return {**fields, **figures, **{name: field() for name, field in MARKET_FIELDS.items()}}

    def get_thumbnail_url(self, listing: Listing) -> str | None:
        return thumbnail_url(listing)

    def problems(self, values: dict[str, Any]) -> dict[str, Any]:
        wrong = find_parts(values, self.instance, self.left_out)
        return {**wrong, **disagreements(values), **self._of_the_price(values), **super().problems(values)}

    def _of_the_price(self, values: dict[str, Any]) -> dict[str, str]:
        stored = self.instance or Listing()
        price, currency = (values.get(name, getattr(stored, name)) for name in ("price_original", "currency"))
        return price_problems(price, currency)

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        if self.instance is None and not self.partial:  # what the contract says of a POST, and of nothing else
            values.setdefault("condition", Condition.USED)
        return values

    def create(self, validated_data: dict[str, Any]) -> Listing:
        return self._write(Listing(), validated_data)

    def update(self, instance: Listing, validated_data: dict[str, Any]) -> Listing:
        if not self.partial:
            validated_data.setdefault("components", [])
        return self._write(instance, validated_data)

    def _write(self, listing: Listing, values: dict[str, Any]) -> Listing:
        components = values.pop("components", None)
        before = price_of(listing)
        assign(listing, values)
        settle(listing, before, {name: value for name, value in values.items() if name not in self.left_out})
        listing.save()
        if components is not None:
            replace_children(
                listing.components.all(),
                components,
                like=("component_type", "name"),
                new=lambda: ListingComponent(listing=listing),
            )
        return listing


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
