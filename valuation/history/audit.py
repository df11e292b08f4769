"""Every change to rulesets, groups, rules and actions, written down: an audit entry each, and versions of rules.

Nothing is told what changed. A ledger holds what the rows were before, looks at them again at the end, and writes
down what differs, all inside the transaction of the change. So it does not matter by which way a row is written, as
long as the ledger knew before that it would be:

- `save()` and `delete()` announce their row by a signal. The first row is looked up alone; from the second on the
  whole ruleset is, so that the number of queries depends on the rulesets and not on the rules.
- Bulk writes (`update()`, `bulk_create`) send no signals: their rows, or whole rulesets, are named to `recording`.
- All that is inside a ruleset or group which was created within a `recording` counts as created, however it was.

Outside of a `recording` each save, and each deletion with all that it takes along, is a ledger of its own. Writers of
rules wait for each other from the start of the ledger on, so nobody's change appears as somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Max, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from dealbrain.actor import actor_name
from valuation.history.states import KINDS, Json, State, Target, load_states, ruleset_ids
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion, TargetKind
from valuation.recalculation.marking import lock_rules

BATCH = 500
# Where a row carries the ledger of its own save, and what is being deleted that of the deletion.
SAVING, DELETING = "_ledger_of_save", "_ledger_of_deletion"


@dataclass
class Ledger:
    """What the rows of one change were before it. None: there was no such row."""

    held: dict[Target, State | None] = field(default_factory=dict)
    rulesets: set[int] = field(default_factory=set)  # looked at as a whole
    groups: set[int] = field(default_factory=set)  # created in here: looked at as a whole at the end

    def hold(self, targets: Iterable[Target]) -> None:
        """Look at these rows alone."""
        new = set(targets) - self.held.keys()
        if new:
            found = load_states(new)
            self.held.update({target: found.get(target) for target in new})

    def hold_rulesets(self, ids: Iterable[int]) -> None:
        """Look at these rulesets with all that is in them."""
        new = set(ids) - self.rulesets
        if new:
            self.rulesets |= new
            self.held = {**load_states(rulesets=new), **self.held}

    def announce(self, row: Model) -> None:
        """`row` will be saved or deleted."""
        for target in self._targets(row):
            if target in self.held:
                continue
            if self.held:
                self.hold_rulesets(ruleset_ids(target))
            self.hold([target])

    def announce_new(self, row: Model) -> None:
        """`row` was just created."""
        if isinstance(row, RuleAction):
            return
        self.held.setdefault(Target(KINDS[type(row)], row.pk), None)
        if isinstance(row, Ruleset):
            self.rulesets.add(row.pk)
        elif isinstance(row, RuleGroup):
            self.groups.add(row.pk)

    def _targets(self, row: Model) -> set[Target]:
        if not isinstance(row, RuleAction):
            return {Target(KINDS[type(row)], row.pk)} if row.pk is not None else set()
        rule = Target(TargetKind.RULE, row.rule_id)
        before = self.held.get(rule)
        if row.pk is None or (before is not None and row.pk in before.action_ids):
            return {rule}
        # It may come from another rule.
        from_rules = RuleAction.objects.filter(pk=row.pk).values_list("rule_id", flat=True)
        return {rule, *(Target(TargetKind.RULE, pk) for pk in from_rules)}

    def close(self) -> None:
        """Write down what differs now."""
        if not self.held:
            return
        now = load_states(self.held, rulesets=self.rulesets, groups=self.groups)
        changed = [
            (target, before, after)
            for target in sorted({*self.held, *now}, key=lambda t: (list(KINDS.values()).index(t.kind), t.pk))
            if _differ(before := self.held.get(target), after := now.get(target))
        ]
        if not changed:
            return
        at = timezone.now()
        _write_versions([(t.pk, before, after) for t, before, after in changed if t.kind is TargetKind.RULE], at)
        AuditEntry.objects.bulk_create([_entry(*change, at) for change in changed], batch_size=BATCH)


class _Blind(Ledger):
    """Looks at nothing: for changes that are taken back."""

    def hold(self, targets: Iterable[Target]) -> None:
        pass

    def hold_rulesets(self, ids: Iterable[int]) -> None:
        pass

    def announce(self, row: Model) -> None:
        pass

    def announce_new(self, row: Model) -> None:
        pass


_current: ContextVar[Ledger | None] = ContextVar("valuation_ledger", default=None)


@contextmanager
def recording(*rows: QuerySet[Any], rulesets: Iterable[int] = ()) -> Iterator[None]:
    """One transaction whose changes of rules are written down together, at its end; an inner one joins the outer.

    `rows` are rulesets, groups or rules that `update()` or `delete()` will write; `rulesets` are ids of rulesets in
    which anything at all may be written in bulk. Both are read before the body runs. Writers of rules wait for each
    other from here on, so what was read inside is still so when it is written.
    """
    with transaction.atomic():
        lock_rules()
        joined = _current.get()
        ledger = joined or Ledger()
        ledger.hold(Target(KINDS[found.model], pk) for found in rows for pk in found.values_list("pk", flat=True))
        ledger.hold_rulesets(rulesets)
        token = _current.set(ledger)
        try:
            yield
        finally:
            _current.reset(token)
        # After `set_rollback(True)` there is nothing to write down, and no query is possible.
        if joined is None and not transaction.get_rollback():
            ledger.close()


@contextmanager
def unrecorded() -> Iterator[None]:
    """Changes that nobody writes down, because the caller takes them back. Other writers of rules wait until then."""
    lock_rules()
    token = _current.set(_Blind())
    try:
        yield
    finally:
        _current.reset(token)


def record(
    *,
    action: str,
    target_kind: TargetKind,
    target_id: int,
    target_name: str,
    ruleset_id: int | None = None,
    before: Json | None = None,
    after: Json | None = None,
) -> AuditEntry:
    """Write one entry by hand, for what is more than the rows it changed, such as "baseline.imported".

    In a transaction: it waits for other writers too, so that the ids of entries say in which order they were committed.
    """
    lock_rules()
    return AuditEntry.objects.create(
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        target_name=target_name,
        ruleset_id=ruleset_id,
        before=before,
        after=after,
        **_signature(),
    )


def before_save(row: Model) -> None:
    """For `pre_save`: into the open ledger, or one that the row carries until it is saved.

    What an earlier save left on it, which the database refused, tells of nothing that happened.
    """
    row.__dict__.pop(SAVING, None)
    ledger = _current.get()
    if ledger is None:
        lock_rules()
        ledger = row.__dict__[SAVING] = Ledger()
    ledger.announce(row)


def after_save(row: Model, *, created: bool) -> None:
    """For `post_save`."""
    own: Ledger | None = row.__dict__.pop(SAVING, None)
    ledger = own or _current.get()
    if ledger is None:
        return
    if created:
        ledger.announce_new(row)
    if own is not None:
        own.close()


def before_delete(row: Model, origin: Any) -> None:
    """For `pre_delete`. What one deletion takes along is one ledger, carried by `origin`: where it was asked for."""
    ledger, carrier = _current.get(), row if origin is None else origin
    if ledger is not None:
        carrier.__dict__.pop(DELETING, None)  # left by an earlier try that failed
    else:
        ledger, awaited = carrier.__dict__.get(DELETING, (None, set()))
        if ledger is None or (type(row), row.pk) in awaited:  # awaited: an earlier try failed
            lock_rules()
            ledger, awaited = carrier.__dict__[DELETING] = (Ledger(), set())
        awaited.add((type(row), row.pk))
    ledger.announce(row)


def after_delete(row: Model, origin: Any) -> None:
    """For `post_delete`: the last one of a deletion closes its ledger. (All of `pre_delete` came before.)"""
    carrier = row if origin is None else origin
    ledger, awaited = carrier.__dict__.get(DELETING, (None, set()))
    awaited.discard((type(row), row.pk))
    if ledger is not None and not awaited:
        del carrier.__dict__[DELETING]
        ledger.close()


def _differ(before: State | None, after: State | None) -> bool:
    if before is None or after is None:
        return before is not after
    return bool(after.unlike(before))


def _entry(target: Target, before: State | None, after: State | None, at: datetime) -> AuditEntry:
    latest = after or before
    assert latest is not None
    action = "created" if before is None else "deleted" if after is None else "updated"
    names = after.unlike(before) if before and after else latest.snapshot
    return AuditEntry(
        at=at,
        action=action,
        target_kind=target.kind,
        target_id=target.pk,
        target_name=latest.name,
        ruleset_id=latest.ruleset_id,
        rule_id=target.pk if target.kind is TargetKind.RULE else None,
        before=before and {name: before.snapshot[name] for name in names},
        after=after and {name: after.snapshot[name] for name in names},
        **_signature(),
    )


def _write_versions(changes: list[tuple[int, State | None, State | None]], at: datetime) -> None:
    """A version of each rule that is there, and first of what it was, if that was never written down."""
    if not changes:
        return
    versions = RuleVersion.objects.filter(rule_id__in=[pk for pk, _, _ in changes]).order_by()
    known = set(versions.values_list("rule_id", flat=True).distinct())
    fresh = [
        RuleVersion(rule_id=pk, number=before.version, snapshot=before.snapshot, at=before.saved_at or at)
        for pk, before, _ in changes
        if before is not None and pk not in known
    ]
    # A rule that is there again after it was deleted counts on from its old versions.
    moved = [pk for pk, before, after in changes if after is not None and (before is not None or pk in known)]
    numbers = _move_counters(moved)
    actor = _signature()["actor"]
    for pk, _, after in changes:
        if after is not None:
            number = numbers.get(pk, after.version)
            fresh.append(RuleVersion(rule_id=pk, number=number, snapshot=after.snapshot, actor=actor, at=at))
    RuleVersion.objects.bulk_create(fresh, batch_size=BATCH)


def _move_counters(rule_ids: list[int]) -> dict[int, int]:
    """The next version of each rule: one UPDATE, whose row locks order the writers, and what it made of the rows."""
    if not rule_ids:
        return {}
    newest = RuleVersion.objects.filter(rule_id=OuterRef("pk")).order_by().values("rule_id")
    highest = Coalesce(Subquery(newest.annotate(highest=Max("number")).values("highest")), 0)
    rules = Rule.objects.filter(pk__in=rule_ids).order_by()
    rules.update(version=Greatest(F("version"), highest) + 1)
    return dict(rules.values_list("pk", "version"))


def _signature() -> dict[str, str]:
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return {"actor": actor_name(), "request_id": str(request_id)}
