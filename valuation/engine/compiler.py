"""Specs into a `Program`. Every error of every rule is collected; what cannot run is left out and listed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .actions import compile_action
from .conditions import parse_conditions
from .errors import Problem, RuleProblem
from .fields import FieldRegistry
from .memo import Memo, key_of
from .overriding import link_overrides
from .program import Group, Program, Rule, Ruleset, fields_of
from .spec import GroupSpec, RulesetSpec, RuleSpec

MATCH_POLICIES = ("collect", "first")
EFFECTS = ("add", "deduct")
# Rules that can run, as they were compiled. A thousand of them take a third of a megabyte, and forty milliseconds.
COMPILED: Memo[Rule] = Memo(8_000_000)


def compile_rulesets(rulesets: Sequence[RulesetSpec], registry: FieldRegistry) -> Program:
    """The program of the active rulesets. Never raises: a broken item contributes nothing and is in `problems`."""
    compiler = _Compiler(registry)
    ordered = sorted((ruleset for ruleset in rulesets if ruleset.is_active), key=lambda item: item.order)
    compiled = link_overrides([done for ruleset in ordered if (done := compiler.ruleset(ruleset)) is not None])
    return Program(compiled, tuple(compiler.problems), fields_of(compiled))


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

    def ruleset(self, spec: RulesetSpec) -> Ruleset | None:
        condition, problems = parse_conditions(spec.conditions, self.registry)
        self._note(_errors(problems), spec)
        if spec.effect not in EFFECTS:
            self._note([Problem("effect", f'unknown effect "{spec.effect}"', "effect")], spec)
            return None
        ordered = sorted((group for group in spec.groups if group.is_active), key=lambda g: (g.display_order, g.id))
        groups = tuple(done for group in ordered if (done := self.group(spec, group)) is not None)
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
        key = key_of(spec, self.registry.fingerprint)
        known = COMPILED.get(key)
        if known is not None:
            return known
        rule, problems = _compile_rule(spec, self.registry)
        if (
            rule is not None and not problems
        ):  # what is said of others depends on more: near names only while there is time
            COMPILED.put(key, rule)
        self._note(_errors(problems), ruleset, group, spec)
        return rule

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
