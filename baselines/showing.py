"""Comparisons and impacts as the documents of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from baselines.adopting import Comparison
from baselines.diffing import ADDED, CHANGED, EFFECT, ORDER, REMOVED, FieldChange
from baselines.effects import told_of_adoption
from baselines.impact import FieldEffect
from baselines.storing import version_of
from valuation.engine import Problem, round_half_away
from valuation.trying.impact import Impact, Mover


def diff_document(comparison: Comparison) -> dict[str, Any]:
    """The diff of the contract. `effect` is a change like others, under that key, where the sign would turn."""
    diff = comparison.diff
    by_kind = {kind: diff.of(kind) for kind in (ADDED, CHANGED, REMOVED)}
    current = comparison.current
    return {
        **{kind: [_change(change) for change in changes] for kind, changes in by_kind.items()},
        **{f"{kind}_fields": [change.key for change in changes] for kind, changes in by_kind.items()},
        "state": comparison.state,
        **{
            key: {"old": found.old, "new": found.new} if (found := diff.whole.get(key)) else None
            for key in (EFFECT, ORDER)
        },
        "summary": {
            **{f"{kind}_count": len(changes) for kind, changes in by_kind.items()},
            "unchanged_count": diff.unchanged,
            "total_changes": len(diff.selectable()),
        },
        "current_version": current.ruleset.version if current else None,
        "candidate_version": version_of(comparison.new),
        "warnings": [str(warning) for warning in (*comparison.new.warnings, *_told_of_effect(comparison))],
    }


def _told_of_effect(comparison: Comparison) -> tuple[Problem, ...]:
    return told_of_adoption(stated=comparison.new.effect, active=comparison.current, effect=None)


def _change(change: FieldChange) -> dict[str, Any]:
    return {
        "key": change.key,
        "entity_key": change.entity,
        "field_name": change.field,
        "proper_name": change.proper_name,
        "change_type": change.kind,
        "old_value": change.old,
        "new_value": change.new,
        "value_diff": {item.attribute: {"old": item.old, "new": item.new} for item in change.differences}
        if change.kind == CHANGED
        else None,
    }


def impact_document(impact: Impact, effects: Mapping[str, FieldEffect] | None = None) -> dict[str, Any]:
    """Statistics over all priced active listings, and those that move most. Dollars."""
    document: dict[str, Any] = {
        "statistics": {
            "total_listings": impact.checked,
            "matched_count": impact.moved,
            "match_percentage": round_half_away(100 * impact.moved / impact.checked, 2) if impact.checked else 0.0,
            "total_delta": impact.total,
            "avg_delta": impact.mean,
            "min_delta": impact.low,
            "max_delta": impact.high,
            "median_delta": impact.median,
            "std_dev_delta": impact.deviation,
        },
        "samples": [_mover(mover) for mover in impact.movers],
        "generated_at": timezone.now(),
    }
    if effects is not None:
        document["fields"] = {
            key: {
                "matched_before": effect.matched_before,
                "matched_after": effect.matched_after,
                "total_before": effect.total_before,
                "total_after": effect.total_after,
            }
            for key, effect in effects.items()
        }
    return document


def _mover(mover: Mover) -> dict[str, Any]:
    delta = mover.delta_cents / 100
    return {
        "id": mover.id,
        "title": mover.title,
        "current_price": mover.price_cents / 100,
        "baseline_price": mover.before_cents / 100,
        "override_price": mover.after_cents / 100,
        "delta": delta,
        "delta_pct": round_half_away(100 * mover.delta_cents / mover.price_cents, 2) if mover.price_cents else None,
    }
