"""Records -> what each would do. Reads the database for a chunk at a time, and writes nothing.

Which listing a record is: the one with its number in its marketplace and source; else the one with its address; else,
for a record that has neither, the one that said exactly the same, or, once the whole file was seen, one that is the
same machine of the same seller at another price. A number that a listing of another machine has is a conflict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dealbrain.folding import fold, name_key
from imports.choices import ConflictChoice, RowOutcome
from imports.resolving.outcomes import LeftOut, Offer, Outcome, Refused
from imports.sessions.duplicates import Duplicates
from imports.sessions.identity import ALIKE, HASHED, Identity, identify, likeness
from imports.sessions.known import Candidates, Known, Row
from imports.sessions.merging import UNKNOWN, same
from imports.sessions.origins import Bases
from imports.sessions.plans import Plan, message, told
from imports.sessions.shaping import Shaper, is_same_machine

ALL = "*"  # a choice for every conflict that has none of its own
MOST_TWINS = 50  # listings of one title that a record is compared with


@dataclass(slots=True)
class Deferred:
    """Records without number and address that wait for the end of the file, by line, with their numbers of ours."""

    numbers: dict[int, str] = field(default_factory=dict)

    def __contains__(self, line: int) -> bool:
        return line in self.numbers

    def __bool__(self) -> bool:
        return bool(self.numbers)


class Planner:
    """Plans for the records of one file, chunk by chunk, in the order of the file."""

    def __init__(self, *, shaper: Shaper, source: str, own_source: str, choices: Mapping[str, str], hold: bool) -> None:
        self.known = Known(hold=hold)
        self.deferred = Deferred()
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
        candidates = self.known.find([(identities[offer.line], offer.text("title")) for offer in offers], self._at_end)
        bases = Bases(candidates.rows)
        plans = []
        for outcome in outcomes:
            if isinstance(outcome, Offer):
                plan = self._plan(outcome, identities[outcome.line], candidates, bases)
                if plan is not None:
                    plans.append(plan)
            else:
                plans.append(plan_of_none(outcome))
        return plans

    def _identify(self, offer: Offer) -> Identity:
        identity = identify(offer, source=self._source)
        if identity.number or identity.url:
            return identity
        if self._at_end:
            return identity.numbered(self.deferred.numbers[offer.line])
        self._hashed[identity.digest] += 1
        return identity.numbered(f"{HASHED}{identity.digest}-{self._hashed[identity.digest]}")

    def _plan(self, offer: Offer, identity: Identity, candidates: Candidates, bases: Bases) -> Plan | None:
        again = self._duplicates.see(offer, identity)
        if again is not None and again.is_same_machine:
            return again.plan(offer, identity)
        row = self._select(offer, identity, candidates)
        if row is None and not self._at_end and identity.is_hashed and self.known.has_title(offer.text("title")):
            self.deferred.numbers[offer.line] = identity.number
            return None
        why = self._conflict(offer, row, candidates, bases) if row is not None and not identity.is_hashed else ""
        if again is not None and (row is None or why):
            return self._shape(offer, identity.apart(), None, candidates, bases)  # two machines of one number
        if row is not None and why:
            return self._resolve_conflict(offer, identity, row, why, candidates, bases)
        return self._shape(offer, identity, row, candidates, bases)

    def _shape(
        self,
        offer: Offer,
        identity: Identity,
        row: Row | None,
        candidates: Candidates,
        bases: Bases,
        *,
        replace: bool = False,
    ) -> Plan:
        if row is None:
            return self._shaper.new(offer, identity)
        self._taken.add(row["id"])
        return self._shaper.change(offer, identity, row, candidates, bases, replace=replace)

    def _select(self, offer: Offer, identity: Identity, candidates: Candidates) -> Row | None:
        """The listing that the record is, among those that no other record of the file is."""
        numbered = self._free(candidates.by_number.get((identity.marketplace, identity.number), ()))
        if identity.number:
            apart = self._free(candidates.by_number.get((identity.marketplace, identity.apart().number), ()))
            if found := self._of_source(apart, identity, offer):
                return found
            if found := self._of_source(numbered, identity, offer):
                return found
        if identity.url:
            rows = [row for row in self._free(candidates.by_url.get(identity.url, ())) if _may_be(row, identity)]
            alike = [row for row in rows if likeness(row["title"], offer.text("title") or row["title"]) >= ALIKE]
            if len(rows) == 1 or alike:
                return _most_alike(alike or rows, offer)
        if identity.is_hashed and self._at_end:
            rows = self._free(candidates.by_title.get(fold(offer.text("title")), ()))
            return next((row for row in rows[:MOST_TWINS] if is_same_machine(offer, row, candidates)), None)
        return None

    def _free(self, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if row["id"] not in self._taken]

    def _of_source(self, rows: Sequence[Row], identity: Identity, offer: Offer) -> Row | None:
        """The one of the record's source; where nobody says a source, one without, or else whichever is most alike."""
        own = [row for row in rows if row.get("source", "") == identity.source]
        return _most_alike(own or ([] if identity.source else list(rows)), offer)

    def _conflict(self, offer: Offer, row: Row, candidates: Candidates, bases: Bases) -> str:
        """Why the listing with this number or address is of another machine; nothing where it is the same."""
        title, was = offer.text("title"), bases.of(row["id"], "title")
        if title and not (was is not UNKNOWN and same(title, was)) and likeness(title, row["title"]) < ALIKE:
            return f'listing {row["id"]} "{row["title"][:80]}" has this number and a title that is nothing like it'
        cpu = candidates.part(row, "cpu")
        if offer.cpu is None or cpu is None or name_key(offer.cpu.name) == cpu.name_key:
            return ""
        was = bases.of(row["id"], "cpu")
        if was is not UNKNOWN and was and name_key(str(was)) == name_key(offer.cpu.name):
            return ""
        return f"listing {row['id']} has this number and another processor, {cpu.name}"

    def _resolve_conflict(
        self, offer: Offer, identity: Identity, row: Row, why: str, candidates: Candidates, bases: Bases
    ) -> Plan:
        choice = self._choices.get(str(offer.line)) or self._choices.get(ALL, "")
        if choice == ConflictChoice.REPLACE:
            return self._shape(offer, identity, row, candidates, bases, replace=True)
        if choice == ConflictChoice.BOTH:
            own = identity.of_source(self._own_source)
            rows = self._free(candidates.by_number.get((own.marketplace, own.number), ()))
            twin = next((found for found in rows if found.get("source", "") == own.source), None)
            return self._shape(offer, own, twin, candidates, bases)
        kept = "the listing is kept" if choice == ConflictChoice.KEEP else "say whether to keep, replace or have both"
        return Plan(
            offer.line,
            RowOutcome.CONFLICT,
            offer.text("title"),
            [message(f"{why}: {kept}", "vendor_item_id", identity.number or identity.url)],
            identity,
            row,
        )


def plan_of_none(outcome: Outcome) -> Plan:
    """The plan of a record that is no offer and does nothing."""
    if isinstance(outcome, Refused):
        return Plan(outcome.line, RowOutcome.REFUSED, outcome.title, [told(problem) for problem in outcome.problems])
    if isinstance(outcome, LeftOut):
        return Plan(outcome.line, RowOutcome.LEFT_OUT, outcome.title, [message(outcome.message, value=outcome.reason)])
    raise TypeError(f"{type(outcome).__name__} is no outcome of a file of listings")


def _may_be(row: Row, identity: Identity) -> bool:
    """Whether a listing with the record's address can be it: not where each has a number of its own."""
    number = row["vendor_item_id"]
    return not number or number.startswith(HASHED) or not identity.number or not identity.is_stated


def _most_alike(rows: Sequence[Row], offer: Offer) -> Row | None:
    if len(rows) < 2:
        return rows[0] if rows else None
    title = offer.text("title")
    return max(rows, key=lambda row: likeness(row["title"], title))
