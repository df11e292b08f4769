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

from baselines.querysets import adjustments
from valuation.choices import BASIC_GROUP_NAME
from valuation.models import AuditEntry, TargetKind

SET, REMOVED = "baseline.override_set", "baseline.override_removed"
BY_RULE = {"created": "created", "updated": "changed", "deleted": "removed"}


@dataclass(frozen=True, slots=True)
class OverrideChange:
    """`kind` is created, changed or removed; `key` the field, as `Entity.field`."""

    key: str
    kind: str
    at: datetime


def override_changes(since: datetime) -> Iterator[OverrideChange]:
    """Those since a moment, in the order in which they were written. Two queries."""
    keys = {pk: _key(metadata) for pk, metadata in adjustments().values_list("pk", "metadata")}
    own = Q(target_kind=TargetKind.BASELINE, action__in=[SET, REMOVED])
    # A rule that is gone was an override by what it was: where it stood is in the entries of its beginning and end.
    gone = Q(before__group_name=BASIC_GROUP_NAME) | Q(after__group_name=BASIC_GROUP_NAME)
    by_rule = Q(target_kind=TargetKind.RULE, at__gte=since) & (Q(rule_id__in=keys) | gone | Q(rule_id__in=_once_set()))
    # An own entry is looked at however old it is: it says which entry of its rule is the same change.
    entries = AuditEntry.objects.filter(own | by_rule).order_by("pk")
    told: set[int] = set()  # rules whose own entry, the next one, tells of what has been counted
    rows = entries.values_list("target_id", "target_kind", "target_name", "action", "before", "after", "at")
    for rule, kind, name, action, before, after, at in rows.iterator():
        if kind == TargetKind.BASELINE:
            keys[rule] = name
            if before == after:
                continue  # set to what it was: if its rule was something else, that says so itself
            told.add(rule)
            if at >= since:
                yield OverrideChange(name, "removed" if action == REMOVED else "changed" if before else "created", at)
            continue
        snapshot = after if action != "deleted" else before
        key = _key((snapshot or {}).get("metadata")) or keys.get(rule, "")
        keys[rule] = key
        if rule in told:
            told.remove(rule)
        elif key:
            yield OverrideChange(key, BY_RULE.get(action, "changed"), at)


def _once_set() -> Any:
    """The rules that were ever set as overrides."""
    return AuditEntry.objects.filter(target_kind=TargetKind.BASELINE, action=SET).values("target_id")


def _key(metadata: Any) -> str:
    """The field that a rule stands for; "" if it stands for none."""
    named = metadata if isinstance(metadata, dict) else {}
    return f"{named['entity']}.{named['field']}" if named.get("entity") and named.get("field") else ""
