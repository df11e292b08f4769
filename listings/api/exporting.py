"""Listings as a file that is written while it is read: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from catalog.choices import CustomFieldEntity
from catalog.custom_values import definitions
from dealbrain.actor import is_stranger
from dealbrain.api.renderers import PLAIN, json_bytes
from listings.api.serializers import COLUMNS, FOR_PEOPLE, LATER_COLUMNS
from listings.figures import FIGURES
from listings.formulas import guarded

CHUNK = 2_000  # rows


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its name, where its value is, and how it is shown."""

    name: str
    path: str
    show: Callable[[Any], Any] = lambda value: value


def columns() -> list[Column]:
    """Every column of a listing, the names of its parts, its figures, and its custom fields.

    A visitor without a login gets those that are not `FOR_PEOPLE`.
    """
    names = [name for name in COLUMNS if not (name in FOR_PEOPLE and is_stranger())]
    plain = [Column(name, name, SHOWN.get(name, _as_is)) for name in ("id", *names, "created_at", "updated_at")]
    parts = [
        Column("cpu_name", "cpu__name"),
        Column("gpu_name", "gpu__name"),
        Column("ram_type", "ram_spec__ddr_generation"),
        Column("ram_speed_mhz", "ram_spec__speed_mhz"),
        # What the plain numbers of a listing leave out of its parts, so that an import makes the same ones.
        Column("ram_module_count", "ram_spec__module_count"),
        Column("ram_module_gb", "ram_spec__capacity_per_module_gb"),
        *(
            Column(f"{slot}_storage_{name}", f"{slot}_storage_profile__{name}", _or_empty)
            for slot in ("primary", "secondary")
            for name in ("interface", "form_factor", "performance_tier")
        ),
    ]
    figures = [Column(figure.name, figure.path, _in_dollars if figure.cents else _as_is) for figure in FIGURES]
    later = [Column(name, name) for name in LATER_COLUMNS]
    return [*plain, *parts, *figures, Column("valued_at", "valuation__valued_at"), *later]


def _in_dollars(cents: int | None) -> float | None:
    return None if cents is None else cents / 100


def _as_is(value: Any) -> Any:
    return value


def _or_null(text: str) -> str | None:
    return text or None


SHOWN = {"condition": _or_null}


def _or_empty(text: str | None) -> str:
    return text or ""


def rows(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[list[Any]]:
    """The listings' values, in chunks from the database: memory does not grow with their number."""
    for row in listings.values_list(*(column.path for column in wanted)).iterator(chunk_size=CHUNK):
        yield [column.show(value) for column, value in zip(wanted, row, strict=True)]


def as_json_lines(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[bytes]:
    """One object on each line; custom fields are in `attributes`."""
    names = [column.name for column in wanted]
    for row in rows(listings, wanted):
        yield json_bytes(dict(zip(names, row, strict=True)), _plain) + b"\n"


def as_csv(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[bytes]:
    """A header and a line for each listing; each custom field has a column, `custom.<key>`."""
    wanted = [column for column in wanted if column.name != "attributes"]
    keys = [field.key for field in definitions(CustomFieldEntity.LISTING) if field.is_active]
    wanted.append(Column("attributes", "attributes"))
    writer = csv.writer(_Lines())
    yield _written(writer, [*(column.name for column in wanted[:-1]), *(f"custom.{key}" for key in keys)])
    for row in rows(listings, wanted):
        attributes = row.pop() or {}
        yield _written(writer, [_cell(value) for value in [*row, *(attributes.get(key) for key in keys)]])


class _Lines:
    """What a csv writer takes for a file: gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _written(writer: Any, cells: Iterable[Any]) -> bytes:
    line: str = writer.writerow(cells)
    return line.encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    """A value as a spreadsheet should show it, and never run it."""
    if isinstance(value, dict | list):
        return json_bytes(value).decode() if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else PLAIN(value)
