"""Listings as a file that is written while it is read: CSV for spreadsheets, JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import DateTimeField, Field, Func, JSONField, Model, QuerySet, TextField

from catalog.choices import CustomFieldEntity
from catalog.custom_values import definitions
from dealbrain.actor import is_stranger
from dealbrain.api.renderers import json_bytes
from listings.api.serializers import COLUMNS, FOR_PEOPLE, LATER_COLUMNS
from listings.figures import FIGURES, MARKET_FACTS, of_now
from listings.formulas import FORMULA_MARKS, GUARD, guarded

CHUNK = 2_000  # rows
PLAIN_KINDS = {int, float, Decimal}
RISKY = frozenset((*FORMULA_MARKS, GUARD))  # what a text that is guarded begins with
_EMPTY: dict[str | None, Any] = {None: None, "{}": {}, "[]": []}  # of JSON

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its name, where its value is, and how it is shown."""

    name: str
    path: str
    show: Callable[[Any], Any] | None = None  # as it is


def columns() -> list[Column]:
    """Every column of a listing, the names of its parts, its figures, and its custom fields.

    A visitor without a login gets those that are not `FOR_PEOPLE`.
    """
    names = [name for name in COLUMNS if not (name in FOR_PEOPLE and is_stranger())]
    plain = [Column(name, name, SHOWN.get(name)) for name in ("id", *names, "created_at", "updated_at")]
    parts = [
        Column("cpu_name", "cpu__name"),
        Column("gpu_name", "gpu__name"),
        Column("ram_type", "ram_spec__ddr_generation"),
        Column("ram_speed_mhz", "ram_spec__speed_mhz"),
        # What the plain numbers of a listing leave out of its parts, so that an import makes the same ones.
        Column("ram_module_count", "ram_spec__module_count"),
        Column("ram_module_gb", "ram_spec__capacity_per_module_gb"),
        *(
            Column(f"{slot}_storage_{name}", f"{slot}_storage_profile__{name}")
            for slot in ("primary", "secondary")
            for name in ("interface", "form_factor", "performance_tier")
        ),
    ]
    figures = [Column(figure.name, figure.path, _in_dollars if figure.cents else None) for figure in FIGURES]
    later = [Column(name, name) for name in LATER_COLUMNS]
    said = [Column(name, f"market__{column}", MARKET_SHOWN.get(name)) for name, column in MARKET_FACTS.items()]
    return [*plain, *parts, *figures, Column("valued_at", "valuation__valued_at"), *later, *said]


def _in_dollars(cents: int | None) -> float | None:
    return None if cents is None else cents / 100


class _Unread(Func):
    """A column of a kind that is fetched as text and read here, in a fraction of the time that a driver takes."""

    arity = 1
    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)::text", **context)

    @staticmethod
    def read(value: Any) -> Any:
        raise NotImplementedError


def _or_null(text: str) -> str | None:
    return text or None


SHOWN = {"condition": _or_null}
MARKET_SHOWN = {"grade": _or_null, "grade_reason": _or_null}


class _Json(_Unread):
    output_field = TextField()

    @staticmethod
    def read(value: Any) -> Any:
        return _EMPTY[value] if value in _EMPTY else json.loads(value)


class _Moment(_Unread):
    output_field = DateTimeField()  # which on SQLite reads it

    @staticmethod
    def read(value: Any) -> Any:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


_UNREAD: dict[type[Field[Any, Any]], type[_Unread]] = {JSONField: _Json, DateTimeField: _Moment}


def _fetched(model: type[Model], path: str) -> Any:
    """What `values_list` takes for a column."""
    if path.startswith("market__"):  # which is nothing where the listing has changed since
        return of_now(path)
    field: Any = None
    for step in path.split("__"):
        field = (model if field is None else field.related_model)._meta.get_field(step)
    return next((kind(path) for of, kind in _UNREAD.items() if isinstance(field, of)), path)


def chunks(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[list[Values]]:
    """Some listings after the others, each time the values of every column: memory does not grow with their number.

    By columns, because what a value is, and so what is to be done with it, is asked once for all of them.
    """
    fetched = [_fetched(listings.model, column.path) for column in wanted]
    rows = listings.values_list(*fetched).iterator(chunk_size=CHUNK)
    while some := list(islice(rows, CHUNK)):
        found: list[Values] = list(zip(*some, strict=True))
        for number, (kind, column) in enumerate(zip(fetched, wanted, strict=True)):
            if isinstance(kind, _Unread):
                found[number] = list(map(kind.read, found[number]))
            if column.show is not None:
                found[number] = list(map(column.show, found[number]))
        yield found


def as_json_lines(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[bytes]:
    """One object on each line; custom fields are in `attributes`."""
    names = [column.name for column in wanted]
    for found in chunks(listings, wanted):
        rows = zip(*map(_in_json, found), strict=True)
        yield b"".join(json_bytes(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def as_csv(listings: QuerySet[Any], wanted: list[Column]) -> Iterator[bytes]:
    """A header and a line for each listing; each custom field has a column, `custom.<key>`."""
    wanted = [column for column in wanted if column.name != "attributes"]
    keys = [field.key for field in definitions(CustomFieldEntity.LISTING) if field.is_active]
    wanted.append(Column("attributes", "attributes"))
    yield _written([[*(column.name for column in wanted[:-1]), *(f"custom.{key}" for key in keys)]])
    for found in chunks(listings, wanted):
        attributes = [kept or {} for kept in found.pop()]
        found += [[kept.get(key) for kept in attributes] for key in keys]
        yield _written(zip(*map(_in_cells, found), strict=True))


def _written(rows: Iterable[Iterable[Any]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode("utf-8", "replace")


def _in_cells(values: Values) -> Values:
    """Values as a spreadsheet should show them, and never run them; numbers are written as they are."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= PLAIN_KINDS:
        return values
    if kinds == {str}:
        return [guarded(text) if text and text[0] in RISKY else text for text in values]
    return list(map(_cell, values))


def _in_json(values: Values) -> Values:
    """Values as JSON has them: it knows no decimals."""
    if Decimal not in map(type, values):
        return values
    return [float(value) if isinstance(value, Decimal) else value for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json_bytes(value).decode() if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return guarded(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
