"""All that a page shows of a change before it is saved: who is matched, whose price moves, who overtakes whom, and why.

`panel_of` takes any two worlds (of a rehearsal: `rehearse(lambda: form.save())`) and says what lies between them; the
rules that a page is about are told by themselves, too. `told_of` says it in a sentence, after a save.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from listings.models import Listing
from valuation.engine import Bin, FieldRegistry, explain, format_usd, histogram
from valuation.engine.program import Ruleset
from valuation.explaining.breakdown import breakdown
from valuation.trying.acting import DEDUCTED, meaning
from valuation.trying.effect import (
    Cents,
    Effect,
    Mask,
    Place,
    Rows,
    Sides,
    effect_on_all,
    places_moved,
    prices_of,
    sides_of,
)
from valuation.trying.inventory import Inventory, active_inventory
from valuation.trying.nearness import EACH
from valuation.trying.rehearsal import World

SAMPLE = 5  # listings of each kind


@dataclass(frozen=True, slots=True)
class Amounts:
    """Some amounts in cents. All but `count` and `total` are None where there are none."""

    count: int
    total: int = 0
    mean: int | None = None
    median: int | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing that a panel names. Money in cents; `rank_*` are places, 1 the best; `reason`, why it just misses."""

    id: int
    title: str
    cents: int = 0
    before_cents: int | None = None
    after_cents: int | None = None
    rank_before: int | None = None
    rank_after: int | None = None
    failed: dict[str, Any] | None = None
    reason: str = ""

    @property
    def climbs(self) -> int:
        """How many places it goes up; negative, if down."""
        return (self.rank_before or 0) - (self.rank_after or 0)


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule gives to a listing before and after, in cents; None where it does not count. `details` of after."""

    name: str
    before: int | None
    after: int | None
    details: tuple[str, ...]
    is_mine: bool


@dataclass(frozen=True, slots=True)
class OneListing:
    """A listing before and after, rule by rule. `conditions`: of the rules that a page is about, what holds here."""

    id: int
    title: str
    before: dict[str, Any]
    after: dict[str, Any]
    lines: tuple[Line, ...]
    unmatched: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """`checked` active listings. `moved`: how their adjusted prices move; `own`: what the rules give that it is about.

    `bars` counts the amounts of `own` in dollars, or those of `moved` where the rules give nothing any more.
    """

    checked: int
    moved: Amounts
    own: Amounts
    bars: tuple[Bin, ...]
    meaning: str
    warning: str
    movers: tuple[Listed, ...]
    matches: tuple[Listed, ...]
    misses: tuple[Listed, ...]
    one: OneListing | None


def panel_of(
    before: World, after: World, about: Iterable[int], registry: FieldRegistry, *, listing_id: int | None = None
) -> Panel:
    """What lies between two worlds, for all active listings. `about`: the ids of the rules that the page is about.

    As many queries whatever the number of listings, as long as those are kept (`trying.inventory`).
    """
    sides = sides_of(before, after, frozenset(about), registry)
    inventory = active_inventory(registry)
    effect = effect_on_all(sides, inventory)
    movers = places_moved(effect, inventory.figures(effect.ids)) if effect.delta.any() else []
    matched = _spread(np.flatnonzero(effect.matched), effect.cents)
    missed = _nearest(effect)
    rows = np.unique(np.array([*(place.row for place in movers), *matched, *missed], dtype=np.intp))
    titles = _titles(effect.ids[rows].tolist())
    prices = prices_of(sides, effect.ids[rows], inventory) if len(rows) else {}
    counted = effect.matched if effect.matched.any() else effect.delta != 0
    amounts = effect.cents if effect.matched.any() else effect.delta
    return Panel(
        checked=len(effect.ids),
        moved=amounts_of(effect.delta, effect.delta != 0),
        own=amounts_of(effect.cents, effect.matched),
        bars=tuple(histogram((amounts[counted] / 100).tolist())),
        meaning=meaning(effect.delta) if effect.delta.any() else "",
        warning=sign_warning(effect.cents[effect.matched], sides),
        movers=tuple(_mover(effect, place, titles, prices) for place in movers),
        matches=tuple(_match(effect, row, titles, prices) for row in matched),
        misses=_misses(sides, effect.ids[missed].tolist(), inventory, registry, titles),
        one=_one(sides, listing_id, inventory, registry) if listing_id is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What a change did, in words for people; `warnings` says what is probably not meant."""

    text: str
    warnings: tuple[str, ...] = ()


def told_of(before: World, after: World, about: Iterable[int], registry: FieldRegistry) -> Told:
    """What lies between two worlds in a sentence: `17 of 93 listings, -$255.00 together.`

    `about` are the rules that were saved, all of which count: of what they match nothing, a warning is given.
    """
    sides = sides_of(before, after, frozenset(about), registry)
    effect = effect_on_all(sides, active_inventory(registry))
    moved = effect.delta[effect.delta != 0]
    if not len(effect.ids):
        return Told("There is no active listing yet, so no price moves.")
    of = f"{len(effect.ids):,} listing{'' if len(effect.ids) == 1 else 's'}"
    warnings = [] if effect.matched.any() or not sides.about else [f"It matches none of {of}."]
    if not len(moved):
        return Told(f"None of {of} gets another adjusted price.", tuple(warnings))
    text = f"{len(moved):,} of {of}, {format_usd(int(moved.sum()))} together. {meaning(moved)}"
    if len(sides.about) == 1 and (warning := sign_warning(effect.cents[effect.matched], sides)):
        warnings.append(warning)
    return Told(text, tuple(warnings))


def sign_warning(cents: Cents, sides: Sides) -> str:
    """Where a ruleset that deducts is given minus amounts: off and off is on."""
    groups = [ruleset for ruleset in sides.programs[1].rulesets if sides.about & _rules_in(ruleset)]
    deducts = bool(groups) and groups[0].sign < 0
    return DEDUCTED if deducts and len(cents) and cents.min() >= 0 and cents.max() > 0 else ""


def _rules_in(ruleset: Ruleset) -> set[int]:
    return {rule.id for group in ruleset.groups for rule in group.rules}


def amounts_of(cents: Cents, counted: Mask) -> Amounts:
    some = cents[counted]
    if not len(some):
        return Amounts(0)
    low, high = int(some.min()), int(some.max())
    return Amounts(len(some), int(some.sum()), round(float(some.mean())), round(float(np.median(some))), low, high)


def _spread(rows: Rows, amounts: Cents) -> list[int]:
    """Some of the rows, from the lowest amount to the highest."""
    if len(rows) <= SAMPLE:
        return [int(row) for row in rows[np.lexsort((rows, amounts[rows]))]]
    wanted = np.linspace(0, len(rows) - 1, SAMPLE).round().astype(int)
    ordered = rows[np.argsort(amounts[rows], kind="stable")]
    return [int(row) for row in ordered[wanted]]


def _nearest(effect: Effect) -> list[int]:
    """Those that do not match, and fewest conditions are against it."""
    rows = np.flatnonzero(~effect.matched & (effect.gap >= EACH))
    if not len(rows):
        return []
    most = min(SAMPLE, len(rows)) - 1
    near = rows[effect.gap[rows] <= np.partition(effect.gap[rows], most)[most]]
    return [int(row) for row in near[np.argsort(effect.gap[near], kind="stable")][:SAMPLE]]


def _titles(ids: Sequence[int]) -> dict[int, str]:
    return dict(Listing.objects.filter(pk__in=ids).values_list("pk", "title"))


def _mover(effect: Effect, place: Place, titles: dict[int, str], prices: dict[int, tuple[int, int]]) -> Listed:
    pk = int(effect.ids[place.row])
    old, new = prices.get(pk, (0, 0))
    return Listed(pk, titles.get(pk, ""), new - old, old, new, place.before, place.after)


def _match(effect: Effect, row: int, titles: dict[int, str], prices: dict[int, tuple[int, int]]) -> Listed:
    pk = int(effect.ids[row])
    old, new = prices.get(pk, (0, 0))
    return Listed(pk, titles.get(pk, ""), int(effect.cents[row]), old, new)


def _misses(
    sides: Sides, ids: list[int], inventory: Inventory, registry: FieldRegistry, titles: dict[int, str]
) -> tuple[Listed, ...]:
    """Each with the condition that failed and what the listing has instead."""
    program = sides.programs[1].only(lambda _, rule: rule.id in sides.about)
    facts = inventory.some(np.array(sorted(ids), dtype=np.int64), program.fields)
    places = {pk: row for row, pk in enumerate(facts.batch.ids.tolist())}
    found = []
    for pk in ids:
        lines = explain(program, facts.rows(np.array([places[pk]])).batch, trace=True).unmatched
        line = next((line for line in lines if line.rule_id in sides.about), None)
        nodes = line.conditions if line else ()
        failed, negated = next((node.deciding() for node in nodes if not node.matched), (None, False))
        told = None
        if failed is not None:
            fact = registry.get(failed.field)
            told = {
                "label": fact.label if fact else failed.field,
                "operator": failed.operator,
                "expected": failed.expected,
                "actual": failed.actual,
                "negated": negated,
            }
        found.append(Listed(pk, titles.get(pk, ""), failed=told, reason=line.reason if line else ""))
    return tuple(found)


def _one(sides: Sides, listing_id: int, inventory: Inventory, registry: FieldRegistry) -> OneListing | None:
    title = Listing.objects.filter(pk=listing_id).values_list("title", flat=True).first()
    if title is None:
        return None
    facts = inventory.some(np.array([listing_id], dtype=np.int64), sides.fields)
    old, new = (
        breakdown(explain(program, world.choices.on(facts.batch), trace=True), trace=True, registry=registry)
        for program, world in zip(sides.programs, sides.worlds, strict=True)
    )
    amounts = [{line["rule_id"]: line for line in side["adjustments"]} for side in (old, new)]
    ids = dict.fromkeys([*amounts[0], *amounts[1]])
    return OneListing(
        id=listing_id,
        title=title,
        before=old,
        after=new,
        lines=tuple(_line(pk, amounts[0].get(pk), amounts[1].get(pk), pk in sides.about) for pk in ids),
        unmatched=tuple(line for line in new["unmatched"] if line["rule_id"] in sides.about),
    )


def _line(pk: int, old: dict[str, Any] | None, new: dict[str, Any] | None, is_mine: bool) -> Line:
    shown = new or old or {}
    details = tuple(action["error"] or action["details"] for action in shown["actions"])
    before, after = (None if side is None else round(side["adjustment_amount"] * 100) for side in (old, new))
    return Line(shown["rule_name"], before, after, tuple(text for text in details if text), is_mine)
