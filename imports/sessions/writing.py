"""Plans into the database: parts, listings, origins, history and the rows of the session, by sets.

A chunk costs a constant number of statements, whatever happens to its rows. The caller holds the transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from catalog.custom_values import merged
from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession
from imports.resolving.outcomes import Component
from imports.sessions.digests import digest_of
from imports.sessions.known import COLUMNS, Row
from imports.sessions.merging import plain
from imports.sessions.parts import NAMED, NUMBERS, SPECS, Parts
from imports.sessions.plans import Plan
from listings.models import Listing, ListingComponent
from listings.services import update_rows
from listings.signals import listings_written

BATCH = 200  # rows of one INSERT
MOST_TITLE = 255


class Writer:
    """Writes the plans of one session, chunk by chunk, and counts them."""

    def __init__(self, session: ImportSession, parts: Parts) -> None:
        self.counts: Counter[str] = Counter()
        self._session = session
        self._parts = parts

    def write(self, plans: Sequence[Plan]) -> None:
        """One chunk. No two of its plans may be of one listing."""
        going = [plan for plan in plans if plan.writes]
        self._store_parts(going)
        new = [plan for plan in going if plan.row is None]
        changed = [plan for plan in going if plan.row is not None]
        rows = [*self._make(new), *self._change(changed)]
        rows += [self._note(plan) for plan in plans if not plan.writes]
        ImportRow.objects.bulk_create(rows, batch_size=BATCH)
        self.counts.update(plan.outcome for plan in plans)

    def _store_parts(self, plans: Sequence[Plan]) -> None:
        self._parts.store_named((kind, part) for plan in plans for kind, part in plan.parts.items() if part)
        wanted = [
            self._parts.spec(SPECS[slot], fields) for plan in plans for slot, fields in plan.specs.items() if fields
        ]
        self._parts.store_specs(wanted)

    def _references(self, plan: Plan) -> dict[str, Any]:
        """The references of a plan's parts and specs, and the numbers that follow them."""
        found: dict[str, Any] = {}
        for kind, part in plan.parts.items():
            found[f"{kind}_id"] = self._parts.pk_of(kind, part.name) if part else None
        for slot, fields in plan.specs.items():
            spec = self._parts.spec(SPECS[slot], fields) if fields else None
            found[f"{slot}_id"] = spec.pk if spec else None
            for number, source in NUMBERS[slot].items():
                found[number] = getattr(spec, source) if spec else ("" if number.endswith("_type") else None)
        return found

    def _make(self, plans: Sequence[Plan]) -> list[ImportRow]:
        listings = [
            Listing(**plan.values, **self._references(plan), attributes=plan.attributes) for plan in plans
        ]
        Listing.objects.bulk_create(listings, batch_size=BATCH)
        components: list[ListingComponent] = []
        rows = []
        for plan, listing in zip(plans, listings, strict=True):
            components += [_component(listing, item) for item in plan.components]
            written = {name: getattr(listing, name) for name in COLUMNS}
            rows.append(self._note(plan, listing.pk, after={"digest": digest_of(written)}))
        if components:
            ListingComponent.objects.bulk_create(components, batch_size=BATCH)
        return rows

    def _change(self, plans: Sequence[Plan]) -> list[ImportRow]:
        """Each row is written with the columns that change in any of them: one statement, run for each."""
        listings: list[Listing] = []
        names: set[str] = set()
        rows = []
        now = timezone.now()
        for plan in plans:
            row: Row = plan.row or {}
            values = {**plan.values, **self._references(plan)}
            before = {name: plain(row[name]) for name in values}
            after = {name: plain(value) for name, value in values.items()}
            if plan.attributes:
                held = row["attributes"] or {}
                values["attributes"] = merged(held, plan.attributes)
                before |= {f"custom.{key}": held.get(key) for key in plan.attributes}
                after |= {f"custom.{key}": value for key, value in plan.attributes.items()}
            names |= values.keys()
            listings.append(Listing(**{**row, **values, "updated_at": now}))
            rows.append(self._note(plan, row["id"], before=before, after=after))
        if listings:
            update_rows(listings, sorted(_fields(names) | {"updated_at"}))
            listings_written.send(Listing, ids=[listing.pk for listing in listings])
        return rows

    def _note(
        self, plan: Plan, pk: int | None = None, *, before: Mapping[str, Any] | None = None, after: Any = None
    ) -> ImportRow:
        listing = pk if pk is not None else plan.row["id"] if plan.row else None
        return ImportRow(
            session=self._session,
            line=plan.line,
            outcome=plan.outcome,
            title=plan.title[:MOST_TITLE],
            messages=plan.messages,
            listing_id=listing,
            before=before,
            after=after,
        )


def _fields(columns: set[str]) -> set[str]:
    """The names of fields for names of columns: `cpu` for `cpu_id`."""
    references = {f"{name}_id": name for name in (*NAMED, *SPECS)}
    return {references.get(name, name) for name in columns}


def _component(listing: Listing, item: Component) -> ListingComponent:
    return ListingComponent(
        listing=listing,
        component_type=item.component_type,
        name=item.name,
        quantity=item.quantity,
        metadata=item.metadata,
        adjustment_value_usd=item.adjustment_value_usd,
    )


__all__ = ["RowOutcome", "Writer"]
