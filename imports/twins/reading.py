"""Active listings as what is compared, and the pairs of one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from imports.models import KeptApart
from imports.sessions.digests import digest_of
from imports.sessions.known import COLUMNS
from imports.twins.finding import UNSTATED, Group, Machine, find
from listings.models import Listing
from listings.querysets import ListingQuerySet
from listings.rates import USD

MOST_READ = 100_000  # listings, the newest
CHUNK = 5_000
PARTS = ("cpu", "gpu", "ram_spec", "ports_profile", "primary_storage_profile", "secondary_storage_profile")
READ = (
    *("pk", "cpu_id", "ram_gb", "primary_storage_gb", "primary_storage_type", "secondary_storage_gb"),
    *("secondary_storage_type", "marketplace", "source", "title", "seller", "price_usd", "price_original", "currency"),
    *("gpu_id", "ram_spec__ddr_generation"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with both of its listings, loaded with their parts, and a digest of what each says."""

    first: Listing
    second: Listing
    likeness: float
    digests: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The pairs of one look, the most alike first. `next` is where to go on, `is_partial` that older listings were not
    looked at."""

    pairs: list[Shown]
    compared: int
    next: int | None
    is_partial: bool


def suggestions(*, start: int = 0) -> Suggestions:
    """Pairs of active listings of different sources that may be one offer. Three queries."""
    apart = set(KeptApart.objects.values_list("first_id", "second_id"))
    rows = [*_comparable().order_by("-pk").values_list(*READ)[: MOST_READ + 1].iterator(chunk_size=CHUNK)]
    found = find(map(_machine, rows[:MOST_READ]), apart=apart, start=start)
    pks = {pk for pair in found.pairs for pk in pair.pks}
    listings = with_parts(Listing.objects.filter(pk__in=pks)) if pks else {}
    pairs = []
    for pair in found.pairs:
        first, second = (listings.get(pk) for pk in pair.pks)
        if first is not None and second is not None:  # nobody has deleted one since
            pairs.append(Shown(first, second, pair.likeness, (digest(first), digest(second))))
    return Suggestions(pairs, found.compared, found.next, len(rows) > MOST_READ)


def with_parts(listings: ListingQuerySet) -> dict[int, Listing]:
    return {listing.pk: listing for listing in listings.select_related(*PARTS)}


def digest(listing: Listing) -> str:
    """A digest of what a listing says: another one means that somebody has changed it."""
    return digest_of({name: getattr(listing, name) for name in COLUMNS})


def machine_of(listing: Listing) -> Machine | None:
    """A listing, loaded with its parts, as it is compared; None where its processor, RAM or price is unknown."""
    generation = listing.ram_spec.ddr_generation if listing.ram_spec else ""
    values: dict[str, Any] = {"ram_spec__ddr_generation": generation}
    machine = _machine(tuple(values[name] if name in values else getattr(listing, name) for name in READ))
    return machine if listing.cpu_id and listing.ram_gb and machine.prices else None


def _comparable() -> ListingQuerySet:
    """Active listings whose processor, RAM and price are known."""
    listings: ListingQuerySet = Listing.objects.active()
    return listings.filter(cpu__isnull=False, ram_gb__gt=0).exclude(Q(price_usd=None) & Q(price_original=None))


def _machine(row: tuple[Any, ...]) -> Machine:
    pk, cpu, ram, gb, medium, second_gb, second_medium, market, source, title, seller, usd, price, currency, *more = row
    drives = sorted(_drives((gb, medium), (second_gb, second_medium)))
    return Machine(
        pk=pk,
        group=Group(cpu, ram, tuple(gb for gb, _ in drives)),
        source=(market, source),
        title=title,
        seller=seller,
        prices=_prices(usd, price, currency),
        media=tuple(medium for _, medium in drives),
        gpu=more[0],
        generation=more[1] or "",
    )


def _drives(*slots: tuple[int | None, str]) -> Iterator[tuple[int, str]]:
    for gb, medium in slots:
        if gb or medium not in UNSTATED:
            yield gb or 0, medium


def _prices(usd: Decimal | None, price: Decimal | None, currency: str) -> dict[str, int]:
    """Cents by currency: the dollars that are valued, and what the offer says."""
    found = {} if price is None or not currency else {currency: int(price * 100)}
    return found if usd is None else {**found, USD: int(usd * 100)}
