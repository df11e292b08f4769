"""Listings from a table: resolve -> clean -> assign -> save. Bad rows are reported, the good ones go in together.

A row is the same offer as one that is there already by, in this order: marketplace and vendor_item_id; listing_url; or,
with neither, everything the row says (its hash becomes the vendor_item_id). So importing a file again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from catalog.custom_values import definitions_loaded, hold_definitions
from imports.columns import Column, known_columns, resolve_columns
from imports.parts import Parts, misfits
from imports.reader import Row, Table
from listings.choices import Marketplace
from listings.models import Listing
from listings.services import align_specs
from valuation.jobs import kick
from valuation.recalculation.marking import mark_scales

CHUNK = 500
MOST_ERRORS = 1_000  # kept in a report; all of them are counted

Progress = Callable[[int], None]
"""Called with the number of rows read since the last call."""
RELATIONS = {item.name for item in Listing._meta.fields if item.is_relation}


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row did not go in: the line of the file, the column, its value, and what is wrong with it."""

    line: int
    column: str
    value: str
    message: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. `ignored` are columns of the file that nothing was made of."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    created_cpus: int = 0
    created_gpus: int = 0
    ignored: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def reject(self, errors: Sequence[RowError]) -> None:
        self.rejected += 1
        self.errors.extend(errors[: MOST_ERRORS - len(self.errors)])


@dataclass(slots=True)
class Draft:
    """One good row: values by target (`listing`, `cpu`, ...), and its identity."""

    line: int
    values: dict[str, dict[str, Any]]

    def of(self, target: str) -> dict[str, Any]:
        return self.values.get(target, {})


def import_listings(
    *,
    file: BinaryIO,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a CSV file; `mapping` is header -> canonical column, where the header is not canonical itself.

    All good rows go in or none does. Raises FileError when the file cannot be read as a table, and MappingError when
    the mapping names what is not there; nothing has changed then.
    """
    table = Table(file)
    columns, ignored = resolve_columns(table.header, mapping or {}, known_columns())
    importer = _Importer(ImportReport(ignored=ignored))
    with transaction.atomic(), definitions_loaded():
        hold_definitions()
        rows = table.rows()
        while chunk := list(islice(rows, CHUNK)):
            importer.take(chunk, columns, width=len(table.header))
            if progress:
                progress(len(chunk))
        mark_scales()
        if dry_run:
            transaction.set_rollback(True)
        else:
            kick()
    importer.report.errors.sort(key=lambda error: error.line)
    return importer.report


class _Importer:
    def __init__(self, report: ImportReport) -> None:
        self.report = report
        self.parts = Parts()
        self.seen: Counter[str] = Counter()
        self.lines: dict[Any, int] = {}

    def take(self, rows: Sequence[Row], columns: Mapping[int, Column], *, width: int) -> None:
        """One chunk of rows: a constant number of queries, and two for each row whose listing changes."""
        self.report.rows += len(rows)
        drafts = [draft for row in rows if (draft := self._clean(row, columns, width)) is not None]
        made_cpus, made_gpus = self.parts.learn([draft.values for draft in drafts])
        self.report.created_cpus += made_cpus
        self.report.created_gpus += made_gpus
        drafts = [draft for draft in drafts if self._identify(draft)]
        known = _known_listings(drafts)
        fresh = [listing for draft in drafts if (listing := self._assign(draft, known)) is not None]
        self.report.created += len(Listing.objects.bulk_create(fresh, batch_size=100))

    def _clean(self, row: Row, columns: Mapping[int, Column], width: int) -> Draft | None:
        if len(row.cells) != width:
            message = f"the row has {len(row.cells)} cells, the header {width}"
            self.report.reject([RowError(row.line, "", "", message)])
            return None
        values: dict[str, dict[str, Any]] = {}
        errors = []
        for position, column in columns.items():
            raw = row.cells[position].strip()
            if not raw:
                continue
            try:
                values.setdefault(column.target, {})[column.field] = column.parse(raw)
            except ValueError as error:
                errors.append(RowError(row.line, column.name, raw[:100], str(error)))
        if not errors:
            names = {(column.target, column.field): column.name for column in columns.values()}
            errors.extend(RowError(row.line, names.get(place, place[0]), *rest) for place, *rest in misfits(values))
        if errors:
            self.report.reject(errors)
            return None
        return Draft(row.line, values)

    def _identify(self, draft: Draft) -> bool:
        """A row without a number or an address of its own is identified by all that it says; twins are counted.

        False for a row that claims to be the offer of an earlier one: which of the two is right we cannot know.
        """
        listing = draft.values.setdefault("listing", {})
        if not listing.get("vendor_item_id") and not listing.get("listing_url"):
            text = json.dumps(draft.values, sort_keys=True, default=str)
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            self.seen[digest] += 1
            listing["vendor_item_id"] = f"row-{digest}-{self.seen[digest]}"
        key = _key(draft)
        first = self.lines.setdefault(key, draft.line)
        if first != draft.line:
            column = "listing_url" if key[0] == "url" else "vendor_item_id"
            self.report.reject([RowError(draft.line, column, key[1], f"line {first} is the same offer already")])
        return first == draft.line

    def _assign(self, draft: Draft, known: dict[Any, Listing]) -> Listing | None:
        """A new listing to be stored; None for one that is there (and is updated where it differs) or is refused."""
        wanted = {**draft.of("listing"), **self.parts.references(draft.values)}
        wanted.setdefault("title", _title(wanted))
        existing = known.get(_key(draft))
        listing = existing or Listing()
        changed = [name for name, value in wanted.items() if getattr(listing, name) != value]
        attributes = {**listing.attributes, **draft.of("custom")}
        if existing and not changed and attributes == listing.attributes:
            self.report.unchanged += 1
            return None
        for name in changed:
            setattr(listing, name, wanted[name])
        listing.attributes = attributes
        errors = _validate(listing, draft.line)
        if errors:
            self.report.reject(errors)
            return None
        if existing:
            listing.save()
            self.report.updated += 1
            return None
        align_specs(listing)
        return listing


def _key(draft: Draft) -> tuple[str, str]:
    listing = draft.of("listing")
    if listing.get("vendor_item_id"):
        return listing.get("marketplace", Marketplace.OTHER), listing["vendor_item_id"]
    return "url", listing["listing_url"]


def _known_listings(drafts: Sequence[Draft]) -> dict[Any, Listing]:
    """The stored listings of a chunk by their key. Two queries."""
    keys = [_key(draft) for draft in drafts]
    parts = ("ram_spec", "primary_storage_profile", "secondary_storage_profile")
    stored = Listing.objects.select_related(*parts)
    numbers = Q(vendor_item_id__in=[number for market, number in keys if market != "url"], source="")
    urls = Q(listing_url__in=[url for market, url in keys if market == "url"], vendor_item_id="")
    Listing.objects.filter(numbers | urls).hold()
    by_number, by_url = stored.filter(numbers), stored.filter(urls)
    found: dict[Any, Listing] = {(listing.marketplace, listing.vendor_item_id): listing for listing in by_number}
    found.update({("url", listing.listing_url): listing for listing in by_url})
    return found


def _title(wanted: Mapping[str, Any]) -> str:
    """`Lenovo ThinkCentre M70q, Intel Core i5-12500T, DDR4 16GB, NVMe 512GB`."""
    machine = " ".join(str(wanted[name]) for name in ("manufacturer", "device_model") if wanted.get(name))
    specs = [str(wanted[name]) for name in ("cpu", "ram_spec", "primary_storage_profile") if wanted.get(name)]
    return ", ".join(part for part in (machine, *specs) if part)[:255]


def _validate(listing: Listing, line: int) -> list[RowError]:
    try:
        listing.clean_fields(exclude=RELATIONS)
        listing.clean()
    except ValidationError as error:
        return [
            RowError(line, name, str(getattr(listing, name, ""))[:100], " ".join(messages))
            for name, messages in error.message_dict.items()
        ]
    return []
