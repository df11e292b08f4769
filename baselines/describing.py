"""The active baseline as the API shows it: its fields, their tiers, the rules they became, and whether they count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from baselines.models import BaselineImport
from baselines.overriding import list_overrides
from baselines.querysets import own_rules
from baselines.reading import ENTITIES
from valuation.engine import FieldRegistry, Kind, UnknownField
from valuation.explaining.summaries import summarise_conditions
from valuation.models import Rule
from valuation.recalculation.rulebook import baseline_field
from valuation.registry import field_registry

ACTIVE, PARTIAL, UNCONFIGURED, OFF, OVERRIDDEN = "active", "partial", "needs_configuration", "inactive", "overridden"
STATUSES = (ACTIVE, PARTIAL, UNCONFIGURED, OFF, OVERRIDDEN)
FIELD_TYPES = ("scalar", "presence", "multiplier", "formula")

Json = dict[str, Any]


def describe_baseline(stored: BaselineImport) -> Json:
    """The document of `/meta`. Six queries."""
    registry = field_registry()
    rules: dict[str, list[Rule]] = defaultdict(list)
    for rule in own_rules(stored.ruleset_id).order_by("evaluation_order", "pk"):
        rules[baseline_field(rule)].append(rule)
    overridden = {override.key for override in list_overrides() if override.is_enabled}
    entities = stored.document["entities"]
    return {
        "version": stored.ruleset.version,
        "entities": [
            {
                "entity_key": entity,
                "fields": [
                    _field(raw, rules[key := f"{entity}.{raw['id']}"], registry, is_overridden=key in overridden)
                    for raw in entities[entity]
                ],
            }
            for entity in ENTITIES
            if entity in entities
        ],
        "source_hash": stored.source_hash,
        "is_active": stored.ruleset.is_active,
        "schema_version": stored.schema_version,
        "generated_at": stored.generated_at,
        "ruleset_id": stored.ruleset_id,
        "ruleset_name": stored.ruleset.name,
        "effect": stored.ruleset.effect,
    }


def _field(raw: Mapping[str, Any], rules: Sequence[Rule], registry: FieldRegistry, *, is_overridden: bool) -> Json:
    buckets = raw.get("valuation_buckets") or []
    amounts = [value for bucket in buckets for value in _bounds(bucket)]
    by_label = {rule.metadata.get("label"): rule for rule in rules}
    unit = raw.get("unit") or "USD"
    return {
        "field_name": raw["id"],
        "field_type": raw.get("field_type") or _field_type(raw, unit, registry),
        "proper_name": raw["proper_name"],
        "description": raw.get("description"),
        "explanation": raw.get("explanation"),
        "unit": unit,
        "min_value": _first(raw.get("min_value"), min(amounts, default=None)),
        "max_value": _first(raw.get("max_value"), max(amounts, default=None)),
        "formula": raw.get("formula") or raw.get("Formula"),
        "dependencies": raw.get("dependencies"),
        "nullable": bool(raw.get("nullable", False)),
        "notes": raw.get("notes"),
        "valuation_buckets": [_bucket(bucket, by_label.get(bucket["label"]), registry) for bucket in buckets] or None,
        "status": OVERRIDDEN if is_overridden else _status(rules),
        "needs_configuration": next((reason for rule in rules if (reason := rule.needs_configuration)), None),
    }


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _bounds(bucket: Mapping[str, Any]) -> list[float]:
    found = (bucket.get(name) for name in ("value_usd", "min_usd", "max_usd"))
    return [value for value in found if value is not None]


def _field_type(raw: Mapping[str, Any], unit: str, registry: FieldRegistry) -> str:
    if raw.get("formula") or raw.get("Formula"):
        return "formula"
    if unit == "multiplier":
        return "multiplier"
    names = raw.get("dependencies") or []
    try:
        kinds = {registry.resolve(name).kind for name in names}
    except UnknownField:
        return "scalar"
    return "presence" if kinds == {Kind.BOOLEAN} else "scalar"


def _bucket(bucket: Mapping[str, Any], rule: Rule | None, registry: FieldRegistry) -> Json:
    """As the file has it, with the rule that it became."""
    return {
        "label": bucket["label"],
        "value_usd": bucket.get("value_usd"),
        "min_usd": bucket.get("min_usd"),
        "max_usd": bucket.get("max_usd"),
        "formula": bucket.get("formula") or bucket.get("Formula"),
        "condition": rule.conditions if rule else bucket.get("condition"),
        "applies_when": summarise_conditions(rule.conditions, registry) if rule and rule.is_active else None,
        "rule_id": rule.pk if rule else None,
        "is_active": rule.is_active if rule else False,
    }


def _status(rules: Sequence[Rule]) -> str:
    active = sum(rule.is_active for rule in rules)
    if active == len(rules) and rules:
        return ACTIVE
    if active:
        return PARTIAL
    return UNCONFIGURED if any(rule.needs_configuration for rule in rules) else OFF
