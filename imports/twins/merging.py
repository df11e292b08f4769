"""What people decide about pairs: merged, or two. One transaction for all that is decided at once.

The listings are held in the order of their ids; then each pair is looked at again. A listing that is not as it was
shown, is gone or no longer active refuses its pair, by name, and the other pairs go on. A listing that an earlier
decision of the same page has changed refuses nothing: what it says now is what this person has made of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone

from catalog.custom_values import hold_definitions
from dealbrain.db import update_rows
from imports.models import KeptApart, Merge
from imports.sessions.known import COLUMNS
from imports.sessions.prices import DOLLARS
from imports.sessions.writing import BATCH, store_facts
from imports.twins.completing import addresses, completed, has_price, is_newer
from imports.twins.finding import Pks, agree
from imports.twins.reading import digest, machine_of, with_parts
from listings.choices import Status, Whence
from listings.models import Listing, ListingComponent, ListingOrigin, PriceRecord
from listings.origins import CUSTOM, facts_of
from listings.services import align_specs
from listings.signals import listings_written

MOST_DECISIONS = 100  # at once; a page shows fewer
MOST_NAMED = 60  # characters of a title in a message
Told = tuple[Any, ...]


class Choice(TextChoices):
    FIRST = "first", "Merge: keep A"
    SECOND = "second", "Merge: keep B"
    TWO = "two", "They are two"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a pair; the lower id first, and the digests of both as they were shown."""

    pks: Pks
    choice: Choice
    digests: tuple[str, str]


@dataclass(slots=True)
class Done:
    """What came of decisions: (kept, archived) ids, how many pairs are two now, and why the rest was refused."""

    merged: list[Pks] = field(default_factory=list)
    apart: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def decide(decisions: Sequence[Decision], *, actor: str) -> Done:
    """Do what was decided, in its order. Raises ValueError for more than `MOST_DECISIONS`."""
    if len(decisions) > MOST_DECISIONS:
        raise ValueError(f"At most {MOST_DECISIONS} pairs are decided at once, not {len(decisions):,}.")
    with transaction.atomic():
        hold_definitions()
        deciding = Deciding({pk for decision in decisions for pk in decision.pks}, actor)
        for decision in decisions:
            deciding.take(decision)
        deciding.write()
    return deciding.done


class Deciding:
    """The listings of some pairs, held and read, and what becomes of them. A constant number of statements."""

    def __init__(self, pks: Collection[int], actor: str) -> None:
        self.done = Done()
        self._actor = actor
        rows = Listing.objects.filter(pk__in=pks)
        rows.hold()
        self._listings = with_parts(rows)
        self._digests = {pk: digest(listing) for pk, listing in self._listings.items()}
        either = Q(first__in=pks) | Q(second__in=pks)
        self._apart: set[Pks] = set(KeptApart.objects.filter(either).values_list("first_id", "second_id"))
        self._fresh: list[Pks] = []
        self._facts = dict(ListingOrigin.objects.filter(pk__in=pks).values_list("pk", "facts"))
        self._prices: dict[int, dict[Told, Any]] = {}
        for record in PriceRecord.objects.filter(listing__in=pks).order_by("pk"):
            told = (record.date, record.price_original, record.currency)
            self._prices.setdefault(record.listing_id, {})[told] = (record.price_usd, record.import_session)
        self._known = {pk: set(prices) for pk, prices in self._prices.items()}
        self._components: dict[int, list[ListingComponent]] = {}
        for component in ListingComponent.objects.filter(listing__in=pks).order_by("pk"):
            self._components.setdefault(component.listing_id, []).append(component)
        self._made: list[ListingComponent] = []
        self._into: dict[int, int] = {}

    def take(self, decision: Decision) -> None:
        """One decision, or the reason why not."""
        if why := self._why_not(decision):
            self.done.refused.append(why)
            return
        first, second = decision.pks
        if decision.choice is Choice.TWO:
            self._keep_apart(decision.pks)
            self.done.apart += 1
        elif decision.choice is Choice.FIRST:
            self._merge(first, second)
        else:
            self._merge(second, first)

    def _why_not(self, decision: Decision) -> str:
        for pk, seen in zip(decision.pks, decision.digests, strict=True):
            listing = self._listings.get(pk)
            if listing is None:
                return f"Nothing was done with listing {pk}: somebody has deleted it meanwhile."
            if listing.status != Status.ACTIVE:
                return f"Nothing was done with {_named(listing)}: it was archived or merged meanwhile."
            if seen != self._digests[pk]:
                return f"Nothing was done with {_named(listing)}: somebody has changed it since you saw it. Look again."
        if decision.choice is Choice.TWO:
            return ""
        one, other = (self._listings[pk] for pk in decision.pks)
        if decision.pks in self._apart:
            return f"Not merged: {_named(one)} and {_named(other)}. They are two, as somebody has said meanwhile."
        first, second = machine_of(one), machine_of(other)
        if first is None or second is None or not agree(first, second):
            return f"Not merged: {_named(one)} and {_named(other)}. They are not alike any more."
        return ""

    def _keep_apart(self, pks: Pks) -> None:
        if pks not in self._apart:
            self._apart.add(pks)
            self._fresh.append(pks)

    def _merge(self, kept_pk: int, gone_pk: int) -> None:
        kept, gone = self._listings[kept_pk], self._listings[gone_pk]
        self._tell_prices(kept, gone)
        self._complete(kept, gone)
        kept.listing_url, kept.other_urls, without = addresses(kept, gone)
        if without:
            told = f"{_named(kept)} has no room for {without} more of the addresses: they stay with the other."
            self.done.notes.append(told)
        if not self._components.get(kept_pk):
            self._take_components(kept_pk, gone_pk)
        gone.status = Status.ARCHIVED
        by = f" by {self._actor}" if self._actor else ""
        said = f"Merged into listing {kept_pk} ({kept.title}) on {timezone.now():%Y-%m-%d}{by}."
        gone.notes = f"{gone.notes}\n\n{said}" if gone.notes else said
        self._into = {pk: kept_pk if into == gone_pk else into for pk, into in self._into.items()} | {gone_pk: kept_pk}
        for one, other in [pair for pair in self._apart if gone_pk in pair]:
            third = other if one == gone_pk else one
            if third != kept_pk:
                self._keep_apart((min(third, kept_pk), max(third, kept_pk)))
        self.done.merged.append((kept_pk, gone_pk))

    def _complete(self, kept: Listing, gone: Listing) -> None:
        """What the kept listing did not say, with where it came from."""
        values = completed(kept, gone)
        for name, value in values.items():
            if name.startswith(CUSTOM):
                kept.attributes = {**kept.attributes, name.removeprefix(CUSTOM): value}
            else:
                setattr(kept, name, value)
        align_specs(kept)
        whence = dict.fromkeys(values, (Whence.MERGED.value, f"listing {gone.pk}"))
        self._facts[kept.pk] = {**self._facts.get(kept.pk, {}), **facts_of(kept, whence)}

    def _tell_prices(self, kept: Listing, gone: Listing) -> None:
        """The history of both, with the price that the other has now, and the kept one's where that is replaced."""
        history = self._prices.setdefault(kept.pk, {})
        for told, more in self._prices.get(gone.pk, {}).items():
            history.setdefault(told, more)
        for listing in [gone, *([kept] if is_newer(gone, kept) else [])]:
            if has_price(listing):
                told, usd = _told(listing)
                history.setdefault(told, (usd, None))

    def _take_components(self, kept: int, gone: int) -> None:
        names = ("component_type", "name", "quantity", "metadata", "adjustment_value_usd")
        copies = [
            ListingComponent(listing_id=kept, **{name: getattr(one, name) for name in names})
            for one in self._components.get(gone, ())
        ]
        self._components[kept] = copies
        self._made += copies

    def write(self) -> None:
        """All that was decided, by sets."""
        now = timezone.now()
        apart = [KeptApart(first_id=one, second_id=other, decided_by=self._actor) for one, other in self._fresh]
        KeptApart.objects.bulk_create(apart, batch_size=BATCH, ignore_conflicts=True)
        if not self._into:
            return
        pks = sorted({pk for pair in self.done.merged for pk in pair})
        listings = [self._listings[pk] for pk in pks]
        for listing in listings:
            listing.updated_at = now
        names = {column.name for column in Listing._meta.concrete_fields if column.attname in COLUMNS} - {"id"}
        update_rows(Listing, listings, sorted(names | {"updated_at"}))
        kept = {into for into, _ in self.done.merged}
        store_facts({pk: self._facts.get(pk, {}) for pk in kept})
        ListingComponent.objects.bulk_create(self._made, batch_size=BATCH)
        self._write_prices(kept)
        self._write_merges(now)
        listings_written.send(Listing, ids=pks)

    def _write_prices(self, kept: Collection[int]) -> None:
        records = [
            PriceRecord(
                listing_id=pk, date=day, price_original=price, currency=currency, price_usd=usd, import_session=session
            )
            for pk in sorted(kept)
            for (day, price, currency), (usd, session) in self._prices[pk].items()
            if (day, price, currency) not in self._known.get(pk, ())
        ]
        PriceRecord.objects.bulk_create(records, batch_size=BATCH, ignore_conflicts=True)

    def _write_merges(self, now: Any) -> None:
        """What was merged into a listing that goes now follows it; one that stays is merged into none."""
        Merge.objects.filter(listing__in=set(self._into.values())).delete()
        earlier = Merge.objects.filter(into__in=self._into).exclude(listing__in=self._into)
        moved = [Merge(pk=one.pk, into_id=self._into[one.into_id]) for one in earlier]
        update_rows(Merge, moved, ["into"])
        merges = [
            Merge(listing_id=pk, into_id=into, merged_by=self._actor, merged_at=now) for pk, into in self._into.items()
        ]
        Merge.objects.bulk_create(
            merges,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["listing"],
            update_fields=["into", "merged_by", "merged_at"],
        )


def _told(listing: Listing) -> tuple[Told, Any]:
    """The price of a listing as its history tells it. Without a day: the day on which the listing was written last."""
    day = listing.price_date or timezone.localdate(listing.updated_at)
    if listing.price_original is not None and listing.currency:
        return (day, listing.price_original, listing.currency), listing.price_usd
    return (day, listing.price_usd, DOLLARS), listing.price_usd


def _named(listing: Listing) -> str:
    title = listing.title if len(listing.title) <= MOST_NAMED else f"{listing.title[:MOST_NAMED]}…"
    return f'"{title}" (listing {listing.pk})'
