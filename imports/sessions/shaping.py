"""An offer, and the listing that it is, if there is one -> a plan with all that is to be written, checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from catalog.choices import CustomFieldEntity
from catalog.custom_values import default_attributes, merged
from dealbrain.folding import fold, name_key
from imports.choices import RowOutcome
from imports.resolving.outcomes import Fact, Offer, PartName, Price, Where
from imports.sessions.identity import Identity, clean_url
from imports.sessions.known import COLUMNS, Candidates, Row
from imports.sessions.merging import (
    UNKNOWN,
    Verdict,
    completed_memory,
    fields_of,
    matched_drives,
    merged_drive,
    merged_memory,
    plain,
    said,
    same,
    verdict,
)
from imports.sessions.origins import Bases
from imports.sessions.parts import NAMED, NUMBERS, SLOTS, SPECS, Parts, problems_of_spec
from imports.sessions.plans import Origin, Plan, message, told
from imports.sessions.prices import PRICE, Pricing, as_said
from listings.models import Listing

RELATIONS = {field.name for field in Listing._meta.fields if field.is_relation}
# What decides which listing a record is, and what is written with references and prices.
APART = {
    *("id", "marketplace", "source", "vendor_item_id", "attributes", "price_usd", "price_date", "price_original"),
    *("currency", "exchange_rate", "rate_date"),
    *(name for numbers in NUMBERS.values() for name in numbers),
}
FACTS = {field.name for field in Listing._meta.concrete_fields if not field.is_relation and field.name in COLUMNS} - APART
EMPTY = {name: Listing._meta.get_field(name).get_default() for name in FACTS} | {"condition": "", "status": "active"}
CORRECTED = "somebody has corrected this: the file's value is not taken"


class Shaper:
    """Makes plans. `today` is the day of prices that have none."""

    def __init__(self, parts: Parts, *, today: date) -> None:
        self.parts = parts
        self.pricing = Pricing(today)

    # -- A new listing

    def new(self, offer: Offer, identity: Identity) -> Plan:
        plan = Plan(offer.line, RowOutcome.NEW, messages=[told(flag) for flag in offer.flags], identity=identity)
        facts = {name: fact for name, fact in offer.facts.items() if name in FACTS}
        plan.values = {name: fact.value for name, fact in facts.items()}
        plan.values |= {"marketplace": identity.marketplace, "vendor_item_id": identity.number}
        self._name_parts(offer, plan)
        self._new_specs(offer, plan)
        self._price(offer, plan, None)
        plan.values.setdefault("title", made_title(offer, plan, self.parts))
        plan.title = str(plan.values["title"])
        plan.attributes = {name: fact.value for name, fact in offer.custom.items()}
        plan.components = offer.components or ()
        if offer.words:
            plan.values["raw_payload"] = dict(offer.words)
        self._note_origins(plan, facts, offer)
        if problems := self._problems_of_new(plan, offer):
            plan.refuse(*problems)
        return plan

    def _name_parts(self, offer: Offer, plan: Plan) -> None:
        for kind in NAMED:
            part: PartName | None = getattr(offer, kind)
            if part is None:
                continue
            if problems := self.parts.problems_of(kind, part):
                plan.refuse(*problems)
            plan.parts[kind] = part
            plan.origins[kind] = Origin(part.where, part.header, part.name)

    def _new_specs(self, offer: Offer, plan: Plan) -> None:
        if offer.memory is not None and (fields := completed_memory(offer.memory.fields)):
            self._spec(plan, "ram_spec", fields, fields, offer.memory)
        for slot, drive in zip(SLOTS, offer.drives, strict=False):
            if fields := said(drive.fields):
                self._spec(plan, slot, fields, fields, drive)

    def _spec(self, plan: Plan, slot: str, fields: dict[str, Any], new: Mapping[str, Any], stated: Any) -> None:
        """Have the listing get this spec, if it is one."""
        try:
            self.parts.spec(SPECS[slot], fields)
        except ValidationError as error:
            plan.refuse(*problems_of_spec(error, stated.header))
            return
        plan.specs[slot] = fields
        plan.origins[slot] = Origin(stated.where, stated.header, plain(new))

    def _problems_of_new(self, plan: Plan, offer: Offer) -> list[dict[str, str]]:
        listing = Listing(**plan.values, attributes=dict(plan.attributes))
        return _problems(listing, RELATIONS, offer, lambda: setattr_back(listing, plan))

    # -- A listing that is there

    def change(
        self, offer: Offer, identity: Identity, row: Row, candidates: Candidates, bases: Bases, *, replace: bool
    ) -> Plan:
        """What the record changes of its listing. With `replace` it is made to be what the record says."""
        plan = Plan(
            offer.line, RowOutcome.UNCHANGED, row["title"], [told(flag) for flag in offer.flags], identity, row
        )
        plan.bases = bases.facts(row["id"])
        facts = {name: fact for name, fact in offer.facts.items() if name in FACTS}
        if replace:
            plan.values = {name: value for name, value in EMPTY.items() if name not in facts}
            plan.values |= {name: fact.value for name, fact in facts.items()}
            plan.parts = dict.fromkeys(NAMED)
            plan.specs = dict.fromkeys(SPECS)
            self._name_parts(offer, plan)
            self._new_specs(offer, plan)
            self._note_origins(plan, facts, offer)
        else:
            self._merge_facts(plan, row, facts, bases)
            self._merge_parts(plan, offer, row, candidates, bases)
            self._merge_specs(plan, offer, row, candidates, bases)
            self._clear(plan, offer, row)
        self._number(plan, identity, row)
        self._price(offer, plan, row)
        self._merge_attributes(plan, offer, row, bases)
        self._settle(plan, row, offer)
        return plan

    def _merge_facts(self, plan: Plan, row: Row, facts: Mapping[str, Fact], bases: Bases) -> None:
        for name, fact in facts.items():
            current = row.get(name)
            if name == "listing_url" and current and clean_url(current) == fact.value:
                continue
            self._take(plan, name, current, bases.of(row["id"], name), fact)

    def _take(self, plan: Plan, name: str, current: Any, base: Any, fact: Fact) -> None:
        decided = verdict(current, base, fact.value)
        if decided is Verdict.TAKE:
            plan.values[name] = fact.value
        elif decided is Verdict.CORRECTED:
            plan.messages.append(message(CORRECTED, fact.header or name, str(fact.value)))
            return
        _note(plan, name, fact, plain(fact.value), base, stays=decided is Verdict.KEEP and not same(current, fact.value))

    def _merge_parts(self, plan: Plan, offer: Offer, row: Row, candidates: Candidates, bases: Bases) -> None:
        for kind in NAMED:
            part: PartName | None = getattr(offer, kind)
            if part is None:
                continue
            held = candidates.part(row, kind)
            base = bases.of(row["id"], kind)
            keys = [name_key(str(name)) if name else "" for name in (held.name if held else "", part.name)]
            decided = verdict(keys[0], base if base is UNKNOWN else name_key(str(base or "")), keys[1])
            if decided is Verdict.CORRECTED:
                plan.messages.append(message(CORRECTED, part.header or kind, part.name))
            elif problems := self.parts.problems_of(kind, part):
                plan.refuse(*problems)
            elif decided is Verdict.TAKE:
                plan.parts[kind] = part
            if decided is not Verdict.CORRECTED:
                _note(plan, kind, part, part.name, base, stays=decided is Verdict.KEEP and keys[0] != keys[1])

    def _merge_specs(self, plan: Plan, offer: Offer, row: Row, candidates: Candidates, bases: Bases) -> None:
        if offer.memory is not None:
            self._merge_spec(plan, "ram_spec", offer.memory.fields, offer.memory, row, candidates, bases)
        current = [fields_of(candidates.part(row, slot)) for slot in SLOTS]
        wanted = matched_drives(current, [drive.fields for drive in offer.drives])
        for slot, fields in zip(SLOTS, wanted, strict=False):
            stated = next(drive for drive in offer.drives if drive.fields is fields)
            self._merge_spec(plan, slot, fields, stated, row, candidates, bases)

    def _merge_spec(
        self,
        plan: Plan,
        slot: str,
        new: Mapping[str, Any],
        stated: Any,
        row: Row,
        candidates: Candidates,
        bases: Bases,
    ) -> None:
        merge = merged_memory if slot == "ram_spec" else merged_drive
        fields, decided = merge(fields_of(candidates.part(row, slot)), bases.of(row["id"], slot), new)
        new = completed_memory(new) if slot == "ram_spec" else said(new)
        if decided is Verdict.TAKE:
            self._spec(plan, slot, fields, new, stated)
        elif decided is Verdict.KEEP and new:
            _note(plan, slot, stated, plain(new), bases.of(row["id"], slot))
        elif decided is Verdict.CORRECTED:
            plan.messages.append(message(CORRECTED, stated.header or slot, " ".join(map(str, new.values()))))

    def _clear(self, plan: Plan, offer: Offer, row: Row) -> None:
        """Empty what a cell says `(clear)` of."""
        for name in offer.cleared:
            if name in FACTS and name != "title" and plain(row.get(name)) != plain(EMPTY[name]):
                plan.values[name] = EMPTY[name]
            elif name in NAMED and row[f"{name}_id"] is not None:
                plan.parts[name] = None
            slots = {"memory": ("ram_spec",), "drives": SLOTS}.get(name, ())
            for slot in slots:
                if row[f"{slot}_id"] is not None:
                    plan.specs[slot] = None
            if name == "price" and row["price_usd"] is not None:
                plan.values |= {"price_usd": None, "price_date": None}

    def _number(self, plan: Plan, identity: Identity, row: Row) -> None:
        """A number that the file states for a listing which has none, or one of ours."""
        held = row["vendor_item_id"]
        ours = not held or held.startswith("row-")
        if ours and identity.number and held != identity.number and (identity.is_stated or identity.is_hashed and held):
            if row["marketplace"] == identity.marketplace:
                plan.values["vendor_item_id"] = identity.number

    def _merge_attributes(self, plan: Plan, offer: Offer, row: Row, bases: Bases) -> None:
        held = row["attributes"] or {}
        for key, fact in offer.custom.items():
            name = f"custom.{key}"
            decided = verdict(held.get(key), bases.of(row["id"], name), fact.value)
            if decided is Verdict.TAKE:
                plan.attributes[key] = fact.value
            if decided is Verdict.CORRECTED:
                plan.messages.append(message(CORRECTED, fact.header or name, str(fact.value)))
            else:
                stays = decided is Verdict.KEEP and not same(held.get(key), fact.value)
                _note(plan, name, fact, plain(fact.value), bases.of(row["id"], name), stays=stays)
        for name in offer.cleared:
            key = name.removeprefix("custom.")
            if name.startswith("custom.") and held.get(key) is not None:
                plan.attributes[key] = None

    def _settle(self, plan: Plan, row: Row, offer: Offer) -> None:
        """Check what changes; a number of ours that moves alone is no change."""
        if plan.outcome is RowOutcome.REFUSED:
            return
        changed = plan.values.keys() - {"vendor_item_id"}
        if not (changed or plan.parts or plan.specs or plan.attributes):
            plan.values.clear()
            return
        plan.outcome = RowOutcome.CHANGED
        listing = Listing(**{**row, **plan.values, "attributes": merged(row["attributes"] or {}, plan.attributes)})
        listing._state.adding = False
        unchanged = {field.name for field in Listing._meta.concrete_fields} - plan.values.keys()
        check = (lambda: None) if plan.attributes else None
        if problems := _problems(listing, unchanged, offer, check):
            plan.refuse(*problems)
            return
        for name in plan.values:
            plan.values[name] = getattr(listing, name)
        plan.title = listing.title

    # -- Both

    def _price(self, offer: Offer, plan: Plan, row: Row | None) -> None:
        plan.prices.extend(offer.history)
        price = offer.price
        if price is not None and row is None:
            values, messages = self.pricing.priced(price)
            plan.values |= values
            plan.messages.extend(messages)
            plan.prices.append(price)
        elif price is not None and row is not None:
            self.observe(plan, price, row)

    def observe(self, plan: Plan, price: Price, row: Row) -> None:
        """A price of a listing that is there: its current one where it is the newest, and part of its history."""
        if self.pricing.is_current(price, row, plan.bases):
            return
        plan.prices.append(price)
        if self.pricing.is_newer(price, row):
            values, messages = self.pricing.priced(price)
            plan.values |= {name: value for name, value in values.items() if not same(value, row.get(name))}
            plan.messages.extend(messages)
            plan.origins[PRICE] = Origin(Where.COLUMN, price.header, as_said(price))

    def _note_origins(self, plan: Plan, facts: Mapping[str, Fact], offer: Offer) -> None:
        if offer.price is not None:
            plan.origins[PRICE] = Origin(Where.COLUMN, offer.price.header, as_said(offer.price))
        for name, fact in facts.items():
            plan.origins[name] = Origin(fact.where, fact.header, plain(fact.value))
        for key, fact in offer.custom.items():
            plan.origins[f"custom.{key}"] = Origin(fact.where, fact.header, plain(fact.value))


def _note(plan: Plan, name: str, stated: Any, value: Any, base: Any, *, stays: bool = False) -> None:
    """Keep what the file says of a field, for the next import, unless that is known or a correction `stays`."""
    if not stays and (base is UNKNOWN or not same(base, value)):
        plan.origins[name] = Origin(stated.where, stated.header, value)


def _problems(listing: Listing, exclude: set[str], offer: Offer, check: Any) -> list[dict[str, str]]:
    """What is wrong with the values of a listing, each with the header of its column. `check` says whether its custom
    fields are looked at, and is called when all is well."""
    try:
        listing.clean_fields(exclude=exclude)
        if check is not None:
            listing.clean()
            check()
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


def setattr_back(listing: Listing, plan: Plan) -> None:
    """Keep the values as checking has left them: texts composed, custom fields with their defaults."""
    for name in plan.values:
        plan.values[name] = getattr(listing, name)
    plan.attributes = listing.attributes


def made_title(offer: Offer, plan: Plan, parts: Parts) -> str:
    """`Lenovo ThinkCentre M70q, Intel Core i5-12500T, DDR4 16GB, NVMe 512GB`."""
    machine = " ".join(text for text in (offer.text("manufacturer"), offer.text("device_model")) if text)
    labels = [str(parts.spec(SPECS[slot], plan.specs[slot] or {})) for slot in SPECS if plan.specs.get(slot)]
    names = [offer.cpu.name if offer.cpu else "", *labels[:2]]
    return ", ".join(part for part in (machine, *names) if part)[:255]


def is_same_machine(offer: Offer, row: Row, candidates: Candidates) -> bool:
    """Whether a record of the listing's title is the same machine of the same seller, whatever its price."""
    if fold(offer.text("title")) != fold(row["title"]) or fold(offer.text("seller")) != fold(row["seller"]):
        return False
    for kind in NAMED:
        part, held = getattr(offer, kind), candidates.part(row, kind)
        if part is not None and held is not None and name_key(part.name) != held.name_key:
            return False
    memory = fields_of(candidates.part(row, "ram_spec"))
    if offer.memory is not None and merged_memory(memory, UNKNOWN, offer.memory.fields)[0] != {
        **completed_memory(offer.memory.fields),
        **memory,
    }:
        return False
    current = [fields_of(candidates.part(row, slot)) for slot in SLOTS]
    wanted = matched_drives(current, [drive.fields for drive in offer.drives])
    pairs = zip(current, wanted, strict=False)
    return all(merged_drive(one, UNKNOWN, new)[0].get("capacity_gb") == (one or said(new)).get("capacity_gb") for one, new in pairs)


__all__ = ["CustomFieldEntity", "Shaper", "default_attributes", "is_same_machine"]
