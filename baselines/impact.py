"""The effect on all listings of adopting changes, and of the overrides there are: by doing it, and taking it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

from baselines.adopting import Comparison, adopt
from baselines.querysets import own_rules
from valuation.engine import RulesetSpec
from valuation.recalculation.rulebook import baseline_field
from valuation.trying.impact import Impact, RuleTotal, compare_worlds
from valuation.trying.rehearsal import current_world, rehearse


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """What the rules of one field do to all listings together, today and then; dollars."""

    matched_before: int = 0
    matched_after: int = 0
    total_before: float = 0.0
    total_after: float = 0.0


def impact_of_adopting(comparison: Comparison, chosen: Collection[str]) -> tuple[Impact, dict[str, FieldEffect]]:
    """The impact of these changes together, and what each field does before and after. Raises BaselineError."""
    old_keys = _keys(comparison.current.ruleset_id if comparison.current else None)
    if not chosen:
        world = current_world()
        impact = compare_worlds(world, world)
        return impact, _by_field(_named(impact.before, old_keys), _named(impact.after, old_keys))

    def change() -> dict[int, str]:
        return _keys(adopt(candidate=comparison.new, selected=chosen).new_ruleset_id)

    rehearsal = rehearse(change)
    impact = compare_worlds(rehearsal.before, rehearsal.after)
    return impact, _by_field(_named(impact.before, old_keys), _named(impact.after, rehearsal.result))


def impact_of_overrides(entity: str = "") -> Impact:
    """What the overrides (of one entity) do: the listings without them, and with them."""
    world = current_world()
    start = f"{entity}." if entity else ""
    without = replace(world, specs=tuple(_without_overrides(spec, start) for spec in world.specs))
    return compare_worlds(without, world)


def _without_overrides(ruleset: RulesetSpec, start: str) -> RulesetSpec:
    """The ruleset as it would be without the overrides of fields that begin with this."""
    groups = (
        replace(
            group,
            rules=tuple(rule for rule in group.rules if not (rule.overrides and rule.overrides.startswith(start))),
        )
        for group in ruleset.groups
    )
    return replace(ruleset, groups=tuple(groups))


def _keys(ruleset_id: int | None) -> dict[int, str]:
    """The field of each rule of a baseline, by the rule's id."""
    return {rule.pk: baseline_field(rule) for rule in own_rules(ruleset_id).only("metadata")}


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
