"""Deleting rulesets, groups and rules with all that is in them: by sets, however many rules there are.

Django's own way loads every row and sends two signals for each, so that 5,000 rules are half a minute. Here the rows
inside go by one statement a table, from the innermost out, and only what was named is deleted as a row. What they were
is written down all the same: the ledger has looked at the whole ruleset before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from valuation.history.audit import recording
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.permissions import ruleset_of


def delete_trees(rows: Iterable[Ruleset | RuleGroup | Rule]) -> None:
    """Delete these rows, of one model, and all that is in them, as one change."""
    doomed = list(rows)
    with recording(rulesets={found.pk for row in doomed if (found := ruleset_of(row)) is not None}):
        for inside in _inside(doomed):
            # What `delete()` itself does where nobody listens for single rows; of these, the ledger knows.
            inside._raw_delete(inside.db)
        for row in doomed:
            row.delete()


def counts_inside(rows: Iterable[Ruleset | RuleGroup | Rule]) -> dict[str, int]:
    """How many rows of which kind would go along. A query for each kind."""
    return {str(rows.model._meta.verbose_name_plural): rows.count() for rows in reversed(_inside(list(rows)))}


def _inside(rows: list[Any]) -> list[QuerySet[Any]]:
    """What is in these rows, by table, the innermost first."""
    kind, ids = type(rows[0]) if rows else Rule, [row.pk for row in rows]
    if kind is Rule:
        return [RuleAction.objects.filter(rule__in=ids).order_by()]
    groups = RuleGroup.objects.filter(ruleset__in=ids).order_by()
    within: Any = groups.values("pk") if kind is Ruleset else ids
    rules = Rule.objects.filter(group__in=within).order_by()
    actions = RuleAction.objects.filter(rule__in=rules.values("pk")).order_by()
    return [actions, rules, groups] if kind is Ruleset else [actions, rules]
