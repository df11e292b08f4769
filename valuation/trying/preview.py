"""What one rule would do to every active listing, before anybody saves it.

The rule is saved, in a rehearsal that is taken back, so it stands where saving would put it and whatever else saving
changes is seen too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import (
    ActionSpec,
    FieldRegistry,
    GroupSpec,
    Json,
    RulesetSpec,
    RuleSpec,
    explain,
    histogram,
    round_half_away,
)
from valuation.models import Rule, RuleAction, RuleGroup
from valuation.recalculation.difference import only_changed
from valuation.recalculation.facts import Ids, load_facts
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.effect import Effect, Place, Sides, effect_on_all, places_moved, prices_of, sides_of
from valuation.trying.inventory import StoredInventory
from valuation.trying.rehearsal import Rehearsal, rehearse
from valuation.trying.standing_in import switch_on

PREVIEWED = 2**62  # the id of a rule that belongs to no group
ALONE = -1  # the id of the ruleset and group that it is tried in

Cents = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that nobody has saved: its place, and the id of the rule it replaces, if it does."""

    conditions: Json
    actions: tuple[ActionSpec, ...]
    group: RuleGroup | None = None
    evaluation_order: int = 100
    priority: int = 100
    replaces: int | None = None
    is_active: bool = True

    def spec(self) -> RuleSpec:
        """The rule by itself, as one that belongs to no group is tried."""
        return RuleSpec(id=PREVIEWED, name="Preview", conditions=self.conditions, actions=self.actions)


def preview_rule(*, draft: Draft, listings: ListingQuerySet, sample_size: int) -> dict[str, Any]:
    """The preview of the contract; money in USD. Nothing is saved. As many queries for each page.

    A draft in a ruleset or group that is switched off is tried as if that were on, with all that is in it. Raises
    Rule.DoesNotExist or RuleGroup.DoesNotExist where the draft's place is gone.
    """
    registry = field_registry()
    rehearsal = rehearse_draft(draft)
    sides = sides_of_draft(rehearsal, draft, registry)
    inventory = StoredInventory(listings, registry)
    effect = effect_on_all(sides, inventory)
    movers = places_moved(effect, inventory.figures(effect.ids))
    sample = _spread(np.flatnonzero(effect.matched), sample_size, effect.cents)
    prices = prices_of(sides, effect.ids[_united(movers, sample)], inventory)
    return {
        "state": rehearsal.revision,
        "statistics": _statistics(effect.matched, effect.cents),
        "histogram": [asdict(bar) for bar in histogram((effect.cents[effect.matched] / 100).tolist())],
        "rank_changes": _shown_movers(effect.ids, prices, movers),
        "sample_matched_listings": _matched(effect, prices, sample),
        "sample_non_matched_listings": _not_matched(
            sides,
            rehearsal.result,
            registry,
            effect.ids[_spread(np.flatnonzero(~effect.matched), sample_size)].tolist(),
        ),
    }


def rehearse_draft(draft: Draft) -> Rehearsal[int]:
    """What counts without the draft and with it, and the id that it has."""
    if draft.group is None:
        return rehearse(lambda: PREVIEWED)
    group = draft.group
    return rehearse(lambda: _save(draft, group), first=lambda: _switch_on(group))


def _switch_on(group: RuleGroup) -> None:
    switch_on(group.ruleset)
    if not RuleGroup.objects.filter(pk=group.pk).update(is_active=True):
        raise RuleGroup.DoesNotExist(f"There is no group {group.pk} any more.")


def _save(draft: Draft, group: RuleGroup) -> int:
    """The rows that saving the draft would leave, under a name that is free: names decide nothing."""
    written = {
        "group": group,
        "name": uuid4().hex,
        "conditions": draft.conditions,
        "evaluation_order": draft.evaluation_order,
        "priority": draft.priority,
        "is_active": draft.is_active,
    }
    if draft.replaces is None:
        [rule] = Rule.objects.bulk_create([Rule(**written)])
    elif Rule.objects.filter(pk=draft.replaces).update(**written):
        rule = Rule(pk=draft.replaces)
        RuleAction.objects.filter(rule=rule).delete()
    else:
        raise Rule.DoesNotExist(f"There is no rule {draft.replaces} any more.")
    RuleAction.objects.bulk_create(
        RuleAction(rule=rule, position=position, **asdict(action)) for position, action in enumerate(draft.actions)
    )
    return int(rule.pk)


def sides_of_draft(rehearsal: Rehearsal[int], draft: Draft, registry: FieldRegistry) -> Sides:
    before, after = rehearsal.before, rehearsal.after
    if draft.group is None:
        group = GroupSpec(ALONE, "Preview", (draft.spec(),))
        after = replace(after, specs=(*after.specs, RulesetSpec(ALONE, "Preview", (group,), priority=2**31)))
    return sides_of(before, after, frozenset([rehearsal.result]), registry)


def _statistics(matched: npt.NDArray[np.bool_], cents: Cents) -> dict[str, Any]:
    checked, amounts = len(matched), cents[matched] / 100
    known = bool(len(amounts))

    def dollars(function: Any) -> float | None:
        return round_half_away(float(function(amounts)), 2) if known else None

    return {
        "total_listings_checked": checked,
        "matched_count": len(amounts),
        "match_percentage": round_half_away(100 * len(amounts) / checked, 2) if checked else 0.0,
        "non_matched_count": checked - len(amounts),
        "avg_adjustment": dollars(np.mean),
        "min_adjustment": dollars(np.min),
        "max_adjustment": dollars(np.max),
        "median_adjustment": dollars(np.median),
        "total_adjustment": dollars(np.sum) or 0.0,
    }


def _united(movers: Sequence[Place], sample: Rows) -> Rows:
    return np.union1d(np.array([place.row for place in movers], dtype=np.intp), sample)


def _shown_movers(ids: Ids, prices: dict[int, tuple[int, int]], movers: Sequence[Place]) -> list[dict[str, Any]]:
    titles = _titles([int(ids[place.row]) for place in movers])
    found = []
    for place in movers:
        pk = int(ids[place.row])
        before, after = prices[pk]
        found.append(
            {
                "id": pk,
                "title": titles.get(pk, ""),
                "rank_before": place.before,
                "rank_after": place.after,
                "adjusted_price_before": before / 100,
                "adjusted_price_after": after / 100,
            }
        )
    return found


def _spread(rows: Rows, size: int, amounts: Cents | None = None) -> Rows:
    """Some of the rows, evenly spread: by their amounts from the lowest to the highest, or by their ids."""
    ordered = rows if amounts is None else rows[np.lexsort((rows, amounts[rows]))]
    return ordered[np.unique(np.linspace(0, len(ordered) - 1, min(size, len(ordered))).round().astype(int))]


def _matched(effect: Effect, prices: dict[int, tuple[int, int]], chosen: Rows) -> list[dict[str, Any]]:
    """Some listings that match."""
    titles = _titles(effect.ids[chosen].tolist())
    found = []
    for row in chosen.tolist():
        pk, price, amount = int(effect.ids[row]), int(effect.price_cents[row]), int(effect.cents[row])
        found.append(
            {
                "id": pk,
                "title": titles.get(pk, ""),
                "original_price": price / 100,
                "adjustment": amount / 100,
                "adjusted_price": prices[pk][1] / 100,
                "price_change_pct": round_half_away(100 * amount / price, 2) if price else None,
            }
        )
    return found


def _not_matched(sides: Sides, rule_id: int, registry: FieldRegistry, chosen: list[int]) -> list[dict[str, Any]]:
    """Some listings that do not match, and the condition that failed first.

    Their facts are read again: a listing out of a batch of all keeps the texts of all, each of which is looked at.
    """
    program = only_changed(sides.programs[1], sides.changed)
    some = Listing.objects.filter(pk__in=chosen).order_by("pk")
    facts = load_facts(some, fields=program.fields, registry=registry, year=revision_row().year, scores=False)
    titles = _titles(chosen)
    found = []
    for row in range(len(facts.batch)):
        batch = facts.rows(np.array([row])).batch
        lines = explain(program, batch, trace=True).unmatched
        line = next((line for line in lines if line.rule_id == rule_id), None)
        nodes = line.conditions if line else ()
        failed, negated = next((node.deciding() for node in nodes if not node.matched), (None, False))
        pk = int(batch.ids[0])
        found.append(
            {
                "id": pk,
                "title": titles.get(pk, ""),
                "original_price": int(batch.price_cents[0]) / 100 if batch.priced[0] else None,
                "reason": line.reason if line else "the rule cannot run",
                "failed_condition": failed
                and {
                    "path": failed.path,
                    "field_name": failed.field,
                    "operator": failed.operator,
                    "expected": failed.expected,
                    "actual": failed.actual,
                    "negated": negated,
                },
            }
        )
    return found


def _titles(ids: list[int]) -> dict[int, str]:
    return dict(Listing.objects.filter(pk__in=ids).values_list("pk", "title"))
