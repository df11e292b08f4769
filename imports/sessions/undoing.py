"""A commit taken back: what it made goes, what it replaced returns, what somebody has touched since is left, by name.

One transaction. The rows are gone through from the last one to the first, so that of two changes of one listing the
later one is taken back first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.db import OperationalError
from django.db.models import Count, F, Q
from django.utils import timezone

from catalog.custom_values import hold_definitions
from dealbrain.actor import acting
from dealbrain.db import update_rows
from imports.choices import RowOutcome, SessionState
from imports.models import ImportRow, ImportSession, PartPrice
from imports.sessions.digests import digest_of
from imports.sessions.errors import NotNow, SessionError
from imports.sessions.files import CHUNK
from imports.sessions.known import COLUMNS, Row
from imports.sessions.merging import plain
from imports.sessions.parts import NAMED, SPECS
from imports.sessions.states import held
from imports.sessions.unmaking import unfill, unmake, unmark
from imports.sessions.writing import FACTS, store_facts
from imports.twins.following import kept_of, taken_in
from listings.models import Listing, ListingComponent, ListingOrigin, PriceRecord
from listings.origins import CUSTOM
from listings.services import let_go_of_ports
from listings.signals import listings_written
from valuation.jobs import kick
from valuation.recalculation.marking import mark_scales

log = structlog.get_logger(__name__)
MOST_LEFT = 1_000  # that are named; all are counted
REFERENCES = {
    **{f"{kind}_id": model for kind, model in NAMED.items()},
    **{f"{slot}_id": model for slot, model in SPECS.items()},
}


def run_undo(session_id: int) -> None:
    """Take a session back that was begun to be. Doing it twice, or after a crash, does it once. Raises SessionError."""
    session = ImportSession.objects.get(pk=session_id)
    with acting(session.undone_by):
        try:
            with held(session, SessionState.UNDOING):
                _undo(session)
        except NotNow:
            raise
        except OperationalError as error:
            _give_up(session, "the database was busy with other writers of the same offers")
            raise SessionError(
                "Nothing was taken back: the database was busy with other writers. Try again."
            ) from error
        except Exception:
            _give_up(session, "something went wrong here; the log says what")
            raise


def _give_up(session: ImportSession, why: str) -> None:
    log.warning("import_not_undone", session=session.pk, error=why)
    ImportSession.objects.filter(pk=session.pk, state=SessionState.UNDOING).update(
        state=SessionState.COMMITTED, error=f"{why}.", revision=F("revision") + 1, updated_at=timezone.now()
    )
    session.refresh_from_db()


def _undo(session: ImportSession) -> None:
    hold_definitions()
    taking = Taking(session)
    PriceRecord.objects.filter(import_session=session.pk).delete()
    PartPrice.objects.filter(session=session).delete()
    rows = ImportRow.objects.filter(session=session, part="")
    rows = rows.filter(Q(before__isnull=False) | Q(after__isnull=False))
    last: int | None = None
    while chunk := list((rows if last is None else rows.filter(pk__lt=last)).order_by("-pk")[:CHUNK]):
        taking.take_back(chunk)
        last = chunk[-1].pk
    left = sorted(taking.left, key=lambda one: int(one["line"])) + unfill(session) + unmake(session) + unmark(session)
    mark_scales()
    now = timezone.now()
    ImportSession.objects.filter(pk=session.pk).update(
        state=SessionState.UNDONE,
        left=left[:MOST_LEFT],
        counts={**session.counts, "taken_back": taking.done, "left_as_is": len(left)},
        revision=F("revision") + 1,
        undone_at=now,
        updated_at=now,
    )
    session.refresh_from_db()
    kick()


class Taking:
    """Takes rows back, chunk by chunk: a constant number of statements for each."""

    def __init__(self, session: ImportSession) -> None:
        self.left: list[dict[str, Any]] = []
        self.done = 0
        self._session = session

    def take_back(self, rows: Sequence[ImportRow]) -> None:
        pks = {row.listing_id for row in rows if row.listing_id is not None}
        listings = Listing.objects.filter(pk__in=pks)
        listings.hold()
        held: dict[int, Row] = {row["id"]: row for row in listings.values(*COLUMNS)}
        facts = dict(ListingOrigin.objects.filter(pk__in=pks).values_list("pk", "facts"))
        there = _parts_there(rows)
        merged = kept_of(pks)
        used = self._used_by_others(rows)
        changed: set[int] = set()
        gone: list[int] = []
        for row in rows:
            listing = held.get(row.listing_id or 0)
            if listing is None:
                continue  # somebody has deleted it
            if (into := merged.get(listing["id"])) is not None:
                if row.outcome == RowOutcome.NEW or (row.before or {}).keys() - {FACTS}:
                    self._leave(row, f"it was merged into listing {into} since, which keeps what it took over")
                continue
            if row.outcome == RowOutcome.NEW:
                if self._may_go(row, listing, used):
                    gone.append(listing["id"])
                    self.done += 1
                continue
            before = dict(row.before or {})
            _restore_facts(facts.setdefault(listing["id"], {}), before.pop(FACTS, {}))
            if before and self._restore(row, listing, before, there):
                self.done += 1
            changed.add(listing["id"])
        self._write([held[pk] for pk in sorted(changed - set(gone))], facts)
        if gone:
            Listing.objects.filter(pk__in=gone).delete()
            let_go_of_ports(held[pk]["ports_profile_id"] for pk in gone)

    def _may_go(self, row: ImportRow, listing: Row, used: dict[int, str]) -> bool:
        """Whether nobody has made anything of a listing since it was made."""
        pk = listing["id"]
        if digest_of(listing) != (row.after or {}).get("digest"):
            self._leave(row, "somebody has edited it since")
        elif pk in used:
            self._leave(row, used[pk])
        else:
            return True
        return False

    def _used_by_others(self, rows: Sequence[ImportRow]) -> dict[int, str]:
        """Listings of these rows that something else is about by now: why each stays."""
        pks = [row.listing_id for row in rows if row.outcome == RowOutcome.NEW and row.listing_id is not None]
        if not pks:
            return {}
        found = {pk: f"listing {other} was merged into it since" for pk, other in taken_in(pks).items()}
        others = ImportRow.objects.filter(listing__in=pks, session__state=SessionState.COMMITTED)
        others = others.exclude(session=self._session).filter(
            outcome__in=(RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.UNCHANGED)
        )
        for pk, session in others.values_list("listing_id", "session_id"):
            found[pk] = f"import {session} has it too"
        counted = ListingComponent.objects.filter(listing__in=pks).values_list("listing").annotate(Count("pk"))
        components = dict(counted)
        for row in rows:
            if row.outcome == RowOutcome.NEW and components.get(row.listing_id, 0) != (row.after or {})["components"]:
                found[row.listing_id or 0] = "somebody has changed what comes with it since"
        ruled = Listing.objects.filter(pk__in=pks, ruleset_override__isnull=False).values_list("pk", flat=True)
        found.update(dict.fromkeys(ruled, "somebody has decided about its rulesets since"))
        return found

    def _restore(self, row: ImportRow, listing: Row, before: dict[str, Any], there: dict[Any, set[int]]) -> bool:
        """Give fields their old values where they still hold what was written; whether any has one again."""
        after = row.after or {}
        touched = []
        restored = False
        for name, old in before.items():
            now = (
                (listing["attributes"] or {}).get(name.removeprefix(CUSTOM))
                if name.startswith(CUSTOM)
                else listing[name]
            )
            if plain(now) != plain(after.get(name)) or (
                name in REFERENCES and old not in ("", None) and old not in there[REFERENCES[name]]
            ):
                touched.append(name)
            else:
                _put(listing, name, old)
                restored = True
        if touched:
            self._leave(row, f"somebody has changed {', '.join(touched)} since")
        return restored

    def _leave(self, row: ImportRow, why: str) -> None:
        self.left.append({"line": row.line, "listing": row.listing_id, "title": row.title, "why": why})

    def _write(self, rows: Sequence[Row], facts: dict[int, dict[str, Any]]) -> None:
        if not rows:
            return
        names = {field.name for field in Listing._meta.concrete_fields if field.attname in COLUMNS} - {"id"}
        listings = [Listing(**{**row, "updated_at": timezone.now()}) for row in rows]
        update_rows(Listing, listings, sorted(names | {"updated_at"}))
        store_facts({row["id"]: facts.get(row["id"], {}) for row in rows})
        listings_written.send(Listing, ids=[row["id"] for row in rows])


def _put(listing: Row, name: str, old: Any) -> None:
    """Set a column, or a custom field, to what it held, read from JSON."""
    if name.startswith(CUSTOM):
        attributes = {**(listing["attributes"] or {}), name.removeprefix(CUSTOM): old}
        listing["attributes"] = {key: value for key, value in attributes.items() if value is not None}
        return
    field: Any = next(field for field in Listing._meta.concrete_fields if field.attname == name)
    empty = old == "" and field.null
    listing[name] = None if empty else old if field.is_relation else field.to_python(old)


def _restore_facts(facts: dict[str, Any], before: dict[str, Any]) -> None:
    for name, fact in before.items():
        if fact is None:
            facts.pop(name, None)
        else:
            facts[name] = fact


def _parts_there(rows: Iterable[ImportRow]) -> dict[Any, set[int]]:
    """The parts that these rows had replaced, as far as they are still there."""
    wanted: dict[Any, set[int]] = {model: set() for model in REFERENCES.values()}
    for row in rows:
        for name, old in (row.before or {}).items():
            if name in REFERENCES and isinstance(old, int):
                wanted[REFERENCES[name]].add(old)
    return {
        model: set(model.objects.filter(pk__in=pks).values_list("pk", flat=True)) if pks else set()
        for model, pks in wanted.items()
    }
