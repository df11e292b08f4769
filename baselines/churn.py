"""Every change of an override that the audit log knows of, whichever way it was made.

An override is a rule. One that is set or removed as an override leaves an entry that says so, and in the same
transaction that of its rule, which tells of the same change. One that is written as a rule leaves the latter alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from baselines.querysets import overrides
from valuation.models import AuditEntry, TargetKind

SET, REMOVED = "baseline.override_set", "baseline.override_removed"
BY_RULE = {"created": "created", "updated": "changed", "deleted": "removed"}
# What differs of an override that goes along to the next version of its baseline.
MOVED = frozenset({"group_id", "name"})


@dataclass(frozen=True, slots=True)
class OverrideChange:
    """`kind` is created, changed or removed; `key` the field, as `Entity.field`."""

    key: str
    kind: str
    at: datetime


def override_changes(since: datetime) -> Iterator[OverrideChange]:
    """Those since a moment, in the order in which they were written. Two queries."""
    keys = dict(overrides().values_list("pk", "overrides"))
    told: set[int] = set()  # rules whose next entry tells of a change that has been counted
    for entry in _entries(since, keys):
        if entry.target_kind == TargetKind.BASELINE:
            keys[entry.target_id] = entry.target_name
            if entry.before == entry.after:
                continue  # set to what it was: what else differs in its rule, that says itself
            told.add(entry.target_id)
            if entry.at >= since:
                yield OverrideChange(entry.target_name, _kind(entry), entry.at)
            continue
        snapshot = entry.after or entry.before or {}
        key = keys[entry.target_id] = str(snapshot.get("overrides") or keys.get(entry.target_id, ""))
        if entry.target_id in told:
            told.remove(entry.target_id)
        elif key and not (entry.action == "updated" and snapshot.keys() <= MOVED):
            yield OverrideChange(key, BY_RULE.get(entry.action, "changed"), entry.at)


def _entries(since: datetime, keys: dict[int, str]) -> Iterator[AuditEntry]:
    """Entries of overrides, however old, since each says which of its rule's is the same change; and of their rules."""
    own = Q(target_kind=TargetKind.BASELINE, action__in=[SET, REMOVED])
    was_one: Any = Q()
    for side in ("before", "after"):
        was_one |= Q(**{f"{side}__has_key": "overrides"}) & ~Q(**{f"{side}__overrides": ""})
    once_set = AuditEntry.objects.filter(target_kind=TargetKind.BASELINE, action=SET).values("target_id")
    by_rule = Q(target_kind=TargetKind.RULE, at__gte=since) & (
        Q(rule_id__in=list(keys)) | Q(rule_id__in=once_set) | was_one
    )
    return AuditEntry.objects.filter(own | by_rule).order_by("pk").iterator()


def _kind(entry: AuditEntry) -> str:
    return "removed" if entry.action == REMOVED else "created" if entry.before is None else "changed"
