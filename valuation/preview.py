"""What one rule would do to every active listing, before anybody saves it.

The rule is evaluated in its place: inside its group and ruleset, in place of the rule that it replaces. Only what its
own amounts depend on is evaluated for all listings; that is the rule alone, its whole group where only the first
match counts, and all rules where its amounts depend on the running price. What the listings cost today is stored, so
the new adjusted price is that and the difference. Where other rules give shares of the running price, the listings
that are shown are evaluated under all rules, so that their prices are exact; their places are those that the rule's own
amounts would give them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

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
from valuation.models import RuleGroup, Ruleset
from valuation.recalculation.facts import Facts, gather_index, load_facts
from valuation.recalculation.marking import revision_row
from valuation.recalculation.rulebook import layer_of, ruleset_specs
from valuation.registry import field_registry

PREVIEWED = 2**62  # the id of the rule that is tried: the last among rules of the same order
ALONE = -1  # the id of the ruleset and group of a rule that belongs to none
MOST_MOVERS = 10
MULTIPLIER, FIRST = "multiplier", "first"

Cents = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]
Specs = Sequence[RulesetSpec]


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that nobody has saved: its place, and the id of the rule it replaces, if it does."""

    conditions: Json
    actions: tuple[ActionSpec, ...]
    group: RuleGroup | None = None
    evaluation_order: int = 100
    priority: int = 100
    replaces: int | None = None

    def spec(self) -> RuleSpec:
        return RuleSpec(
            id=PREVIEWED,
            name="Preview",
            conditions=self.conditions,
            actions=self.actions,
            evaluation_order=self.evaluation_order,
            priority=self.priority,
        )


@dataclass(frozen=True, slots=True)
class _Market:
    """Today's figures of the listings of a batch: NaN where there is none."""

    adjusted: npt.NDArray[np.float64]  # cents
    mark: npt.NDArray[np.float64]


def preview_rule(*, draft: Draft, listings: ListingQuerySet, sample_size: int) -> dict[str, Any]:
    """The preview of the contract; money in USD. Nothing is saved. A constant number of queries.

    The draft has been checked: a condition that cannot be read is one that does not match.
    """
    registry, year = field_registry(), revision_row().year
    listings = listings.order_by("pk")
    before = ruleset_specs(Ruleset.objects.filter(is_active=True))
    after = with_draft(before, draft)
    programs, is_exact = _programs(before, after, draft, registry)
    fields = programs[0].fields | programs[1].fields
    facts = load_facts(listings, fields=fields, registry=registry, year=year, scores=False)
    matcher = Matcher(facts.batch)
    result = evaluate(programs[1], facts.batch, keep_rules=True, matcher=matcher)
    delta = result.total_cents - evaluate(programs[0], facts.batch, matcher=matcher).total_cents
    market = _market(listings, facts)
    column = next((found for found in result.rules if found.rule.id == PREVIEWED), None)
    matched = column.matched if column is not None else np.zeros(len(facts.batch), dtype=np.bool_)
    cents = column.cents if column is not None else np.zeros(len(facts.batch), dtype=np.int64)
    movers = _movers(facts, market, delta)
    sample = _spread(np.flatnonzero(matched), sample_size, cents)
    if not is_exact:
        delta = _exact(delta, _united(movers, sample), facts, before, after)
    return {
        "statistics": _statistics(matched, cents),
        "histogram": [asdict(bar) for bar in histogram((cents[matched] / 100).tolist())],
        "rank_changes": _shown_movers(facts, market, delta, movers),
        "sample_matched_listings": _matched(facts, market, delta, cents, sample),
        "sample_non_matched_listings": _not_matched(
            compile_rulesets(_only(after, {PREVIEWED}, _groups_of(after, {PREVIEWED})), registry),
            registry,
            facts.batch.ids[_spread(np.flatnonzero(~matched), sample_size)].tolist(),
        ),
    }


def _programs(before: Specs, after: Specs, draft: Draft, registry: FieldRegistry) -> tuple[list[Program], bool]:
    """What to evaluate, without and with the draft, and whether the differences of totals are then exact.

    They are not where another rule gives a share of the running price: what moves that price moves the share too.
    """
    rules = {PREVIEWED, draft.replaces}
    touched = [*_touched(before, rules), *_touched(after, rules)]
    own = [rule for group in touched for rule in group.rules if rule.id in rules or group.match_policy == FIRST]
    if any(_multiplies(rule) for rule in own):
        return [compile_rulesets(specs, registry) for specs in (before, after)], True
    shares = any(_multiplies(rule) for ruleset in after for group in ruleset.groups for rule in group.rules)
    groups = {group.id for group in touched}
    return [compile_rulesets(_only(specs, rules, groups), registry) for specs in (before, after)], not shares


def with_draft(specs: Specs, draft: Draft) -> list[RulesetSpec]:
    """The specs with the draft in its place. A draft in a ruleset that is not active is tried as if that were."""
    kept = [_without(spec, draft.replaces) for spec in specs]
    group = draft.group
    if group is None:
        alone = GroupSpec(ALONE, "Preview", (draft.spec(),))
        return [*kept, RulesetSpec(ALONE, "Preview", (alone,), priority=2**31)]
    ruleset = group.ruleset
    if all(spec.id != ruleset.pk for spec in kept):
        kept.append(
            RulesetSpec(
                ruleset.pk, ruleset.name, (), ruleset.priority, ruleset.effect, ruleset.conditions, is_active=True
            )
        )
    return [_with_rule(spec, group, draft) if spec.id == ruleset.pk else spec for spec in kept]


def _without(ruleset: RulesetSpec, rule: int | None) -> RulesetSpec:
    if rule is None:
        return ruleset
    groups = (replace(group, rules=tuple(kept for kept in group.rules if kept.id != rule)) for group in ruleset.groups)
    return replace(ruleset, groups=tuple(groups))


def _with_rule(ruleset: RulesetSpec, group: RuleGroup, draft: Draft) -> RulesetSpec:
    found = next((spec for spec in ruleset.groups if spec.id == group.pk), None)
    if found is None:  # it is not active
        layer = layer_of(group.ruleset, group)
        found = GroupSpec(
            group.pk, group.name, (), group.display_order, float(group.weight), group.match_policy, layer=layer
        )
    changed = replace(found, rules=(*found.rules, draft.spec()))
    return replace(ruleset, groups=(*(spec for spec in ruleset.groups if spec is not found), changed))


def _touched(specs: Specs, rules: set[int | None]) -> list[GroupSpec]:
    """The groups that hold any of these rules."""
    return [group for ruleset in specs for group in ruleset.groups if any(rule.id in rules for rule in group.rules)]


def _groups_of(specs: Specs, rules: set[int | None]) -> set[int]:
    return {group.id for group in _touched(specs, rules)}


def _only(specs: Specs, rules: set[int | None], groups: set[int]) -> list[RulesetSpec]:
    """All rulesets, since a listing may be assigned to any of them, but of their rules only these.

    Of those of the `groups` in which only the first match counts, all rules stay.
    """
    found = []
    for ruleset in specs:
        kept = tuple(
            group
            if group.match_policy == FIRST
            else replace(group, rules=tuple(rule for rule in group.rules if rule.id in rules))
            for group in ruleset.groups
            if group.id in groups
        )
        found.append(replace(ruleset, groups=kept) if kept else replace(ruleset, groups=(), conditions=None))
    return found


def _multiplies(rule: RuleSpec) -> bool:
    return any(action.action_type == MULTIPLIER for action in rule.actions)


def _exact(delta: Cents, rows: Rows, facts: Facts, before: Specs, after: Specs) -> Cents:
    """The differences with those of some rows put right, which need all rules."""
    if not len(rows):
        return delta
    registry, year = field_registry(), revision_row().year
    old, new = (compile_rulesets(list(specs), registry) for specs in (before, after))
    some = Listing.objects.filter(pk__in=facts.batch.ids[rows].tolist()).order_by("pk")
    again = load_facts(some, fields=old.fields | new.fields, registry=registry, year=year, scores=False)
    places = gather_index(again.batch.ids.tolist(), facts.batch.ids)
    differences = evaluate(new, again.batch).total_cents - evaluate(old, again.batch).total_cents
    exact = delta.copy()
    exact[places[places >= 0]] = differences[places >= 0]
    return exact


def _market(listings: ListingQuerySet, facts: Facts) -> _Market:
    rows = listings.values_list("pk", "valuation__adjusted_cents", "valuation__score_cpu_multi")
    table = np.array(list(rows), dtype=np.float64).reshape(-1, 3)  # None becomes NaN
    found = np.full((len(facts.batch), 2), np.nan)
    places = gather_index(facts.batch.ids.tolist(), table[:, 0].astype(np.int64))
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


def _movers(facts: Facts, market: _Market, delta: Cents) -> list[_Place]:
    """The listings whose price moves, those that change their place most first."""
    ranked = np.flatnonzero((market.mark > 0) & ~np.isnan(market.adjusted))
    ids, mark = facts.batch.ids[ranked], market.mark[ranked]
    before, after = (_ranks(adjusted[ranked] / mark, ids) for adjusted in (market.adjusted, market.adjusted + delta))
    change = np.where(delta[ranked] != 0, np.abs(after - before), 0)
    top = np.lexsort((ids, -change))[:MOST_MOVERS].tolist()
    return [_Place(int(ranked[at]), int(before[at]), int(after[at])) for at in top if change[at]]


def _united(movers: Sequence[_Place], sample: Rows) -> Rows:
    return np.union1d(np.array([place.row for place in movers], dtype=np.intp), sample)


def _ranks(values: npt.NDArray[np.float64], ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    order = np.lexsort((ids, values))
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.arange(1, len(values) + 1)
    return ranks


def _shown_movers(facts: Facts, market: _Market, delta: Cents, movers: Sequence[_Place]) -> list[dict[str, Any]]:
    rows = np.array([place.row for place in movers], dtype=np.intp)
    titles = _titles(facts, rows)
    found = []
    for place in movers:
        pk, today = int(facts.batch.ids[place.row]), int(market.adjusted[place.row])
        found.append(
            {
                "id": pk,
                "title": titles.get(pk, ""),
                "rank_before": place.before,
                "rank_after": place.after,
                "adjusted_price_before": today / 100,
                "adjusted_price_after": (today + int(delta[place.row])) / 100,
            }
        )
    return found


def _spread(rows: Rows, size: int, amounts: Cents | None = None) -> Rows:
    """Some of the rows, evenly spread: by their amounts from the lowest to the highest, or by their ids."""
    ordered = rows if amounts is None else rows[np.lexsort((rows, amounts[rows]))]
    return ordered[np.unique(np.linspace(0, len(ordered) - 1, min(size, len(ordered))).round().astype(int))]


def _matched(facts: Facts, market: _Market, delta: Cents, cents: Cents, chosen: Rows) -> list[dict[str, Any]]:
    """Some listings that match."""
    titles = _titles(facts, chosen)
    found = []
    for row in chosen.tolist():
        pk, price, amount = int(facts.batch.ids[row]), int(facts.batch.price_cents[row]), int(cents[row])
        today = price if np.isnan(market.adjusted[row]) else int(market.adjusted[row])
        found.append(
            {
                "id": pk,
                "title": titles.get(pk, ""),
                "original_price": price / 100,
                "adjustment": amount / 100,
                "adjusted_price": (today + int(delta[row])) / 100,
                "price_change_pct": round_half_away(100 * amount / price, 2) if price else None,
            }
        )
    return found


def _not_matched(program: Program, registry: FieldRegistry, chosen: list[int]) -> list[dict[str, Any]]:
    """Some listings that do not match, and the condition that failed first.

    Their facts are read again: a listing out of a batch of all keeps the texts of all, each of which is looked at.
    """
    some = Listing.objects.filter(pk__in=chosen).order_by("pk")
    facts = load_facts(some, fields=program.fields, registry=registry, year=revision_row().year, scores=False)
    titles = _titles(facts, np.arange(len(facts.batch)))
    found = []
    for row in range(len(facts.batch)):
        batch = facts.rows(np.array([row])).batch
        lines = explain(program, batch, trace=True).unmatched
        line = next((line for line in lines if line.rule_id == PREVIEWED), None)
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


def _titles(facts: Facts, rows: Rows) -> dict[int, str]:
    return dict(Listing.objects.filter(pk__in=facts.batch.ids[rows].tolist()).values_list("pk", "title"))
