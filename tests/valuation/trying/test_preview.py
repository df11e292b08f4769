"""The preview against brute force: all rules evaluated before and after, for rules in every kind of place."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import (
    CpuFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
)
from valuation.engine import ActionSpec, compile_rulesets, evaluate
from valuation.models import Rule, RuleGroup, RulesetOverride
from valuation.recalculation.facts import load_facts
from valuation.recalculation.rulebook import active_specs
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry
from valuation.trying.preview import Draft, preview_rule

pytestmark = pytest.mark.django_db

YEAR = 2026
FIXED = ActionSpec("fixed_value", value_usd=7.0)
PER_GB = ActionSpec("per_unit", metric="per_gb", value_usd=1.25)
PERCENT = ActionSpec("multiplier", value_usd=10.0)
BIG = [{"field_name": "ram_gb", "operator": "gte", "value": 16}]


def rule(group: RuleGroup, order: int, action_type: str, value: float, conditions: Any = None) -> Rule:
    found = RuleFactory(group=group, evaluation_order=order, conditions=conditions)
    RuleActionFactory(rule=found, action_type=action_type, value_usd=value)
    return found


@pytest.fixture
def market() -> None:
    """Listings around every edge: no price, no CPU, memory on both sides of the condition, overrides."""
    cpus = [CpuFactory(cpu_mark_multi=mark) for mark in (4_000, 9_000, None)]
    for number in range(12):
        ListingFactory(price_usd=100 + 13 * number, ram_gb=4 * (number % 7) or None, cpu=cpus[number % 3])
    ListingFactory(price_usd=None, ram_gb=32)
    ListingFactory(status="archived", ram_gb=32)


@pytest.fixture
def rules(market: None) -> dict[str, Any]:
    """Two rulesets; the second has a percentage of the running price, and a group where the first match ends."""
    early = RuleGroupFactory(ruleset__priority=1, ruleset__name="early")
    late = RuleGroupFactory(ruleset__priority=2, ruleset__name="late", ruleset__effect="deduct", weight=0.5)
    first = RuleGroupFactory(ruleset=late.ruleset, display_order=200, match_policy="first")
    listings = Listing.objects.order_by("pk")
    RulesetOverride.objects.create(listing=listings[0], static_ruleset=late.ruleset)
    RulesetOverride.objects.create(listing=listings[1]).disabled_rulesets.add(early.ruleset)
    return {
        "early": early,
        "late": late,
        "first": first,
        "plain": rule(early, 100, "fixed_value", 20, BIG),
        "percent": rule(late, 100, "multiplier", 5),
        "leading": rule(first, 100, "fixed_value", 3, [{"field_name": "ram_gb", "operator": "lt", "value": 12}]),
        "trailing": rule(first, 200, "fixed_value", 4),
    }


def brute_force(draft: Draft) -> tuple[dict[int, int], dict[int, int]]:
    """{listing: total today} and {listing: total once the draft is saved}, in cents, from whole rulebooks."""
    before = totals()
    with transaction.atomic():
        group = draft.group or RuleGroupFactory(ruleset__priority=2**31 - 1)
        saved = Rule.objects.get(pk=draft.replaces) if draft.replaces else Rule(name="Saved")
        saved.group, saved.conditions = group, draft.conditions
        saved.evaluation_order, saved.priority = draft.evaluation_order, draft.priority
        saved.save()
        saved.actions.all().delete()
        for position, action in enumerate(draft.actions):
            value = action.value_usd
            RuleActionFactory(
                rule=saved, position=position, action_type=action.action_type, metric=action.metric, value_usd=value
            )
        after = totals()
        transaction.set_rollback(True)
    return before, after


def totals() -> dict[int, int]:
    registry = field_registry()
    program = compile_rulesets(active_specs(), registry)
    facts = load_facts(Listing.objects.active(), fields=program.fields, registry=registry, year=YEAR)
    return dict(zip(facts.batch.ids.tolist(), evaluate(program, facts.batch).total_cents.tolist(), strict=True))


DRAFTS = list(
    product(
        (None, "plain", "percent", "leading", "trailing"),
        (None, BIG),
        ((FIXED,), (PER_GB,), (PERCENT,), (FIXED, PERCENT)),
    )
)


@pytest.mark.parametrize("place", [None, "early", "late", "first"])
def test_as_brute_force(rules: dict[str, Any], place: str | None) -> None:
    """Every draft of the table in one market: what each does is taken back."""
    recalculate(scope=Scope(everything=True), trigger="test")
    listings = Listing.objects.exclude(price_usd=None).values_list("pk", "price_usd")
    prices = {pk: int(price * 100) for pk, price in listings}
    for replaces, conditions, actions in DRAFTS:
        old = rules[replaces] if replaces else None
        draft = Draft(
            conditions=conditions,
            actions=actions,
            group=rules[place] if place else old and old.group,
            evaluation_order=100,  # that of others, too
            replaces=old and old.pk,
        )
        before, after = brute_force(draft)
        shown = preview_rule(draft=draft, listings=Listing.objects.active(), sample_size=50)
        matched = shown["sample_matched_listings"]
        assert {row["id"]: round(row["adjusted_price"] * 100) for row in matched} == {
            row["id"]: prices[row["id"]] + after[row["id"]] for row in matched
        }, draft
        unmatched = {row["id"] for row in shown["sample_non_matched_listings"]}
        assert unmatched | {row["id"] for row in matched} == set(before), draft
        movers = {row["id"]: row for row in shown["rank_changes"]}
        assert all(round(row["adjusted_price_before"] * 100) == prices[pk] + before[pk] for pk, row in movers.items())
        assert all(round(row["adjusted_price_after"] * 100) == prices[pk] + after[pk] for pk, row in movers.items())
        assert all(before[pk] != after[pk] for pk in movers), draft


def test_the_statistics_by_hand(market: None) -> None:
    Listing.objects.exclude(pk__in=Listing.objects.order_by("pk").values("pk")[:5]).update(status="archived")
    Listing.objects.update(ram_gb=None)
    for listing, ram in zip(Listing.objects.active().order_by("pk"), (8, 16, 32, 64, None), strict=True):
        Listing.objects.filter(pk=listing.pk).update(ram_gb=ram, price_usd=200)
    shown = preview_rule(draft=Draft(BIG, (PER_GB,)), listings=Listing.objects.active(), sample_size=2)
    assert shown["statistics"] == {
        "total_listings_checked": 5,
        "matched_count": 3,
        "match_percentage": 60.0,
        "non_matched_count": 2,
        "avg_adjustment": 46.67,  # (20 + 40 + 80) / 3
        "min_adjustment": 20.0,
        "max_adjustment": 80.0,
        "median_adjustment": 40.0,
        "total_adjustment": 140.0,
    }
    assert sum(bar["count"] for bar in shown["histogram"]) == 3
    low, high = shown["sample_matched_listings"]
    assert (low["adjustment"], low["original_price"], low["price_change_pct"]) == (20.0, 200.0, 10.0)
    assert high["adjustment"] == 80.0
    first, last = shown["sample_non_matched_listings"]
    assert first["failed_condition"] == {
        "path": "conditions[0]",
        "field_name": "ram_gb",
        "operator": "gte",
        "expected": 16,
        "actual": 8.0,
        "negated": False,
    }
    assert (last["reason"], last["failed_condition"]["actual"]) == ("the conditions do not match", None)


def test_who_moves_up() -> None:
    cpu = CpuFactory(cpu_mark_multi=1_000)
    cheap, middle, dear = (ListingFactory(cpu=cpu, price_usd=price, ram_gb=8) for price in (100, 200, 300))
    Listing.objects.filter(pk=dear.pk).update(ram_gb=64)
    recalculate(scope=Scope(everything=True), trigger="test")
    conditions = [{"field_name": "ram_gb", "operator": "equals", "value": 64}]
    draft = Draft(conditions, (ActionSpec("fixed_value", value_usd=-250.0),))
    shown = preview_rule(draft=draft, listings=Listing.objects.active(), sample_size=1)
    (moved,) = shown["rank_changes"]
    assert moved == {
        "id": dear.pk,
        "title": dear.title,
        "rank_before": 3,
        "rank_after": 1,
        "adjusted_price_before": 300.0,
        "adjusted_price_after": 50.0,
    }
    assert cheap.pk != middle.pk


def test_nothing_to_look_at() -> None:
    shown = preview_rule(draft=Draft(None, (FIXED,)), listings=Listing.objects.active(), sample_size=5)
    assert shown["statistics"]["total_listings_checked"] == 0
    assert shown["statistics"]["avg_adjustment"] is None
    assert shown["histogram"] == shown["rank_changes"] == shown["sample_matched_listings"] == []


def test_in_a_ruleset_that_is_not_active_yet(market: None) -> None:
    group = RuleGroupFactory(ruleset=RulesetFactory(is_active=False, effect="deduct"), is_active=False)
    shown = preview_rule(draft=Draft(None, (FIXED,), group=group), listings=Listing.objects.active(), sample_size=1)
    assert shown["statistics"]["max_adjustment"] == -7.0
    assert shown["statistics"]["matched_count"] == 12


def test_the_number_of_queries_is_constant(rules: dict[str, Any]) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            preview_rule(draft=Draft(BIG, (FIXED,)), listings=Listing.objects.active(), sample_size=5)
        counts.append(len(queries))
        for number in range(20):
            ListingFactory(ram_gb=8 * (number % 4) or None)
    assert counts[0] == counts[1] <= 40
