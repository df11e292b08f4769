"""The compiled rules: when anything they depend on changes, the next who asks gets the new ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from catalog.models import CustomField, Profile
from tests.factories import CustomFieldFactory, ListingFactory, ProfileFactory, RuleActionFactory
from valuation.engine import compile_rulesets
from valuation.engine.compiler import COMPILED
from valuation.models import ListingValuation, Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import mark_rules
from valuation.recalculation.rulebook import active_specs, load_rulebook
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db

COLOUR = {"field_name": "custom.colour", "operator": "equals", "value": "red"}


@pytest.fixture
def rule() -> Rule:
    """A dollar off for what is red, in a world where nothing overrides anything."""
    CustomFieldFactory(key="colour", data_type="enum", options=["red", "blue"])
    ProfileFactory(is_default=True, weights={"ram_capacity": 1.0})
    rule: Rule = RuleActionFactory.create(value_usd=-1, rule__conditions=COLOUR).rule
    return rule


def saved(found: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(found, name, value)
    found.save()


CHANGES: dict[str, Callable[[Rule], object]] = {
    "an option of a custom field": lambda rule: saved(CustomField.objects.get(), options=["red", "blue", "green"]),
    "another custom field": lambda rule: CustomFieldFactory(key="size", data_type="number"),
    "the profile": lambda rule: saved(Profile.objects.get(), weights={"cpu_mark_multi": 1.0}),
    "a condition": lambda rule: saved(rule, conditions={**COLOUR, "value": "blue"}),
    "an amount": lambda rule: saved(RuleAction.objects.get(), value_usd=-2),
    "a name": lambda rule: saved(rule, name="Another"),
    "an order": lambda rule: saved(rule, evaluation_order=7),
    "a group": lambda rule: saved(RuleGroup.objects.get(), match_policy="first"),
    "an effect": lambda rule: saved(Ruleset.objects.get(), effect="deduct"),
    "an override": lambda rule: saved(rule, overrides="Cpu.cores"),
    "a rule": lambda rule: RuleActionFactory(rule__group=rule.group),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_compiled_anew_and_as_from_nothing(rule: Rule, change: str) -> None:
    before = load_rulebook()
    assert load_rulebook() is before
    CHANGES[change](rule)
    after = load_rulebook()
    assert after is not before
    assert (after.registry.fields, after.weights, after.specs) != (before.registry.fields, before.weights, before.specs)
    COMPILED.clear()
    assert _shape(after.program) == _shape(compile_rulesets(active_specs(), field_registry()))


def _shape(program: Any) -> Any:
    """All of a program but its functions."""
    rules = [
        (ruleset, group.spec, rule) for ruleset in program.rulesets for group in ruleset.groups for rule in group.rules
    ]
    return program.problems, program.fields, [_shape_of_rule(*found) for found in rules]


def _shape_of_rule(ruleset: Any, group: Any, rule: Any) -> Any:
    actions = [(action.spec, action.modifiers) for action in rule.actions]
    placed = (ruleset.spec, ruleset.condition, ruleset.sign, group, rule.spec)
    return placed, rule.condition, rule.replaced_in, rule.instead_of, rule.sign, actions


def test_figures_follow_a_field_that_becomes_another_and_comes_back(rule: Rule) -> None:
    """The rule is the same bytes all along, and what it means is not."""
    listing = ListingFactory.create(price_usd=100, attributes={"colour": "red"})
    for kind, options, total in (("enum", ["red"], -100), ("number", [], 0), ("enum", ["red"], -100)):
        CustomField.objects.update(data_type=kind, options=options)
        mark_rules()
        recalculate(scope=Scope(), trigger="test")
        assert ListingValuation.objects.get(listing=listing).total_cents == total
