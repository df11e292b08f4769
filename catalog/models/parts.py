"""Processors and graphics cards, with the benchmark marks that the metrics divide by."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Lower

from catalog.choices import CustomFieldEntity
from catalog.custom_values import clean_attributes
from dealbrain.constraints import bounds, in_range
from dealbrain.db import CharField, CheckedModel, JSONField, TextField


class PartQuerySet(models.QuerySet[Any]):
    def named(self, name: str) -> PartQuerySet:
        """The one with this name in any case: lower case, as in the unique index. (`iexact` is upper case.)"""
        return self.alias(lower_name=Lower("name")).filter(lower_name=Lower(models.Value(name)))


class Cpu(CheckedModel):
    """A processor model. Marks are PassMark-like points; null means "not measured", never 0."""

    name = CharField(max_length=255)
    manufacturer = CharField(max_length=64, blank=True)
    socket = CharField(max_length=64, blank=True)
    cores = models.PositiveSmallIntegerField(null=True, blank=True, validators=bounds(1, 256))
    threads = models.PositiveSmallIntegerField(null=True, blank=True, validators=bounds(1, 512))
    tdp_w = models.PositiveSmallIntegerField("TDP (W)", null=True, blank=True, validators=bounds(1, 1000))
    igpu_model = CharField("integrated GPU", max_length=255, blank=True)
    cpu_mark_multi = models.PositiveIntegerField("CPU mark, all cores", null=True, blank=True)
    cpu_mark_single = models.PositiveIntegerField("CPU mark, one core", null=True, blank=True)
    igpu_mark = models.PositiveIntegerField("iGPU mark", null=True, blank=True)
    release_year = models.PositiveSmallIntegerField(null=True, blank=True, validators=bounds(1970, 2100))
    notes = TextField(blank=True)
    attributes = JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "CPU"
        constraints = [
            # Also serves the look-up by name of imports and of the API.
            models.UniqueConstraint(Lower("name"), name="catalog_cpu_name_ci"),
            in_range("catalog_cpu_cores", "cores", 1, 256),
            in_range("catalog_cpu_threads", "threads", 1, 512),
            in_range("catalog_cpu_tdp_w", "tdp_w", 1, 1000),
            in_range("catalog_cpu_release_year", "release_year", 1970, 2100),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        clean_attributes(self, entity=CustomFieldEntity.CPU)


class Gpu(CheckedModel):
    """A discrete graphics card. `metal_score` is Apple's scale and counts only for Apple processors."""

    name = CharField(max_length=255)
    manufacturer = CharField(max_length=64, blank=True)
    gpu_mark = models.PositiveIntegerField("GPU mark", null=True, blank=True)
    metal_score = models.PositiveIntegerField(null=True, blank=True)
    notes = TextField(blank=True)
    attributes = JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "GPU"
        constraints = [models.UniqueConstraint(Lower("name"), name="catalog_gpu_name_ci")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        clean_attributes(self, entity=CustomFieldEntity.GPU)
