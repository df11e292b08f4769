"""Overrides: real rules in the group "Basic · Adjustments" that count instead of a baseline's rules for one field.

What makes a rule an override is its column `overrides`, which nothing but this module writes. The engine works out the
rest from the baseline in force (`engine.overriding`): when it applies, its sign, its place, and that the baseline's own
rules are left out. So nothing is switched off, and deleting the rule, in whatever way, has the baseline's back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from baselines.models import BaselineImport
from baselines.querysets import overrides, own_rules
from baselines.reading import BaselineError, refused
from baselines.reading.reader import AMOUNT_RANGE, FACTOR_RANGE, LIMIT, MOST_FACTOR
from baselines.rules import BUCKET_POINTS, formula_action, value_action
from dealbrain.text import free_name
from valuation.choices import BASIC_GROUP_NAME, ActionType
from valuation.engine import RuleError, compile_formula
from valuation.engine.money import format_exact
from valuation.history.audit import record, recording
from valuation.jobs import kick
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, TargetKind
from valuation.registry import field_registry

LAST = 1000  # display order: behind the baseline's own groups
FOLLOWED = (
    "display_order",
    "weight",
    "match_policy",
    "is_active",
    "metadata",
    "description",
    "category",
    "takes_overrides",
)


@dataclass(frozen=True, slots=True)
class Amount:
    """What somebody says a field is worth: one value, a range, or a formula. USD, or a factor if that is its unit."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """One stored override. `is_orphan`: the active baseline has no such field, so nothing is replaced."""

    entity: str
    field: str
    proper_name: str
    amount: Amount
    is_enabled: bool
    is_orphan: bool
    rule_id: int
    ruleset_id: int
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.field}"


def list_overrides(entity: str = "") -> list[Override]:
    """The overrides of one entity, or all of them. Three queries."""
    current = BaselineImport.objects.active()
    rules = _rules(entity=entity).select_related("group__ruleset").prefetch_related("actions")
    return [_shown(rule, current) for rule in rules]


def set_override(*, entity: str, field: str, amount: Amount) -> tuple[Override, bool]:
    """Make or change the override of a field of the active baseline. Returns it, and whether it is new.

    A value applies to the listings that the baseline's own rules apply to; a formula says itself when. Raises
    BaselineError with paths of the API's body.
    """
    with recording():
        current = _active()
        raw = _field_of(current, entity, field)
        if raw is None:
            known = [item["id"] for item in current.document["entities"].get(entity, [])]
            place = "field_name" if known else "entity_key"
            there = ", ".join(known or current.document["entities"])
            raise refused(place, f"the active baseline has no {entity}.{field}, there are {there}", "unknown")
        rules = _baseline_rules(current, entity, field)
        unit = str(rules[0].metadata.get("unit", "USD")) if rules else "USD"
        action = _action(amount, unit, current.bucket_point)
        if not amount.formula and not any(rule.is_active for rule in rules):
            message = "the baseline's field needs configuration: give a formula, which says itself when it applies"
            raise refused("override_value", message)
        existing = _rules(entity=entity, field=field).select_related("group__ruleset").first()
        before = _document(_shown(existing, current)) if existing else None
        rule = existing or Rule(group=ensure_basic(), evaluation_order=rules[0].evaluation_order if rules else 100)
        rule.name = _free_name(rule, f"{entity} · {raw['proper_name']}", field)
        rule.description = f"Instead of the baseline's {raw['proper_name']}."
        rule.conditions, rule.is_active, rule.overrides = None, True, f"{entity}.{field}"
        rule.metadata = {"entity": entity, "field": field, "unit": unit, "override": _range(amount)}
        rule.save()
        rule.actions.all().delete()
        RuleAction.objects.create(rule=rule, **action)
        shown = _shown(_rules(entity=entity, field=field).select_related("group__ruleset").get(pk=rule.pk), current)
        _record("baseline.override_set", shown, before, _document(shown))
        kick()
    return shown, existing is None


def remove_overrides(*, entity: str, field: str = "") -> int:
    """Take away the override of a field, or all of an entity: the baseline counts again. Returns how many went."""
    with recording():
        current = BaselineImport.objects.active()
        rules = _rules(entity=entity, field=field).select_related("group__ruleset").prefetch_related("actions")
        found = [(rule, _shown(rule, current)) for rule in rules]
        for rule, shown in found:
            rule.delete()
            _record("baseline.override_removed", shown, _document(shown), None)
        kick()
    return len(found)


def ensure_basic(*, ruleset: Ruleset | None = None) -> RuleGroup:
    """The group of adjustments of this ruleset; without one, wherever it is, and else in the active baseline.

    Raises BaselineError for a draft, in which no override would count.
    """
    if ruleset is not None and ruleset.draft_of_id is not None:
        raise refused("ruleset", f'"{ruleset}" is a draft, which counts nowhere: name its original', "draft")
    with recording():
        if ruleset is None:
            there = RuleGroup.objects.filter(takes_overrides=True, ruleset__is_active=True)
            home = there.order_by("ruleset__is_baseline", "ruleset__priority", "ruleset_id").first()
            if home is not None:
                return home
            ruleset = _active().ruleset
        group, _ = RuleGroup.objects.get_or_create(
            ruleset=ruleset,
            name=BASIC_GROUP_NAME,
            defaults={
                "display_order": LAST,
                "description": "What counts instead of the baseline.",
                "takes_overrides": True,
            },
        )
        if not group.takes_overrides:
            group.takes_overrides = True
            group.save()
    return group


def move_overrides(ruleset: Ruleset) -> None:
    """Take the adjustments of the version in force along to this one, inside the caller's `recording` of both.

    The group there takes the place and the settings of the one it follows, and its rules.
    """
    groups = RuleGroup.objects.filter(ruleset__is_baseline=True, name=BASIC_GROUP_NAME)
    others = groups.exclude(ruleset=ruleset).order_by("-ruleset__is_active", "-ruleset_id")
    source = others.filter(Q(ruleset__is_active=True) | Q(rules__isnull=False)).distinct().first()
    if source is None:
        return
    settings = {name: getattr(source, name) for name in FOLLOWED}
    target, is_new = groups.get_or_create(ruleset=ruleset, name=BASIC_GROUP_NAME, defaults=settings)
    if not is_new:
        RuleGroup.objects.filter(pk=target.pk).update(**settings)
    moving = list(source.rules.all())
    keys = {rule.overrides for rule in moving if rule.overrides}
    target.rules.filter(overrides__in=keys).delete()  # what was overridden there before, and is so again
    taken = set(target.rules.values_list("name", flat=True))
    for rule in moving:
        name = free_name(rule.name, taken, f" ({rule.overrides.partition('.')[2] or 'moved'})")
        taken.add(name)
        Rule.objects.filter(pk=rule.pk).update(group=target, name=name)


def _active() -> BaselineImport:
    current = BaselineImport.objects.active()
    if current is None:
        raise refused("", "there is no active baseline: import one first", "no_baseline")
    return current


def _rules(*, entity: str = "", field: str = "") -> QuerySet[Rule]:
    found = overrides().order_by("overrides", "evaluation_order", "pk")
    if field:
        return found.filter(overrides=f"{entity}.{field}")
    return found.filter(overrides__startswith=f"{entity}.") if entity else found


def _baseline_rules(current: BaselineImport, entity: str, field: str) -> list[Rule]:
    inside = own_rules(current.ruleset_id).filter(metadata__entity=entity, metadata__field=field)
    return list(inside.order_by("evaluation_order", "pk"))


def _field_of(current: BaselineImport | None, entity: str, field: str) -> Mapping[str, Any] | None:
    fields = current.document["entities"].get(entity, []) if current else []
    return next((item for item in fields if item["id"] == field), None)


def _action(amount: Amount, unit: str, bucket_point: str) -> dict[str, Any]:
    """The action that gives the amount. Raises BaselineError."""
    ways = [amount.value is not None, amount.low is not None or amount.high is not None, bool(amount.formula)]
    if sum(ways) != 1:
        raise refused("override_value", "give a value, or override_min and override_max, or override_formula")
    if amount.formula:
        if unit == "multiplier":
            raise refused("override_formula", "this field is a factor, and a formula gives dollars: give a value")
        try:
            return formula_action(compile_formula(amount.formula, field_registry()).text)
        except RuleError as error:
            raise BaselineError([problem.under("override_formula") for problem in error.problems]) from error
    low = _number("override_min" if ways[1] else "override_value", amount.low if ways[1] else amount.value, unit)
    high = _number("override_max" if ways[1] else "override_value", amount.high if ways[1] else amount.value, unit)
    if low > high:
        raise refused("override_min", f"{format_exact(low)} is above override_max {format_exact(high)}")
    return value_action(unit, BUCKET_POINTS[bucket_point](low, high))


def _number(path: str, value: float | None, unit: str) -> float:
    if value is None or not math.isfinite(value):
        raise refused(path, "must be a number")
    if unit == "multiplier" and not 0 <= value <= MOST_FACTOR:
        raise refused(path, FACTOR_RANGE)
    if abs(value) > LIMIT:
        raise refused(path, AMOUNT_RANGE)
    return value


def _free_name(rule: Rule, name: str, field: str) -> str:
    taken = Rule.objects.filter(group=rule.group).exclude(pk=rule.pk)
    return free_name(name, set(taken.values_list("name", flat=True)), f" ({field})")


def _range(amount: Amount) -> dict[str, float] | None:
    return None if amount.low is None or amount.high is None else {"min": amount.low, "max": amount.high}


def _shown(rule: Rule, current: BaselineImport | None) -> Override:
    entity, _, field = rule.overrides.partition(".")
    raw = _field_of(current, entity, field)
    return Override(
        entity=entity,
        field=field,
        proper_name=str(raw["proper_name"]) if raw else field,
        amount=_amount_of(rule, current),
        is_enabled=rule.is_active and rule.group.is_active,
        is_orphan=raw is None,
        rule_id=rule.pk,
        ruleset_id=rule.group.ruleset_id,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
    )


def _amount_of(rule: Rule, current: BaselineImport | None) -> Amount:
    """What the rule gives today, whoever wrote it; empty when it is more than one amount."""
    actions = list(rule.actions.all())
    if len(actions) != 1:
        return Amount()
    (action,) = actions
    if action.action_type == ActionType.FORMULA:
        return Amount(formula=action.formula)
    if action.value_usd is None or action.action_type not in (ActionType.FIXED_VALUE, ActionType.MULTIPLIER):
        return Amount()
    factor = action.action_type == ActionType.MULTIPLIER
    value = round(1 + float(action.value_usd) / 100, 6) if factor else float(action.value_usd)
    bounds = rule.metadata.get("override") or {}
    low, high = bounds.get("min"), bounds.get("max")
    if low is not None and high is not None and current is not None:
        unit = "multiplier" if factor else "USD"
        meant = value_action(unit, BUCKET_POINTS[current.bucket_point](low, high))
        if meant["value_usd"] == action.value_usd:
            return Amount(low=low, high=high)
    return Amount(value=value)


def _document(override: Override) -> dict[str, Any]:
    amount = override.amount
    return {"value": amount.value, "min": amount.low, "max": amount.high, "formula": amount.formula or None}


def _record(action: str, override: Override, before: Any, after: Any) -> None:
    record(
        action=action,
        target_kind=TargetKind.BASELINE,
        target_id=override.rule_id,
        target_name=override.key,
        ruleset_id=override.ruleset_id,
        before=before,
        after=after,
    )
