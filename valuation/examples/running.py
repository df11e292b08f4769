"""Running the examples of a ruleset: the ruleset by itself, on frozen facts, all of them in one batch.

An example that cannot be judged, because a fact or a rule that it names is not there any more or cannot run, is
broken. It has not passed, and says what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from valuation.engine import (
    Batch,
    FieldRegistry,
    Program,
    Result,
    RulesetSpec,
    compile_rulesets,
    evaluate,
    format_usd,
    to_cents,
)
from valuation.examples.freezing import as_row
from valuation.models import Example, Ruleset
from valuation.registry import field_registry
from valuation.trying.standing_in import specs_beside
from valuation.validation import expected_problems, facts_problems

PASSED, FAILED, BROKEN = "passed", "failed", "broken"
STATES = (PASSED, FAILED, BROKEN)
MOST_TOLD = 10  # rules that differ, of one example


@dataclass(frozen=True, slots=True)
class Amount:
    """What a rule gives in an example, in cents: when it last held, and now. None: the rule did not match."""

    rule: str
    before: int | None
    now: int | None
    is_first: bool = False  # it is not known when it last held

    def __str__(self) -> str:
        if self.is_first:
            return f"{self.rule} gives {format_usd(self.now or 0)}"
        before, now = ("no match" if cents is None else format_usd(cents) for cents in (self.before, self.now))
        return f"{self.rule}: {before} before, {now} now"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example that was run. `misses` say what differs from what is expected, or what it is broken by.

    `rules` are those whose amounts differ from when it last held; without such a time, all that matched.
    """

    id: int
    name: str
    state: str
    expected: Mapping[str, Any]
    actual_cents: int | None = None
    misses: tuple[str, ...] = ()
    rules: tuple[Amount, ...] = ()
    amounts: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        told = "; ".join((*self.misses, *(str(rule) for rule in self.rules)))
        return f'Example "{self.name}" {self.state}{f": {told}" if told else ""}.'


@dataclass(frozen=True, slots=True)
class Run:
    """All examples of one ruleset."""

    ruleset_id: int
    ruleset_name: str
    outcomes: tuple[Outcome, ...]

    def of(self, *states: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state in states]

    @property
    def counts(self) -> dict[str, int]:
        return {state: len(self.of(state)) for state in STATES}

    @property
    def wrong(self) -> list[Outcome]:
        return self.of(FAILED, BROKEN)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a ruleset by `group/rule`: their ids, and those that cannot run."""

    ids: Mapping[str, Sequence[int]]
    broken: frozenset[int]
    keys: Mapping[int, str]

    def trouble(self, key: str) -> str:
        """Why nothing can be said of the rule called so; "" where something can."""
        found = self.ids.get(key, ())
        if not found:
            return f'There is no rule "{key}" in this ruleset.'
        if len(found) > 1:
            return f'There are {len(found)} rules called "{key}": rename all but one.'
        return f'The rule "{key}" cannot run.' if found[0] in self.broken else ""


def run_examples(ruleset: Ruleset) -> Run:
    """Run every example of a ruleset, active or not. A draft is run as what it is a draft of. At most eight queries."""
    return run_these(ruleset, list(ruleset.examples.all()))


def run_these(ruleset: Ruleset, examples: Sequence[Example]) -> Run:
    """The same of these examples, saved or not."""
    if not examples:
        return Run(ruleset.pk, ruleset.name, ())
    registry = field_registry()
    specs = specs_beside(ruleset)
    program = compile_rulesets(specs, registry).alone(ruleset.pk)
    rules = _rules_of(next(spec for spec in specs if spec.id == ruleset.pk), program)
    broken = {at: _broken_by(example, rules, registry) for at, example in enumerate(examples)}
    whole = [example for at, example in enumerate(examples) if not broken[at]]
    batch = Batch.from_rows([as_row(example.facts, registry) for example in whole], registry)
    result = evaluate(program, batch, keep_rules=True)
    judged = iter([_judged(example, row, result, rules) for row, example in enumerate(whole)])
    return Run(
        ruleset.pk,
        ruleset.name,
        tuple(
            Outcome(example.pk, example.name, BROKEN, example.expected, misses=broken[at])
            if broken[at]
            else next(judged)
            for at, example in enumerate(examples)
        ),
    )


def _rules_of(spec: RulesetSpec, program: Program) -> _Rules:
    ids: dict[str, list[int]] = defaultdict(list)
    for group in spec.groups:
        for rule in group.rules:
            ids[f"{group.name}/{rule.name}"].append(rule.id)
    keys = {pk: key for key, found in ids.items() for pk in found}
    errors = (problem for problem in program.problems if problem.problem.severity == "error")
    return _Rules(ids, frozenset(problem.rule_id for problem in errors if problem.rule_id), keys)


def _broken_by(example: Example, rules: _Rules, registry: FieldRegistry) -> tuple[str, ...]:
    wrong = [*facts_problems(example.facts, registry), *expected_problems(example.expected)]
    if wrong:
        return tuple(str(problem) for problem in wrong[:MOST_TOLD])
    named = (*example.expected.get("matches", ()), *example.expected.get("not_matches", ()))
    return tuple(trouble for key in named if (trouble := rules.trouble(key)))[:MOST_TOLD]


def _judged(example: Example, row: int, result: Result, rules: _Rules) -> Outcome:
    total = int(result.total_cents[row])
    amounts = {
        rules.keys[column.rule.id]: int(column.cents[row]) for column in result.rules if bool(column.matched[row])
    }
    misses = (*_total_misses(example.expected, total), *_rule_misses(example.expected, amounts))
    return Outcome(
        example.pk,
        example.name,
        FAILED if misses else PASSED,
        example.expected,
        total,
        misses,
        tuple(_differing(example.amounts, amounts))[:MOST_TOLD] if misses else (),
        amounts,
    )


def _total_misses(expected: Mapping[str, Any], total: int) -> Iterable[str]:
    exact, low, high = (
        None if expected.get(name) is None else int(to_cents(float(expected[name])))
        for name in ("total_usd", "low_usd", "high_usd")
    )
    if exact is not None and exact != total:
        yield f"expected {format_usd(exact)} in total, got {format_usd(total)}"
    if low is not None and total < low:
        yield f"expected {format_usd(low)} or more in total, got {format_usd(total)}"
    if high is not None and total > high:
        yield f"expected {format_usd(high)} or less in total, got {format_usd(total)}"


def _rule_misses(expected: Mapping[str, Any], amounts: Mapping[str, int]) -> Iterable[str]:
    for key in expected.get("matches") or ():
        if key not in amounts:
            yield f"expected {key} to match, and it does not"
    for key in expected.get("not_matches") or ():
        if key in amounts:
            yield f"expected {key} not to match, and it does"


def _differing(before: Mapping[str, int] | None, now: Mapping[str, int]) -> Iterable[Amount]:
    """Rules whose amounts differ, those that differ most first."""
    known = before if isinstance(before, Mapping) else {}
    keys = [*now, *(key for key in known if key not in now)] if before is not None else list(now)
    found = [
        Amount(key, known.get(key), now.get(key), before is None) for key in keys if known.get(key) != now.get(key)
    ]
    return sorted(found, key=lambda amount: (-abs((amount.now or 0) - (amount.before or 0)), amount.rule))


def shown(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a document; money in dollars."""
    return {
        "id": outcome.id,
        "name": outcome.name,
        "state": outcome.state,
        "expected": dict(outcome.expected),
        "actual_total_usd": _dollars(outcome.actual_cents),
        "misses": list(outcome.misses),
        "rules": [
            {"rule": amount.rule, "before_usd": _dollars(amount.before), "now_usd": _dollars(amount.now)}
            for amount in outcome.rules
        ],
    }


def _dollars(cents: int | None) -> float | None:
    return None if cents is None else cents / 100
