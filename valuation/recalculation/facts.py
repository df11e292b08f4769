"""Listings into a `Batch`: the listing's own columns in one SELECT, each catalog table once, gathered by index.

Joining the parts and building model instances costs ten times as much. A blank text column is a missing value: the
database has no other way to say "not stated".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import BigIntegerField, Count, DecimalField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import Cast, Round

from catalog.models import Cpu, Gpu, Port, RamSpec, StorageProfile
from listings.querysets import ListingQuerySet
from valuation.engine import (
    SCORE_FIELDS,
    Batch,
    Column,
    FieldRegistry,
    Kind,
    NumberColumn,
    category_column,
    number_column,
)
from valuation.models import RulesetOverride
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.columns import custom_number, custom_text, sum_known, table_column, text_column
from valuation.recalculation.naming import Named
from valuation.recalculation.reading import fetch, whole_numbers

Ids = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int64]

# Cents leave the database as integers: turning 100,000 decimals into Python objects costs more than evaluating them.
PRICE_CENTS = Cast(
    Round(ExpressionWrapper(F("price_usd") * Value(100), output_field=DecimalField())), output_field=BigIntegerField()
)
FEW = 500  # so many listings or fewer: only the parts they point at are read, else the whole catalog
MOST_NAMED = 20_000  # ids in one statement: 150 kB of it
SPARSE = 4  # so many ids of a range to each one wanted, and naming them is cheaper
PORT_TYPES_OF_USB = ("usb_a", "usb_c", "thunderbolt")
# prefix of a path -> (the model, the column of Listing that points at it)
PARTS: dict[str, tuple[type[Any], str]] = {
    "cpu": (Cpu, "cpu_id"),
    "gpu": (Gpu, "gpu_id"),
    "ram_spec": (RamSpec, "ram_spec_id"),
    "storage.primary": (StorageProfile, "primary_storage_profile_id"),
    "storage.secondary": (StorageProfile, "secondary_storage_profile_id"),
}
SAME_AS = {"ram_type": "ram_spec.ddr_generation", "ram_speed_mhz": "ram_spec.speed_mhz"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A batch and the version of each listing that its facts were read with."""

    batch: Batch
    input_versions: Ids

    def rows(self, indices: npt.NDArray[np.intp]) -> Facts:
        """Some of the listings, by their place in the batch."""
        batch = self.batch
        part = Batch(
            ids=batch.ids[indices],
            price_cents=batch.price_cents[indices],
            priced=batch.priced[indices],
            columns={path: column.take(indices) for path, column in batch.columns.items()},
            static_ruleset=batch.static_ruleset[indices],
            disabled={ruleset: mask[indices] for ruleset, mask in batch.disabled.items()},
        )
        return Facts(part, self.input_versions[indices])


class _Source:
    """The columns of one page of listings; each catalog table is read at most once."""

    def __init__(
        self, rows: Sequence[tuple[Any, ...]], names: Sequence[str], paths: Iterable[str], registry: FieldRegistry
    ) -> None:
        self._raw = dict(zip(names, _transposed(rows, len(names)), strict=True))
        self._count = len(rows)
        self._registry = registry
        self._leaves = _part_columns(paths)
        self._tables: dict[type[Any], tuple[Ids, dict[str, Column]]] = {}
        self._places: dict[str, Indices] = {}
        self._ports: dict[str, NumberColumn] | None = None
        self._attributes: list[dict[str, Any]] | None = None

    def raw(self, name: str) -> tuple[Any, ...]:
        return self._raw[name]

    def own(self, path: str, kind: Kind) -> Column:
        values = self._raw[path]
        if kind is Kind.STRING:
            return text_column(values, self._registry.get(path))
        return number_column(values)

    def part(self, prefix: str, leaf: str, kind: Kind) -> Column:
        model, foreign_key = PARTS[prefix]
        if model not in self._tables:
            self._tables[model] = self._load_table(model)
        if prefix not in self._places:
            self._places[prefix] = gather_index(self._raw[foreign_key], self._tables[model][0])
        empty = category_column([]) if kind is Kind.STRING else number_column([])
        return self._tables[model][1].get(leaf, empty).take(self._places[prefix])

    def _load_table(self, model: type[Any]) -> tuple[Ids, dict[str, Column]]:
        """The ids of a catalog table and the columns that are asked of it. Two drives share one reading."""
        prefixes = [prefix for prefix, (owner, _) in PARTS.items() if owner is model and prefix in self._leaves]
        leaves = list(dict.fromkeys(leaf for prefix in prefixes for leaf in self._leaves[prefix]))
        parts = model.objects.order_by("pk")
        if self._count <= FEW:
            keys = {key for prefix in prefixes for key in self._raw[PARTS[prefix][1]]}
            parts = parts.filter(pk__in=keys - {None})
        ids, *columns = _transposed(list(parts.values_list("pk", *leaves)), len(leaves) + 1)
        return (
            np.array(ids, dtype=np.int64),
            {
                leaf: table_column(column, self._registry.get(f"{prefixes[0]}.{leaf}"))
                for leaf, column in zip(leaves, columns, strict=True)
            },
        )

    def ports(self, leaf: str) -> NumberColumn:
        if self._ports is None:
            self._ports = self._load_ports()
        count = self._count
        zeros = NumberColumn(np.zeros(count), np.ones(count, dtype=np.bool_))
        if leaf == "usb_total":
            return NumberColumn(
                sum((self.ports(name).values for name in PORT_TYPES_OF_USB), np.zeros(count)), zeros.present
            )
        if leaf == "has_thunderbolt":
            return NumberColumn((self.ports("thunderbolt").values > 0).astype(float), zeros.present)
        return self._ports.get(leaf, zeros)

    def _load_ports(self) -> dict[str, NumberColumn]:
        profiles = self._raw["ports_profile_id"]
        ports = Port.objects.order_by()
        if len(profiles) <= FEW:
            ports = ports.filter(ports_profile__in={profile for profile in profiles if profile is not None})
        counts = list(ports.values_list("ports_profile_id", "type").annotate(total=Sum("count")))
        known = np.unique(np.array([profile for profile, _, _ in counts], dtype=np.int64))
        totals: dict[str, npt.NDArray[np.float64]] = {}
        for profile, port_type, total in counts:
            # One more place, zero, at the end: -1 (no profile, or one without ports) finds it.
            totals.setdefault(port_type, np.zeros(len(known) + 1))[np.searchsorted(known, profile)] = total
        places = gather_index(profiles, known)
        everywhere = np.ones(len(profiles), dtype=np.bool_)
        return {port_type: NumberColumn(total[places], everywhere) for port_type, total in totals.items()}

    def custom(self, key: str, kind: Kind) -> Column:
        if self._attributes is None:
            self._attributes = [json.loads(a) if isinstance(a, str) else a for a in self._raw["attributes"]]
        values = [attributes.get(key) for attributes in self._attributes]
        if kind is Kind.STRING:
            return category_column([custom_text(value) for value in values])
        if kind is Kind.BOOLEAN:
            return number_column([value if isinstance(value, bool) else None for value in values])
        return number_column([custom_number(value) for value in values])

    def column(self, path: str, year: int) -> Column:
        """The column of one registry path."""
        if path in SAME_AS:
            return self.column(SAME_AS[path], year)
        if path == "total_storage_gb":
            return sum_known(self.number("primary_storage_gb"), self.number("secondary_storage_gb"))
        if path == "age_years":
            released = self.part("cpu", "release_year", Kind.NUMBER)
            assert isinstance(released, NumberColumn)
            return NumberColumn(np.maximum(year - released.values, 0.0), released.present)
        prefix, _, leaf = path.rpartition(".")
        field = self._registry.get(path)
        kind = field.kind if field else Kind.STRING
        if prefix == "ports":
            return self.ports(leaf)
        if prefix == "custom":
            return self.custom(leaf, kind)
        return self.part(prefix, leaf, kind) if prefix else self.own(path, kind)

    def number(self, path: str) -> NumberColumn:
        return number_column(self._raw[path])


@collector_paused()
def load_facts(
    listings: ListingQuerySet, *, fields: Iterable[str], registry: FieldRegistry, year: int, scores: bool = True
) -> Facts:
    """The facts of these listings, which come in pk order and may be a slice; without `scores`, the named ones alone.

    Queries: one for the listings and at most seven more, whatever their number.

    The listings come first: a part that is edited afterwards has moved their `input_version` past what is read here.
    """
    wanted = dict.fromkeys([*(SCORE_FIELDS if scores else ()), *fields])
    paths = [path for path in wanted if path != "price_usd"]
    names = listing_columns(paths)
    columns = ["id", "input_version", "price_cents", *names]
    rows = fetch(listings.annotate(price_cents=PRICE_CENTS).values_list(*columns))
    source = _Source(rows, columns, paths, registry)
    price = number_column(source.raw("price_cents"))
    ids = np.array(source.raw("id"), dtype=np.int64)
    batch = Batch(
        ids=ids,
        price_cents=price.values.astype(np.int64),
        priced=price.present,
        columns={path: source.column(path, year) for path in paths},
        static_ruleset=np.zeros(len(ids), dtype=np.int64),
        disabled={},
    )
    if len(ids):
        batch = load_choices(ids).on(batch)
    return Facts(batch, np.array(source.raw("input_version"), dtype=np.int64))


def load_kinds(
    listings: ListingQuerySet, *, fields: Iterable[str], registry: FieldRegistry, year: int
) -> tuple[Batch, Ids]:
    """Listings that are alike in all these facts as one row each, and how many there are of each. At most 8 queries.

    For counting: the database puts together what is alike. The rows have no ids and no price, which is none of them.
    """
    paths = list(dict.fromkeys(fields))
    columns = listing_columns(paths)
    rows = list(listings.order_by().values_list(*columns).annotate(alike=Count("pk")))
    source = _Source(rows, [*columns, "alike"], paths, registry)
    batch = Batch(
        ids=np.zeros(len(rows), dtype=np.int64),
        price_cents=np.zeros(len(rows), dtype=np.int64),
        priced=np.zeros(len(rows), dtype=np.bool_),
        columns={path: source.column(path, year) for path in paths},
        static_ruleset=np.zeros(len(rows), dtype=np.int64),
    )
    return batch, np.array(source.raw("alike"), dtype=np.int64)


def chunks(ids: Ids) -> list[Ids]:
    """Sorted ids in the parts that `among` is asked for: all at once where they lie close, else so many at a time.

    Thousands of ids far apart are no range: 5,001 of a million would read the million.
    """
    if len(ids) <= MOST_NAMED or not is_sparse(ids):
        return [ids] if len(ids) else []
    return [ids[first : first + MOST_NAMED] for first in range(0, len(ids), MOST_NAMED)]


def among(foreign_key: str, ids: Sequence[int] | Ids) -> Q:
    """Rows of these sorted listings: by their range where they lie close, which a list of thousands would slow down.

    A range may hold rows of other listings too. A few listings far apart must not read everything in between, and more
    than `MOST_NAMED` of them are asked for in `chunks`.
    """
    if len(ids) <= MOST_NAMED and is_sparse(ids):
        return Q(**{f"{foreign_key}__one_of": Named(np.asarray(ids))})
    return Q(**{f"{foreign_key}__gte": int(ids[0]), f"{foreign_key}__lte": int(ids[-1])})


def is_sparse(ids: Sequence[int] | Ids) -> bool:
    """Whether these sorted ids lie so far apart that reading their range would read mostly others."""
    return int(ids[-1]) - int(ids[0]) >= SPARSE * len(ids)


def gather_index(keys: Sequence[int | None] | Ids, ids: Ids) -> Indices:
    """For each key its place in the sorted `ids`, -1 where it is None or unknown."""
    wanted = keys if isinstance(keys, np.ndarray) else whole_numbers(keys, -1)
    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, place, -1)


def listing_columns(paths: Iterable[str]) -> list[str]:
    """The columns of Listing that these paths need."""
    needed: dict[str, None] = {}
    for path in paths:
        path = SAME_AS.get(path, path)
        prefix = path.rpartition(".")[0]
        if path == "total_storage_gb":
            needed |= dict.fromkeys(["primary_storage_gb", "secondary_storage_gb"])
        elif path == "age_years":
            needed["cpu_id"] = None
        elif prefix == "ports":
            needed["ports_profile_id"] = None
        elif prefix == "custom":
            needed["attributes"] = None
        else:
            needed[PARTS[prefix][1] if prefix else path] = None
    return list(needed)


def _transposed(rows: Sequence[tuple[Any, ...]], width: int) -> Iterable[tuple[Any, ...]]:
    """Rows as columns; no rows still have every column."""
    return zip(*rows, strict=True) if rows else [()] * width


def _part_columns(paths: Iterable[str]) -> dict[str, list[str]]:
    """The columns of each part that these paths need."""
    needed: dict[str, dict[str, None]] = {}
    for path in paths:
        path = "cpu.release_year" if path == "age_years" else SAME_AS.get(path, path)
        prefix, _, leaf = path.rpartition(".")
        if prefix in PARTS:
            needed.setdefault(prefix, {})[leaf] = None
    return {prefix: list(leaves) for prefix, leaves in needed.items()}


@dataclass(frozen=True, slots=True)
class Choices:
    """What people chose for listings: (listing, ruleset) of those that are assigned, and that are switched off."""

    assigned: tuple[tuple[int, int], ...]
    disabled: tuple[tuple[int, int], ...]

    def on(self, batch: Batch) -> Batch:
        """The batch under these choices and no others."""
        static = np.zeros(len(batch), dtype=np.int64)
        for row, ruleset in _places(self.assigned, batch.ids):
            static[row] = ruleset
        disabled: dict[int, npt.NDArray[np.bool_]] = {}
        for row, ruleset in _places(self.disabled, batch.ids):
            disabled.setdefault(ruleset, np.zeros(len(batch), dtype=np.bool_))[row] = True
        return replace(batch, static_ruleset=static, disabled=disabled)


def load_choices(ids: Ids | None = None) -> Choices:
    """The choices for these sorted listings, or for all. Two queries for each of `chunks`."""
    assigned = RulesetOverride.objects.filter(static_ruleset__isnull=False)
    disabled = RulesetOverride.disabled_rulesets.through.objects.all()
    parts: Sequence[Ids | None] = [None] if ids is None else chunks(ids)
    return Choices(
        assigned=tuple(
            pair
            for part in parts
            for pair in assigned.filter(_these("listing", part)).values_list("listing_id", "static_ruleset_id")
        ),
        disabled=tuple(
            pair
            for part in parts
            for pair in disabled.filter(_these("rulesetoverride__listing", part)).values_list(
                "rulesetoverride__listing_id", "ruleset_id"
            )
        ),
    )


def _these(foreign_key: str, ids: Ids | None) -> Q:
    return Q() if ids is None else among(foreign_key, ids)


def _places(pairs: Sequence[tuple[int, int]], ids: Ids) -> list[tuple[int, int]]:
    """(listing id, ruleset id) pairs as (row of the batch, ruleset id); listings that are not in it are left out."""
    rows = gather_index([listing for listing, _ in pairs], ids)
    return [(int(row), ruleset) for row, (_, ruleset) in zip(rows, pairs, strict=True) if row >= 0]
