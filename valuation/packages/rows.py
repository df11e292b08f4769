"""Content into rows, by sets: a few statements, however many rules there are.

Ids ascend in the order of the content, so what has the same order runs as it stands in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from django.utils import timezone

from dealbrain.db import update_rows
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.packages.content import (
    GROUP_COLUMNS,
    RULE_COLUMNS,
    RULESET_COLUMNS,
    GroupContent,
    Json,
    RuleContent,
    RulesetContent,
    text_of,
)
from valuation.packages.planning import matched

BATCH = 500
DECIMALS = ("weight", "value_usd")


class Counts(Protocol):
    """Where it is counted what was done."""

    groups_created: int
    rules_created: int
    rules_changed: int
    rules_deleted: int


class Writer:
    """Writes inside the caller's `recording` of the ruleset. Whoever calls has checked the content, marks and kicks."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def create_groups(self, ruleset_id: int, groups: Sequence[GroupContent]) -> None:
        rows = [RuleGroup(ruleset_id=ruleset_id, **_values(group.values)) for group in groups]
        RuleGroup.objects.bulk_create(rows, batch_size=BATCH)
        self.counts.groups_created += len(rows)
        self._create_rules([(row.pk, rule) for row, group in zip(rows, groups, strict=True) for rule in group.rules])

    def replace(self, found: RulesetContent, wanted: RulesetContent, *, is_active: bool) -> None:
        """Make the ruleset what is wanted: rows that are the same are not written, others of the same name stay."""
        assert found.pk is not None
        values = {**wanted.values, "is_active": is_active}
        if text_of(found.values) != text_of(values):
            _update(Ruleset, [(found.pk, values)], RULESET_COLUMNS)
        groups = matched(found.groups, wanted.groups)
        self._delete_groups(groups.gone)
        rules = [(stored, matched(stored.rules, target.rules)) for stored, target in groups.kept]
        self._delete_rules([rule for _, inside in rules for rule in inside.gone])
        changed = [
            (stored.pk, target.values)
            for stored, target in groups.kept
            if stored.pk is not None and text_of(stored.values) != text_of(target.values)
        ]
        _update(RuleGroup, changed, GROUP_COLUMNS)
        self._change_rules([pair for _, inside in rules for pair in inside.kept])
        self.create_groups(found.pk, groups.new)
        self._create_rules([(stored.pk, rule) for stored, inside in rules for rule in inside.new if stored.pk])

    def _create_rules(self, rules: Sequence[tuple[int, RuleContent]]) -> None:
        rows = [Rule(group_id=group_id, **_values(rule.values)) for group_id, rule in rules]
        Rule.objects.bulk_create(rows, batch_size=BATCH)
        self.counts.rules_created += len(rows)
        self._create_actions((row.pk, rule) for row, (_, rule) in zip(rows, rules, strict=True))

    @staticmethod
    def _create_actions(rules: Iterable[tuple[int, RuleContent]]) -> None:
        actions = [
            RuleAction(rule_id=rule_id, position=position, **_values(action))
            for rule_id, rule in rules
            for position, action in enumerate(rule.actions)
        ]
        RuleAction.objects.bulk_create(actions, batch_size=BATCH)

    def _change_rules(self, pairs: Sequence[tuple[RuleContent, RuleContent]]) -> None:
        differing = [(stored, target) for stored, target in pairs if stored.text != target.text]
        self.counts.rules_changed += len(differing)
        _update(
            Rule,
            [(stored.pk, target.values) for stored, target in differing if stored.pk is not None],
            RULE_COLUMNS,
        )
        acting = [
            (stored.pk, target)
            for stored, target in differing
            if stored.pk is not None and text_of(stored.actions) != text_of(target.actions)
        ]
        _delete(RuleAction.objects.filter(rule__in=[pk for pk, _ in acting]))
        self._create_actions(acting)

    def _delete_groups(self, groups: Sequence[GroupContent]) -> None:
        self._delete_rules([rule for group in groups for rule in group.rules])
        _delete(RuleGroup.objects.filter(pk__in=[group.pk for group in groups if group.pk]))

    def _delete_rules(self, rules: Sequence[RuleContent]) -> None:
        ids = [rule.pk for rule in rules if rule.pk]
        _delete(RuleAction.objects.filter(rule__in=ids))
        _delete(Rule.objects.filter(pk__in=ids))
        self.counts.rules_deleted += len(ids)


def _values(values: Json) -> Json:
    """As columns take them: a decimal is exact."""
    return {
        name: Decimal(repr(value)) if name in DECIMALS and value is not None else value
        for name, value in values.items()
    }


def _update(model: type[Any], rows: Sequence[tuple[int, Json]], columns: Sequence[str]) -> None:
    at = timezone.now()
    update_rows(
        model, [model(pk=pk, updated_at=at, **_values(values)) for pk, values in rows], [*columns, "updated_at"]
    )


def _delete(rows: Any) -> None:
    """Nobody listens for single rows here: the ledger knows of them."""
    rows = rows.order_by()
    rows._raw_delete(rows.db)
