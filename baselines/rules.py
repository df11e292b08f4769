"""What a baseline's fields become: rules that do something, one for a formula and one for each bucket.

What could not be read becomes inactive rules that keep what is known of them: the amount, the reason, the original.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from baselines.reading import BaselineField, Bucket
from dealbrain.text import free_name, nfc, nfc_json
from valuation.engine import format_usd, to_cents
from valuation.engine.money import format_exact
from valuation.models import Rule, RuleAction
from valuation.models.rules import NEEDS_CONFIGURATION

GROUP_SUFFIX = " · Baseline"
BUCKET_POINTS = {
    "low": lambda low, high: low,
    "mid": lambda low, high: (low + high) / 2,
    "high": lambda low, high: high,
}


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One rule with its one action, not yet stored. `action` None: nothing is known of its amount."""

    field: BaselineField
    name: str
    description: str
    conditions: Any
    action: Mapping[str, Any] | None
    metadata: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """Why it is inactive and needs configuration; "" when it counts."""
        return str(self.metadata.get(NEEDS_CONFIGURATION, ""))

    def amount(self) -> str:
        """The action in a few words, for reports."""
        return describe_action(self.action) if self.action else "no amount"

    def row(self) -> Rule:
        """The rule as a row without a group."""
        return Rule(
            name=self.name,
            description=self.description,
            conditions=self.conditions,
            metadata=dict(self.metadata),
            is_active=not self.reason,
        )

    def actions(self) -> list[RuleAction]:
        """The actions as rows without a rule."""
        return [RuleAction(**self.action)] if self.action else []


def describe_action(action: Mapping[str, Any]) -> str:
    if action["action_type"] == "formula":
        return str(action["formula"])
    value = action["value_usd"]
    if action["action_type"] == "multiplier":
        return f"{format_exact(float(value), sign=True)} %"
    return format_usd(to_cents(float(value)))


def group_name(entity: str) -> str:
    return f"{entity}{GROUP_SUFFIX}"


def planned_rules(fields: Iterable[BaselineField], *, bucket_point: str) -> list[PlannedRule]:
    """Every rule of these fields, in their order, with names that differ within an entity.

    `bucket_point` picks a value out of a range: low, mid or high.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    found = []
    for field in fields:
        for plan in _rules_of(field, bucket_point):
            name = free_name(plan.name, taken[field.entity], f" ({field.id})")
            taken[field.entity].add(name)
            found.append(replace(plan, name=name))
    return found


def value_action(unit: str, value: float) -> dict[str, Any]:
    """The action that gives `value`: dollars, or for the unit "multiplier" a factor (0.8 is 20 % less)."""
    if unit == "multiplier":
        return {"action_type": "multiplier", "value_usd": _decimal((value - 1) * 100)}
    return {"action_type": "fixed_value", "value_usd": _decimal(value)}


def formula_action(formula: str) -> dict[str, Any]:
    return {"action_type": "formula", "formula": formula}


def _rules_of(field: BaselineField, bucket_point: str) -> Iterator[PlannedRule]:
    if field.formula:
        yield _rule(field, field.proper_name, _known(field.dependencies), formula_action(field.formula))
    for bucket in field.buckets:
        yield _bucket_rule(field, bucket, BUCKET_POINTS[bucket_point](bucket.low, bucket.high))
    if field.reason and not field.buckets:
        yield _rule(field, field.proper_name, None, None, reason=field.reason, original=field.source)


def _known(paths: Iterable[str]) -> Any:
    """Where a field that a formula depends on is unknown there is nothing to say, so the rule does not match."""
    return [{"field_name": path, "operator": "is_not_null"} for path in paths] or None


def _bucket_rule(field: BaselineField, bucket: Bucket, value: float) -> PlannedRule:
    reason = bucket.reason or field.reason
    plan = _rule(
        field,
        f"{field.proper_name}: {bucket.label}",
        None if reason else bucket.condition,
        formula_action(bucket.formula) if bucket.formula else value_action(field.unit, value),
        reason=reason,
        original=field.source,
        label=bucket.label,
    )
    return replace(plan, description=nfc(bucket.explanation) or plan.description)


def _rule(
    field: BaselineField,
    name: str,
    conditions: Any,
    action: Mapping[str, Any] | None,
    *,
    reason: str = "",
    original: Any = None,
    **more: Any,
) -> PlannedRule:
    metadata = {"entity": field.entity, "field": field.id, "unit": field.unit, **more}
    if reason:
        metadata |= {NEEDS_CONFIGURATION: reason, "original": original}
    # As the columns hold it: a stored rule is compared with what its file plans. The file keeps its own text.
    return PlannedRule(field, nfc(name), nfc(field.explanation), *map(nfc_json, (conditions, action, metadata)))


def _decimal(value: float) -> Decimal:
    """Four decimals, as the column stores them."""
    return Decimal(repr(value)).quantize(Decimal("0.0001"))
