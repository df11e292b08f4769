"""What the layers and rules weigh, and how often overrides change."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from baselines.churn import override_changes
from valuation.choices import Layer
from valuation.engine import round_half_away
from valuation.trying.impact import RuleTotal, rule_totals
from valuation.trying.rehearsal import current_world


@dataclass(slots=True)
class RuleWeight:
    """One active rule over all active listings; cents."""

    id: int
    name: str
    group: str
    ruleset: str
    layer: str
    total: RuleTotal = field(default_factory=RuleTotal)


def rule_weights() -> list[RuleWeight]:
    """Every active rule with what it does to all active listings, evaluated now."""
    world = current_world()
    totals = rule_totals(world)
    return [
        RuleWeight(rule.id, rule.name, group.name, ruleset.name, group.layer, totals.get(rule.id, RuleTotal()))
        for ruleset in world.specs
        for group in ruleset.groups
        for rule in group.rules
    ]


def layer_influence(weights: list[RuleWeight]) -> list[dict[str, Any]]:
    """By layer: rules, how often one matched, dollars, and the share of all dollars moved, whichever way."""
    moved = sum(weight.total.moved_cents for weight in weights)
    by_layer: dict[str, list[RuleWeight]] = defaultdict(list)
    for weight in weights:
        by_layer[weight.layer].append(weight)
    return [
        {
            "layer": layer,
            "rules": len(found := by_layer.get(layer, [])),
            "matches": sum(weight.total.matched for weight in found),
            "total_adjustment": sum(weight.total.cents for weight in found) / 100,
            "absolute_adjustment": (absolute := sum(weight.total.moved_cents for weight in found)) / 100,
            "share": round_half_away(absolute / moved, 4) if moved else 0.0,
        }
        for layer in Layer.values
    ]


def top_rules(weights: list[RuleWeight], *, limit: int) -> list[dict[str, Any]]:
    """The rules that move most dollars, whichever way."""
    ordered = sorted(weights, key=lambda weight: (-weight.total.moved_cents, weight.id))
    return [
        {
            "rule_id": weight.id,
            "rule_name": weight.name,
            "rule_group_name": weight.group,
            "ruleset_name": weight.ruleset,
            "layer": weight.layer,
            "matches": weight.total.matched,
            "total_adjustment": weight.total.cents / 100,
            "mean_adjustment": _mean(weight.total),
        }
        for weight in ordered[:limit]
    ]


def override_churn(*, days: int) -> dict[str, Any]:
    """How often each field's override was made, changed and removed in the last days, by whichever way.

    By the audit log: the override's own entries, and those of its rule where somebody wrote that.
    """
    since = timezone.now() - timedelta(days=days)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    last: dict[str, datetime] = {}
    for change in override_changes(since):
        counts[change.key][change.kind] += 1
        last[change.key] = max(change.at, last.get(change.key, change.at))
    fields = [
        {
            "key": key,
            **{kind: counts[key][kind] for kind in ("created", "changed", "removed")},
            "changes": counts[key].total(),
            "last_changed_at": last[key],
        }
        for key in sorted(counts, key=lambda key: (-counts[key].total(), key))
    ]
    return {"days": days, "changes": sum(found.total() for found in counts.values()), "fields": fields}


def _mean(total: RuleTotal) -> float | None:
    return round_half_away(total.cents / 100 / total.matched, 2) if total.matched else None
