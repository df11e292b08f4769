"""A ruleset over the inventory, held against the interpreter that values one listing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import ListingFactory, RuleActionFactory, RuleFactory, RuleGroupFactory, RulesetFactory
from tests.valuation import reference
from tests.valuation.strategies import REGISTRY, facts, rulesets
from valuation.engine import Batch, RulesetSpec
from valuation.models import Rule
from valuation.trying.standing import MOST_TOGETHER, Standing, program_for, standing_of, tallied

LITTLE = {"field_name": "ram_gb", "operator": "lt", "value": 16}
MUCH = {"field_name": "ram_gb", "operator": "gte", "value": 16}


def over(specs: Sequence[RulesetSpec], ruleset: int, rows: Sequence[dict[str, Any]], size: int) -> Standing:
    """The standing of a ruleset to these listings, read in pages of `size`."""
    pages = [Batch.from_rows(rows[first : first + size], REGISTRY) for first in range(0, len(rows), size)]
    return tallied(program_for(specs, ruleset, REGISTRY), ruleset, pages)


@settings(max_examples=60, deadline=None)
@given(rulesets(), st.lists(facts(), max_size=6), st.integers(1, 6))
def test_counts_and_sums_are_those_of_each_listing_by_itself(
    specs: list[RulesetSpec], rows: list[dict[str, Any]], size: int
) -> None:
    looked_at = specs[0].id
    found = over(specs, looked_at, rows, size)
    on = [RulesetSpec(**{**_fields(spec), "is_active": True}) if spec.id == looked_at else spec for spec in specs]
    own = {rule.id for group in specs[0].groups if group.is_active for rule in group.rules if rule.is_active}
    outcomes = [outcome.rules for row in rows if (outcome := reference.value_listing(on, row)).price_cents is not None]
    assert set(found.rules) == own
    for pk in own:
        amounts = [rules[pk] for rules in outcomes if pk in rules]
        assert (found.rules[pk].matched, found.rules[pk].cents) == (len(amounts), sum(amounts))
        alike = {
            other
            for other in own - {pk}
            if all((other in rules) == (pk in rules) for rules in outcomes) and 0 < len(amounts) < found.applies
        }
        assert set(found.rules[pk].together) == alike
    assert found.listings == len(outcomes)
    assert found.touched == sum(1 for rules in outcomes if own & rules.keys())
    assert found.cents == sum(rule.cents for rule in found.rules.values())


def _fields(spec: RulesetSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__slots__}


@pytest.fixture
def inventory() -> None:
    for ram in (8, 16, 32):
        ListingFactory(price_usd=100, ram_gb=ram)
    ListingFactory(price_usd=None, ram_gb=64)
    ListingFactory(price_usd=100, ram_gb=64, status="archived")


def rule(group: Any, conditions: Any = None, **action: Any) -> Rule:
    return RuleActionFactory(rule__group=group, rule__conditions=conditions, **{"value_usd": 5, **action}).rule


@pytest.mark.django_db
@pytest.mark.usefixtures("inventory")
class TestStored:
    def test_never_always_and_some(self) -> None:
        group = RuleGroupFactory()
        some, always = rule(group, MUCH), rule(group)
        never = rule(group, {"field_name": "ram_gb", "operator": "gt", "value": 32})
        found = standing_of(group.ruleset)
        shown = {pk: (told.matched, told.is_always, told.is_never) for pk, told in found.rules.items()}
        assert shown == {some.pk: (2, False, False), always.pk: (3, True, False), never.pk: (0, False, True)}
        assert (found.listings, found.applies, found.touched, found.cents, found.mean_whole) == (3, 3, 3, 2500, 833)

    def test_a_ruleset_that_is_off_or_for_few_is_looked_at_all_the_same(self) -> None:
        group = RuleGroupFactory(ruleset__is_active=False, ruleset__conditions=LITTLE)
        always = rule(group)
        found = standing_of(group.ruleset)
        assert (found.applies, found.rules[always.pk].is_always) == (1, True)

    def test_what_an_earlier_rule_hides(self) -> None:
        group = RuleGroupFactory(match_policy="first")
        rule(group, MUCH)
        rest = rule(group)
        last = rule(group)
        found = standing_of(group.ruleset).rules
        assert (found[rest.pk].matched, found[rest.pk].behind) == (1, 2)
        assert (found[last.pk].matched, found[last.pk].behind, found[last.pk].is_never) == (0, 3, False)

    def test_what_an_override_replaces(self) -> None:
        field = {"entity": "RamSpec", "field": "memory"}
        base = RuleGroupFactory(ruleset__is_baseline=True)
        replaced = RuleActionFactory(rule__group=base, rule__metadata=field, rule__conditions=MUCH, value_usd=5).rule
        mine = RuleGroupFactory(ruleset__conditions={"field_name": "ram_gb", "operator": "gt", "value": 16})
        RuleActionFactory(rule__group=mine, rule__overrides="RamSpec.memory", value_usd=7)
        told = standing_of(base.ruleset).rules[replaced.pk]
        assert (told.matched, told.replaced, told.behind) == (1, 1, 0)

    def test_what_cannot_run_and_what_finds_no_amount(self) -> None:
        group = RuleGroupFactory()
        broken = rule(group)
        Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "gone", "operator": "eq", "value": 1})
        empty = rule(group, action_type="formula", formula="cpu.cores * 2", value_usd=None)
        found = standing_of(group.ruleset)
        assert set(found.broken) == {broken.pk}
        assert broken.pk not in found.rules
        assert (found.rules[empty.pk].matched, found.rules[empty.pk].empty) == (3, 3)

    def test_a_share_is_of_what_the_rulesets_before_leave(self) -> None:
        RuleActionFactory(rule__group__ruleset__priority=1, value_usd=100)
        group = RuleGroupFactory(ruleset__priority=2)
        share = rule(group, action_type="multiplier", value_usd=10)
        assert standing_of(group.ruleset).rules[share.pk].cents == 3 * 2000

    def test_together_is_bounded(self) -> None:
        group = RuleGroupFactory()
        rules = [rule(group, MUCH) for _ in range(MOST_TOGETHER + 5)]
        assert len(standing_of(group.ruleset).rules[rules[0].pk].together) == MOST_TOGETHER

    def test_as_many_queries_for_any_number_of_rules(self) -> None:
        counts = []
        for count in (1, 30):
            group = RuleGroupFactory()
            for _ in range(count):
                rule(group, MUCH)
            with CaptureQueriesContext(connection) as seen:
                standing_of(group.ruleset)
            counts.append(len(seen))
        assert counts[0] == counts[1] <= 13

    def test_no_rule_and_no_listing(self) -> None:
        empty = RulesetFactory()
        assert standing_of(empty).touched == 0
        RuleFactory(group__ruleset=empty)
        assert standing_of(empty).mean_whole == 0
