"""Value objects: two listings with the same memory or drive point at one row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from catalog.choices import DdrGeneration, StorageMedium
from catalog.remembering import remembered
from dealbrain.constraints import bounds, in_range, one_of
from dealbrain.db import CharField, CheckedModel
from dealbrain.folding import fold

# What of a medium stands in a label, where it is not what the medium is called in a list of choices.
MEDIUM_IN_LABEL: dict[str, str] = {StorageMedium.UNKNOWN: "", StorageMedium.SSD: "SSD"}


class ValueObjectManager(models.Manager[Any]):
    def get_or_make(self, **fields: Any) -> tuple[Any, bool]:
        """The row with exactly these fields, and whether it is new. Two creators at once get the same row.

        Null equals null here, which a UNIQUE over nullable columns would not say on every database: the
        `identity` text is what is unique.
        """
        return remembered((self.model, frozenset(fields.items())), lambda: self._get_or_make(fields))

    def _get_or_make(self, fields: Mapping[str, Any]) -> tuple[Any, bool]:
        wanted = self.model(**fields)
        wanted.clean_fields(exclude=["identity", "label"])
        wanted.clean()
        defaults = {name: getattr(wanted, name) for name in wanted.identity_fields}
        return self.get_or_create(identity=wanted.identity, defaults=defaults)


class ValueObject(CheckedModel):
    """A row that is nothing but its fields. Subclasses name them in `identity_fields`."""

    identity_fields: ClassVar[tuple[str, ...]]

    identity = CharField(max_length=255, unique=True, editable=False, blank=True)
    label = CharField(max_length=255, editable=False, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ValueObjectManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        super().clean()
        values = [getattr(self, name) for name in self.identity_fields]
        self.identity = identity_of(values)
        self.label = self.make_label()

    def make_label(self) -> str:
        raise TypeError(f"{type(self).__name__} must say how its label reads")


def identity_of(values: Sequence[Any]) -> str:
    """A digest of the fields, texts without case and blanks around them; of one length, and joined so that none of
    them can look like two. 0 says as much as nothing."""
    texts = ["" if value in (None, 0) else fold(str(value).strip()) for value in values]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


class RamSpec(ValueObject):
    """A memory configuration: generation, speed in MHz, modules of so many GB."""

    identity_fields = ("ddr_generation", "speed_mhz", "module_count", "capacity_per_module_gb", "total_capacity_gb")

    ddr_generation = CharField(max_length=16, choices=DdrGeneration, default=DdrGeneration.UNKNOWN)
    speed_mhz = models.PositiveIntegerField("speed (MHz)", null=True, blank=True, validators=bounds(0, 10000))
    module_count = models.PositiveSmallIntegerField(null=True, blank=True, validators=bounds(1, 8))
    capacity_per_module_gb = models.PositiveSmallIntegerField(
        "capacity per module (GB)", null=True, blank=True, validators=bounds(1, 256)
    )
    total_capacity_gb = models.PositiveSmallIntegerField(
        "total capacity (GB)", null=True, blank=True, validators=bounds(1, 2048)
    )

    class Meta:
        ordering = [models.F("total_capacity_gb").desc(nulls_last=True), "label", "pk"]
        verbose_name = "RAM spec"
        constraints = [
            one_of("catalog_ramspec_ddr_generation", "ddr_generation", DdrGeneration.values),
            in_range("catalog_ramspec_speed_mhz", "speed_mhz", 0, 10000),
            in_range("catalog_ramspec_module_count", "module_count", 1, 8),
            in_range("catalog_ramspec_capacity_per_module_gb", "capacity_per_module_gb", 1, 256),
            in_range("catalog_ramspec_total_capacity_gb", "total_capacity_gb", 1, 2048),
        ]

    def clean(self) -> None:
        if self.module_count and self.capacity_per_module_gb:
            product = self.module_count * self.capacity_per_module_gb
            if self.total_capacity_gb is None:
                self.total_capacity_gb = product
            elif self.total_capacity_gb != product:
                message = f"{self.module_count} x {self.capacity_per_module_gb} GB is {product} GB."
                raise ValidationError({"total_capacity_gb": message})
        super().clean()

    def total_is_derived(self) -> bool:
        """Whether the modules alone say how much it is in all."""
        return bool(self.module_count and self.capacity_per_module_gb)

    def make_label(self) -> str:
        generation = "" if self.ddr_generation == DdrGeneration.UNKNOWN else DdrGeneration(self.ddr_generation).label
        parts = [
            generation,
            f"{self.speed_mhz}MHz" if self.speed_mhz else "",
            f"{self.total_capacity_gb}GB" if self.total_capacity_gb else "",
            f"({self.module_count}x{self.capacity_per_module_gb}GB)"
            if self.module_count and self.capacity_per_module_gb
            else "",
        ]
        return " ".join(part for part in parts if part) or "Unknown RAM"


class StorageProfile(ValueObject):
    """A drive: medium, interface, form factor and capacity in decimal GB (1 TB = 1000 GB)."""

    identity_fields = ("medium", "interface", "form_factor", "capacity_gb", "performance_tier")

    medium = CharField(max_length=16, choices=StorageMedium, default=StorageMedium.UNKNOWN)
    interface = CharField(max_length=64, blank=True)
    form_factor = CharField(max_length=64, blank=True)
    capacity_gb = models.PositiveIntegerField("capacity (GB)", null=True, blank=True, validators=bounds(1, 100000))
    performance_tier = CharField(max_length=64, blank=True)

    class Meta:
        ordering = [models.F("capacity_gb").desc(nulls_last=True), "label", "pk"]
        constraints = [
            one_of("catalog_storageprofile_medium", "medium", StorageMedium.values),
            in_range("catalog_storageprofile_capacity_gb", "capacity_gb", 1, 100000),
        ]

    def make_label(self) -> str:
        medium = MEDIUM_IN_LABEL.get(self.medium, StorageMedium(self.medium).label)
        interface = self.interface.strip()
        if fold(interface).startswith(fold(medium)):
            medium = ""  # "NVMe" and "NVMe PCIe 4.0" would say it twice
        elif fold(interface) in fold(medium).split():
            interface = ""  # and so would "SATA SSD" and "SATA"
        parts = [medium, interface, f"{self.capacity_gb}GB" if self.capacity_gb else ""]
        return " ".join(part for part in parts if part) or "Unknown storage"
