"""What is for sale, as the market states it. What we say about it lives in `valuation`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

from django.core.validators import MinLengthValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from catalog.choices import CustomFieldEntity, StorageMedium
from catalog.custom_values import clean_attributes
from dealbrain.constraints import bounds, in_range, one_of
from dealbrain.db import CharField, CheckedModel, CounterField, JSONField, NameField, TextField
from listings.choices import ComponentType, Condition, Marketplace, Status
from listings.querysets import ListingQuerySet
from listings.validation import validate_other_components, validate_other_urls, validate_web_url

STORAGE_TYPES = ["", *StorageMedium.values]
CONDITIONS = [("", "Not stated"), *Condition.choices]


class Listing(CheckedModel):
    """One offer of one machine.

    What the offer does not say is blank or null, `condition` too, and nothing here fills it in. `price_usd` null means
    "price unknown": the listing is kept and shown, not valued. A reference to a RAM spec or a storage profile and the
    plain numbers beside it never disagree: `services.align_specs` sees to it before a save. `input_version` counts
    every change that can move a figure, here or in a part the listing points at; only set-based updates move it, and
    `input_changed_at` with it.
    """

    title = NameField(max_length=255, validators=[MinLengthValidator(3)])
    listing_url = CharField("URL", max_length=2000, blank=True, validators=[validate_web_url])
    other_urls = JSONField(default=list, blank=True, validators=[validate_other_urls])
    seller = CharField(max_length=255, blank=True)
    price_usd = models.DecimalField(
        "price (USD)", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    price_date = models.DateField(null=True, blank=True)
    condition = CharField(max_length=16, blank=True, choices=CONDITIONS)
    status = CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    marketplace = CharField(max_length=16, choices=Marketplace, default=Marketplace.OTHER)
    vendor_item_id = CharField(max_length=128, blank=True)

    device_model = CharField(max_length=255, blank=True)
    manufacturer = CharField(max_length=255, blank=True)
    series = CharField(max_length=255, blank=True)
    model_number = CharField(max_length=255, blank=True)
    form_factor = CharField(max_length=64, blank=True)

    cpu = models.ForeignKey(
        "catalog.Cpu", models.PROTECT, verbose_name="CPU", null=True, blank=True, related_name="listings"
    )
    gpu = models.ForeignKey(
        "catalog.Gpu", models.PROTECT, verbose_name="GPU", null=True, blank=True, related_name="listings"
    )
    ram_spec = models.ForeignKey(
        "catalog.RamSpec", models.PROTECT, verbose_name="RAM spec", null=True, blank=True, related_name="listings"
    )
    ports_profile = models.ForeignKey(
        "catalog.PortsProfile", models.PROTECT, null=True, blank=True, related_name="listings"
    )
    primary_storage_profile = models.ForeignKey(
        "catalog.StorageProfile", models.PROTECT, null=True, blank=True, related_name="listings_primary"
    )
    secondary_storage_profile = models.ForeignKey(
        "catalog.StorageProfile", models.PROTECT, null=True, blank=True, related_name="listings_secondary"
    )

    ram_gb = models.PositiveIntegerField("RAM (GB)", null=True, blank=True, validators=bounds(0, 2048))
    ram_notes = TextField(blank=True)
    primary_storage_gb = models.PositiveIntegerField(
        "primary storage (GB)", null=True, blank=True, validators=bounds(0, 100000)
    )
    primary_storage_type = CharField(max_length=16, blank=True, choices=StorageMedium)
    secondary_storage_gb = models.PositiveIntegerField(
        "secondary storage (GB)", null=True, blank=True, validators=bounds(0, 100000)
    )
    secondary_storage_type = CharField(max_length=16, blank=True, choices=StorageMedium)
    os_license = CharField("OS licence", max_length=255, blank=True)
    other_components = JSONField(default=list, blank=True, validators=[validate_other_components])
    notes = TextField(blank=True)
    attributes = JSONField("custom fields", default=dict, blank=True)
    raw_payload = JSONField(default=dict, blank=True, help_text="What the importer was given, unread.")

    input_version = CounterField()
    input_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ListingQuerySet.as_manager()

    loaded_ports_id: int | None = None  # the ports profile that the row has in the database, as far as it was read

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            # The home page, dashboard and rankings read active listings only.
            models.Index(fields=["status", "id"], name="listings_listing_status_id"),
            # The list's default order.
            models.Index(fields=["-created_at", "-id"], name="listings_listing_newest"),
            # `ordering=price_usd` and price filters.
            models.Index(fields=["price_usd", "id"], name="listings_listing_price"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "vendor_item_id"],
                condition=~models.Q(vendor_item_id=""),
                name="listings_listing_vendor_item",
                violation_error_message="This marketplace item is listed already.",
            ),
            models.CheckConstraint(
                name="listings_listing_price_usd",
                condition=models.Q(price_usd__isnull=True) | models.Q(price_usd__gte=0),
                violation_error_message="price_usd must be 0 or more.",
            ),
            one_of("listings_listing_condition", "condition", ["", *Condition.values]),
            one_of("listings_listing_status", "status", Status.values),
            one_of("listings_listing_marketplace", "marketplace", Marketplace.values),
            one_of("listings_listing_primary_storage_type", "primary_storage_type", STORAGE_TYPES),
            one_of("listings_listing_secondary_storage_type", "secondary_storage_type", STORAGE_TYPES),
            in_range("listings_listing_ram_gb", "ram_gb", 0, 2048),
            in_range("listings_listing_primary_storage_gb", "primary_storage_gb", 0, 100000),
            in_range("listings_listing_secondary_storage_gb", "secondary_storage_gb", 0, 100000),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        row = super().from_db(db, field_names, values, **options)
        row.loaded_ports_id = row.__dict__.get("ports_profile_id")
        return row

    def clean(self) -> None:
        super().clean()
        clean_attributes(self, entity=CustomFieldEntity.LISTING)


class ListingComponent(CheckedModel):
    """A part that comes with the machine, beyond what the columns of a listing say."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="components")
    component_type = CharField(max_length=16, choices=ComponentType)
    name = CharField(max_length=255, blank=True)
    quantity = models.PositiveSmallIntegerField(default=1, validators=bounds(1, 999))
    metadata = JSONField(default=dict, blank=True)
    adjustment_value_usd = models.DecimalField(
        "stated value (USD)", max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        ordering = ["listing", "component_type", "pk"]
        constraints = [
            one_of("listings_listingcomponent_component_type", "component_type", ComponentType.values),
            in_range("listings_listingcomponent_quantity", "quantity", 1, 999),
        ]

    def __str__(self) -> str:
        return self.name or ComponentType(self.component_type).label
