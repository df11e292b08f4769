"""References and the plain numbers beside them: which of the two decides when somebody writes a listing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from catalog.choices import DdrGeneration, StorageMedium
from catalog.models import RamSpec, StorageProfile
from listings.models import Listing

# reference -> the numbers it decides: (field of the listing, field of the part)
DECIDES = {
    "ram_spec": (("ram_gb", "total_capacity_gb"),),
    "primary_storage_profile": (("primary_storage_gb", "capacity_gb"), ("primary_storage_type", "medium")),
    "secondary_storage_profile": (("secondary_storage_gb", "capacity_gb"), ("secondary_storage_type", "medium")),
}
# What is shown of a RAM spec beside it, and says which one is meant where it is written: name -> field of the spec.
RAM_HINTS = {"ram_type": "ddr_generation", "ram_speed_mhz": "speed_mhz"}
NO_SAY = (None, "", DdrGeneration.UNKNOWN)
EMPTY = {name: "" if name.endswith("_type") else None for numbers in DECIDES.values() for name, _ in numbers}
# What a part keeps when one of its numbers is changed: its modules do not say anything about another capacity.
KEPT = {"ram_spec": ("ddr_generation", "speed_mhz"), "storage": ("medium", "interface", "form_factor")}


def hold_parts(values: Mapping[str, Any]) -> None:
    """Keep the specs that listings are about to be given as they are until this transaction ends, and read them again.

    Whoever changes a spec afterwards waits, and then finds these listings too; a change that was faster is seen here.
    The listings are held before. (For share, a lock that Django does not know. Who writes to SQLite is alone with it.)
    """
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    for reference in DECIDES:
        part = values.get(reference)
        if part is None or part.pk is None:
            continue
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(part._meta.db_table)
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR SHARE", [part.pk])  # noqa: S608  # ours
            if cursor.fetchone() is not None:  # else the foreign key will say that it is gone
                part.refresh_from_db()


def disagreements(values: Mapping[str, Any]) -> dict[str, str]:
    """Numbers of one request that contradict the reference beside them: {field: message}."""
    found = {}
    for reference, numbers in DECIDES.items():
        part = values.get(reference)
        beside = (*numbers, *RAM_HINTS.items()) if reference == "ram_spec" else numbers
        for name, column in beside if part is not None else ():
            decided = getattr(part, column)
            if values.get(name) not in (*NO_SAY, decided):
                shown = "nothing" if decided is None else decided
                found[name] = f'{reference} is "{part}", which says {shown}: leave this out, or change the reference.'
    return found


def assign(listing: Listing, values: Mapping[str, Any]) -> None:
    """Set fields of a listing so that references and numbers agree with what was asked for; nothing is saved.

    A reference decides its numbers. A number without one changes the part: the listing gets a part like its old one
    with that number, and so do hints. A reference that is cleared takes its numbers along. Raises ValidationError by
    field.
    """
    if wrong := disagreements(values):
        raise ValidationError(wrong)
    old = listing.ram_spec
    hints = {column: values[name] for name, column in RAM_HINTS.items() if name in values}
    for name, value in values.items():
        if name not in RAM_HINTS:
            setattr(listing, name, value)
    for reference, numbers in DECIDES.items():
        given = {name: column for name, column in numbers if name in values}
        if values.get(reference) is not None:
            continue
        if reference in values:
            for name, _ in numbers:
                if name not in values:
                    setattr(listing, name, EMPTY[name])
        elif given:
            _change_part(listing, reference, given)
    if hints and values.get("ram_spec") is None:
        _follow_hints(listing, hints, old)


def _follow_hints(listing: Listing, hints: Mapping[str, Any], old: RamSpec | None) -> None:
    """Point at a RAM spec of the generation and speed that are said; what is not said stays as it was."""
    before = {column: getattr(old, column) for column in RAM_HINTS.values()} if old is not None else {}
    said = {**before, **hints}
    said["ddr_generation"] = said.get("ddr_generation") or DdrGeneration.UNKNOWN
    capacity = listing.ram_gb or None
    if old is not None and said == before and old.total_capacity_gb == capacity:
        listing.ram_spec = old
    elif capacity or any(value not in NO_SAY for value in said.values()):
        listing.ram_spec, _ = RamSpec.objects.get_or_make(**said, total_capacity_gb=capacity)
    else:
        listing.ram_spec = None


def _change_part(listing: Listing, reference: str, given: Mapping[str, str]) -> None:
    """Point at a part with the given numbers, like the one there was in everything else that can still hold."""
    old = getattr(listing, reference)
    if old is not None and all(getattr(listing, name) == getattr(old, column) for name, column in given.items()):
        return
    setattr(listing, reference, None)
    capacity = getattr(listing, DECIDES[reference][0][0])
    if old is None or not capacity:  # `align_specs` finds or makes a plain part for a plain number
        return
    if reference == "ram_spec":
        kept = {name: getattr(old, name) for name in KEPT["ram_spec"]}
        part, _ = RamSpec.objects.get_or_make(**kept, total_capacity_gb=capacity)
    else:
        medium = getattr(listing, DECIDES[reference][1][0]) or StorageMedium.UNKNOWN
        kept = {name: getattr(old, name) for name in KEPT["storage"]} if medium == old.medium else {"medium": medium}
        part, _ = StorageProfile.objects.get_or_make(**kept, capacity_gb=capacity)
    setattr(listing, reference, part)
