"""The effect on all listings of adopting changes, and of the overrides there are, without storing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count

from django.db.models import Prefetch

from baselines.adopting import Comparison, with_changes
from baselines.diffing import EFFECT
from baselines.querysets import adjustments, own_rules
from baselines.storing import PRIORITY
from valuation.choices import BASIC_GROUP_NAME, Layer
from valuation.engine import GroupSpec, RulesetSpec, RuleSpec
from valuation.impact import Impact, RuleTotal, compare_rules
from valuation.models import Rule, RuleGroup, Ruleset
from valuation.recalculation.rulebook import (
    baseline_field,
    group_spec,
    override_homes,
    rule_spec,
    ruleset_specs,
)

NEW = -1  # the id of a baseline that is not stored; its groups and rules count down from here


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """What the rules of one field do to all listings together, today and then; dollars."""

    matched_before: int = 0
    matched_after: int = 0
    total_before: float = 0.0
    total_after: float = 0.0


def impact_of_adopting(comparison: Comparison, chosen: Collection[str]) -> tuple[Impact, dict[str, FieldEffect]]:
    """The impact of these changes together, and what each field does before and after."""
    before = ruleset_specs(Ruleset.objects.filter(is_active=True))
    pk = comparison.current.ruleset_id if comparison.current else None
    old = next((spec for spec in before if spec.id == pk), None)
    spec, keys = _candidate(comparison, chosen, old)
    impact = compare_rules(before, [*(other for other in before if other is not old), spec])
    old_keys = {rule.pk: baseline_field(rule) for rule in own_rules(pk)}
    return impact, _by_field(_named(impact.before, old_keys), _named(impact.after, keys))


def impact_of_overrides(entity: str = "") -> Impact:
    """What the overrides (of one entity) do: the listings without them, and with them."""
    after = ruleset_specs(Ruleset.objects.filter(is_active=True))
    rules = adjustments()
    wanted = f"{entity}." if entity else ""
    overrides = {rule.pk for rule in rules if (key := baseline_field(rule)) and key.startswith(wanted)}
    keys = {baseline_field(rule) for rule in rules if rule.pk in overrides}
    replaced = {
        rule.pk
        for rule in Rule.objects.filter(group__ruleset__is_baseline=True, group__ruleset__is_active=True)
        if baseline_field(rule) in keys
    }
    return compare_rules([_without(spec, overrides, replaced) for spec in after], after)


def _without(ruleset: RulesetSpec, overrides: Collection[int], replaced: Collection[int]) -> RulesetSpec:
    """The ruleset as it would be without these overrides."""

    def rules(group: GroupSpec) -> tuple[RuleSpec, ...]:
        kept = (rule for rule in group.rules if rule.id not in overrides)
        return tuple(replace(rule, replaced_in=frozenset()) if rule.id in replaced else rule for rule in kept)

    return replace(ruleset, groups=tuple(replace(group, rules=rules(group)) for group in ruleset.groups))


def _candidate(
    comparison: Comparison, chosen: Collection[str], old: RulesetSpec | None
) -> tuple[RulesetSpec, dict[int, str]]:
    """The baseline as it would run, and the field of each of its rules by id.

    It has the id of the old one, which listings may be assigned to, and the adjustments that would move along.
    """
    ids = count(NEW, -1)
    groups = RuleGroup.objects.filter(name=BASIC_GROUP_NAME, is_active=True, ruleset__is_active=True)
    active = Prefetch("rules", Rule.objects.filter(is_active=True))
    homes = override_homes(groups.prefetch_related(active))
    rows: dict[int, RuleGroup] = {}
    rules: dict[int, list[RuleSpec]] = defaultdict(list)
    keys: dict[int, str] = {}
    for draft in with_changes(comparison.current, comparison.new, chosen):
        spec = rule_spec(draft.rule, draft.actions, homes, pk=next(ids))
        rows[id(draft.group)] = draft.group
        rules[id(draft.group)].append(spec)
        keys[spec.id] = baseline_field(draft.rule)
    made = [group_spec(row, rules[key], pk=next(ids), layer=Layer.BASELINE) for key, row in rows.items()]
    moving = [group for group in (old.groups if old else ()) if group.layer == Layer.BASIC]
    document_effect = comparison.new.effect or "add"
    candidate = RulesetSpec(
        id=old.id if old else next(ids),
        name="candidate",
        groups=(*made, *moving),
        priority=old.priority if old else PRIORITY,
        effect=document_effect if old is None or EFFECT in chosen else old.effect,
        conditions=old.conditions if old else None,
        layer=Layer.BASELINE,
    )
    return candidate, keys


def _named(totals: dict[int, RuleTotal], keys: dict[int, str]) -> dict[str, RuleTotal]:
    found: dict[str, RuleTotal] = defaultdict(RuleTotal)
    for pk, total in totals.items():
        if key := keys.get(pk, ""):
            found[key].matched += total.matched
            found[key].cents += total.cents
    return found


def _by_field(before: dict[str, RuleTotal], after: dict[str, RuleTotal]) -> dict[str, FieldEffect]:
    nothing = RuleTotal()
    return {
        key: FieldEffect(
            matched_before=before.get(key, nothing).matched,
            matched_after=after.get(key, nothing).matched,
            total_before=before.get(key, nothing).cents / 100,
            total_after=after.get(key, nothing).cents / 100,
        )
        for key in {**before, **after}
    }
