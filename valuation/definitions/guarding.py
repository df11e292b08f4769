"""What rules lean on does not change under them: which of them a new definition of a custom field would break.

A rule is compiled with the fields as they are and as they would be. Where it would have an error or read something
else, where the kind of what it reads would be another, or where it names an option that would be gone, the new
definition is refused, with the names of the rules, whichever way it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from catalog.choices import CustomFieldEntity
from catalog.models import CustomField
from valuation.definitions.naming import named_in_words, rules_naming, rulesets_naming
from valuation.engine import FieldRegistry, Json, Problem, leaves, parse_conditions
from valuation.engine.actions import compile_action
from valuation.engine.batch import fold
from valuation.models import Rule, RuleAction, Ruleset
from valuation.registry import registry_of

# What rules depend on; a label or an order they do not know. In the order in which a refusal names one.
LEANED_ON = ("entity", "key", "data_type", "options")
TEXTS = re.compile(r"""'([^'\r\n]*)'|"([^"\r\n]*)\"""")


@dataclass(frozen=True, slots=True)
class Reading:
    """What something stored reads (path and kind), and what is wrong with it (place and code)."""

    fields: frozenset[tuple[str, str]]
    problems: frozenset[tuple[str, str]]
    is_broken: bool

    def suffers(self, now: Reading) -> bool:
        """Whether it is worse off, or something else, with the definitions that `now` is of."""
        return bool(now.problems - self.problems) or (not self.is_broken and now.fields != self.fields)


def refuse_breaking(field: CustomField, stored: CustomField | None) -> None:
    """Raise ValidationError, under the column that changes, where rules lean on what would change. Five queries."""
    changed = changes_leaned_on(field, stored)
    if not changed:
        return
    before, after = registries(field, stored)
    gone = set(stored.options) - set(field.options) if stored is not None else set()
    rules = Rule.objects.prefetch_related("actions").order_by("pk")
    broken = [
        (rule.pk, rule.name)
        for rule in rules
        if _rule_reading(rule, before).suffers(_rule_reading(rule, after))
        or (gone and _compares_with(rule.actions.all(), f"custom.{field.key}", gone, before))
    ]
    rulesets = [
        (ruleset.pk, ruleset.name)
        for ruleset in Ruleset.objects.order_by("pk")
        if _tree_reading(ruleset.conditions, before).suffers(_tree_reading(ruleset.conditions, after))
    ]
    if broken or rulesets:
        raise refusal(changed[0], rules=broken, rulesets=rulesets)


def refusal(column: str, **named: Sequence[tuple[int, str]]) -> ValidationError:
    """What is said of rules, rulesets and whatever else would not be what it is: each word comes in the plural."""
    message = f"In use by {named_in_words(**named)}, which would not do any more what it does: change that first."
    return ValidationError({column: ValidationError(message, code="in_use")})


def told_of_switching_off(field: CustomField, stored: CustomField | None) -> str:
    """What to tell whoever switches a field off that rules read; "" where there is nothing to tell."""
    if stored is None or not stored.is_active or field.is_active:
        return ""
    rules = [(rule.pk, rule.name) for rule in rules_naming(stored)]
    rulesets = [(ruleset.pk, ruleset.name) for ruleset in rulesets_naming(stored)]
    if not rules and not rulesets:
        return ""
    uses = named_in_words(rules=rules, rulesets=rulesets)
    return f"Rows get no new values, and what they hold goes on counting in {uses}."


def changes_leaned_on(field: CustomField, stored: CustomField | None) -> list[str]:
    """The columns that differ and that anything may lean on; of a new field its key. Rules see fields of listings."""
    if CustomFieldEntity.LISTING not in (field.entity, stored.entity if stored is not None else None):
        return []
    if stored is None:
        return ["key"]
    return [name for name in LEANED_ON if getattr(field, name) != getattr(stored, name)]


def registries(field: CustomField, stored: CustomField | None) -> tuple[FieldRegistry, FieldRegistry]:
    """What rules may name now, and what they could with `field` in place of `stored`. One query."""
    everything = CustomField.objects.filter(entity=CustomFieldEntity.LISTING)
    others = list(everything if stored is None else everything.exclude(pk=stored.pk))
    before, after = (
        registry_of([*others, *([item] if item is not None and item.entity == CustomFieldEntity.LISTING else [])])
        for item in (stored, field)
    )
    return before, after


def _rule_reading(rule: Rule, registry: FieldRegistry) -> Reading:
    own = _tree_reading(rule.conditions, registry)
    parts = [own, *(_action_reading(place, action, registry) for place, action in enumerate(rule.actions.all()))]
    return Reading(
        frozenset().union(*(part.fields for part in parts)),
        frozenset().union(*(part.problems for part in parts)),
        any(part.is_broken for part in parts),
    )


def _tree_reading(tree: Json, registry: FieldRegistry) -> Reading:
    condition, problems = parse_conditions(tree, registry)
    return _reading((leaf.field for leaf in leaves(condition)), problems, registry)


def _action_reading(place: int, action: RuleAction, registry: FieldRegistry) -> Reading:
    compiled, problems = compile_action(action.spec, registry)
    under = [problem.under(f"actions[{place}]") for problem in problems]
    return _reading(compiled.fields if compiled is not None else (), under, registry)


def _reading(paths: Iterable[str], problems: Sequence[Problem], registry: FieldRegistry) -> Reading:
    kinds = ((path, str(found.kind)) for path in paths if (found := registry.get(path)) is not None)
    wrong = frozenset((problem.path, problem.code) for problem in problems)
    return Reading(frozenset(kinds), wrong, any(problem.severity == "error" for problem in problems))


def _compares_with(actions: Iterable[RuleAction], path: str, options: set[Any], registry: FieldRegistry) -> bool:
    """Whether a formula that reads the field has one of these options in quotes. (The engine says so of conditions.)"""
    folded = {fold(str(option)) for option in options}
    for action in actions:
        compiled, _ = compile_action(action.spec, registry)
        if compiled is not None and path in compiled.fields:
            texts = {fold(one or other) for one, other in TEXTS.findall(action.formula)}
            if texts & folded:
                return True
    return False
