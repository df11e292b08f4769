"""Why one listing has its figures: the same run on a batch of one, turned into lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .batch import Batch
from .conditions import Matcher
from .errors import RuleProblem
from .evaluate import ActionColumn, Result, RuleColumn, evaluate
from .fields import Kind
from .money import format_factor
from .program import Program, Rule, Ruleset
from .spec import Condition, Json

DEDUCT = "deduct"
TAKEN_OFF = "taken off the price, for the ruleset deducts"


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action: signed cents, how they came about, and why there are none, if so."""

    action_type: str
    metric: str
    cents: int
    details: str
    error: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule that matched. Its actions add up to its cents."""

    ruleset_id: int
    ruleset_name: str
    group_id: int
    group_name: str
    rule_id: int
    rule_name: str
    rule_description: str
    layer: str
    cents: int
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True, slots=True)
class RulesetLine:
    """One ruleset that ran. Its rules add up to its cents, whose sign is that of its effect already."""

    id: int
    name: str
    layer: str
    priority: int
    cents: int
    effect: str = "add"


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """One node of a condition, and whether it holds.

    A leaf says what it asked for and what the listing has (None: unknown); a group has its `logic` and `children`, so
    that nobody takes what stands under a `not` or an `or` for a reason by itself.
    """

    path: str
    field: str
    operator: str
    expected: Json
    actual: str | float | bool | None
    matched: bool
    logic: str = ""
    children: tuple[ConditionLine, ...] = ()

    def deciding(self) -> tuple[ConditionLine, bool]:
        """A leaf that makes this node what it is, and whether it stands under a `not`."""
        if not self.logic:
            return self, False
        if self.logic == "not":
            leaf, negated = self.children[0].deciding()
            return leaf, not negated
        return next((child for child in self.children if child.matched == self.matched), self.children[0]).deciding()


@dataclass(frozen=True, slots=True)
class UnmatchedRule:
    """One rule that did not count, and why not."""

    ruleset_id: int
    ruleset_name: str
    group_id: int
    group_name: str
    rule_id: int
    rule_name: str
    reason: str
    conditions: tuple[ConditionLine, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one listing's price; money in signed integer cents, None where the price is unknown."""

    price_cents: int | None
    total_cents: int | None
    adjusted_cents: int | None
    rulesets: tuple[RulesetLine, ...]
    rules: tuple[RuleLine, ...]
    problems: tuple[RuleProblem, ...]
    notes: tuple[str, ...]
    unmatched: tuple[UnmatchedRule, ...] = ()


def explain(program: Program, batch: Batch, *, trace: bool = False) -> Explanation:
    """The explanation of the one listing of `batch`. With `trace`, also every rule that did not match."""
    if len(batch) != 1:
        raise ValueError(f"a batch of one listing is explained, not of {len(batch)}")
    result = evaluate(program, batch, keep_actions=True)
    lines = tuple(_rule_line(column, batch) for column in result.rules if column.matched[0])
    priced = bool(batch.priced[0])
    return Explanation(
        price_cents=int(result.price_cents[0]) if priced else None,
        total_cents=int(result.total_cents[0]) if priced else None,
        adjusted_cents=int(result.adjusted_cents[0]) if priced else None,
        rulesets=tuple(_ruleset_line(ruleset, lines) for ruleset in program.rulesets if result.applies[ruleset.id][0]),
        rules=lines,
        problems=program.problems,
        notes=tuple(_notes(program, batch)),
        unmatched=tuple(_unmatched(program, batch, result)) if trace else (),
    )


def _ruleset_line(ruleset: Ruleset, lines: tuple[RuleLine, ...]) -> RulesetLine:
    cents = sum(line.cents for line in lines if line.ruleset_id == ruleset.id)
    return RulesetLine(ruleset.id, ruleset.name, ruleset.spec.layer, ruleset.spec.priority, cents, ruleset.spec.effect)


def _rule_line(column: RuleColumn, batch: Batch) -> RuleLine:
    return RuleLine(
        ruleset_id=column.ruleset.id,
        ruleset_name=column.ruleset.name,
        group_id=column.group.id,
        group_name=column.group.name,
        rule_id=column.rule.id,
        rule_name=column.rule.name,
        rule_description=column.rule.spec.description,
        layer=column.group.spec.layer,
        cents=int(column.cents[0]),
        actions=tuple(_action_line(action, batch, column) for action in column.actions),
    )


def _action_line(column: ActionColumn, batch: Batch, rule: RuleColumn) -> ActionLine:
    action, group = column.action, rule.group
    parts = [action.describe(batch, column.running, column.term), *action.modifiers.notes(batch)]
    if group.spec.weight != 1:
        parts.append(f"group weight × {format_factor(group.spec.weight)}")
    if rule.ruleset.spec.effect == DEDUCT:
        parts.append(TAKEN_OFF)
    return ActionLine(
        action_type=action.spec.action_type,
        metric=action.spec.metric,
        cents=int(column.cents[0]),
        details=", ".join(part for part in parts if part),
        error=column.error(0),
    )


def _notes(program: Program, batch: Batch) -> list[str]:
    notes = [] if batch.priced[0] else ["The price is unknown, so the listing is not valued."]
    assigned = int(batch.static_ruleset[0])
    known = {ruleset.id for ruleset in program.rulesets}
    if assigned and assigned not in known:
        notes.append(f"The assigned ruleset {assigned} is not active, so the listing is valued automatically.")
    if assigned in known:
        notes.append("Only the assigned ruleset applies to this listing.")
    names = [r.name for r in program.rulesets if r.id in batch.disabled and batch.disabled[r.id][0]]
    notes.extend(f'The ruleset "{name}" is switched off for this listing.' for name in names)
    return notes


def _unmatched(program: Program, batch: Batch, result: Result) -> list[UnmatchedRule]:
    matcher = Matcher(batch)
    return [
        UnmatchedRule(
            ruleset_id=column.ruleset.id,
            ruleset_name=column.ruleset.name,
            group_id=column.group.id,
            group_name=column.group.name,
            rule_id=column.rule.id,
            rule_name=column.rule.name,
            reason=_reason(program, batch, result, column.ruleset, column.rule, matcher),
            conditions=_condition_lines(column.rule.condition, batch, matcher),
        )
        for column in result.rules
        if not column.matched[0]
    ]


def _reason(program: Program, batch: Batch, result: Result, ruleset: Ruleset, rule: Rule, matcher: Matcher) -> str:
    if not batch.priced[0]:
        return "the price is unknown"
    if not result.applies[ruleset.id][0]:
        assigned = int(batch.static_ruleset[0])
        if assigned and assigned in {other.id for other in program.rulesets}:
            return "another ruleset is assigned to this listing"
        if ruleset.id in batch.disabled and batch.disabled[ruleset.id][0]:
            return "the ruleset is switched off for this listing"
        return f"the ruleset's conditions {'cannot be read' if ruleset.assigned_only else 'do not match'}"
    if any(result.applies[other][0] for other in rule.replaced_in & result.applies.keys()):
        return "an override counts instead"
    if rule.instead_of == ():
        return f"the baseline has no rule in force for {rule.spec.overrides}, which this overrides"
    if rule.instead_of is not None and not any(matcher.match(condition)[0] for condition in rule.instead_of):
        return "the baseline's own rules, which this overrides, do not apply"
    if matcher.match(rule.condition)[0]:
        return "an earlier rule of the group matched first"
    return "the conditions do not match"


def _condition_lines(condition: Condition | None, batch: Batch, matcher: Matcher) -> tuple[ConditionLine, ...]:
    """The nodes that have to hold together."""
    if condition is None:
        return ()
    line = _condition_line(condition, batch, matcher)
    return line.children if line.logic == "and" else (line,)


def _condition_line(leaf: Condition, batch: Batch, matcher: Matcher) -> ConditionLine:
    if leaf.logic:
        children = tuple(_condition_line(child, batch, matcher) for child in leaf.children)
        matched = bool(matcher.match(leaf)[0])
        return ConditionLine(leaf.path, "", "", None, None, matched, logic=leaf.logic, children=children)
    return ConditionLine(
        path=leaf.path,
        field=leaf.field,
        operator=leaf.operator,
        expected=leaf.expected,
        actual=_actual(leaf, batch),
        matched=bool(matcher.match(leaf)[0]),
    )


def _actual(leaf: Condition, batch: Batch) -> str | float | bool | None:
    """What the listing has, as what the field is: text, a number, yes or no, a date as YYYY-MM-DD."""
    _, kind = leaf.value
    if kind is Kind.STRING:
        text = batch.category(leaf.field)
        return text.categories[text.codes[0]] if text.codes[0] >= 0 else None
    column = batch.number(leaf.field)
    if not column.present[0]:
        return None
    value = float(column.values[0])
    if kind is Kind.BOOLEAN:
        return bool(value)
    return date.fromordinal(int(value)).isoformat() if kind is Kind.DATE else value
