"""Every rule over the inventory in one evaluation: numbers in, numbers out, and no database.

Rulesets run as they do in force, so that each sees the running prices that those before it leave. Of a page, counts
and sums are kept; the masks of its matches only until it has been compared rule by rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from dealbrain.deadlines import check_deadline
from valuation.analytics.amounts import Amounts, Spread
from valuation.analytics.apart import Apart, Bits
from valuation.engine import Batch, Matcher, Program, RuleColumn, evaluate
from valuation.engine.program import Group, Rule, Ruleset
from valuation.recalculation.difference import FIRST
from valuation.trying.standing import RuleStanding, Tally

MOST_PAIRED = 400  # rules that are compared with each other; the first of the order in which they run
MOST_PAIRS = 50  # named; all are counted
MOST_BROKEN = 100  # rules that cannot run, named


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What one rule does, where it stands, and how its amounts are spread. `moved_cents`: their sum without signs."""

    rule_id: int
    name: str
    group_id: int
    group_name: str
    ruleset_id: int
    ruleset_name: str
    layer: str
    ends_group: bool
    standing: RuleStanding
    moved_cents: int
    spread: Spread | None

    @property
    def mean_cents(self) -> float | None:
        """Over the listings that it counts for."""
        return self.standing.cents / self.standing.matched if self.standing.matched else None


@dataclass(slots=True)
class Share:
    """What a ruleset, or a layer of all rulesets, gives: its amounts added up, and the same without their signs.

    `share`, 0 to 1, is of all that is moved, whichever way: amounts that cancel each other move prices all the same.
    """

    name: str
    id: int | None = None
    cents: int = 0
    moved_cents: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Analytics:
    """What was asked for, over the `listings`, those that are active and have a price.

    It runs on `applies` of them, and some rule of it matches `touched`. `rules` are those that can run and are switched
    on, in the order in which they do; `broken` says why others cannot. `together`: rules that match the very same
    listings; `apart`: pairs that match none in common, those first that match most. Of both the first are named, and
    rules beyond `compared` are in no pair of `apart`. `rulesets` and `layers` are of all that is in force.
    """

    ruleset_id: int | None
    listings: int
    applies: int
    touched: int
    cents: int
    rules: tuple[RuleFigures, ...]
    broken: dict[int, tuple[str, ...]]
    together: tuple[tuple[int, ...], ...]
    together_count: int
    apart: tuple[tuple[int, int], ...]
    apart_count: int
    compared: int
    rulesets: tuple[Share, ...]
    layers: tuple[Share, ...]

    @property
    def untouched(self) -> int:
        return self.applies - self.touched

    @property
    def never(self) -> list[RuleFigures]:
        """Rules whose conditions hold nowhere that their ruleset runs."""
        return [rule for rule in self.rules if rule.standing.is_never]

    @property
    def always(self) -> list[RuleFigures]:
        return [rule for rule in self.rules if rule.standing.is_always]

    @property
    def hidden(self) -> list[RuleFigures]:
        """Rules that an earlier one of a group hides wherever their conditions hold."""
        return [rule for rule in self.rules if rule.standing.behind and not rule.standing.matched]


def survey(program: Program, pages: Iterable[tuple[Batch, Matcher]], ruleset_id: int | None = None) -> Analytics:
    """What a ruleset of the program does to the listings of these pages, None: what all of them do."""
    found = _Survey(program, ruleset_id)
    for batch, matcher in pages:
        check_deadline()
        found.add(batch, matcher)
    return found.analytics()


@dataclass(slots=True)
class _Column:
    """A rule that was asked about, and what is gathered of it."""

    ruleset: Ruleset
    group: Group
    rule: Rule
    amounts: Amounts = field(default_factory=Amounts)
    moved: int = 0


class _Survey:
    def __init__(self, program: Program, ruleset_id: int | None) -> None:
        self.program, self.ruleset_id = program, ruleset_id
        self.tallies: dict[int, Tally] = {}
        self.columns: dict[int, _Column] = {}
        for ruleset in program.rulesets:
            if ruleset_id in (None, ruleset.id):
                self.tallies[ruleset.id] = Tally(program, ruleset.id)
                for group in ruleset.groups:
                    self.columns |= {rule.id: _Column(ruleset, group, rule) for rule in group.rules}
        self.paired = list(self.columns)[:MOST_PAIRED]
        self.apart = Apart(len(self.paired))
        self.bits: dict[int, Bits | None] = dict.fromkeys(self.paired)  # of the page that is looked at
        self.rulesets = {ruleset.id: Share(ruleset.name, ruleset.id) for ruleset in program.rulesets}
        self.layers: dict[str, Share] = {}
        self.listings = self.touched = 0

    def add(self, batch: Batch, matcher: Matcher) -> None:
        result = evaluate(self.program, batch, matcher=matcher, each=self._look)
        self.listings += int(result.priced.sum())
        self.touched += int((result.matched_rules > 0).sum())
        for tally in self.tallies.values():
            check_deadline()
            tally.close(result, matcher)
        if self.paired:
            self.apart.add(np.array(list(self.bits.values())))

    def _look(self, column: RuleColumn) -> None:
        check_deadline()
        cents = column.cents[column.matched]
        total, moved = int(cents.sum()), int(np.abs(cents).sum())
        layer = str(column.group.spec.layer)
        for share in (self.rulesets[column.ruleset.id], self.layers.setdefault(layer, Share(layer))):
            share.cents += total
            share.moved_cents += moved
        if column.ruleset.id not in self.tallies:
            return
        self.tallies[column.ruleset.id].look(column)
        mine = self.columns[column.rule.id]
        mine.amounts.add(cents)
        mine.moved += moved
        if column.rule.id in self.bits:
            self.bits[column.rule.id] = np.packbits(column.matched)

    def analytics(self) -> Analytics:
        standings = {pk: tally.standing() for pk, tally in self.tallies.items()}
        rules = [
            RuleFigures(
                rule_id=pk,
                name=column.rule.name,
                group_id=column.group.id,
                group_name=column.group.name,
                ruleset_id=column.ruleset.id,
                ruleset_name=column.ruleset.name,
                layer=str(column.group.spec.layer),
                ends_group=column.group.spec.match_policy == FIRST,
                standing=standings[column.ruleset.id].rules[pk],
                moved_cents=column.moved,
                spread=column.amounts.spread(),
            )
            for pk, column in self.columns.items()
        ]
        mine = standings.get(self.ruleset_id) if self.ruleset_id is not None else None
        together, apart = self._together(), self._pairs_apart({rule.rule_id: rule.standing.matched for rule in rules})
        return Analytics(
            ruleset_id=self.ruleset_id,
            listings=self.listings,
            applies=self.listings if self.ruleset_id is None else mine.applies if mine else 0,
            touched=self.touched if self.ruleset_id is None else mine.touched if mine else 0,
            cents=sum(standing.cents for standing in standings.values()),
            rules=tuple(rules),
            broken=dict(list(self._broken())[:MOST_BROKEN]),
            together=tuple(together[:MOST_PAIRS]),
            together_count=len(together),
            apart=tuple(apart[:MOST_PAIRS]),
            apart_count=len(apart),
            compared=len(self.paired),
            rulesets=_shares(self.rulesets.values()),
            layers=_shares(self.layers.values()),
        )

    def _together(self) -> list[tuple[int, ...]]:
        alike: dict[bytes, list[int]] = defaultdict(list)
        for tally in self.tallies.values():
            for digest, ids in tally.alike().items():
                alike[digest] += ids
        return [tuple(ids) for ids in alike.values() if len(ids) > 1]

    def _pairs_apart(self, matched: dict[int, int]) -> list[tuple[int, int]]:
        """Without those that cannot meet by what their group or an override is for, and those that never match."""
        pairs = [
            (self.paired[left], self.paired[right])
            for left, right in zip(self.apart.left.tolist(), self.apart.right.tolist(), strict=True)
        ]
        told = [
            (one, other)
            for one, other in pairs
            if matched[one] and matched[other] and not _by_design(self.columns[one], self.columns[other])
        ]
        return sorted(told, key=lambda pair: -min(matched[pair[0]], matched[pair[1]]))

    def _broken(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        found: dict[int, list[str]] = defaultdict(list)
        for problem in self.program.problems:
            if problem.rule_id is not None and self.ruleset_id in (None, problem.ruleset_id):
                found[problem.rule_id].append(str(problem.problem))
        return ((pk, tuple(messages)) for pk, messages in found.items())


def _by_design(one: _Column, other: _Column) -> bool:
    if one.group.id == other.group.id and one.group.spec.match_policy == FIRST:
        return True
    names = {one.rule.spec.values, other.rule.spec.values} & {one.rule.spec.overrides, other.rule.spec.overrides}
    return bool(names - {""})


def _shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    found = list(shares)
    whole = sum(share.moved_cents for share in found)
    for share in found:
        share.share = share.moved_cents / whole if whole else 0.0
    return tuple(found)
