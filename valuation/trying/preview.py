"""What one rule would do to every active listing, before anybody saves it.

The rule is saved, in a rehearsal that is taken back, so it stands where saving would put it and whatever else saving
changes is seen too. Evaluated for all listings are only the rules that then differ, each whole group where only the
first match counts. Where any rule gives a share of the running price, the listings that these rules match are
evaluated under all rules, so every difference is to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from dealbrain.deadlines import check_deadline
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import (
    ActionSpec,
    FieldRegistry,
    GroupSpec,
    Json,
    Matcher,
    Program,
    RulesetSpec,
    RuleSpec,
    compile_rulesets,
    evaluate,
    explain,
    histogram,
    round_half_away,
)
from valuation.models import Rule, RuleAction, RuleGroup
from valuation.recalculation.difference import changed_rules, has_shares, matched_by, only_changed
from valuation.recalculation.facts import Facts, Ids, among, gather_index, load_facts
from valuation.recalculation.marking import revision_row
from valuation.recalculation.paging import PAGE, pages_of_facts
from valuation.recalculation.reading import fetch_numbers
from valuation.registry import field_registry
from valuation.trying.rehearsal import Rehearsal, World, rehearse
from valuation.trying.standing_in import switch_on

PREVIEWED = 2**62  # the id of a rule that belongs to no group
ALONE = -1  # the id of the ruleset and group that it is tried in
MOST_MOVERS = 10

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


@dataclass(frozen=True, slots=True)
class _Sides:
    """The rules without the draft and with it, and the id that it has."""

    before: Program
    after: Program
    worlds: tuple[World, World]
    rule_id: int

    @property
    def changed(self) -> set[int]:
        """The rules that are not the same in both."""
        return changed_rules(self.worlds[0].specs, self.worlds[1].specs) | {self.rule_id}

    @property
    def programs(self) -> tuple[Program, Program]:
        return self.before, self.after

    def on(self, facts: Facts, *, programs: tuple[Program, Program]) -> list[Any]:
        """What both programs make of the listings, each under its own choices."""
        batches = [world.choices.on(facts.batch) for world in self.worlds]
        matcher = Matcher(facts.batch)
        return [
            evaluate(program, batch, keep_rules=True, matcher=matcher)
            for program, batch in zip(programs, batches, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Effect:
    """What the draft does to each listing: matched, its own cents, and how the adjusted price moves."""

    ids: Ids
    price_cents: Cents  # means nothing where there is no price
    matched: npt.NDArray[np.bool_]
    cents: Cents
    delta: Cents


@dataclass(frozen=True, slots=True)
class _Market:
    """Today's figures of the same listings: NaN where there is none."""

    adjusted: npt.NDArray[np.float64]  # cents
    mark: npt.NDArray[np.float64]


def preview_rule(*, draft: Draft, listings: ListingQuerySet, sample_size: int) -> dict[str, Any]:
    """The preview of the contract; money in USD. Nothing is saved. As many queries for each page.

    A draft in a ruleset or group that is switched off is tried as if that were on, with all that is in it. Raises
    Rule.DoesNotExist or RuleGroup.DoesNotExist where the draft's place is gone.
    """
    registry = field_registry()
    rehearsal = rehearse_draft(draft)
    sides = _sides(rehearsal, draft, registry)
    effect = _effect_on_all(sides, listings, registry)
    movers = _movers(effect, _market(listings, effect.ids))
    sample = _spread(np.flatnonzero(effect.matched), sample_size, effect.cents)
    prices = _prices(sides, effect.ids[_united(movers, sample)], registry)
    return {
        "state": rehearsal.revision,
        "statistics": _statistics(effect.matched, effect.cents),
        "histogram": [asdict(bar) for bar in histogram((effect.cents[effect.matched] / 100).tolist())],
        "rank_changes": _shown_movers(effect.ids, prices, movers),
        "sample_matched_listings": _matched(effect, prices, sample),
        "sample_non_matched_listings": _not_matched(
            sides,
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


def _sides(rehearsal: Rehearsal[int], draft: Draft, registry: FieldRegistry) -> _Sides:
    before, after = rehearsal.before, rehearsal.after
    if draft.group is None:
        group = GroupSpec(ALONE, "Preview", (draft.spec(),))
        after = replace(after, specs=(*after.specs, RulesetSpec(ALONE, "Preview", (group,), priority=2**31)))
    old, new = (compile_rulesets(world.specs, registry) for world in (before, after))
    return _Sides(old, new, worlds=(before, after), rule_id=rehearsal.result)


def _effect_on_all(sides: _Sides, listings: ListingQuerySet, registry: FieldRegistry) -> _Effect:
    """Page by page: of each, only what is asked for afterwards is kept."""
    changed = sides.changed
    narrow = (only_changed(sides.before, changed), only_changed(sides.after, changed))
    named = narrow[0].fields | narrow[1].fields
    parts = []
    for facts in pages_of_facts(listings, fields=named, registry=registry, year=revision_row().year):
        check_deadline()
        parts.append(_effect(sides, narrow, changed, facts, registry))
    names = [column.name for column in fields(_Effect)]
    return _Effect(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _effect(
    sides: _Sides, narrow: tuple[Program, Program], changed: set[int], facts: Facts, registry: FieldRegistry
) -> _Effect:
    ids, price = facts.batch.ids, facts.batch.price_cents
    results = sides.on(facts, programs=narrow)
    own = next((column for column in results[1].rules if column.rule.id == sides.rule_id), None)
    matched = own.matched if own is not None else np.zeros(len(facts.batch), dtype=np.bool_)
    if not any(has_shares(program) for program in sides.programs):
        cents = own.cents if own is not None else np.zeros(len(facts.batch), dtype=np.int64)
        return _Effect(ids, price, matched, cents, results[1].total_cents - results[0].total_cents)
    rows = np.flatnonzero(matched_by(results, changed))
    cents, delta = (np.zeros(len(facts.batch), dtype=np.int64) for _ in range(2))
    whole = _under_all(sides, ids[rows], registry)
    old, new = sides.on(whole, programs=sides.programs)
    delta[rows] = new.total_cents - old.total_cents
    own = next((column for column in new.rules if column.rule.id == sides.rule_id), None)
    if own is not None:
        cents[rows] = own.cents
    return _Effect(ids, price, matched, cents, delta)


def _under_all(sides: _Sides, ids: Ids, registry: FieldRegistry) -> Facts:
    """These sorted listings, a page of them at most, with every fact that any rule reads."""
    some = Listing.objects.filter(among("pk", ids)) if len(ids) else Listing.objects.none()
    named = sides.before.fields | sides.after.fields
    found = load_facts(some.order_by("pk"), fields=named, registry=registry, year=revision_row().year, scores=False)
    places = gather_index(ids, found.batch.ids)
    return found.rows(places)


def _prices(sides: _Sides, ids: Ids, registry: FieldRegistry) -> dict[int, tuple[int, int]]:
    """Of these, by listing: the adjusted price without the draft and with it, in cents."""
    some = _under_all(sides, ids, registry)
    old, new = (result.adjusted_cents.tolist() for result in sides.on(some, programs=sides.programs))
    return dict(zip(some.batch.ids.tolist(), zip(old, new, strict=True), strict=True))


def _market(listings: ListingQuerySet, ids: Ids) -> _Market:
    rows = listings.values_list("pk", "valuation__adjusted_cents", "valuation__score_cpu_multi").order_by("pk")
    pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
    parts = [fetch_numbers(rows.filter(pk__gte=int(page[0]), pk__lte=int(page[-1])), 3) for page in pages]
    table = np.concatenate([np.zeros((0, 3)), *parts])
    found = np.full((len(ids), 2), np.nan)
    places = gather_index(ids, table[:, 0].astype(np.int64))
    found[places >= 0] = table[places[places >= 0], 1:]
    return _Market(adjusted=found[:, 0], mark=found[:, 1])


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


@dataclass(frozen=True, slots=True)
class _Place:
    """A listing's place by adjusted dollars per CPU mark, before and after; 1 is the best."""

    row: int
    before: int
    after: int


def _movers(effect: _Effect, market: _Market) -> list[_Place]:
    """The listings whose price moves, those that change their place most first."""
    ranked = np.flatnonzero((market.mark > 0) & ~np.isnan(market.adjusted))
    ids, mark, delta = effect.ids[ranked], market.mark[ranked], effect.delta
    before, after = (_ranks(price[ranked], mark, ids) for price in (market.adjusted, market.adjusted + delta))
    change = np.where(delta[ranked] != 0, np.abs(after - before), 0)
    top = np.lexsort((ids, -change))[:MOST_MOVERS].tolist()
    return [_Place(int(ranked[at]), int(before[at]), int(after[at])) for at in top if change[at]]


def _united(movers: Sequence[_Place], sample: Rows) -> Rows:
    return np.union1d(np.array([place.row for place in movers], dtype=np.intp), sample)


def _ranks(
    adjusted: npt.NDArray[np.float64], mark: npt.NDArray[np.float64], ids: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Those that cost nothing or less first, by what they cost, then the others by what a point of the mark does."""
    is_free = adjusted <= 0
    order = np.lexsort((ids, np.where(is_free, adjusted, adjusted / mark), ~is_free))
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[order] = np.arange(1, len(ids) + 1)
    return ranks


def _shown_movers(ids: Ids, prices: dict[int, tuple[int, int]], movers: Sequence[_Place]) -> list[dict[str, Any]]:
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


def _matched(effect: _Effect, prices: dict[int, tuple[int, int]], chosen: Rows) -> list[dict[str, Any]]:
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


def _not_matched(sides: _Sides, registry: FieldRegistry, chosen: list[int]) -> list[dict[str, Any]]:
    """Some listings that do not match, and the condition that failed first.

    Their facts are read again: a listing out of a batch of all keeps the texts of all, each of which is looked at.
    """
    program = only_changed(sides.after, sides.changed)
    some = Listing.objects.filter(pk__in=chosen).order_by("pk")
    facts = load_facts(some, fields=program.fields, registry=registry, year=revision_row().year, scores=False)
    titles = _titles(chosen)
    found = []
    for row in range(len(facts.batch)):
        batch = facts.rows(np.array([row])).batch
        lines = explain(program, batch, trace=True).unmatched
        line = next((line for line in lines if line.rule_id == sides.rule_id), None)
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
