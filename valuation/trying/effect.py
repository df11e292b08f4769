"""What one set of rules in place of another does to every listing: whose price moves, how far, and who overtakes whom.

Evaluated for all listings are only the rules that differ, each whole group where only the first match counts. Where any
rule gives a share of the running price, the listings that these rules match are evaluated under all rules, so every
difference is to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from dealbrain.deadlines import check_deadline
from valuation.engine import FieldRegistry, Matcher, Program, Result, RuleColumn, compile_rulesets, evaluate
from valuation.recalculation.difference import changed_rules, has_shares, matched_by, only_changed
from valuation.recalculation.facts import Ids
from valuation.trying.inventory import Figures, Inventory, Page
from valuation.trying.nearness import gaps
from valuation.trying.rehearsal import World

MOST_MOVERS = 10

Cents = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Sides:
    """The rules before a change and after it, and the ids of the rules that are looked at."""

    worlds: tuple[World, World]
    programs: tuple[Program, Program]
    about: frozenset[int]

    @property
    def changed(self) -> set[int]:
        """The rules that are not the same in both, and those that are looked at."""
        return changed_rules(self.worlds[0].specs, self.worlds[1].specs) | self.about

    @property
    def fields(self) -> frozenset[str]:
        return self.programs[0].fields | self.programs[1].fields

    def on(self, page: Page, *, programs: tuple[Program, Program]) -> list[Any]:
        """What both programs make of the listings, each under its own choices."""
        return [
            evaluate(program, world.choices.on(page.facts.batch), keep_rules=True, matcher=page.matcher)
            for program, world in zip(programs, self.worlds, strict=True)
        ]

    def own(self, columns: Sequence[RuleColumn], count: int) -> tuple[Mask, Cents]:
        """Which of the `count` listings the rules that are looked at match, and what they give them together."""
        mine = [column for column in columns if column.rule.id in self.about]
        matched, cents = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
        for column in mine:
            matched, cents = matched | column.matched, cents + column.cents
        return matched, cents


@dataclass(frozen=True, slots=True)
class Effect:
    """Of each listing: whether the rules that are looked at match, their cents, and how the adjusted price moves.

    `gap`: how far it is from matching one of them (`trying.nearness`); 0 where nothing is known of that.
    """

    ids: Ids
    price_cents: Cents  # means nothing where there is no price
    matched: Mask
    cents: Cents
    delta: Cents
    gap: npt.NDArray[np.float64]


def sides_of(before: World, after: World, about: frozenset[int], registry: FieldRegistry) -> Sides:
    old, new = (compile_rulesets(world.specs, registry) for world in (before, after))
    return Sides((before, after), (old, new), about)


def effect_on_all(sides: Sides, inventory: Inventory) -> Effect:
    """Page by page: of each, only what is asked for afterwards is kept."""
    changed = sides.changed
    old, new = (only_changed(program, changed) for program in sides.programs)
    parts = []
    for page in inventory.pages(old.fields | new.fields):
        check_deadline()
        parts.append(_effect(sides, (old, new), changed, page, inventory))
    names = [column.name for column in fields(Effect)]
    return Effect(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _effect(
    sides: Sides, narrow: tuple[Program, Program], changed: set[int], page: Page, inventory: Inventory
) -> Effect:
    batch = page.facts.batch
    results = sides.on(page, programs=narrow)
    matched, cents = sides.own(results[1].rules, len(batch))
    gap = _gap(results[1], sides, page)
    if not any(has_shares(program) for program in sides.programs):
        delta = results[1].total_cents - results[0].total_cents
        return Effect(batch.ids, batch.price_cents, matched, cents, delta, gap)
    rows = np.flatnonzero(matched_by(results, changed))
    cents, delta = (np.zeros(len(batch), dtype=np.int64) for _ in range(2))
    if len(rows):
        whole, places = inventory.these(page, rows, sides.fields)
        old, new = sides.on(whole, programs=sides.programs)
        delta[rows] = (new.total_cents - old.total_cents)[places]
        cents[rows] = sides.own(new.rules, len(whole.ids))[1][places]
    return Effect(batch.ids, batch.price_cents, matched, cents, delta, gap)


def _gap(result: Result, sides: Sides, page: Page) -> npt.NDArray[np.float64]:
    """(Of many rules, as of a whole ruleset, nobody asks what just misses.)"""
    batch = page.facts.batch
    if len(sides.about) != 1:
        return np.zeros(len(batch))
    mine = [column.rule.condition for column in result.rules if column.rule.id in sides.about]
    return np.where(batch.priced, gaps(mine[0], batch, page.matcher), 0.0) if mine else np.zeros(len(batch))


def prices_of(sides: Sides, ids: Ids, inventory: Inventory) -> dict[int, tuple[int, int]]:
    """Of these listings, by their ids: the adjusted price before and after, in cents."""
    some = _page(inventory, ids, sides)
    old, new = (result.adjusted_cents.tolist() for result in sides.on(some, programs=sides.programs))
    return dict(zip(some.ids.tolist(), zip(old, new, strict=True), strict=True))


def _page(inventory: Inventory, ids: Ids, sides: Sides) -> Page:
    facts = inventory.some(ids, sides.fields)
    return Page(facts, Matcher(facts.batch))


# -- Places ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A listing's place by adjusted dollars per CPU mark, before and after; 1 is the best. `row`: of the effect."""

    row: int
    before: int
    after: int


def places_moved(effect: Effect, figures: Figures) -> list[Place]:
    """The listings whose price moves, those that change their place most first."""
    ranked = np.flatnonzero((figures.mark > 0) & ~np.isnan(figures.adjusted))
    ids, mark, delta = effect.ids[ranked], figures.mark[ranked], effect.delta
    before, after = (_ranks(price[ranked], mark, ids) for price in (figures.adjusted, figures.adjusted + delta))
    change = np.where(delta[ranked] != 0, np.abs(after - before), 0)
    top = np.lexsort((ids, -change))[:MOST_MOVERS].tolist()
    return [Place(int(ranked[at]), int(before[at]), int(after[at])) for at in top if change[at]]


def _ranks(adjusted: npt.NDArray[np.float64], mark: npt.NDArray[np.float64], ids: Ids) -> Ids:
    """Those that cost nothing or less first, by what they cost, then the others by what a point of the mark does."""
    is_free = adjusted <= 0
    order = np.lexsort((ids, np.where(is_free, adjusted, adjusted / mark), ~is_free))
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[order] = np.arange(1, len(ids) + 1)
    return ranks
