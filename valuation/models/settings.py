"""Preferences of the installation, which people change while it runs."""

from __future__ import annotations

from django.db import models

from dealbrain.db import CheckedModel


class Setting(CheckedModel):
    """A preference of the installation, such as the thresholds that colour a figure."""

    key = models.CharField(max_length=64, unique=True)
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key", "pk"]

    def __str__(self) -> str:
        return self.key
