"""Program x Batch -> Result: the one path, for a million listings and for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import numpy.typing as npt

from .actions import Action
from .batch import Batch, Mask, Rows, Source
from .conditions import Matcher
from .money import LIMIT, Cents, to_cents
from .program import Group, Program, Rule, Ruleset
from .terms import Term

TOO_LARGE = "the amount is beyond 1,000,000,000 dollars"


@dataclass(frozen=True, slots=True)
class ActionColumn:
    """What one action did to the listings that its rule matched: `rows` are their places in the batch."""

    action: Action
    rows: npt.NDArray[np.intp]
    running: Cents  # before this action
    term: Term  # dollars before modifiers
    cents: Cents
    too_large: Mask

    def error(self, place: int) -> str:
        """Why the action gave nothing to the `place`-th of its rows, or an empty text."""
        return TOO_LARGE if self.too_large[place] else self.term.reason(place)


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """One rule over the whole batch. `actions` are kept only when they were asked for."""

    ruleset: Ruleset
    group: Group
    rule: Rule
    matched: Mask
    cents: Cents
    actions: tuple[ActionColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Integer cents for each listing: price + total = adjusted. Where `priced` is false they mean nothing."""

    price_cents: Cents
    priced: Mask
    total_cents: Cents
    adjusted_cents: Cents
    matched_rules: npt.NDArray[np.int32]
    rules: tuple[RuleColumn, ...] = ()
    applies: dict[int, Mask] = field(default_factory=dict)
    """Ruleset id -> the priced listings that it ran on."""
    seconds: dict[int, float] = field(default_factory=dict)
    """Ruleset id -> how long it took."""
    layer_cents: dict[str, int] = field(default_factory=dict)
    """Layer -> the sum of its adjustments over the batch."""


def evaluate(
    program: Program,
    batch: Batch,
    *,
    keep_rules: bool = False,
    keep_actions: bool = False,
    matcher: Matcher | None = None,
    each: Callable[[RuleColumn], None] | None = None,
) -> Result:
    """The adjustments of every listing in the batch. Raises nothing for bad data.

    `keep_rules` keeps the cents of every rule, `keep_actions` also what each of its actions did. A `matcher` of the
    batch that was used before answers the conditions it knows at once. `each` is shown every rule with its actions as
    it has run, and nothing of that is kept: hundreds of rules are many columns.
    """
    run = _Run(program, batch, matcher, keep_rules=keep_rules or keep_actions, keep_actions=keep_actions, each=each)
    seconds: dict[int, float] = {}
    for ruleset in program.rulesets:
        started = perf_counter()
        run.ruleset(ruleset)
        seconds[ruleset.id] = perf_counter() - started
    total = run.running - batch.price_cents
    return Result(
        price_cents=batch.price_cents,
        priced=batch.priced,
        total_cents=np.where(batch.priced, total, 0),
        adjusted_cents=run.running,
        matched_rules=run.matched_rules,
        rules=tuple(run.rules),
        applies=run.applies,
        seconds=seconds,
        layer_cents=run.layer_cents,
    )


class _Run:
    """The running prices of a batch, moved by one action after the other."""

    def __init__(
        self,
        program: Program,
        batch: Batch,
        matcher: Matcher | None,
        *,
        keep_rules: bool,
        keep_actions: bool,
        each: Callable[[RuleColumn], None] | None,
    ) -> None:
        self.batch, self.keep_rules, self.keep_actions, self.each = batch, keep_rules, keep_actions, each
        self.matcher = Matcher(batch) if matcher is None else matcher
        self.running = batch.price_cents.copy()
        self.matched_rules = np.zeros(len(batch), dtype=np.int32)
        self.rules: list[RuleColumn] = []
        self.layer_cents: dict[str, int] = {}
        # An assigned ruleset that is not active falls back to automatic.
        self.assigned = np.isin(batch.static_ruleset, [ruleset.id for ruleset in program.rulesets])
        self.applies = {ruleset.id: self._applies(ruleset) for ruleset in program.rulesets}

    def _applies(self, ruleset: Ruleset) -> Mask:
        automatic = self.matcher.match(ruleset.condition) & ~self.assigned & (not ruleset.assigned_only)
        if ruleset.id in self.batch.disabled:
            automatic = automatic & ~self.batch.disabled[ruleset.id]
        applies: Mask = self.batch.priced & (automatic | (self.assigned & (self.batch.static_ruleset == ruleset.id)))
        return applies

    def ruleset(self, ruleset: Ruleset) -> None:
        for group in ruleset.groups:
            open_rows = self.applies[ruleset.id]
            for rule in group.rules:
                matched = open_rows & self._matches(rule)
                if group.spec.match_policy == "first":
                    open_rows = open_rows & ~matched
                self._rule(ruleset, group, rule, matched)

    def _matches(self, rule: Rule) -> Mask:
        matched = self.matcher.match(rule.condition)
        for other in rule.replaced_in & self.applies.keys():
            matched = matched & ~self.applies[other]
        if rule.instead_of is None:
            return matched
        replaced = np.zeros(len(self.batch), dtype=np.bool_)
        for condition in rule.instead_of:
            replaced = replaced | self.matcher.match(condition)
        return matched & replaced

    def _rule(self, ruleset: Ruleset, group: Group, rule: Rule, matched: Mask) -> None:
        rows = np.flatnonzero(matched)
        self.matched_rules[rows] += 1
        everywhere = len(rows) == len(self.batch)
        source: Source = self.batch if everywhere else Rows(self.batch, rows)
        cents = np.zeros(len(rows), dtype=np.int64)
        columns: list[ActionColumn] = []
        if len(rows):
            for action in rule.actions:
                sign = ruleset.sign if rule.sign is None else rule.sign
                done = self._action(action, source, rows, group.spec.weight, sign)
                self.running[rows] += done.cents
                cents += done.cents
                if self.keep_actions or self.each:
                    columns.append(done)
        layer = group.spec.layer
        self.layer_cents[layer] = self.layer_cents.get(layer, 0) + int(cents.sum())
        if self.keep_rules or self.each:
            whole = np.zeros(len(self.batch), dtype=np.int64)
            whole[rows] = cents
            column = RuleColumn(ruleset, group, rule, matched, whole, tuple(columns))
            if self.each:
                self.each(column)
            if self.keep_rules:
                self.rules.append(column)

    def _action(
        self, action: Action, source: Source, rows: npt.NDArray[np.intp], weight: float, sign: int
    ) -> ActionColumn:
        return run_action(action, source, rows, self.running[rows], weight=weight, sign=sign)


def run_action(
    action: Action,
    source: Source,
    rows: npt.NDArray[np.intp],
    running: Cents,
    *,
    weight: float = 1.0,
    sign: int = 1,
) -> ActionColumn:
    """What an action gives to the `rows` of a batch that `source` holds, at their running prices."""
    term = action.run(source, running)
    with np.errstate(all="ignore"):
        dollars = action.modifiers.apply(term.values, source) * weight
    too_large = term.present & ~(np.abs(dollars) <= LIMIT)  # also true for NaN
    cents = to_cents(np.where(term.present & ~too_large, dollars, 0.0)) * sign
    return ActionColumn(action, rows, running, term, cents, too_large)
