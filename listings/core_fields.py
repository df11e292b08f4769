"""The columns of listings and parts whose values may be listed, by `entity.column`: `cpu.manufacturer`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import CharField, Count, DateField, DecimalField, IntegerField, Model

from catalog.models import Cpu, Gpu, PortsProfile, Profile, RamSpec, StorageProfile
from dealbrain.searching import search
from listings.models import Listing

ENTITIES: dict[str, type[Model]] = {
    "listing": Listing,
    "cpu": Cpu,
    "gpu": Gpu,
    "ram_spec": RamSpec,
    "storage_profile": StorageProfile,
    "ports_profile": PortsProfile,
    "profile": Profile,
}
# What people write at length, and what an importer was given, is no list of values.
PLAIN = (CharField, IntegerField, DecimalField, DateField)
INTERNAL = frozenset({"id", "identity", "input_version", "input_changed_at", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class CoreColumn:
    model: type[Model]
    name: str

    def values(self, limit: int, words: str = "") -> list[tuple[Any, int]]:
        """The most frequent values that hold these words, and how many rows hold each. One query."""
        rows = self.model._default_manager.exclude(**{f"{self.name}__isnull": True})
        if isinstance(self.model._meta.get_field(self.name), CharField):
            rows = rows.exclude(**{self.name: ""})
        found = search(rows, words, [self.name]).order_by().values_list(self.name).annotate(held=Count("pk"))
        return [(value, held) for value, held in found.order_by("-held", self.name)[:limit]]


@cache
def core_names() -> tuple[str, ...]:
    """Every `entity.column` there is."""
    return tuple(
        f"{entity}.{column.name}"
        for entity, model in ENTITIES.items()
        for column in model._meta.concrete_fields
        if isinstance(column, PLAIN) and column.name not in INTERNAL
    )


def core_column(name: str) -> CoreColumn | None:
    """The column of this name, or None."""
    entity, _, column = name.partition(".")
    return CoreColumn(ENTITIES[entity], column) if name in core_names() else None
