"""How the rules of one ruleset stand to the inventory: one evaluation over every active listing, page by page.

The ruleset is looked at as it would count now, on the running prices that the rulesets before it leave; one that is
switched off is looked at as if it were on, and a draft in the place of its original. Of a page, counts and sums are
kept and no column: hundreds of rules over a hundred thousand listings are gigabytes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from dealbrain.deadlines import check_deadline
from listings.models import Listing
from valuation.engine import (
    Batch,
    FieldRegistry,
    Matcher,
    Program,
    Result,
    RuleColumn,
    RulesetSpec,
    compile_rulesets,
    evaluate,
    round_half_away,
)
from valuation.engine.batch import Mask
from valuation.engine.program import Group, Rule
from valuation.models import Ruleset
from valuation.recalculation.difference import FIRST, has_shares
from valuation.recalculation.marking import revision_row
from valuation.recalculation.paging import pages_of_facts
from valuation.registry import field_registry
from valuation.trying.standing_in import specs_beside

MOST_TOGETHER = 20  # rules that are named as always matching together with one


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """What an active rule that can run does to the listings that its ruleset runs on, `applies` of them.

    `matched` of them it counts for, with `cents` together; on `empty` of those it finds no amount, because a fact is
    missing. Its conditions hold, but something else counts, on `replaced` (an override) and `behind` (an earlier rule
    of a group where the first match ends it). `together`: the ids of rules that match the very same listings, at most
    MOST_TOGETHER of them.
    """

    applies: int
    matched: int
    cents: int
    empty: int = 0
    replaced: int = 0
    behind: int = 0
    together: tuple[int, ...] = ()

    @property
    def share(self) -> float:
        """0 to 1, of the listings that the ruleset runs on."""
        return self.matched / self.applies if self.applies else 0.0

    @property
    def is_always(self) -> bool:
        return 0 < self.applies == self.matched

    @property
    def is_never(self) -> bool:
        """Whether its conditions hold nowhere that the ruleset runs: not merely hidden by something else."""
        return self.applies > 0 and not (self.matched or self.replaced or self.behind)


@dataclass(frozen=True, slots=True)
class Standing:
    """A ruleset over the `listings`, those that are active and have a price.

    It runs on `applies` of them, and on `touched` any rule of it matches; `cents` together. `rules` holds what can run
    and is switched on, `broken` why others cannot, by the rule's id.
    """

    listings: int
    applies: int
    touched: int
    cents: int
    rules: dict[int, RuleStanding]
    broken: dict[int, tuple[str, ...]]

    @property
    def mean_cents(self) -> float | None:
        """Over the listings that it runs on; None where there are none."""
        return self.cents / self.applies if self.applies else None

    @property
    def mean_whole(self) -> int | None:
        """The same to the cent, as it is shown."""
        return None if self.mean_cents is None else int(round_half_away(self.mean_cents))


def standing_of(ruleset: Ruleset) -> Standing:
    """Thirteen queries at most, and for each further page of listings as many as a page takes. Nothing is saved.

    Raises DeadlinePassed where a deadline passes meanwhile.
    """
    specs, pk = specs_beside(ruleset), ruleset.pk
    if ruleset.draft_of_id is not None:
        # Listings are assigned to the original, or have it switched off: under its id the draft has them.
        pk = ruleset.draft_of_id
        specs = [replace(spec, id=pk) if spec.id == ruleset.pk else spec for spec in specs]
    return standing_in(specs, pk)


def standing_in(specs: Iterable[RulesetSpec], ruleset_id: int) -> Standing:
    """The same of a ruleset among these, which may differ from what is stored."""
    registry, year = field_registry(), revision_row().year
    program = program_for(specs, ruleset_id, registry)
    pages = pages_of_facts(Listing.objects.active(), fields=program.fields, registry=registry, year=year)
    return tallied(program, ruleset_id, (facts.batch for facts in pages))


def program_for(specs: Iterable[RulesetSpec], ruleset_id: int, registry: FieldRegistry) -> Program:
    """What has to run to see the ruleset, itself switched on."""
    told = [replace(spec, is_active=True) if spec.id == ruleset_id else spec for spec in specs]
    return _narrowed(compile_rulesets(told, registry), ruleset_id)


def tallied(program: Program, ruleset_id: int, pages: Iterable[Batch]) -> Standing:
    """The standing of a ruleset of this program to the listings of these pages."""
    tally = Tally(program, ruleset_id)
    for batch in pages:
        check_deadline()
        matcher = Matcher(batch)
        tally.close(evaluate(program, batch, matcher=matcher, each=tally.look), matcher)
    return tally.standing()


def _narrowed(program: Program, ruleset_id: int) -> Program:
    """What has to run: the ruleset alone, unless a share of the running price depends on what runs before it."""
    alone = program.alone(ruleset_id)
    if has_shares(alone):
        return program
    own = {rule.id for ruleset in alone.rulesets for group in ruleset.groups for rule in group.rules}
    return program.only(lambda _, rule: rule.id in own)


@dataclass(slots=True)
class _Counts:
    matched: int = 0
    cents: int = 0
    empty: int = 0
    replaced: int = 0
    behind: int = 0
    print: hashlib._Hash = field(default_factory=hashlib.sha256)  # of the listings that it matches


class Tally:
    """Counts and sums of one ruleset over pages: on each it is shown every rule as it has run, then how that ended."""

    def __init__(self, program: Program, ruleset_id: int) -> None:
        self.program, self.ruleset_id = program, ruleset_id
        rulesets = [ruleset for ruleset in program.rulesets if ruleset.id == ruleset_id]
        self.rules = [(group, rule) for ruleset in rulesets for group in ruleset.groups for rule in group.rules]
        self.counts = {rule.id: _Counts() for _, rule in self.rules}
        self.listings = self.applies = self.touched = 0
        self._touched: Mask | None = None  # of the page that is looked at

    def look(self, column: RuleColumn) -> None:
        if column.ruleset.id == self.ruleset_id:
            self._touched = column.matched if self._touched is None else self._touched | column.matched
            self._count(column)

    def close(self, result: Result, matcher: Matcher) -> None:
        self.listings += int(result.priced.sum())
        self.touched += 0 if self._touched is None else int(self._touched.sum())
        self._touched = None
        if self.ruleset_id in result.applies:
            self.applies += int(result.applies[self.ruleset_id].sum())
            for group, rule in self.rules:
                self._count_hidden(group, rule, result, matcher)

    def _count(self, column: RuleColumn) -> None:
        counts = self.counts[column.rule.id]
        matched = int(column.matched.sum())
        counts.matched += matched
        counts.cents += int(column.cents.sum())
        counts.print.update(np.packbits(column.matched).tobytes())
        if column.actions:
            given = [action.term.present & ~action.too_large for action in column.actions]
            counts.empty += matched - int(np.logical_or.reduce(given).sum())

    def _count_hidden(self, group: Group, rule: Rule, result: Result, matcher: Matcher) -> None:
        if rule.replaced_in or group.spec.match_policy == FIRST:
            replaced, held = hidden_by_others(rule, self.ruleset_id, result, matcher)
            counts = self.counts[rule.id]
            counts.replaced += int(replaced.sum())
            counts.behind += int(held.sum())  # `standing` takes off those that it counts for

    def alike(self) -> dict[bytes, list[int]]:
        """Ids of rules that match the very same listings, some and not all of those that the ruleset runs on."""
        alike: dict[bytes, list[int]] = defaultdict(list)
        for pk, counts in self.counts.items():
            if 0 < counts.matched < self.applies:  # that all match everything says nothing of two of them
                alike[counts.print.digest()].append(pk)
        return alike

    def standing(self) -> Standing:
        groups = self.alike().values()
        beside = {pk: [other for other in group if other != pk] for group in groups for pk in group}
        first = {rule.id for group, rule in self.rules if rule.replaced_in or group.spec.match_policy == FIRST}
        rules = {
            pk: RuleStanding(
                applies=self.applies,
                matched=counts.matched,
                cents=counts.cents,
                empty=counts.empty,
                replaced=counts.replaced,
                behind=counts.behind - counts.matched if pk in first else 0,
                together=tuple(beside.get(pk, ())[:MOST_TOGETHER]),
            )
            for pk, counts in self.counts.items()
        }
        broken: dict[int, list[str]] = defaultdict(list)
        for problem in self.program.problems:
            if problem.ruleset_id == self.ruleset_id and problem.rule_id is not None:
                broken[problem.rule_id].append(str(problem.problem))
        return Standing(
            listings=self.listings,
            applies=self.applies,
            touched=self.touched,
            cents=sum(counts.cents for counts in self.counts.values()),
            rules=rules,
            broken={pk: tuple(messages) for pk, messages in broken.items()},
        )


def hidden_by_others(rule: Rule, ruleset_id: int, result: Result, matcher: Matcher) -> tuple[Mask, Mask]:
    """Where a rule's conditions hold and an override counts instead; and where they hold and none does.

    In a group where the first match ends it, the second is what it counts for and what an earlier rule hides.
    """
    holds: Mask = result.applies[ruleset_id] & matcher.match(rule.condition)
    if rule.instead_of is not None:
        replaced_rules = [matcher.match(condition) for condition in rule.instead_of]
        holds = holds & np.logical_or.reduce([np.zeros_like(holds), *replaced_rules])
    elsewhere = [result.applies[other] for other in rule.replaced_in & result.applies.keys()]
    replaced = holds & np.logical_or.reduce([np.zeros_like(holds), *elsewhere])
    return replaced, holds & ~replaced
