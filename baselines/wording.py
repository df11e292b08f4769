"""Fields of a baseline, and what changes in them, in words that an analyst reads."""

from __future__ import annotations

import json
from typing import Any

from baselines.adopting import Comparison
from baselines.diffing import FieldChange
from baselines.reading import BaselineField, Bucket
from valuation.engine import FieldRegistry, format_usd
from valuation.engine.money import format_exact
from valuation.explaining.summaries import summarise_conditions

NOTHING = "–"
FORMULA, WHOLE = "formula", "whole field"
BUCKET = "valuation_buckets["


def field_lines(field: BaselineField, registry: FieldRegistry) -> dict[str, str]:
    """What a field is worth and when, a line for its formula or for each of its tiers, by their labels."""
    if field.formula:
        return {FORMULA: field.formula}
    lines = {bucket.label: _bucket_line(field, bucket, registry) for bucket in field.buckets}
    return lines or {WHOLE: f"needs configuration: {field.reason}"}


def change_rows(comparison: Comparison, change: FieldChange, registry: FieldRegistry) -> list[tuple[str, str, str]]:
    """What differs as (what, old, new). Tiers whose bounds move because a sibling is new are among them."""
    old, new = ({} if document is None else document.by_key() for document in (comparison.old, comparison.new))
    before = field_lines(old[change.key], registry) if change.key in old else {}
    after = field_lines(new[change.key], registry) if change.key in new else {}
    rows = [
        (difference.attribute, _text(difference.old), _text(difference.new))
        for difference in change.differences
        if not difference.attribute.startswith((BUCKET, FORMULA)) and before and after
    ]
    for label in [*before, *(label for label in after if label not in before)]:
        one, other = before.get(label, NOTHING), after.get(label, NOTHING)
        if one != other:
            rows.append((label, one, other))
    # A bucket may differ in what no line says, such as its explanation.
    shown = {label for label, _, _ in rows}
    for difference in change.differences:
        label = difference.attribute.removeprefix(BUCKET).removesuffix("]")
        if before and after and difference.attribute.startswith(BUCKET) and label not in shown:
            one, other = _with_reason(before, label, difference.old), _with_reason(after, label, difference.new)
            rows.append((label, one, other) if one != other else (label, _text(difference.old), _text(difference.new)))
    return rows


def _with_reason(lines: dict[str, str], label: str, raw: Any) -> str:
    """The line of a tier, and why it is so."""
    reason = raw.get("explanation") if isinstance(raw, dict) else ""
    return f"{lines.get(label, NOTHING)}. {reason}" if reason else lines.get(label, NOTHING)


def _bucket_line(field: BaselineField, bucket: Bucket, registry: FieldRegistry) -> str:
    amount = bucket.formula or amount_words(bucket.low, bucket.high, field.unit)
    if reason := bucket.reason or field.reason:
        return f"{amount}; needs configuration: {reason}"
    if bucket.condition is None:
        return f"{amount} always"
    return f"{amount} if {_inner(summarise_conditions(bucket.condition, registry))}"


def _inner(sentence: str) -> str:
    """A sentence inside another: "Condition is new" begins small, "RAM is ..." does not."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def amount_words(low: float, high: float, unit: str = "USD") -> str:
    """Dollars or a factor: `$10.00`, `$10.00 to $20.00`, `× 0.9`."""
    shown = _factor if unit == "multiplier" else _usd
    one, other = shown(low), shown(high)
    return one if one == other else f"{one} to {other}"


def _factor(value: float) -> str:
    return f"× {format_exact(value)}"


def _usd(value: float) -> str:
    return format_usd(round(value * 100))


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
