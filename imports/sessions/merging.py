"""What a listing has, what was imported last, and what a file says now: which of them stays. Pure: no database.

Three values decide each field: the `current` one, the `base` (as last imported; UNKNOWN where nothing was) and the new
one. What the file says as before leaves alone what somebody has made of it since; what nobody touched follows the file;
and where both moved, the person's correction stays and is told. Memory and drives are completed, and never replaced by
a poorer description of the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol, TypeVar

from catalog.choices import DdrGeneration, StorageMedium
from catalog.models import RamSpec, StorageProfile

Fields = dict[str, Any]
SOLID = (StorageMedium.NVME.value, StorageMedium.SATA_SSD.value)
SAYS_NOTHING = (None, "", 0, DdrGeneration.UNKNOWN.value)
# Texts that describe a drive, and that two files word differently.
WORDED = ("interface", "form_factor", "performance_tier")


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""The base of a field that no import has written."""


class Verdict(Enum):
    KEEP = "keep"
    TAKE = "take"
    CORRECTED = "corrected"  # kept, because somebody has corrected it; to be told


def verdict(current: Any, base: Any, new: Any) -> Verdict:
    """What becomes of a field that the file says something of."""
    if same(new, current):
        return Verdict.KEEP
    if base is UNKNOWN or same(current, base):
        return Verdict.TAKE
    return Verdict.KEEP if same(new, base) else Verdict.CORRECTED


def same(one: Any, other: Any) -> bool:
    """Whether two values are one; nothing is nothing, whichever way it is written."""
    return bool(plain(one) == plain(other))


def plain(value: Any) -> Any:
    """A value as it is kept in JSON, so that what was stored compares with what is read."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return "" if value is None else value


def said(fields: Mapping[str, Any]) -> Fields:
    """The fields of a spec that say something."""
    return {name: value for name, value in fields.items() if value not in SAYS_NOTHING}


def fields_of(spec: RamSpec | StorageProfile | None) -> Fields:
    """What a stored spec says."""
    return said({name: getattr(spec, name) for name in spec.identity_fields}) if spec is not None else {}


def completed_memory(fields: Mapping[str, Any]) -> Fields:
    """With what follows from the rest: two modules of 16 GB in all are of 8 GB each."""
    found = said(fields)
    total, count = found.get("total_capacity_gb"), found.get("module_count")
    if total and count and "capacity_per_module_gb" not in found and total % count == 0:
        found["capacity_per_module_gb"] = total // count
    return found


def merged_memory(current: Fields, base: Any, new: Mapping[str, Any]) -> tuple[Fields, Verdict]:
    """The fields of the spec that the listing is to have, and what became of the ones that the file says."""
    return _merged(current, base, completed_memory(new), _joined)


def merged_drive(current: Fields, base: Any, new: Mapping[str, Any]) -> tuple[Fields, Verdict]:
    return _merged(current, base, said(new), _joined_drives)


def _merged(current: Fields, base: Any, new: Fields, join: Any) -> tuple[Fields, Verdict]:
    """`base` are the fields of the spec that an import gave the listing last."""
    if not new:
        return current, Verdict.KEEP
    together = join(current, new)
    if together == current:
        return current, Verdict.KEEP
    is_corrected = base is not UNKNOWN and base != current
    # As it was imported before: what differs is what somebody has made of it since.
    if is_corrected and join(base, new) == base:
        return current, Verdict.KEEP
    if together is not None:
        return together, Verdict.TAKE
    return (current, Verdict.CORRECTED) if is_corrected else (new, Verdict.TAKE)


def _joined(one: Fields, other: Fields) -> Fields | None:
    """What both say together; None where they contradict each other."""
    if any(name in one and one[name] != value for name, value in other.items()):
        return None
    return {**other, **one}


def _joined_drives(one: Fields, other: Fields) -> Fields | None:
    first, second = dict(one), dict(other)
    media = {first.get("medium"), second.get("medium")} - {None}
    if len(media) == 2 and StorageMedium.SSD.value in media and media & set(SOLID):
        # "SSD" is what people call an NVMe drive too.
        first["medium"] = second["medium"] = next(medium for medium in media if medium in SOLID)
    elif len(media) == 2:
        return None
    if "capacity_gb" in first and "capacity_gb" in second and first["capacity_gb"] != second["capacity_gb"]:
        return None
    differ = any(name in first and name in second and first[name] != second[name] for name in WORDED)
    # Other words for the same thing read the same; then those that are there stay.
    if differ and StorageProfile(**first).make_label() != StorageProfile(**{**first, **second}).make_label():
        return None
    return {**second, **first}


class HasFields(Protocol):
    @property
    def fields(self) -> Mapping[str, Any]: ...


Drive = TypeVar("Drive", bound=HasFields)


def matched_drives(current: Sequence[Fields], new: Sequence[Drive]) -> list[tuple[int, Drive]]:
    """The file's drives and the slots of the listing that they are in: in the file's order, unless only another order
    fits what is there."""
    wanted = [(slot, drive) for slot, drive in enumerate(new[:2])]
    crossed = [(1 - slot, drive) for slot, drive in wanted]
    if wanted and current[1] and not _all_fit(current, wanted) and _all_fit(current, crossed):
        return sorted(crossed, key=lambda item: item[0])
    return wanted


def _all_fit(current: Sequence[Fields], placed: Sequence[tuple[int, Drive]]) -> bool:
    return all(current[slot] and _joined_drives(current[slot], said(drive.fields)) for slot, drive in placed)


def fits(current: Fields, together: Fields) -> bool:
    """Whether what is there was completed and not replaced."""
    return all(together.get(name) == value for name, value in current.items() if name != "medium")
