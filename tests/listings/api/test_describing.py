"""What a listing is made of, for clients that build their own forms: columns, figures and custom fields."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import Api
from tests.factories import CustomFieldFactory, ListingFactory

pytestmark = pytest.mark.django_db

KEYS = {"key", "label", "data_type", "required", "editable", "description", "options", "validation", "origin"}
MEDIA = ["nvme", "sata_ssd", "ssd", "hdd", "hybrid", "emmc", "ufs", "unknown"]
GENERATIONS = ["ddr3", "ddr4", "ddr5", "lpddr4", "lpddr4x", "lpddr5", "lpddr5x", "hbm2", "hbm3", "unknown"]
TEXT_255 = ("string", [], {"max_length": 255})
# what can be written -> its type, options and checks
EDITABLE: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "title": ("string", [], {"min_length": 3, "max_length": 255}),
    "listing_url": ("string", [], {"max_length": 2000}),
    "price_usd": ("number", [], {"min": 0}),
    "price_date": ("string", [], {}),
    "price_original": ("number", [], {"min": 0}),
    "currency": ("string", [], {"max_length": 3}),
    "source": ("string", [], {"max_length": 100}),
    "condition": ("enum", ["new", "refurb", "used"], {}),
    "status": ("enum", ["active", "archived", "pending"], {}),
    "marketplace": ("enum", ["ebay", "amazon", "other"], {}),
    "vendor_item_id": ("string", [], {"max_length": 128}),
    "form_factor": ("string", [], {"max_length": 64}),
    **dict.fromkeys(("seller", "device_model", "manufacturer", "series", "model_number", "os_license"), TEXT_255),
    **dict.fromkeys(("cpu_name", "gpu_name"), TEXT_255),
    **dict.fromkeys(("cpu_id", "gpu_id", "ram_spec_id", "ports_profile_id"), ("reference", [], {})),
    **dict.fromkeys(("primary_storage_profile_id", "secondary_storage_profile_id"), ("reference", [], {})),
    "ram_type": ("enum", GENERATIONS, {}),
    "ram_speed_mhz": ("number", [], {"min": 0, "max": 10_000}),
    "ram_gb": ("number", [], {"min": 0, "max": 2048}),
    **dict.fromkeys(("primary_storage_gb", "secondary_storage_gb"), ("number", [], {"min": 0, "max": 100_000})),
    **dict.fromkeys(("primary_storage_type", "secondary_storage_type"), ("enum", MEDIA, {})),
    **dict.fromkeys(("ram_notes", "notes"), ("text", [], {})),
    **dict.fromkeys(("other_urls", "other_components", "attributes", "raw_payload"), ("json", [], {})),
    "components": ("json", [], {"max_length": 100}),
    **dict.fromkeys(("ram_spec", "primary_storage_profile", "secondary_storage_profile"), ("json", [], {})),
}
SHOWN = {
    "id": "number",
    "ruleset_id": "reference",
    **dict.fromkeys(("created_at", "updated_at", "valued_at", "thumbnail_url", "rate_date"), "string"),
    "exchange_rate": "number",
    **dict.fromkeys(("cpu", "gpu", "ports_profile", "disabled_rulesets"), "json"),
    "stale": "boolean",
}
FIGURES = {
    *("adjusted_price_usd", "total_adjustment", "perf_per_watt"),
    *("score_cpu_multi", "score_cpu_single", "score_gpu", "score_composite"),
    *("dollar_per_cpu_mark", "dollar_per_single_mark"),
    *("dollar_per_cpu_mark_multi", "dollar_per_cpu_mark_multi_adjusted"),
    *("dollar_per_cpu_mark_single", "dollar_per_cpu_mark_single_adjusted"),
    *("fair_value_usd", "fair_low_usd", "fair_high_usd", "target_price_usd", "discount", "comparables_count"),
}
SAID = {"grade": "enum", "grade_reason": "string", "price_is_implausible": "boolean"}


@pytest.fixture
def api() -> Api:
    return Api("Viewers")


def test_core_fields_are_those_of_the_representation(api: Api) -> None:
    fields = {field["key"]: field for field in api.read("/v1/listings/schema")["core_fields"]}
    assert all(set(field) == KEYS for field in fields.values())
    assert fields.keys() == api.read(f"/v1/listings/{ListingFactory().pk}").keys()
    assert {
        key: (field["data_type"], field["options"], field["validation"])
        for key, field in fields.items()
        if field["editable"]
    } == EDITABLE
    assert [key for key, field in fields.items() if field["required"]] == ["title"]
    assert {
        key: field["data_type"] for key, field in fields.items() if not field["editable"] and field["origin"] == "core"
    } == SHOWN
    assert {key for key, field in fields.items() if field["origin"] == "figure"} == FIGURES | SAID.keys()
    assert {key: fields[key]["data_type"] for key in SAID} == SAID
    assert {fields[key]["data_type"] for key in FIGURES} == {"number"}
    assert fields["price_usd"]["label"] == "price (USD)"


def test_custom_fields_are_told_with_their_checks(api: Api) -> None:
    colour = CustomFieldFactory(
        key="colour",
        label="Colour",
        data_type="enum",
        options=["red", "blue"],
        is_required=True,
        description="Of the case.",
        display_order=2,
    )
    size = CustomFieldFactory(
        key="size", label="Size", data_type="number", validation={"min": 1, "max": 9.5}, display_order=1
    )
    CustomFieldFactory(key="gone", is_active=False)
    CustomFieldFactory(key="cores", entity="cpu")
    assert api.read("/v1/listings/schema")["custom_fields"] == [
        {
            "id": size.pk,
            "key": "size",
            "label": "Size",
            "data_type": "number",
            "required": False,
            "editable": True,
            "description": "",
            "options": [],
            "validation": {"min": 1, "max": 9.5},
            "origin": "custom",
        },
        {
            "id": colour.pk,
            "key": "colour",
            "label": "Colour",
            "data_type": "enum",
            "required": True,
            "editable": True,
            "description": "Of the case.",
            "options": ["red", "blue"],
            "validation": {},
            "origin": "custom",
        },
    ]
