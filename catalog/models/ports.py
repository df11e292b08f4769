"""What a machine can be plugged into."""

from __future__ import annotations

from django.db import models

from catalog.choices import PortType
from catalog.models.named import Named
from dealbrain.constraints import bounds, in_range, one_of
from dealbrain.db import CharField, CheckedModel, TextField

MOST_PORTS = 16  # kinds of ports of one machine
PRIVATE_NAME = "Ports of listing "


class PortsProfile(Named):
    """A named set of ports that several listings of one device model share.

    One that was made for the ports of one listing `is_private`: it goes when the last listing has let go of it. With a
    name that somebody gives it, it is a profile like any other.
    """

    description = TextField(blank=True)
    is_private = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "pk"]

    def clean(self) -> None:
        super().clean()
        self.is_private = self.is_private and self.name.startswith(PRIVATE_NAME)


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
