"""The canonical columns of a listings file: one table for the importer, its messages and the documentation."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.choices import CustomFieldEntity, CustomFieldType
from catalog.models import CustomField
from dealbrain.folding import fold
from imports import values


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column: where its value goes (`listing`, `cpu`, `gpu`, `ram`, `drives` or `custom`)."""

    name: str
    target: str
    field: str
    parse: Callable[[str], Any]
    help: str


def _listing(name: str, parse: Callable[[str], Any], help_text: str) -> Column:
    return Column(name, "listing", name, parse, help_text)


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        _listing("title", values.text, "3 to 255 characters; made from the parts when there is no such column"),
        _listing("listing_url", values.text, "http or https address of the offer"),
        _listing("seller", values.text, "who sells it"),
        _listing("price_usd", values.price, "US dollars, 1299.00 or $1,299.00; empty: unknown"),
        _listing("price_date", values.day, "day of the price, 2026-11-23"),
        _listing("condition", values.condition, "new, refurb or used; empty: not stated"),
        _listing("status", values.status, "active, archived or pending"),
        _listing("marketplace", values.marketplace, "ebay, amazon or other"),
        _listing("vendor_item_id", values.text, "the marketplace's number of the offer"),
        _listing("device_model", values.text, "model of the machine"),
        _listing("manufacturer", values.text, "maker of the machine"),
        _listing("series", values.text, "series of the machine"),
        _listing("model_number", values.text, "the maker's number"),
        _listing("form_factor", values.text, "Mini, Tiny, laptop, ..."),
        _listing("ram_notes", values.text, "remarks on the memory"),
        _listing("os_license", values.text, "operating system that comes with it"),
        _listing("notes", values.text, "remarks"),
        Column("cpu_name", "cpu", "name", values.text, "processor; made when it is not known yet"),
        Column("cpu_manufacturer", "cpu", "manufacturer", values.text, "maker of a new processor"),
        Column("cpu_cores", "cpu", "cores", values.whole, "cores of a new processor"),
        Column("cpu_threads", "cpu", "threads", values.whole, "threads of a new processor"),
        Column("cpu_tdp_w", "cpu", "tdp_w", values.whole, "TDP of a new processor, in watts"),
        Column("cpu_release_year", "cpu", "release_year", values.whole, "year of a new processor"),
        Column("cpu_mark_multi", "cpu", "cpu_mark_multi", values.whole, "benchmark mark, all cores"),
        Column("cpu_mark_single", "cpu", "cpu_mark_single", values.whole, "benchmark mark, one core"),
        Column("igpu_mark", "cpu", "igpu_mark", values.whole, "benchmark mark of the integrated graphics"),
        Column("gpu_name", "gpu", "name", values.text, "graphics; integrated graphics are noted on the processor"),
        Column("gpu_manufacturer", "gpu", "manufacturer", values.text, "maker of a new graphics card"),
        Column("gpu_mark", "gpu", "gpu_mark", values.whole, "benchmark mark of the graphics"),
        Column("ram_gb", "ram", "total_capacity_gb", values.capacity, "memory, 16 or 16 GB"),
        Column("ram_type", "ram", "ddr_generation", values.ddr, "ddr4, ddr5, lpddr5, ..."),
        Column("ram_speed_mhz", "ram", "speed_mhz", values.whole, "speed in MHz"),
        Column("ram_module_count", "ram", "module_count", values.whole, "number of modules"),
        Column("storage", "drives", "both", values.drives, "1TB SSD, or 256GB SSD + 1TB HDD"),
        Column("primary_storage_gb", "drives", "primary_gb", values.capacity, "main drive, 512 or 1TB (1000 GB)"),
        Column(
            "primary_storage_type",
            "drives",
            "primary_type",
            values.medium,
            "nvme, sata_ssd, ssd, hdd, ...",
        ),
        Column("secondary_storage_gb", "drives", "secondary_gb", values.capacity, "second drive"),
        Column("secondary_storage_type", "drives", "secondary_type", values.medium, "medium of the second drive"),
    )
}
CUSTOM_PARSERS: Mapping[str, Callable[[str], Any]] = {
    CustomFieldType.NUMBER: values.number,
    CustomFieldType.BOOLEAN: values.truth,
}


class MappingError(ValueError):
    """A --map that names no header or no column, with the nearest names."""


def known_columns() -> dict[str, Column]:
    """The canonical columns and `custom.<key>` for each plain custom field of listings."""
    fields = CustomField.objects.filter(entity=CustomFieldEntity.LISTING, is_active=True)
    plain = fields.exclude(data_type__in=[CustomFieldType.JSON, CustomFieldType.MULTI_SELECT])
    custom = {
        f"custom.{field.key}": Column(f"custom.{field.key}", "custom", field.key, _custom_parser(field), field.label)
        for field in plain
    }
    return {**COLUMNS, **custom}


def _custom_parser(field: CustomField) -> Callable[[str], Any]:
    """A list's values are read without case; whether a value fits the field is for the listing to say."""
    if field.data_type == CustomFieldType.ENUM:
        spelled = {fold(option): option for option in field.options}
        return lambda raw: spelled.get(fold(raw), values.text(raw))
    return CUSTOM_PARSERS.get(field.data_type, values.text)


def resolve_columns(
    header: Sequence[str], mapping: Mapping[str, str], known: Mapping[str, Column]
) -> tuple[dict[int, Column], list[str]]:
    """Column by position in the header, and the headers that are left out. Raises MappingError."""
    missing = [name for name in mapping if name not in header]
    if missing:
        raise MappingError(f'--map: the file has no column "{missing[0]}"{_nearest(missing[0], header)}.')
    wrong = [name for name in mapping.values() if name not in known]
    if wrong:
        raise MappingError(f'--map: "{wrong[0]}" is no column of a listing{_nearest(wrong[0], list(known))}.')
    found: dict[int, Column] = {}
    for position, name in enumerate(header):
        canonical = mapping.get(name, name.strip().lower())
        if canonical in known:
            found[position] = known[canonical]
    names = [column.name for column in found.values()]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise MappingError(f"Two columns of the file would be {', '.join(sorted(twice))}.")
    if not found:
        raise MappingError(f"No column of the file is known. Known are {', '.join(known)}; others need --map.")
    return found, [name for position, name in enumerate(header) if position not in found]


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f', did you mean "{near[0]}"?' if near else f"; there are {', '.join(names)}"
