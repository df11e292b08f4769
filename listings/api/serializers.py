"""The flat representation of a listing: its columns, its parts, its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from catalog.api.serializers import (
    CpuSerializer,
    GpuSerializer,
    PortsProfileSerializer,
    RamSpecSerializer,
    StorageProfileSerializer,
)
from listings.figures import FIGURES, valuation_of
from listings.models import Listing, ListingComponent
from listings.validation import validate_web_url

IMAGE_KEYS = ("thumbnail_url", "thumbnail", "image_url", "image", "images")


class ListingComponentSerializer(serializers.ModelSerializer[ListingComponent]):
    class Meta:
        model = ListingComponent
        fields = ("id", "component_type", "name", "quantity", "metadata", "adjustment_value_usd")


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """Needs rows of `for_api`: with their parts loaded and `stale` annotated."""

    cpu = CpuSerializer(read_only=True)
    gpu = GpuSerializer(read_only=True)
    ram_spec = RamSpecSerializer(read_only=True)
    ports_profile = PortsProfileSerializer(read_only=True)
    primary_storage_profile = StorageProfileSerializer(read_only=True)
    secondary_storage_profile = StorageProfileSerializer(read_only=True)
    components = ListingComponentSerializer(many=True, read_only=True)

    class Meta:
        model = Listing
        fields = (
            "id",
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
            "created_at",
            "updated_at",
            "cpu",
            "gpu",
            "ram_spec",
            "ports_profile",
            "primary_storage_profile",
            "secondary_storage_profile",
            "components",
        )

    def to_representation(self, instance: Listing) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        valuation = valuation_of(instance)
        shown |= {
            "cpu_name": instance.cpu.name if instance.cpu else None,
            "gpu_name": instance.gpu.name if instance.gpu else None,
            "ram_type": instance.ram_spec.ddr_generation if instance.ram_spec else None,
            "ram_speed_mhz": instance.ram_spec.speed_mhz if instance.ram_spec else None,
            "thumbnail_url": thumbnail_url(instance),
        }
        shown |= {figure.name: figure.of(valuation) for figure in FIGURES}
        shown["valued_at"] = valued_at(valuation)
        shown["stale"] = instance.stale  # type: ignore[attr-defined]  # annotated by `with_stale`
        return shown


def valued_at(valuation: Any) -> str | None:
    if valuation is None:
        return None
    shown: str = serializers.DateTimeField().to_representation(valuation.valued_at)
    return shown


def thumbnail_url(listing: Listing) -> str | None:
    """The first web address of an image in the custom fields, then in what the importer was given."""
    for source in (listing.attributes, listing.raw_payload):
        if not isinstance(source, dict):
            continue
        for candidate in _image_candidates(source):
            try:
                validate_web_url(candidate)
            except ValidationError:
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
