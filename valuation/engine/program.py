"""What can run, in the order in which it runs: what the compiler makes of specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .actions import Action
from .conditions import leaves
from .errors import RuleProblem
from .spec import Condition, GroupSpec, RulesetSpec, RuleSpec


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can run. `condition` None matches everything.

    On listings that a ruleset of `replaced_in` runs on, an override there counts instead. An override itself also asks
    that any of the conditions `instead_of` holds, those of the rules that it replaces, and has their `sign`.
    """

    spec: RuleSpec
    condition: Condition | None
    actions: tuple[Action, ...]
    replaced_in: frozenset[int] = frozenset()
    instead_of: tuple[Condition | None, ...] | None = None
    sign: int | None = None

    @property
    def id(self) -> int:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its rules in evaluation order. Overrides of a group may stand in several places of a program."""

    spec: GroupSpec
    rules: tuple[Rule, ...]

    @property
    def id(self) -> int:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset with its groups in evaluation order. `sign` is -1 for the effect "deduct".

    One whose own conditions cannot be read is `assigned_only`: where it is assigned, conditions do not matter.
    """

    spec: RulesetSpec
    condition: Condition | None
    groups: tuple[Group, ...]
    sign: int
    assigned_only: bool = False

    @property
    def id(self) -> int:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Program:
    """What can run, in evaluation order; what cannot, and why; and the facts that all of it reads."""

    rulesets: tuple[Ruleset, ...]
    problems: tuple[RuleProblem, ...]
    fields: frozenset[str]

    def only(self, keeps: Callable[[Group, Rule], bool]) -> Program:
        """The same rulesets with these rules alone, and the facts that they read.

        A listing may be assigned to any ruleset, and then no other runs on it, so all stay; but one without rules is
        asked for its conditions only where a rule depends on whether it runs.
        """
        kept = [(ruleset, _groups_with(ruleset, keeps)) for ruleset in self.rulesets]
        asked = {pk for _, groups in kept for group in groups for rule in group.rules for pk in rule.replaced_in}
        rulesets = tuple(
            replace(ruleset, groups=groups, condition=ruleset.condition if groups or ruleset.id in asked else None)
            for ruleset, groups in kept
        )
        return replace(self, rulesets=rulesets, fields=fields_of(rulesets))

    def alone(self, ruleset_id: int) -> Program:
        """One ruleset by itself, and what is wrong with it."""
        rulesets = tuple(ruleset for ruleset in self.rulesets if ruleset.id == ruleset_id)
        problems = tuple(problem for problem in self.problems if problem.ruleset_id == ruleset_id)
        return Program(rulesets, problems, fields_of(rulesets))


def _groups_with(ruleset: Ruleset, keeps: Callable[[Group, Rule], bool]) -> tuple[Group, ...]:
    groups = (replace(group, rules=tuple(r for r in group.rules if keeps(group, r))) for group in ruleset.groups)
    return tuple(group for group in groups if group.rules)


def fields_of(rulesets: Iterable[Ruleset]) -> frozenset[str]:
    """Every fact that these read."""
    found: set[str] = set()
    for ruleset in rulesets:
        conditions = [ruleset.condition]
        for rule in (rule for group in ruleset.groups for rule in group.rules):
            conditions += [rule.condition, *(rule.instead_of or ())]
            found.update(path for action in rule.actions for path in action.fields)
        found.update(leaf.field for condition in conditions for leaf in leaves(condition))
    return frozenset(found)
