"""Specs into a `Program`. Every error of every rule is collected; what cannot run is left out and listed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .actions import Action, compile_action
from .conditions import leaves, parse_conditions
from .errors import Problem, RuleProblem
from .fields import FieldRegistry
from .spec import Condition, GroupSpec, RulesetSpec, RuleSpec

MATCH_POLICIES = ("collect", "first")
EFFECTS = ("add", "deduct")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can run. `condition` None matches everything."""

    spec: RuleSpec
    condition: Condition | None
    actions: tuple[Action, ...]

    @property
    def id(self) -> int:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its rules in evaluation order."""

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


def compile_rulesets(rulesets: Sequence[RulesetSpec], registry: FieldRegistry) -> Program:
    """The program of the active rulesets. Never raises: a broken item contributes nothing and is in `problems`."""
    compiler = _Compiler(registry)
    ordered = sorted((ruleset for ruleset in rulesets if ruleset.is_active), key=lambda item: (item.priority, item.id))
    compiled = tuple(done for ruleset in ordered if (done := compiler.ruleset(ruleset)) is not None)
    return Program(compiled, tuple(compiler.problems), frozenset(compiler.fields))


def check_rule(rule: RuleSpec, registry: FieldRegistry) -> list[Problem]:
    """Every problem of a rule: paths begin with `conditions` or `actions[n]`. Warnings too."""
    return _compile_rule(rule, registry)[1]


def check_group(group: GroupSpec) -> list[Problem]:
    """Every problem of a group's own values."""
    problems = []
    if group.match_policy not in MATCH_POLICIES:
        problems.append(Problem("match_policy", f'unknown match policy "{group.match_policy}"', "match_policy"))
    if not math.isfinite(group.weight) or not 0 <= group.weight <= 1:
        problems.append(Problem("weight", "must lie between 0 and 1", "range"))
    return problems


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _compile_rule(rule: RuleSpec, registry: FieldRegistry) -> tuple[Rule | None, list[Problem]]:
    condition, problems = parse_conditions(rule.conditions, registry)
    actions = []
    for index, spec in enumerate(rule.actions):
        action, wrong = compile_action(spec, registry)
        problems.extend(problem.under(f"actions[{index}]") for problem in wrong)
        actions.append(action)
    runnable = tuple(action for action in actions if action is not None)
    return (None if _errors(problems) else Rule(rule, condition, runnable)), problems


class _Compiler:
    def __init__(self, registry: FieldRegistry) -> None:
        self.registry = registry
        self.problems: list[RuleProblem] = []
        self.fields: set[str] = set()

    def ruleset(self, spec: RulesetSpec) -> Ruleset | None:
        condition, problems = parse_conditions(spec.conditions, self.registry)
        self._note(_errors(problems), spec)
        if spec.effect not in EFFECTS:
            self._note([Problem("effect", f'unknown effect "{spec.effect}"', "effect")], spec)
            return None
        ordered = sorted((group for group in spec.groups if group.is_active), key=lambda g: (g.display_order, g.id))
        groups = tuple(done for group in ordered if (done := self.group(spec, group)) is not None)
        self._read(condition)
        sign = -1 if spec.effect == "deduct" else 1
        return Ruleset(spec, condition, groups, sign, assigned_only=bool(_errors(problems)))

    def group(self, ruleset: RulesetSpec, spec: GroupSpec) -> Group | None:
        problems = check_group(spec)
        self._note(problems, ruleset, spec)
        if problems:
            return None
        ordered = sorted(
            (rule for rule in spec.rules if rule.is_active), key=lambda r: (r.evaluation_order, r.priority, r.id)
        )
        return Group(spec, tuple(done for rule in ordered if (done := self.rule(ruleset, spec, rule)) is not None))

    def rule(self, ruleset: RulesetSpec, group: GroupSpec, spec: RuleSpec) -> Rule | None:
        rule, problems = _compile_rule(spec, self.registry)
        self._note(_errors(problems), ruleset, group, spec)
        if rule is not None:
            self._read(rule.condition)
            self.fields.update(path for action in rule.actions for path in action.fields)
        return rule

    def _read(self, condition: Condition | None) -> None:
        self.fields.update(leaf.field for leaf in leaves(condition))

    def _note(
        self,
        problems: Iterable[Problem],
        ruleset: RulesetSpec,
        group: GroupSpec | None = None,
        rule: RuleSpec | None = None,
    ) -> None:
        self.problems.extend(
            RuleProblem(
                ruleset_id=ruleset.id,
                ruleset_name=ruleset.name,
                problem=problem,
                group_id=group.id if group else None,
                group_name=group.name if group else "",
                rule_id=rule.id if rule else None,
                rule_name=rule.name if rule else "",
            )
            for problem in problems
        )
