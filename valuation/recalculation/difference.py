"""Which rules are not the same in two sets of rules, and so which listings can have other figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from valuation.engine import GroupSpec, Program, Result, RulesetSpec, RuleSpec

MULTIPLIER, FIRST = "multiplier", "first"
Specs = Iterable[RulesetSpec]


class _Placed(NamedTuple):
    """A rule with all that its amounts depend on beside the rules before it."""

    rule: RuleSpec
    group: GroupSpec  # without its rules
    ruleset: RulesetSpec  # without its groups


def changed_rules(before: Specs, after: Specs) -> set[int]:
    """Ids of the rules that are in one of the two only, or not the same, or not in the same place; names do not count.

    Where an override changes, what it replaces changes too. A listing that none of these rules matches, before or
    after, has the same adjustments.
    """
    old, new = ({placed.rule.id: placed for placed in _placed(specs)} for specs in (before, after))
    changed = {pk for pk in {**old, **new} if old.get(pk) != new.get(pk)}
    found = [side[pk].rule for side in (old, new) for pk in changed if pk in side]
    keys = {key for rule in found for key in (rule.values, rule.overrides) if key}
    for side in (old, new):
        changed |= {pk for pk, placed in side.items() if {placed.rule.values, placed.rule.overrides} & keys}
    return changed


def only_changed(program: Program, changed: set[int]) -> Program:
    """The program with the changed rules alone, and those beside them where only the first match counts."""
    whole = {
        group.id
        for ruleset in program.rulesets
        for group in ruleset.groups
        if group.spec.match_policy == FIRST and any(rule.id in changed for rule in group.rules)
    }
    return program.only(lambda group, rule: rule.id in changed or group.id in whole)


def has_shares(program: Program) -> bool:
    """Whether any rule gives a share of the running price: then what moves that price moves the share too."""
    rules = (rule for ruleset in program.rulesets for group in ruleset.groups for rule in group.rules)
    return any(action.spec.action_type == MULTIPLIER for rule in rules for action in rule.actions)


def matched_by(results: Sequence[Result], changed: set[int]) -> npt.NDArray[np.bool_]:
    """The listings of the batch that any of these rules matched in any of these results."""
    masks = [column.matched for result in results for column in result.rules if column.rule.id in changed]
    return np.logical_or.reduce([np.zeros(len(results[0].priced), dtype=np.bool_), *masks])


def _placed(specs: Specs) -> Iterator[_Placed]:
    for ruleset in specs:
        outside = replace(ruleset, groups=(), name="")
        for group in ruleset.groups:
            around = replace(group, rules=(), name="")
            for rule in group.rules:
                yield _Placed(replace(rule, name="", description=""), around, outside)
