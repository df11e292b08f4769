"""The catalog's parts as an import needs them: looked up once, made where they are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from catalog.choices import StorageMedium
from catalog.custom_values import default_attributes
from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from dealbrain.folding import name_key
from imports.values import Drive, is_integrated

Values = dict[str, dict[str, Any]]
MODELS: dict[str, type[Any]] = {"cpu": Cpu, "gpu": Gpu, "ram": RamSpec}


class Parts:
    """Processors and graphics cards by the key of their name, memory and drives by their fields."""

    def __init__(self) -> None:
        self._cpus = {cpu.name_key: cpu for cpu in Cpu.objects.all()}
        self._gpus = {gpu.name_key: gpu for gpu in Gpu.objects.all()}
        self._rams: dict[tuple[Any, ...], RamSpec] = {}
        self._drives: dict[tuple[Any, ...], StorageProfile] = {}

    def learn(self, rows: Sequence[Values]) -> tuple[int, int]:
        """Make the parts these rows name and we do not know; fill in what is unknown of the others.

        What is known of a part is never overwritten: the first value stands, and a person corrects it in the admin.
        Returns how many CPUs and GPUs were made.
        """
        for row in rows:
            _move_integrated(row)
        return self._learn(Cpu, self._cpus, rows, "cpu"), self._learn(Gpu, self._gpus, rows, "gpu")

    def references(self, row: Values) -> dict[str, Any]:
        """The references of a listing to its parts, and what it says about them."""
        found: dict[str, Any] = {}
        for target, known in (("cpu", self._cpus), ("gpu", self._gpus)):
            if row.get(target):
                found[target] = known[name_key(row[target]["name"])]
        ram = row.get("ram", {})
        if ram.get("total_capacity_gb"):
            found["ram_spec"] = self._ram(ram)
        for slot, drive in zip(("primary", "secondary"), _drives(row.get("drives", {})), strict=False):
            if drive is not None:
                found[f"{slot}_storage_profile"] = self._drive(drive)
        return found

    def _learn(self, model: type[Any], known: dict[str, Any], rows: Sequence[Values], target: str) -> int:
        made: dict[str, Any] = {}
        filled: dict[int, Any] = {}
        for row in rows:
            wanted = row.get(target)
            if not wanted:
                continue
            key = name_key(wanted["name"])
            part = known.get(key) or made.get(key)
            if part is None:
                made[key] = model(**wanted, attributes=default_attributes(target))
                continue
            for name, value in wanted.items():
                if getattr(part, name) in (None, ""):
                    setattr(part, name, value)
                    if part.pk:
                        filled[part.pk] = part
        for part in model.objects.bulk_create(made.values()):
            known[part.name_key] = part
        for part in filled.values():
            part.save()
        return len(made)

    def _ram(self, ram: dict[str, Any]) -> RamSpec:
        key = tuple(sorted(ram.items()))
        if key not in self._rams:
            self._rams[key], _ = RamSpec.objects.get_or_make(**ram)
        return self._rams[key]

    def _drive(self, drive: Drive) -> StorageProfile:
        key = (drive.medium, drive.capacity_gb)
        if key not in self._drives:
            self._drives[key], _ = StorageProfile.objects.get_or_make(
                medium=drive.medium, capacity_gb=drive.capacity_gb
            )
        return self._drives[key]


def misfits(row: Values) -> Iterator[tuple[tuple[str, str], str, str]]:
    """((target, field), value, message) for each value that a part of this row may not have."""
    candidates: list[tuple[str, Any]] = [
        *((target, model(**row[target])) for target, model in MODELS.items() if target in row),
        *(
            ("drives", StorageProfile(capacity_gb=drive.capacity_gb, medium=drive.medium))
            for drive in _drives(row.get("drives", {}))
            if drive is not None
        ),
    ]
    for target, part in candidates:
        if target in ("cpu", "gpu") and not part.name:
            yield (target, "name"), "", f"the row describes a {target.upper()} and does not name it"
            continue
        try:
            part.clean_fields(exclude={"identity", "label"})
            if target not in ("cpu", "gpu"):  # a file has no columns for their custom fields, required or not
                part.clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                yield (target, name), str(getattr(part, name)), " ".join(messages)


def _move_integrated(row: Values) -> None:
    """Integrated graphics are no card: name and mark go to the row's processor."""
    gpu, cpu = row.get("gpu"), row.get("cpu")
    if not gpu or not is_integrated(gpu["name"]):
        return
    del row["gpu"]
    if cpu:
        cpu.setdefault("igpu_model", gpu["name"])
        if "gpu_mark" in gpu:
            cpu.setdefault("igpu_mark", gpu["gpu_mark"])


def _drives(values: dict[str, Any]) -> list[Drive | None]:
    """The primary and the secondary drive, from one text or from separate columns."""
    if "both" in values:
        return list(values["both"])
    return [
        Drive(values[f"{slot}_gb"], values.get(f"{slot}_type", StorageMedium.UNKNOWN))
        if values.get(f"{slot}_gb")
        else None
        for slot in ("primary", "secondary")
    ]
