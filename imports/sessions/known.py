"""Listings that records may be: found for a whole chunk at once, by number, by address, or by title.

Addresses and titles have no index that both databases would use, so the first record that needs one has all of them
read, as numbers: two queries for an import, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from catalog.models import Cpu, Gpu, RamSpec, StorageProfile
from dealbrain.folding import fold
from imports.sessions.identity import HASHED, Identity, clean_url
from imports.sessions.merging import UNKNOWN
from imports.twins.following import kept_of
from listings.choices import Status
from listings.models import Listing, ListingOrigin

Row = dict[str, Any]
UNREAD = ("raw_payload", "input_version", "input_changed_at", "created_at", "updated_at")
COLUMNS = tuple(field.attname for field in Listing._meta.concrete_fields if field.name not in UNREAD)
PLAIN = {field.name: field for field in Listing._meta.concrete_fields if not field.is_relation}
PARTS: dict[str, Any] = {
    "cpu": Cpu,
    "gpu": Gpu,
    "ram_spec": RamSpec,
    "primary_storage_profile": StorageProfile,
    "secondary_storage_profile": StorageProfile,
}
CHUNK = 20_000
MOST_OF_ONE_TITLE = 200

Stored = dict[Any, dict[int, Any]]
"""Parts by model and id, as far as they were asked for."""


@dataclass(frozen=True, slots=True)
class Held:
    """A listing that there is: its columns, where imports had its values from, and its parts."""

    row: Row
    facts: dict[str, list[Any]]
    parts: Stored
    into: int | None = None  # the listing that it was merged into

    @property
    def pk(self) -> int:
        return int(self.row["id"])

    def part(self, name: str) -> Any:
        """The part that the listing points at, or None."""
        return self._part(name, self.row[f"{name}_id"])

    def base(self, name: str) -> Any:
        """A value as it was imported last; UNKNOWN where no import has written it."""
        fact = self.facts.get(name)
        if fact is None:
            return UNKNOWN
        return PLAIN[name].to_python(fact[1]) if name in PLAIN else fact[1]

    def base_part(self, name: str) -> Any:
        """The part that an import had the listing point at, UNKNOWN where none did or where it is gone."""
        fact = self.facts.get(name)
        if fact is None:
            return UNKNOWN
        return None if fact[1] is None else self._part(name, fact[1]) or UNKNOWN

    def _part(self, name: str, pk: Any) -> Any:
        return None if pk is None else self.parts[PARTS[name]].get(pk)


class Known:
    """The listings there are, as far as they were asked for. `hold` keeps what is found for this transaction."""

    def __init__(self, *, hold: bool) -> None:
        self._hold = hold
        self._urls: dict[int, list[int]] | None = None
        self._titles: dict[int, list[int]] | None = None
        self._parts: Stored = {model: {} for model in set(PARTS.values())}

    def find(
        self, identities: Sequence[tuple[Identity, str]], *, by_title: bool, pks: Iterable[int] = ()
    ) -> Candidates:
        """The listings that any of these (identity, title) may be, and these. A constant number of queries."""
        wanted = {
            number
            for identity, _ in identities
            if identity.number
            for number in (identity.number, identity.apart().number)
        }
        markets = {identity.marketplace for identity, _ in identities}
        found: dict[int, Row] = {}
        if wanted:
            self._read(Q(marketplace__in=markets, vendor_item_id__in=wanted), found)
        others = {*self._others(identities, by_title), *pks} - found.keys()
        if others:
            self._read(Q(pk__in=others), found)
        merged = kept_of([pk for pk, row in found.items() if row["status"] == Status.ARCHIVED])
        facts = dict(ListingOrigin.objects.filter(pk__in=found).values_list("pk", "facts")) if found else {}
        self._read_parts(found.values(), facts.values())
        return Candidates(Held(row, facts.get(pk, {}), self._parts, merged.get(pk)) for pk, row in found.items())

    def has_title(self, title: str) -> bool:
        """Whether a listing that is known by nothing else has this title."""
        return hash(fold(title)) in self._by_title()

    def learn(self, row: Row) -> None:
        """A listing that was made a moment ago."""
        if self._urls is not None and row["listing_url"]:
            self._urls.setdefault(hash(clean_url(row["listing_url"])), []).append(row["id"])

    def _read(self, condition: Q, found: dict[int, Row]) -> None:
        listings = Listing.objects.filter(condition)
        if self._hold:
            listings.hold()
        found.update((row["id"], row) for row in listings.values(*COLUMNS))

    def _others(self, identities: Iterable[tuple[Identity, str]], by_title: bool) -> set[int]:
        """Those with the address of a record, or with its title, where that is all that there is to go by."""
        pks: set[int] = set()
        for identity, title in identities:
            if identity.url:
                pks.update(self._by_url().get(hash(identity.url), ())[:MOST_OF_ONE_TITLE])
            elif by_title and identity.is_hashed:
                pks.update(self._by_title().get(hash(fold(title)), ())[:MOST_OF_ONE_TITLE])
        return pks

    def _by_url(self) -> dict[int, list[int]]:
        if self._urls is None:
            self._urls = {}
            rows = Listing.objects.exclude(listing_url="").values_list("pk", "listing_url").order_by()
            for pk, url in rows.iterator(chunk_size=CHUNK):
                self._urls.setdefault(hash(clean_url(url)), []).append(pk)
        return self._urls

    def _by_title(self) -> dict[int, list[int]]:
        if self._titles is None:
            self._titles = {}
            unnumbered = Q(vendor_item_id__startswith=HASHED) | Q(vendor_item_id="", listing_url="")
            rows = Listing.objects.filter(unnumbered).values_list("pk", "title").order_by()
            for pk, title in rows.iterator(chunk_size=CHUNK):
                self._titles.setdefault(hash(fold(title)), []).append(pk)
        return self._titles

    def _read_parts(self, rows: Iterable[Row], facts: Iterable[dict[str, list[Any]]]) -> None:
        """The parts of these listings that were not read before. One query for each model that has any."""
        missing: dict[Any, set[int]] = {}
        pairs = [(name, row[f"{name}_id"]) for row in rows for name in PARTS]
        pairs += [(name, kept[name][1]) for kept in facts for name in PARTS if name in kept]
        for name, pk in pairs:
            model = PARTS[name]
            if isinstance(pk, int) and pk not in self._parts[model]:
                missing.setdefault(model, set()).add(pk)
        for model, pks in missing.items():
            self._parts[model].update(model.objects.in_bulk(pks))


class Candidates:
    """The listings that the records of a chunk may be."""

    def __init__(self, held: Iterable[Held]) -> None:
        self.by_number: dict[tuple[str, str], list[Held]] = {}
        self.by_url: dict[str, list[Held]] = {}
        self.by_title: dict[str, list[Held]] = {}
        self.by_pk: dict[int, Held] = {}
        for one in held:
            row = one.row
            self.by_pk[one.pk] = one
            if row["vendor_item_id"]:
                self.by_number.setdefault((row["marketplace"], row["vendor_item_id"]), []).append(one)
            if row["listing_url"]:
                self.by_url.setdefault(clean_url(row["listing_url"]), []).append(one)
            self.by_title.setdefault(fold(row["title"]), []).append(one)
