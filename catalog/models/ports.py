"""What a machine can be plugged into."""

from __future__ import annotations

from django.db import models

from catalog.choices import PortType
from dealbrain.constraints import bounds, in_range, one_of
from dealbrain.db import CharField, CheckedModel, TextField


class PortsProfile(CheckedModel):
    """A named set of ports that several listings of one device model share."""

    name = CharField(max_length=255, unique=True)
    description = TextField(blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Port(CheckedModel):
    """So many ports of one type."""

    ports_profile = models.ForeignKey(PortsProfile, on_delete=models.CASCADE, related_name="ports")
    type = CharField(max_length=16, choices=PortType)
    count = models.PositiveSmallIntegerField(default=1, validators=bounds(1, 16))
    spec_notes = CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["ports_profile", "type", "pk"]
        constraints = [
            one_of("catalog_port_type", "type", PortType.values),
            in_range("catalog_port_count", "count", 1, 16),
        ]

    def __str__(self) -> str:
        return f"{self.count} x {PortType(self.type).label}"
