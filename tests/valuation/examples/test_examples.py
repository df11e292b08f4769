"""Examples: frozen facts, what passes, fails and is broken, and which rule differs."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from catalog.models import CustomField
from tests.factories import CpuFactory, ListingFactory, PortFactory, RuleActionFactory
from valuation.examples.freezing import facts_of_listing
from valuation.examples.running import BROKEN, FAILED, PASSED, run_examples
from valuation.examples.storing import examples_of, store_examples
from valuation.models import Example, Rule, RuleAction, Ruleset
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db

FACTS = {"price_usd": 400, "ram_gb": 16, "condition": "used"}


@pytest.fixture
def ruleset() -> Ruleset:
    """2.50 for each GB from 16 GB on, and 10 % off what is used."""
    memory = RuleActionFactory(
        rule__name="16 GB and more",
        rule__group__name="Memory",
        rule__group__ruleset__name="Mine",
        rule__conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 16}],
        action_type="per_unit",
        metric="per_gb",
        value_usd=Decimal("2.5"),
    )
    RuleActionFactory(
        rule__name="Used",
        rule__group=memory.rule.group,
        rule__evaluation_order=200,
        rule__conditions=[{"field_name": "condition", "operator": "equals", "value": "used"}],
        action_type="multiplier",
        value_usd=-10,
    )
    return Ruleset.objects.get(name="Mine")


def example(ruleset: Ruleset, expected: Any, facts: Any = FACTS, name: str = "A") -> Example:
    return Example.objects.create(ruleset=ruleset, name=name, facts=facts, expected=expected)


@pytest.mark.parametrize(
    ("expected", "state", "told"),
    [
        ({"total_usd": -4}, PASSED, ""),
        ({"total_usd": -4.01}, FAILED, "expected -$4.01 in total, got -$4.00"),
        ({"low_usd": -5, "high_usd": 0}, PASSED, ""),
        ({"low_usd": -3.99}, FAILED, "expected -$3.99 or more in total, got -$4.00"),
        ({"high_usd": -4.01}, FAILED, "expected -$4.01 or less in total, got -$4.00"),
        ({"matches": ["Memory/Used", "Memory/16 GB and more"]}, PASSED, ""),
        ({"not_matches": ["Memory/Used"]}, FAILED, "expected Memory/Used not to match, and it does"),
        ({"matches": ["Memory/Gone"]}, BROKEN, 'There is no rule "Memory/Gone"'),
    ],
)
def test_what_is_expected(ruleset: Ruleset, expected: Any, state: str, told: str) -> None:
    example(ruleset, expected)
    outcome = run_examples(ruleset).outcomes[0]
    assert outcome.state == state
    assert told in " ".join(outcome.misses)


def test_other_rulesets_do_not_matter_nor_whether_it_counts(ruleset: Ruleset) -> None:
    RuleActionFactory(value_usd=77)
    Ruleset.objects.filter(pk=ruleset.pk).update(is_active=False)
    example(ruleset, {"total_usd": -4})
    assert run_examples(Ruleset.objects.get(pk=ruleset.pk)).counts == {PASSED: 1, FAILED: 0, BROKEN: 0}


def test_the_rule_that_differs_is_named(ruleset: Ruleset) -> None:
    store_examples(ruleset, [{"name": "A", "facts": FACTS, "expected": {"total_usd": -4}}])
    RuleAction.objects.filter(metric="per_gb").update(value_usd=3)
    [outcome] = run_examples(ruleset).outcomes
    told = [(amount.rule, amount.before, amount.now) for amount in outcome.rules]
    assert told == [("Memory/16 GB and more", 4000, 4800), ("Memory/Used", -4400, -4480)]


@pytest.mark.parametrize(
    ("facts", "expected", "told"),
    [
        ({"ram_gb": 16}, {"total_usd": 1}, "An example needs a price"),
        ({"price_usd": "x"}, {"total_usd": 1}, "must be a number"),
        ({"price_usd": True}, {"total_usd": 1}, "must be a number"),
        ({"price_usd": 1, "ramgb": 1}, {"total_usd": 1}, 'did you mean "ram_gb"'),
        ({"price_usd": 1, "condition": 5}, {"total_usd": 1}, "must be a text"),
        ({"price_usd": 1} | {f"x{n}": 1 for n in range(300)}, {"total_usd": 1}, "at most 200"),
        ([], {"total_usd": 1}, "Give facts by their field"),
        (FACTS, {}, "Expect something"),
        (FACTS, {"total_usd": 1.001}, "to the cent"),
        (FACTS, {"total_usd": float("nan")}, "to the cent"),
        (FACTS, {"total_usd": 1, "low_usd": 1}, "either a total, or a range"),
        (FACTS, {"low_usd": 2, "high_usd": 1}, "must not be less"),
        (FACTS, {"total": 1}, "no such expectation"),
        (FACTS, {"matches": "Memory/Used"}, "must be a list"),
        (FACTS, {"matches": ["a/b"], "not_matches": ["a/b"]}, "both to match and not to"),
        (FACTS, [], "as an object"),
    ],
)
def test_what_is_no_example_is_refused(ruleset: Ruleset, facts: Any, expected: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        example(ruleset, expected, facts)


def test_an_example_whose_field_is_gone_is_broken(ruleset: Ruleset) -> None:
    field = CustomField.objects.create(entity="listing", key="colour", label="Colour", data_type="string")
    example(ruleset, {"total_usd": -4}, {**FACTS, "custom.colour": "red"})
    assert run_examples(ruleset).outcomes[0].state == PASSED
    field.delete()
    outcome = run_examples(ruleset).outcomes[0]
    assert (outcome.state, outcome.misses) == (BROKEN, ('custom.colour: unknown field "custom.colour"',))


def test_a_rule_that_cannot_run_breaks_the_example_that_names_it(ruleset: Ruleset) -> None:
    example(ruleset, {"matches": ["Memory/Used"]})
    gone = [{"field_name": "custom.gone", "operator": "equals", "value": 1}]
    Rule.objects.filter(name="Used").update(conditions=gone)
    outcome = run_examples(ruleset).outcomes[0]
    assert (outcome.state, outcome.misses) == (BROKEN, ('The rule "Memory/Used" cannot run.',))


def test_facts_of_a_listing_are_frozen_and_say_the_same(ruleset: Ruleset) -> None:
    listing = ListingFactory(
        price_usd=400, ram_gb=16, condition="used", cpu=CpuFactory(cores=8), ports_profile=PortFactory().ports_profile
    )
    facts = facts_of_listing(listing.pk, field_registry())
    assert facts["price_usd"] == 400
    assert (facts["cpu.cores"], facts["title"]) == (8, listing.title)
    example(ruleset, {"total_usd": -4}, facts)
    listing.ram_gb = 64
    listing.save()
    assert run_examples(ruleset).outcomes[0].state == PASSED
    json.dumps(facts)


def test_examples_go_out_and_in_again(ruleset: Ruleset) -> None:
    given = [
        {"name": "A", "facts": FACTS, "expected": {"total_usd": -4}},
        {"name": "B", "facts": FACTS, "expected": {"matches": ["Memory/Used"]}},
    ]
    assert store_examples(ruleset, given).counts[PASSED] == 2
    kept = set(Example.objects.values_list("pk", flat=True))
    assert examples_of(ruleset) == given
    store_examples(ruleset, given[1:])
    assert examples_of(ruleset) == given[1:]
    assert set(Example.objects.values_list("pk", flat=True)) < kept


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([{"name": "A"}], r"examples\[0\]: an example has"),
        ([{"name": "", "facts": {}, "expected": {}}], r"examples\[0\]\.name"),
        ([{"name": "A", "facts": [], "expected": {}}], r"examples\[0\]\.facts"),
        ([{"name": "A", "facts": {}, "expected": {}}] * 2, "same name"),
        ([{"name": "A", "facts": {}, "expected": {}}] * 201, "at most 200"),
    ],
)
def test_what_has_not_the_form_is_refused(ruleset: Ruleset, given: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        store_examples(ruleset, given)


def check(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_rulesets", *arguments, stdout=out, stderr=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


def test_the_command(ruleset: Ruleset) -> None:
    assert check() == (0, "There are no examples: make one in the admin, from a listing.\n")
    example(ruleset, {"total_usd": -4})
    assert check("--ruleset", "Mine") == (0, "Mine: 1 passed, 0 failed, 0 broken.\n")
    example(ruleset, {"total_usd": 0}, name="B")
    code, told = check()
    assert code == 1
    assert 'Mine: Example "B" failed: expected $0.00 in total, got -$4.00' in told
    code, told = check("--json", "--ruleset", str(ruleset.pk))
    assert (code, json.loads(told)["failed"]) == (1, 1)


def test_the_command_names_a_ruleset_that_is_not_there() -> None:
    with pytest.raises(Exception, match='There is no ruleset "x"'):
        call_command("check_rulesets", "--ruleset", "x")
