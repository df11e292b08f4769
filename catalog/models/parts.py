"""Processors and graphics cards, with the benchmark marks that the metrics divide by."""

from __future__ import annotations

from django.db import models

from catalog.choices import CustomFieldEntity
from catalog.custom_values import clean_attributes
from catalog.models.named import Named
from dealbrain.constraints import bounds, in_range
from dealbrain.db import CharField, JSONField, TextField


class Cpu(Named):
    """A processor model. Marks are PassMark-like points; null means "not measured", never 0."""

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

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "CPU"
        constraints = [
            in_range("catalog_cpu_cores", "cores", 1, 256),
            in_range("catalog_cpu_threads", "threads", 1, 512),
            in_range("catalog_cpu_tdp_w", "tdp_w", 1, 1000),
            in_range("catalog_cpu_release_year", "release_year", 1970, 2100),
        ]

    def clean(self) -> None:
        super().clean()
        clean_attributes(self, entity=CustomFieldEntity.CPU)


class Gpu(Named):
    """A discrete graphics card. `metal_score` is Apple's scale and counts only for Apple processors."""

    manufacturer = CharField(max_length=64, blank=True)
    gpu_mark = models.PositiveIntegerField("GPU mark", null=True, blank=True)
    metal_score = models.PositiveIntegerField(null=True, blank=True)
    notes = TextField(blank=True)
    attributes = JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "GPU"

    def clean(self) -> None:
        super().clean()
        clean_attributes(self, entity=CustomFieldEntity.GPU)
