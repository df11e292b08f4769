"""Plans into the database: parts, listings, origins, history and the rows of the session, by sets.

A chunk costs a constant number of statements, whatever happens to its rows. The caller holds the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.custom_values import merged
from catalog.models import RamSpec, StorageProfile
from dealbrain.db import update_rows
from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession
from imports.resolving.outcomes import Component
from imports.sessions.digests import digest_of
from imports.sessions.known import COLUMNS, Known, Row
from imports.sessions.merging import plain
from imports.sessions.parts import NAMED, NUMBERS, SPECS, Parts
from imports.sessions.plans import Plan, row_of
from imports.sessions.prices import Pricing
from listings.models import Listing, ListingComponent, ListingOrigin, PriceRecord
from listings.origins import CUSTOM, facts_of
from listings.services import let_go_of_ports
from listings.signals import listings_written
from valuation.recalculation.hints import leave_hint

Facts = dict[str, list[Any]]
FACTS = "facts"  # in `before`: where values came from until then

BATCH = 200  # rows of one INSERT
MOST_TITLE = 255


class Writer:
    """Writes the plans of one file of offers, chunk by chunk."""

    def __init__(self, session: ImportSession, parts: Parts, known: Known, pricing: Pricing) -> None:
        self._session = session
        self._parts = parts
        self._known = known
        self._pricing = pricing
        self._specs: dict[Any, set[int]] = {RamSpec: set(), StorageProfile: set()}

    def write(self, plans: Sequence[Plan]) -> None:
        """One chunk. No two of its plans change one listing."""
        going = [plan for plan in plans if plan.writes]
        self._store_parts(going)
        self._parts.store_named(
            said for plan in plans if plan.outcome is not RowOutcome.REFUSED for said in plan.said_of_parts
        )
        new = [plan for plan in going if plan.row is None]
        changed = [plan for plan in going if plan.row is not None]
        rows = [*self._make(new), *self._change(changed), *self._leave([plan for plan in plans if not plan.writes])]
        ImportRow.objects.bulk_create(rows, batch_size=BATCH)
        self._remember_prices(plans)

    def finish(self) -> None:
        """What is for the end of the file: parts that the file says more of, and specs that somebody has edited."""
        self._parts.write_filled()
        self._follow_specs()

    def _store_parts(self, plans: Sequence[Plan]) -> None:
        self._parts.store_named((kind, part) for plan in plans for kind, part in plan.parts.items() if part)
        wanted = [
            self._parts.spec(SPECS[slot], fields) for plan in plans for slot, fields in plan.specs.items() if fields
        ]
        for spec in self._parts.store_specs(wanted).values():
            self._specs[type(spec)].add(spec.pk)

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
        listings = [Listing(**plan.values, **self._references(plan), attributes=plan.attributes) for plan in plans]
        Listing.objects.bulk_create(listings, batch_size=BATCH)
        leave_hint(sorted(listing.pk for listing in listings))  # without figures they need no mark
        components: list[ListingComponent] = []
        facts: dict[int, Facts] = {}
        rows = []
        for plan, listing in zip(plans, listings, strict=True):
            plan.pk = listing.pk
            components += [_component(listing, item) for item in plan.components]
            written = {name: getattr(listing, name) for name in COLUMNS}
            self._known.learn(written)
            facts[listing.pk] = facts_of(listing, plan.origins)
            rows.append(self._note(plan, after={"digest": digest_of(written), "components": len(plan.components)}))
        ListingComponent.objects.bulk_create(components, batch_size=BATCH)
        store_facts(facts)
        return rows

    def _change(self, plans: Sequence[Plan]) -> list[ImportRow]:
        """Each row is written with the columns that change in any of them: one statement, run for each."""
        listings: list[Listing] = []
        names: set[str] = set()
        facts: dict[int, Facts] = {}
        rows = []
        now = timezone.now()
        ports = {plan.row["ports_profile_id"] for plan in plans if plan.row and "ports_profile_id" in plan.values}
        for plan in plans:
            row: Row = plan.row or {}
            values = {**plan.values, **self._references(plan)}
            before = {name: plain(row[name]) for name in values}
            after = {name: plain(value) for name, value in values.items()}
            if plan.attributes:
                held = row["attributes"] or {}
                values["attributes"] = merged(held, plan.attributes)
                before |= {f"{CUSTOM}{key}": held.get(key) for key in plan.attributes}
                after |= {f"{CUSTOM}{key}": value for key, value in plan.attributes.items()}
            names |= values.keys()
            listing = Listing(**{**row, **values, "updated_at": now})
            listings.append(listing)
            plan.pk = listing.pk
            facts[listing.pk] = plan.facts | facts_of(listing, plan.origins)
            rows.append(self._note(plan, before=before | self._facts_before(plan), after=after))
        if listings:
            update_rows(Listing, listings, sorted(_fields(names) | {"updated_at"}))
            let_go_of_ports(ports)
            store_facts(facts)
            listings_written.send(Listing, ids=[listing.pk for listing in listings])
        return rows

    def _leave(self, plans: Sequence[Plan]) -> list[ImportRow]:
        """Rows that change no listing; where their values came from is kept all the same."""
        facts: dict[int, Facts] = {}
        rows = []
        for plan in plans:
            before = None
            if plan.row is not None:
                plan.pk = plan.row["id"]
                if plan.origins and plan.outcome is RowOutcome.UNCHANGED:
                    facts[plan.row["id"]] = plan.facts | facts_of(Listing(**plan.row), plan.origins)
                    before = self._facts_before(plan)
            rows.append(self._note(plan, before=before))
        store_facts(facts)
        return rows

    def _facts_before(self, plan: Plan) -> dict[str, Any]:
        return {FACTS: {name: plan.facts.get(name) for name in plan.origins}} if plan.origins else {}

    def _remember_prices(self, plans: Sequence[Plan]) -> None:
        """The history of prices; one that is known already is not told twice."""
        records = [
            PriceRecord(
                listing_id=plan.pk,
                date=price.day or self._pricing.today,
                price_original=price.amount,
                currency=price.currency,
                price_usd=self._pricing.in_dollars(price),
                import_session=self._session.pk,
            )
            for plan in plans
            if plan.pk is not None and plan.outcome is not RowOutcome.CONFLICT
            for price in plan.prices
        ]
        PriceRecord.objects.bulk_create(records, batch_size=BATCH, ignore_conflicts=True)

    def _follow_specs(self) -> None:
        """Hold the specs that rows were given, and let the rows follow one that somebody has edited meanwhile.

        Not before the end: whoever edits a spec holds its listings first, and would wait for this import as it for him.
        """
        if connection.vendor != "postgresql":
            return
        for model, pks in self._specs.items():
            if not pks:
                continue
            with connection.cursor() as cursor:
                table = model._meta.db_table
                fields = ", ".join(("id", "identity"))
                cursor.execute(f"SELECT {fields} FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE", [sorted(pks)])  # noqa: S608  # ours
                now = dict(cursor.fetchall())
            for spec in model.objects.filter(
                pk__in=[pk for pk in pks if now.get(pk) != self._parts.identity_of(model, pk)]
            ):
                spec.save()  # its listings follow, as they do when a person saves it

    def _note(self, plan: Plan, *, before: Any = None, after: Any = None) -> ImportRow:
        return row_of(self._session, plan, before=before, after=after)


def store_facts(facts: Mapping[int, Facts]) -> None:
    """Where values came from, whether the listings have an origin already or not."""
    rows = [ListingOrigin(listing_id=pk, facts=kept) for pk, kept in facts.items() if kept]
    ListingOrigin.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["listing"], update_fields=["facts"]
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
