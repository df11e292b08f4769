"""What other rules would do to every active listing: two worlds over the same facts, compared to the cent.

Both are evaluated whole, so that a change in one place is seen through every share of the running price behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dealbrain.deadlines import check_deadline
from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import (
    Bin,
    FieldRegistry,
    Matcher,
    Program,
    Result,
    compile_rulesets,
    evaluate,
    histogram,
    round_half_away,
)
from valuation.recalculation.facts import Choices, load_facts
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.rehearsal import World

PAGE = 50_000  # listings in memory at a time
MOST_MOVERS = 10


@dataclass(slots=True)
class RuleTotal:
    """What one rule does to all listings together. `moved_cents`: what it moves, whichever way, added up."""

    matched: int = 0
    cents: int = 0
    moved_cents: int = 0


@dataclass(frozen=True, slots=True)
class Mover:
    """A listing whose adjusted price moves; money in cents."""

    id: int
    title: str
    price_cents: int
    before_cents: int
    after_cents: int

    @property
    def delta_cents(self) -> int:
        return self.after_cents - self.before_cents

    @property
    def moved_cents(self) -> int:
        return abs(self.delta_cents)


@dataclass(frozen=True, slots=True)
class Impact:
    """`checked` priced listings, of which `moved` get another adjusted price; their differences, in dollars.

    `before` and `after` hold what each rule does to all listings, by the rule's id; `bars` are the distribution of the
    differences.
    """

    checked: int
    moved: int
    total: float
    mean: float | None
    low: float | None
    high: float | None
    median: float | None
    deviation: float | None
    movers: tuple[Mover, ...]
    before: dict[int, RuleTotal]
    after: dict[int, RuleTotal]
    bars: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What each rule of `program` does to the `checked` priced active listings, by its id."""

    checked: int
    rules: dict[int, RuleTotal]
    program: Program


@dataclass(slots=True)
class _Side:
    program: Program
    choices: Choices
    rules: dict[int, RuleTotal] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        for column in result.rules:
            total = self.rules.setdefault(column.rule.id, RuleTotal())
            total.matched += int(column.matched.sum())
            total.cents += int(column.cents.sum())
            total.moved_cents += int(np.abs(column.cents).sum())


def compare_worlds(
    before: World, after: World, *, movers: int = MOST_MOVERS, registry: FieldRegistry | None = None
) -> Impact:
    """What it would mean for the active listings if `after` counted and not `before`. Nothing is saved.

    `registry` is what rules may name, where that is more than they can now.
    """
    known = registry or field_registry()
    old, new = _side(before, known), _side(after, known)
    pages = _pages(Listing.objects.active(), known, old, new)
    table = np.vstack([np.empty((0, 4), dtype=np.int64), *pages])
    moved = table[table[:, 2] != table[:, 3]]
    delta = (moved[:, 3] - moved[:, 2]) / 100
    top = moved[np.lexsort((moved[:, 0], -np.abs(delta)))[:movers]]
    return Impact(
        checked=len(table),
        moved=len(moved),
        total=round_half_away(float(delta.sum()), 2),
        mean=_figure(delta, np.mean),
        low=_figure(delta, np.min),
        high=_figure(delta, np.max),
        median=_figure(delta, np.median),
        deviation=_figure(delta, np.std),
        movers=_movers(top),
        before=old.rules,
        after=new.rules,
        bars=tuple(histogram(delta.tolist())),
    )


def rule_totals(world: World) -> dict[int, RuleTotal]:
    """What each rule does to all active listings together, by its id."""
    return survey(world).rules


def survey(world: World) -> Survey:
    """The same, with how many listings were looked at and with what cannot run. One evaluation."""
    registry = field_registry()
    side = _side(world, registry)
    checked = sum(map(len, _pages(Listing.objects.active(), registry, side)))
    return Survey(checked, side.rules, side.program)


def _side(world: World, registry: FieldRegistry) -> _Side:
    return _Side(compile_rulesets(world.specs, registry), world.choices)


def _pages(listings: ListingQuerySet, registry: FieldRegistry, *sides: _Side) -> list[npt.NDArray[np.int64]]:
    """Of each priced listing its id, price and adjusted price under each side, in cents."""
    year = revision_row().year
    fields = frozenset().union(*(side.program.fields for side in sides))
    last, found = 0, []
    while True:
        check_deadline()
        page = listings.filter(pk__gt=last).order_by("pk")[:PAGE]
        batch = load_facts(page, fields=fields, registry=registry, year=year, scores=False).batch
        if len(batch):
            matcher = Matcher(batch)
            results = [
                evaluate(side.program, side.choices.on(batch), keep_rules=True, matcher=matcher) for side in sides
            ]
            for side, result in zip(sides, results, strict=True):
                side.add(result)
            columns = [batch.ids, batch.price_cents, *(result.adjusted_cents for result in results)]
            found.append(np.column_stack(columns)[batch.priced])
            last = int(batch.ids[-1])
        if len(batch) < PAGE:
            return found


def _figure(delta: npt.NDArray[np.float64], function: object) -> float | None:
    return round_half_away(float(function(delta)), 2) if len(delta) else None  # type: ignore[operator]  # a reduction


def _movers(rows: npt.NDArray[np.int64]) -> tuple[Mover, ...]:
    titles = dict(Listing.objects.filter(pk__in=rows[:, 0].tolist()).values_list("pk", "title"))
    return tuple(Mover(pk, titles.get(pk, ""), price, old, new) for pk, price, old, new in rows.tolist())
