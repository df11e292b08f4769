"""A record and the listing that it is -> what changes. What somebody has corrected stays; nothing gets poorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dealbrain.folding import fold, name_key
from imports.choices import RowOutcome
from imports.resolving.outcomes import DriveSpec, Fact, Memory, Offer, PartName
from imports.sessions.identity import HASHED, clean_url
from imports.sessions.known import Held
from imports.sessions.merging import (
    UNKNOWN,
    Fields,
    Verdict,
    completed_memory,
    fields_of,
    fits,
    matched_drives,
    merged_drive,
    merged_memory,
    said,
    same,
    verdict,
)
from imports.sessions.parts import NAMED, SLOTS, SPECS
from imports.sessions.plans import Plan, message
from imports.sessions.prices import PRICES
from listings.models import Listing

if TYPE_CHECKING:
    from imports.sessions.shaping import Shaper

CORRECTED = "somebody has corrected this: the file's value is not taken"
NOTHING = {field.name: field.get_default() for field in Listing._meta.concrete_fields if not field.is_relation} | {
    "condition": ""
}


class Change:
    """Fills the plan of one record for the listing that it is."""

    def __init__(self, shaper: Shaper, plan: Plan, held: Held) -> None:
        self._shaper = shaper
        self._plan = plan
        self._held = held
        self._row = held.row

    def merge(self, offer: Offer, facts: Mapping[str, Fact]) -> None:
        """Take what the file says anew, and leave what it says as before, or poorer, as it is."""
        for name, fact in facts.items():
            if name == "listing_url" and clean_url(self._row[name]) == fact.value:
                continue
            if self._decide(name, self._row[name], self._held.base(name), fact):
                self._plan.values[name] = fact.value
        for kind in NAMED:
            if (part := getattr(offer, kind)) is not None:
                self._merge_part(kind, part)
        if offer.memory is not None:
            self._merge_spec("ram_spec", offer.memory.fields, offer.memory)
        self._merge_drives(offer.drives)
        self._merge_custom(offer)
        self._clear(offer)
        self._observe(offer)

    def replace(self, offer: Offer, facts: Mapping[str, Fact]) -> None:
        """Another machine takes the place of the one there was: nothing of it stays, but what people wrote."""
        kept = {"notes", "title"}
        emptied = {name: NOTHING[name] for name in self._emptied() if name not in kept}
        self._plan.values = {**emptied, **{name: fact.value for name, fact in facts.items()}}
        self._plan.parts = dict.fromkeys(NAMED)
        self._plan.specs = dict.fromkeys(SPECS)
        self._shaper.describe(self._plan, offer, facts)
        self._observe(offer)

    def settle(self, offer: Offer) -> None:
        """Leave out what is as it was, and check the rest. A number of ours that moves alone is no change."""
        plan, row = self._plan, self._row
        if plan.outcome is RowOutcome.REFUSED:
            return
        plan.values = {name: value for name, value in plan.values.items() if not same(value, row[name])}
        number = self._number()
        ours = number.startswith(HASHED)
        if not (plan.values or plan.parts or plan.specs or plan.attributes or (number and not ours)):
            return
        plan.outcome = RowOutcome.CHANGED
        if number:
            plan.values["vendor_item_id"] = number
        self._shaper.check_change(plan, offer, row)

    def _emptied(self) -> list[str]:
        of_machine = (
            "device_model",
            "manufacturer",
            "series",
            "model_number",
            "form_factor",
            "ram_notes",
            "os_license",
        )
        of_offer = ("condition", "seller", "other_components", "other_urls")
        return [*of_machine, *of_offer]

    def _decide(self, name: str, current: Any, base: Any, fact: Any, value: Any = UNKNOWN) -> bool:
        """Whether the file's value is taken; where it is not because of a correction, that is told."""
        new = fact.value if value is UNKNOWN else value
        decided = verdict(current, base, new)
        if decided is Verdict.CORRECTED:
            self._told(fact, name, new)
        elif decided is Verdict.TAKE or same(current, new):
            self._note(name, fact, is_known=base is not UNKNOWN and same(base, new))
        return decided is Verdict.TAKE

    def _merge_part(self, kind: str, part: PartName) -> None:
        held, base = self._held.part(kind), self._held.base_part(kind)
        keys = ["" if one is None else one.name_key for one in (held, None if base is UNKNOWN else base)]
        known = UNKNOWN if base is UNKNOWN else keys[1]
        if not self._decide(kind, keys[0], known, part, name_key(part.name)):
            if part.fields and keys[0] == name_key(part.name) and self._shaper.has_no_problem(self._plan, kind, part):
                self._plan.said_of_parts.append((kind, part))
        elif self._shaper.has_no_problem(self._plan, kind, part):
            self._plan.parts[kind] = part

    def _merge_drives(self, drives: Sequence[DriveSpec]) -> None:
        current = [fields_of(self._held.part(slot)) for slot in SLOTS]
        for place, drive in matched_drives(current, drives):
            self._merge_spec(SLOTS[place], drive.fields, drive)

    def _merge_spec(self, slot: str, given: Mapping[str, Any], stated: Memory | DriveSpec) -> None:
        merge, new = (merged_memory, completed_memory(given)) if slot == "ram_spec" else (merged_drive, said(given))
        base = self._held.base_part(slot)
        current = fields_of(self._held.part(slot))
        fields, decided = merge(current, UNKNOWN if base is UNKNOWN else fields_of(base), new)
        if decided is Verdict.TAKE:
            self._shaper.give_spec(self._plan, slot, fields, stated)
        elif decided is Verdict.CORRECTED:
            self._told(stated, slot, " ".join(map(str, new.values())))
        elif new and base is UNKNOWN:
            self._note(slot, stated, is_known=False)

    def _merge_custom(self, offer: Offer) -> None:
        attributes: Fields = self._row["attributes"] or {}
        for key, fact in offer.custom.items():
            name = f"custom.{key}"
            if self._decide(name, attributes.get(key), self._held.base(name), fact):
                self._plan.attributes[key] = fact.value

    def _clear(self, offer: Offer) -> None:
        """Empty what a cell says `(clear)` of."""
        for name in offer.cleared:
            if name.startswith("custom."):
                key = name.removeprefix("custom.")
                if (self._row["attributes"] or {}).get(key) is not None:
                    self._plan.attributes[key] = None
            elif name in NAMED and self._row[f"{name}_id"] is not None:
                self._plan.parts[name] = None
            elif name in NOTHING and name not in ("title", "status"):
                self._plan.values[name] = NOTHING[name]
            for slot in {"memory": ("ram_spec",), "drives": SLOTS}.get(name, ()):
                if self._row[f"{slot}_id"] is not None:
                    self._plan.specs[slot] = None
            if name == "price":
                self._plan.values |= {column: NOTHING[column] for column in PRICES}

    def _observe(self, offer: Offer) -> None:
        self._plan.prices.extend(offer.history)
        if offer.price is not None:
            self._shaper.observe(self._plan, offer.price, self._held)

    def _number(self) -> str:
        """A number that the file states for a listing which has none, or one of ours that has moved with the price."""
        held, identity = self._row["vendor_item_id"], self._plan.identity
        if identity is None or self._row["marketplace"] != identity.marketplace or held == identity.number:
            return ""
        moves = held.startswith(HASHED) if identity.is_hashed else not held or held.startswith(HASHED)
        return identity.number if moves and (identity.is_stated or identity.is_hashed) else ""

    def _note(self, name: str, stated: Any, *, is_known: bool) -> None:
        """Keep where the value came from, for the next import."""
        if not is_known:
            self._plan.origins[name] = (str(stated.where), stated.header)

    def _told(self, stated: Any, name: str, value: Any) -> None:
        self._plan.messages.append(message(CORRECTED, stated.header or name, str(value)))


def is_same_machine(offer: Offer, held: Held) -> bool:
    """Whether a record of the listing's title is the same machine of the same seller, whatever its price."""
    row = held.row
    if fold(offer.text("title")) != fold(row["title"]) or fold(offer.text("seller")) != fold(row["seller"]):
        return False
    for kind in NAMED:
        part, known = getattr(offer, kind), held.part(kind)
        if part is not None and known is not None and name_key(part.name) != known.name_key:
            return False
    memory = fields_of(held.part("ram_spec"))
    if offer.memory is not None and not fits(memory, merged_memory(memory, UNKNOWN, offer.memory.fields)[0]):
        return False
    current = [fields_of(held.part(slot)) for slot in SLOTS]
    placed = matched_drives(current, offer.drives)
    return all(fits(current[slot], merged_drive(current[slot], UNKNOWN, drive.fields)[0]) for slot, drive in placed)
