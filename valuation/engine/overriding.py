"""Overrides: rules that count instead of a baseline's own rules for one field.

A rule that `values` a field belongs to a baseline; one that `overrides` the field counts in its stead, in whatever
ruleset it lies. What that means is worked out on what can run, so an override that is broken, or switched off,
replaces nothing:

- wherever the override's ruleset runs on a listing, the baseline's own rules for the field do not count;
- it applies to the listings that any of those rules would apply to. A formula says itself when it applies, but of a
  field
  that no baseline in force has it says nothing either;
- its amounts have the baseline's sign, whatever the effect of its ruleset;
- inside the baseline's own ruleset it runs right behind the group of what it replaces, so that a factor is of the same
  price, except where the first match ends its group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .program import Group, Rule, Ruleset
from .spec import RuleSpec


class _Own(NamedTuple):
    """A rule of a baseline, and where it stands."""

    ruleset: Ruleset
    place: int  # of its group in the ruleset
    rule: Rule


Owns = Mapping[str, Sequence[_Own]]
"""`Entity.field` -> the baseline's own rules for it."""
Homes = Mapping[str, frozenset[int]]
"""`Entity.field` -> the rulesets in which it is overridden."""


class _Links(NamedTuple):
    owns: Owns
    homes: Homes
    signs: Mapping[str, int]  # of every field that a baseline has, also where its rules are switched off or broken


def link_overrides(rulesets: Sequence[Ruleset]) -> tuple[Ruleset, ...]:
    """The rulesets with every override in its place, and every rule that it replaces knowing where."""
    owns: dict[str, list[_Own]] = defaultdict(list)
    for ruleset in rulesets:
        for place, group in enumerate(ruleset.groups):
            for rule in group.rules:
                if rule.spec.values and not rule.spec.overrides:
                    owns[rule.spec.values].append(_Own(ruleset, place, rule))
    signs = {rule.values: ruleset.sign for ruleset in rulesets for rule in _written(ruleset) if rule.values}
    homes: dict[str, set[int]] = defaultdict(set)
    for ruleset in rulesets:
        for group in ruleset.groups:
            for rule in group.rules:
                homes[rule.spec.overrides].add(ruleset.id)
    homes.pop("", None)
    if not homes:
        return tuple(rulesets)
    links = _Links(owns, {key: frozenset(ids) for key, ids in homes.items()}, signs)
    return tuple(replace(ruleset, groups=tuple(_placed(ruleset, links))) for ruleset in rulesets)


def _written(ruleset: Ruleset) -> Iterator[RuleSpec]:
    return (rule for group in ruleset.spec.groups for rule in group.rules)


def _placed(ruleset: Ruleset, links: _Links) -> Iterator[Group]:
    moved: dict[int, list[Group]] = defaultdict(list)  # the place of a group -> the pieces that run behind it
    staying: list[Group] = []
    for group in ruleset.groups:
        rules = tuple(_linked(rule, links) for rule in group.rules)
        places = {rule.id: _place(rule, ruleset, links.owns) for rule in rules} if _may_part(group) else {}
        for place in sorted({place for place in places.values() if place is not None}):
            moved[place].append(replace(group, rules=tuple(rule for rule in rules if places[rule.id] == place)))
        staying.append(replace(group, rules=tuple(rule for rule in rules if places.get(rule.id) is None)))
    for place, group in enumerate(staying):
        if group.rules or not ruleset.groups[place].rules:
            yield group
        yield from moved[place]


def _linked(rule: Rule, links: _Links) -> Rule:
    key = rule.spec.overrides
    if not key:
        return replace(rule, replaced_in=links.homes.get(rule.spec.values, frozenset()))
    sign = links.signs.get(key)
    is_formula = bool(rule.actions) and all(action.spec.action_type == "formula" for action in rule.actions)
    if is_formula and sign is not None:
        return replace(rule, sign=sign)
    return replace(rule, sign=sign, instead_of=tuple(own.rule.condition for own in links.owns.get(key, ())))


def _place(rule: Rule, ruleset: Ruleset, owns: Owns) -> int | None:
    """The last group of this ruleset that holds what the rule replaces."""
    return max((own.place for own in owns.get(rule.spec.overrides, ()) if own.ruleset is ruleset), default=None)


def _may_part(group: Group) -> bool:
    return group.spec.match_policy == "collect" and _overrides(group)


def _overrides(group: Group) -> bool:
    return any(rule.spec.overrides for rule in group.rules)
