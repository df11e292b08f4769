"""Which fields of a baseline were changed by hand since it was imported: their rules are not what the file says."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from baselines.models import BaselineImport
from baselines.querysets import own_rules
from baselines.reading import BaselineDocument
from baselines.rules import planned_rules
from valuation.models import Rule, RuleAction
from valuation.recalculation.rulebook import baseline_field


def edited_fields(stored: BaselineImport, document: BaselineDocument) -> set[str]:
    """Keys (`Entity.field`) of fields whose rules, or whose group, somebody has changed, added to or deleted."""
    today: dict[str, Counter[str]] = defaultdict(Counter)
    for rule in own_rules(stored.ruleset_id).select_related("group").prefetch_related("actions"):
        group = rule.group
        changed = not group.is_active or group.weight != 1 or group.match_policy != "collect"
        today[baseline_field(rule)][_state(rule, rule.actions.all()) + "!" * changed] += 1
    imported: dict[str, Counter[str]] = defaultdict(Counter)
    for plan in planned_rules(document.fields, bucket_point=stored.bucket_point):
        imported[plan.field.key][_state(plan.row(), plan.actions())] += 1
    return {key for key in {*today, *imported} if key and today[key] != imported[key]}


def _state(rule: Rule, actions: Iterable[RuleAction]) -> str:
    """What a rule does, as text; what it is called does not matter."""
    return json.dumps([rule.is_active, rule.conditions, [_action(action) for action in actions]], sort_keys=True)


def _action(action: RuleAction) -> list[Any]:
    value = None if action.value_usd is None else float(action.value_usd)
    return [action.action_type, action.metric, value, action.unit_type, action.formula, action.modifiers]
