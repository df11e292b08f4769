"""Records -> what each would do. Reads the database for a chunk at a time, and writes nothing.

Which listing a record is: the one with its number in its marketplace and source; else the one with its address; else,
for a record that has neither, the one that said exactly the same, or, once the whole file was seen, one that is the
same machine of the same seller at another price. A number that a listing of another machine has is a conflict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dealbrain.folding import fold, name_key
from imports.choices import ConflictChoice, RowOutcome
from imports.resolving.outcomes import LeftOut, Offer, Outcome, Refused
from imports.sessions.changing import is_same_machine
from imports.sessions.duplicates import Duplicates
from imports.sessions.identity import ALIKE, HASHED, Identity, identify, likeness
from imports.sessions.known import Candidates, Held, Known
from imports.sessions.merging import UNKNOWN, same
from imports.sessions.plans import Plan, message, told
from imports.sessions.shaping import Shaper

ALL = "*"  # a choice for every conflict that has none of its own
MOST_TWINS = 50  # listings of one title that a record is compared with


class Planner:
    """Plans for the records of one file, chunk by chunk, in the order of the file.

    `deferred` holds the lines of records without number and address that wait for the end of the file, with the numbers
    that are made for them.
    """

    def __init__(self, *, shaper: Shaper, source: str, own_source: str, choices: Mapping[str, str], hold: bool) -> None:
        self.known = Known(hold=hold)
        self._hold = hold
        self.deferred: dict[int, str] = {}
        self._shaper = shaper
        self._source = source
        self._own_source = own_source  # the file's name: where a choice says that both are to be kept
        self._choices = choices
        self._duplicates = Duplicates()
        self._hashed: Counter[str] = Counter()
        self._taken: set[int] = set()  # listings that a record of this file is already
        self._at_end = False

    def end(self) -> None:
        """Every record was seen: from here on, those that were deferred are planned."""
        self._at_end = True

    def plan(self, outcomes: Sequence[Outcome]) -> list[Plan]:
        """A plan for each outcome that is not deferred, in their order."""
        offers = [outcome for outcome in outcomes if isinstance(outcome, Offer)]
        identities = {offer.line: self._identify(offer) for offer in offers}
        named = [(identities[offer.line], offer.text("title")) for offer in offers]
        candidates = self.known.find(named, by_title=self._at_end)
        plans = []
        for outcome in outcomes:
            if not isinstance(outcome, Offer):
                plans.append(plan_of_none(outcome))
            elif (plan := self._plan(outcome, identities[outcome.line], candidates)) is not None:
                plans.append(plan)
        return plans

    def plan_again(self, plans: Sequence[Plan]) -> None:
        """Plans for other days of offers of the same file, and for prices of merged listings: by now, all others are
        stored. One of each listing changes it."""
        identities = [(plan.identity, plan.title) for plan in plans if plan.identity is not None and plan.again]
        into = [plan.into for plan in plans if plan.into is not None]
        candidates = self.known.find(identities, by_title=False, pks=into)
        changed: dict[int, Plan] = {}
        for plan in plans:
            held = self._earlier(plan, candidates) if plan.into is None else candidates.by_pk.get(plan.into)
            if held is not None and not plan.prices:  # a merged listing's price that is known already
                plan.row, plan.facts = held.row, held.facts
                continue
            if held is None:
                if self._hold:  # the earlier record did not go in
                    plan.outcome, plan.prices = RowOutcome.LEFT_OUT, []
                continue
            first = changed.setdefault(held.pk, plan)
            row = {**held.row, **first.values}
            (price, *plan.prices), plan.row, plan.facts = plan.prices, held.row, held.facts
            plan.outcome = RowOutcome.UNCHANGED
            self._shaper.observe(plan, price, Held(row, held.facts, held.parts))
            if plan.values:
                first.values |= plan.values
                first.outcome = RowOutcome.CHANGED
                first.origins |= plan.origins
            if plan is not first:
                plan.values, plan.origins = {}, {}

    def _earlier(self, plan: Plan, candidates: Candidates) -> Held | None:
        """The listing that an earlier record of the file is."""
        identity = plan.identity
        if identity is None:
            return None
        if not identity.number:
            return next(iter(candidates.by_url.get(identity.url, ())), None)
        rows = candidates.by_number.get((identity.marketplace, identity.number), ())
        return next((held for held in rows if held.row["source"] == identity.source), None) or next(iter(rows), None)

    def _identify(self, offer: Offer) -> Identity:
        identity = identify(offer, source=self._source)
        if identity.number or identity.url:
            return identity
        if self._at_end and offer.line in self.deferred:
            return identity.numbered(self.deferred[offer.line])
        self._hashed[identity.digest] += 1
        return identity.numbered(f"{HASHED}{identity.digest}-{self._hashed[identity.digest]}")

    def _plan(self, offer: Offer, identity: Identity, candidates: Candidates) -> Plan | None:
        again = self._duplicates.see(offer, identity)
        if again is not None and again.is_same_machine:
            return again.plan(offer, identity)
        held = self._select(offer, identity, candidates)
        if held is None and not self._at_end and identity.is_hashed and self.known.has_title(offer.text("title")):
            self.deferred[offer.line] = identity.number
            return None
        why = _conflict(offer, held) if held is not None and not identity.is_hashed else ""
        if again is not None and (held is None or why):
            return self._shape(offer, identity.apart(), None)  # two machines of one number
        if held is not None and why:
            return self._resolve_conflict(offer, identity, held, why, candidates)
        if held is not None and held.into is not None:
            return self._of_merged(offer, identity, held, held.into)
        return self._shape(offer, identity, held)

    def _shape(self, offer: Offer, identity: Identity, held: Held | None, *, replace: bool = False) -> Plan:
        if held is None:
            return self._shaper.new(offer, identity)
        self._taken.add(held.pk)
        return self._shaper.change(offer, identity, held, replace=replace)

    def _of_merged(self, offer: Offer, identity: Identity, held: Held, into: int) -> Plan:
        """An offer of a listing that was merged: it stays archived, and a price that is new counts for the other."""
        self._taken.add(held.pk)
        told = message(
            f"listing {held.pk} was merged into listing {into}: its price counts there, and it stays archived"
        )
        plan = Plan(offer.line, RowOutcome.UNCHANGED, offer.text("title"), [told], identity, held.row, into=into)
        if offer.price is not None and not self._shaper.pricing.is_current(offer.price, held):
            plan.prices = [offer.price, *offer.history]
            plan.outcome = RowOutcome.CHANGED
        return plan

    def _select(self, offer: Offer, identity: Identity, candidates: Candidates) -> Held | None:
        """The listing that the record is, among those that no other record of the file is."""
        if identity.number:
            for number in (identity.apart().number, identity.number):
                rows = self._free(candidates.by_number.get((identity.marketplace, number), ()))
                if found := _of_source(rows, identity, offer):
                    return found
        if identity.url:
            rows = [held for held in self._free(candidates.by_url.get(identity.url, ())) if _may_be(held, identity)]
            title = offer.text("title")
            alike = [held for held in rows if not title or likeness(held.row["title"], title) >= ALIKE]
            if len(rows) == 1 or alike:
                return _most_alike(alike or rows, offer)
        if identity.is_hashed and self._at_end:
            rows = self._free(candidates.by_title.get(fold(offer.text("title")), ()))
            return next((held for held in rows[:MOST_TWINS] if is_same_machine(offer, held)), None)
        return None

    def _free(self, rows: Sequence[Held]) -> list[Held]:
        return [held for held in rows if held.pk not in self._taken]

    def _resolve_conflict(self, offer: Offer, identity: Identity, held: Held, why: str, candidates: Candidates) -> Plan:
        choice = self._choices.get(str(offer.line)) or self._choices.get(ALL, "")
        if choice == ConflictChoice.REPLACE and held.into is not None:
            why, choice = f"{why}, and was merged into listing {held.into}, so that it cannot be replaced", ""
        if choice == ConflictChoice.REPLACE:
            return self._shape(offer, identity, held, replace=True)
        if choice == ConflictChoice.BOTH:
            own = identity.of_source(self._own_source)
            rows = self._free(candidates.by_number.get((own.marketplace, own.number), ()))
            return self._shape(offer, own, next((one for one in rows if one.row["source"] == own.source), None))
        kept = "the listing is kept" if choice == ConflictChoice.KEEP else "say whether to keep, replace or have both"
        told = message(f"{why}: {kept}", "vendor_item_id", identity.number or identity.url)
        return Plan(offer.line, RowOutcome.CONFLICT, offer.text("title"), [told], identity, held.row)


def plan_of_none(outcome: Outcome) -> Plan:
    """The plan of a record that is no offer and does nothing."""
    if isinstance(outcome, Refused):
        return Plan(outcome.line, RowOutcome.REFUSED, outcome.title, [told(problem) for problem in outcome.problems])
    if isinstance(outcome, LeftOut):
        return Plan(outcome.line, RowOutcome.LEFT_OUT, outcome.title, [message(outcome.message, value=outcome.reason)])
    raise TypeError(f"{type(outcome).__name__} is no outcome of a file of listings")


def _conflict(offer: Offer, held: Held) -> str:
    """Why the listing with this number or address is of another machine; nothing where it is the same."""
    title, was = offer.text("title"), held.base("title")
    if title and (was is UNKNOWN or not same(title, was)) and likeness(title, held.row["title"]) < ALIKE:
        return f'listing {held.pk} "{held.row["title"][:80]}" has this number and a title that is nothing like it'
    cpu, base = held.part("cpu"), held.base_part("cpu")
    if offer.cpu is None or cpu is None:
        return ""
    key = name_key(offer.cpu.name)
    if key == cpu.name_key or (base is not UNKNOWN and base is not None and key == base.name_key):
        return ""
    return f"listing {held.pk} has this number and another processor, {cpu.name}"


def _of_source(rows: Sequence[Held], identity: Identity, offer: Offer) -> Held | None:
    """The one of the record's source; where nobody says a source, one without, or else whichever is most alike."""
    own = [held for held in rows if held.row["source"] == identity.source]
    if own or identity.source:
        return _most_alike(own, offer)
    return _most_alike([held for held in rows if not _conflict(offer, held)] or rows, offer)


def _may_be(held: Held, identity: Identity) -> bool:
    """Whether a listing with the record's address can be it: not where each has a number of its own."""
    number = held.row["vendor_item_id"]
    return not number or number.startswith(HASHED) or not identity.number or not identity.is_stated


def _most_alike(rows: Sequence[Held], offer: Offer) -> Held | None:
    if len(rows) < 2:
        return rows[0] if rows else None
    title = offer.text("title")
    return max(rows, key=lambda held: likeness(held.row["title"], title))
