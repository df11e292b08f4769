"""What a baseline's fields become: rules that do something, one for a formula and one for each bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from baselines.document import BaselineDocument, BaselineField, Bucket
from valuation.engine import format_usd, to_cents

GROUP_SUFFIX = " · Baseline"
BUCKET_POINTS = {
    "low": lambda bucket: bucket.low,
    "mid": lambda bucket: (bucket.low + bucket.high) / 2,
    "high": lambda bucket: bucket.high,
}


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One rule with its one action, not yet stored."""

    field: BaselineField
    name: str
    description: str
    conditions: Any
    action: dict[str, Any]
    metadata: dict[str, Any]

    def amount(self) -> str:
        """The action in a few words, for reports."""
        if self.action["action_type"] == "formula":
            return str(self.action["formula"])
        value = self.action["value_usd"]
        return f"{value:+g} %" if self.action["action_type"] == "multiplier" else format_usd(to_cents(float(value)))


def group_name(entity: str) -> str:
    return f"{entity}{GROUP_SUFFIX}"


def planned_rules(document: BaselineDocument, *, bucket_point: str) -> Iterator[PlannedRule]:
    """Every rule of the document, in its order. `bucket_point` picks a value out of a range: low, mid or high."""
    for field in document.fields:
        if field.formula:
            yield _formula_rule(field)
        for bucket in field.buckets:
            yield _bucket_rule(field, bucket, BUCKET_POINTS[bucket_point](bucket))


def _formula_rule(field: BaselineField) -> PlannedRule:
    """Where a field that the formula depends on is unknown there is nothing to say, so the rule does not match."""
    return PlannedRule(
        field=field,
        name=field.proper_name,
        description=field.explanation,
        conditions=[{"field_name": path, "operator": "is_not_null"} for path in field.dependencies] or None,
        action={"action_type": "formula", "formula": field.formula},
        metadata=_metadata(field),
    )


def _bucket_rule(field: BaselineField, bucket: Bucket, value: float) -> PlannedRule:
    if field.unit == "multiplier":  # a factor of 0.8 is 20 % less
        action = {"action_type": "multiplier", "value_usd": _decimal((value - 1) * 100)}
    else:
        action = {"action_type": "fixed_value", "value_usd": _decimal(value)}
    return PlannedRule(
        field=field,
        name=f"{field.proper_name}: {bucket.label}",
        description=bucket.explanation or field.explanation,
        conditions=bucket.condition,
        action=action,
        metadata={**_metadata(field), "label": bucket.label},
    )


def _metadata(field: BaselineField) -> dict[str, Any]:
    return {"entity": field.entity, "field": field.id, "unit": field.unit}


def _decimal(value: float) -> Decimal:
    """Four decimals, as the column stores them."""
    return Decimal(repr(value)).quantize(Decimal("0.0001"))
