"""What a file is about: offers, processors or cards with their marks, or prices of parts."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class FileKind(StrEnum):
    LISTINGS = "listings"
    CPUS = "cpus"
    GPUS = "gpus"
    PART_PRICES = "part_prices"
    UNKNOWN = "unknown"


# What only whole machines and offers of them have.
OF_OFFERS = {
    *("condition", "seller", "listing_url", "os_license", "screen_in", "device_model", "vendor_item_id", "price_usd"),
    *("storage", "storage_ssd", "storage_hdd", "primary_storage_gb", "ram_gb", "cpu_family", "quantity", "specs"),
}
OF_CPUS = {"cpu_cores", "cpu_threads", "cpu_tdp_w", "cpu_socket", "cpu_mark_multi", "cpu_mark_single", "igpu_model"}
OF_GPUS = {"gpu_mark", "gpu_metal_score"}
# What tells one part from another, by normalised headers.
PARTS = {
    "gpu": {"chipset"},
    "ram": {"modules", "cas latency", "first word latency"},
    "drive": {"bus", "interface", "cache"},
}
# Normalised headers of part lists that mean nothing for a machine.
OF_PARTS = {
    *(
        "price per gb",
        "chipset",
        "interface",
        "bus",
        "cas latency",
        "first word latency",
        "modules",
        "cache",
        "core clock",
    ),
    *("boost clock", "capacity", "wattage", "efficiency", "modular", "microarchitecture", "format"),
}


def file_kind(names: Collection[str], headers: Collection[str]) -> FileKind:
    """The kind by the columns that the headers name surely, and by normalised headers that no machine has."""
    found = set(names)
    machine = len(found & {"cpu_name", "cpu_family", "gpu_name"}) + len(found & OF_OFFERS)
    parts = OF_PARTS & set(headers)
    named_cpu = "cpu_name" in found and "title" not in found
    if len(found & OF_CPUS) >= 2 and not found & {
        "ram_gb",
        "storage",
        "condition",
        "listing_url",
        "os_license",
        "seller",
    }:
        return FileKind.CPUS
    if found & OF_CPUS & {"cpu_mark_multi", "cpu_mark_single"} and named_cpu and machine <= 1:
        return FileKind.CPUS
    if found & OF_GPUS and not found & {"cpu_name", "ram_gb", "storage", "condition", "os_license"}:
        return FileKind.GPUS
    if (
        parts
        and "price" in found
        and not found & {"cpu_name", "cpu_family", "os_license", "condition"}
        and len(parts) >= 2
    ):
        return FileKind.PART_PRICES
    if found & {"cpu_name", "gpu_name"} and "title" not in found and not found & OF_OFFERS and "price" not in found:
        return FileKind.CPUS if "cpu_name" in found else FileKind.GPUS
    has_price = bool(found & {"price", "price_usd"})
    if "title" in found or ({"device_model", "manufacturer"} & found and machine >= 2) or (has_price and machine >= 2):
        return FileKind.LISTINGS
    return FileKind.UNKNOWN


def part_of(headers: Collection[str]) -> str:
    """Which part a list of prices is of: gpu, ram, drive, or nothing where its headers do not say."""
    found = set(headers)
    return next((part for part, words in PARTS.items() if words & found), "")
