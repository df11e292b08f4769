"""An offer -> a plan with all that is to be written of it, checked. For listings that are there: `changing`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from catalog.custom_values import merged
from imports.choices import RowOutcome
from imports.resolving.outcomes import Fact, Offer, PartName, Price
from imports.sessions.changing import Change
from imports.sessions.identity import Identity
from imports.sessions.known import COLUMNS, Held, Row
from imports.sessions.merging import completed_memory, said
from imports.sessions.parts import NAMED, NUMBERS, SLOTS, SPECS, Parts, problems_of_spec
from imports.sessions.plans import Message, Plan, Whence, message, told
from imports.sessions.prices import PRICES, Pricing
from listings.models import Listing

RELATIONS = {field.name for field in Listing._meta.fields if field.is_relation}
# What decides which listing a record is, and what is written with references and prices.
OF_OTHERS = {
    *("id", "marketplace", "source", "vendor_item_id", "attributes", *PRICES),
    *(name for numbers in NUMBERS.values() for name in numbers),
}
FACTS = {name for name in COLUMNS if not Listing._meta.get_field(name).is_relation} - OF_OTHERS


class Shaper:
    """Makes plans. `today` is the day of prices that have none."""

    def __init__(self, parts: Parts, *, today: date) -> None:
        self.parts = parts
        self.pricing = Pricing(today)

    def new(self, offer: Offer, identity: Identity) -> Plan:
        """A listing that is not there yet."""
        plan = Plan(offer.line, RowOutcome.NEW, messages=[told(flag) for flag in offer.flags], identity=identity)
        facts = facts_of(offer)
        plan.values = {name: fact.value for name, fact in facts.items()} | {
            "marketplace": identity.marketplace,
            "source": identity.source,
            "vendor_item_id": identity.number,
        }
        if payload := _payload(offer):
            plan.values["raw_payload"] = payload
        self.describe(plan, offer, facts)
        if offer.price is not None:
            self._first_price(plan, offer.price)
        plan.prices.extend(offer.history)
        plan.values.setdefault("title", self._made_title(offer, plan))
        plan.title = str(plan.values["title"])
        plan.components = offer.components or ()
        if plan.outcome is RowOutcome.NEW:
            self._check(plan, offer)
        return plan

    def change(self, offer: Offer, identity: Identity, held: Held, *, replace: bool) -> Plan:
        """What the record changes of its listing. With `replace` it is made to be what the record says."""
        plan = Plan(
            offer.line,
            RowOutcome.UNCHANGED,
            held.row["title"],
            [told(flag) for flag in offer.flags],
            identity,
            held.row,
            facts=held.facts,
        )
        change = Change(self, plan, held)
        if replace:
            change.replace(offer, facts_of(offer))
        else:
            change.merge(offer, facts_of(offer))
        change.settle(offer)
        return plan

    def observe(self, plan: Plan, price: Price, held: Held) -> None:
        """A price of a listing that is there: its current one where it is the newest, and part of its history."""
        if self.pricing.is_current(price, held):
            return
        plan.prices.append(price)
        if self.pricing.is_newer(price, held.row):
            values, messages = self.pricing.priced(price)
            plan.values |= {name: value for name, value in values.items() if value != held.row[name]}
            plan.messages.extend(messages)
            plan.origins |= dict.fromkeys(values, (price_whence(price)))

    def describe(self, plan: Plan, offer: Offer, facts: Mapping[str, Fact]) -> None:
        """Parts, specs and custom fields as the record says them, and where all of it came from."""
        for kind in NAMED:
            part: PartName | None = getattr(offer, kind)
            if part is not None and self.has_no_problem(plan, kind, part):
                plan.parts[kind] = part
                plan.origins[kind] = whence(part)
        if offer.memory is not None and (fields := completed_memory(offer.memory.fields)):
            self.give_spec(plan, "ram_spec", fields, offer.memory)
        for slot, drive in zip(SLOTS, offer.drives, strict=False):
            if fields := said(drive.fields):
                self.give_spec(plan, slot, fields, drive)
        plan.attributes = {name: fact.value for name, fact in offer.custom.items()}
        plan.origins |= {name: whence(fact) for name, fact in facts.items()}
        plan.origins |= {f"custom.{key}": whence(fact) for key, fact in offer.custom.items()}

    def has_no_problem(self, plan: Plan, kind: str, part: PartName) -> bool:
        """Whether what the record says of a part can go in; else the plan is refused."""
        if problems := self.parts.problems_of(kind, part):
            plan.refuse(*problems)
        return not problems

    def give_spec(self, plan: Plan, slot: str, fields: dict[str, Any], stated: Any) -> None:
        """Have the listing get the spec of these fields, if there can be one."""
        try:
            self.parts.spec(SPECS[slot], fields)
        except ValidationError as error:
            plan.refuse(*problems_of_spec(error, stated.header))
            return
        plan.specs[slot] = fields
        plan.origins[slot] = whence(stated)

    def _first_price(self, plan: Plan, price: Price) -> None:
        values, messages = self.pricing.priced(price)
        plan.values |= values
        plan.messages.extend(messages)
        plan.prices.append(price)
        plan.origins |= dict.fromkeys(values, price_whence(price))

    def _check(self, plan: Plan, offer: Offer) -> None:
        """Refuse what a listing may not hold; values stay as checking has left them."""
        listing = Listing(**plan.values, attributes=dict(plan.attributes))
        if problems := problems_of(listing, RELATIONS, offer, with_custom=True):
            plan.refuse(*problems)
            return
        for name in plan.values:
            plan.values[name] = getattr(listing, name)
        plan.attributes = listing.attributes

    def check_change(self, plan: Plan, offer: Offer, row: Row) -> None:
        """Refuse what the listing may not become: what changes is looked at, and no more."""
        attributes = merged(row["attributes"] or {}, plan.attributes)
        listing = Listing(**{**row, **plan.values, "attributes": attributes})
        listing._state.adding = False
        untouched = {field.name for field in Listing._meta.concrete_fields} - plan.values.keys()
        if problems := problems_of(listing, untouched, offer, with_custom=bool(plan.attributes)):
            plan.refuse(*problems)
            return
        for name in plan.values:
            plan.values[name] = getattr(listing, name)
        plan.title = listing.title

    def _made_title(self, offer: Offer, plan: Plan) -> str:
        """`Lenovo ThinkCentre M70q, Intel Core i5-12500T, DDR4 16GB, NVMe 512GB`."""
        machine = " ".join(text for text in (offer.text("manufacturer"), offer.text("device_model")) if text)
        slots = ("ram_spec", "primary_storage_profile")
        labels = [str(self.parts.spec(SPECS[slot], fields)) for slot in slots if (fields := plan.specs.get(slot))]
        return ", ".join(part for part in (machine, offer.cpu.name if offer.cpu else "", *labels) if part)[:255]


def facts_of(offer: Offer) -> dict[str, Fact]:
    """The facts of a record that are plain columns of a listing."""
    return {name: fact for name, fact in offer.facts.items() if name in FACTS}


def problems_of(listing: Listing, exclude: set[str], offer: Offer, *, with_custom: bool) -> list[Message]:
    """What is wrong with the values of a listing, each with the header of its column."""
    try:
        listing.clean_fields(exclude=exclude)
        if with_custom:
            listing.clean()
    except ValidationError as error:
        return [
            message(
                " ".join(texts),
                offer.facts[name].header if name in offer.facts else name,
                str(getattr(listing, name, "")),
            )
            for name, texts in error.message_dict.items()
        ]
    return []


def whence(stated: Any) -> Whence:
    return str(stated.where), stated.header


def price_whence(price: Price) -> Whence:
    return "column", price.header


def _payload(offer: Offer) -> dict[str, Any]:
    """What the record says and no field holds; our own export has what an earlier importer was given."""
    stated = offer.facts.get("raw_payload")
    return {**(stated.value if stated else {}), **offer.words}
