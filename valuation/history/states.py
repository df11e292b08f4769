"""Rulesets, groups and rules as plain JSON, read by sets: what is compared when something may have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F, Model, Q, QuerySet

from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, TargetKind

KINDS: dict[type[Model], TargetKind] = {
    Ruleset: TargetKind.RULESET,
    RuleGroup: TargetKind.GROUP,
    Rule: TargetKind.RULE,
}
RULESET_FIELDS = (
    "name",
    "description",
    "version",
    "effect",
    "priority",
    "conditions",
    "is_active",
    "is_baseline",
    "place",
)
GROUP_FIELDS = (
    "name",
    "category",
    "description",
    "display_order",
    "weight",
    "match_policy",
    "is_active",
    "entity_key",
    "takes_overrides",
)
RULE_FIELDS = ("name", "description", "priority", "evaluation_order", "is_active", "conditions", "overrides")
ACTION_FIELDS = ("position", "action_type", "metric", "value_usd", "unit_type", "formula", "modifiers")

Json = dict[str, Any]


class Target(NamedTuple):
    """Which row: a rule stands for its actions too."""

    kind: TargetKind
    pk: int


@dataclass(frozen=True, slots=True)
class State:
    """A row at one moment. `content` is what people set, as JSON; the rest says where it stands."""

    name: str
    ruleset_id: int
    content: Json
    place: Json = field(default_factory=dict)
    action_ids: frozenset[int] = frozenset()
    version: int = 0
    saved_at: datetime | None = None

    @property
    def snapshot(self) -> Json:
        return {**self.content, **self.place}

    def unlike(self, other: State) -> list[str]:
        """The names of what differs. By its text: to Python, 1 and true are equal."""
        return [name for name, value in self.content.items() if _text(value) != _text(other.content.get(name))]


States = dict[Target, State]


def ruleset_ids(target: Target) -> set[int]:
    """The ruleset that a row is in, if there is such a row."""
    if target.kind is TargetKind.RULESET:
        return {target.pk}
    found: QuerySet[Any, int]
    if target.kind is TargetKind.GROUP:
        found = RuleGroup.objects.filter(pk=target.pk).values_list("ruleset_id", flat=True)
    else:
        found = Rule.objects.filter(pk=target.pk).values_list("group__ruleset_id", flat=True)
    return set(found)


def load_states(targets: Iterable[Target] = (), *, rulesets: Iterable[int] = (), groups: Iterable[int] = ()) -> States:
    """The rows named, and all that is in the `rulesets` and `groups`. At most four queries."""
    ids: dict[TargetKind, set[int]] = {kind: set() for kind in KINDS.values()}
    for kind, pk in targets:
        ids[kind].add(pk)
    trees, branches = set(rulesets), set(groups)
    found: States = {}
    if trees or ids[TargetKind.RULESET]:
        found |= _rulesets(Q(pk__in=trees | ids[TargetKind.RULESET]))
    if trees or ids[TargetKind.GROUP]:
        found |= _groups(Q(ruleset__in=trees) | Q(pk__in=ids[TargetKind.GROUP]))
    if trees or branches or ids[TargetKind.RULE]:
        found |= _rules(trees, branches, ids[TargetKind.RULE])
    return found


def _rulesets(which: Q) -> States:
    rows = Ruleset.objects.filter(which).order_by().values("pk", "metadata", *RULESET_FIELDS)
    return {
        Target(TargetKind.RULESET, row["pk"]): State(
            row["name"], row["pk"], content_of(row, RULESET_FIELDS, "metadata")
        )
        for row in rows
    }


def _groups(which: Q) -> States:
    rows = RuleGroup.objects.filter(which).order_by().values("pk", "ruleset_id", "metadata", *GROUP_FIELDS)
    return {
        Target(TargetKind.GROUP, row["pk"]): State(
            row["name"], row["ruleset_id"], content_of(row, GROUP_FIELDS, "metadata", "ruleset_id")
        )
        for row in rows
    }


def _rules(rulesets: set[int], groups: set[int], ids: set[int]) -> States:
    whole = Q(group__ruleset__in=rulesets) | Q(group__in=groups) | Q(pk__in=ids)
    rows = Rule.objects.filter(whole).order_by()
    places = {"group_name": F("group__name"), "in_ruleset": F("group__ruleset_id")}
    found = list(rows.values("pk", "group_id", "version", "updated_at", "metadata", *RULE_FIELDS, **places))
    actions: dict[int, list[Json]] = {}
    if found:
        theirs = RuleAction.objects.filter(rule__in=rows.values("pk")).order_by("position", "pk")
        for action in theirs.values("pk", "rule_id", *ACTION_FIELDS):
            actions.setdefault(action["rule_id"], []).append(action)
    return {
        Target(TargetKind.RULE, row["pk"]): State(
            row["name"],
            row["in_ruleset"],
            content_of(row, RULE_FIELDS, "metadata", "group_id")
            | {"actions": [content_of(action, ACTION_FIELDS) for action in actions.get(row["pk"], ())]},
            {"group_name": row["group_name"], "ruleset_id": row["in_ruleset"]},
            frozenset(action["pk"] for action in actions.get(row["pk"], ())),
            row["version"],
            row["updated_at"],
        )
        for row in found
    }


def content_of(row: Json, names: tuple[str, ...], *more: str) -> Json:
    """The columns of a row as JSON. A decimal is text, which keeps it exact: "2.5"."""
    plain = ((name, row[name]) for name in (*names, *more))
    return {name: f"{value.normalize():f}" if isinstance(value, Decimal) else value for name, value in plain}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
