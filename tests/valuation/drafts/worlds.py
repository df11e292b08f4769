"""A ruleset with two groups, some listings, and ways to edit either side of a draft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory, RulesetFactory
from valuation.drafts.starting import start_draft
from valuation.models import Example, Rule, RuleAction, RuleGroup, Ruleset

FACTS = {"price_usd": 400, "ram_gb": 32}


def ruleset_with_rules(name: str = "Mine") -> Ruleset:
    """Memory: 8 GB, 32 GB. Other: Fast. Each gives ten dollars."""
    ruleset = RulesetFactory(name=name)
    memory = RuleGroupFactory(ruleset=ruleset, name="Memory")
    other = RuleGroupFactory(ruleset=ruleset, name="Other")
    for group, label, least in ((memory, "8 GB", 8), (memory, "32 GB", 32), (other, "Fast", 64)):
        add_rule(group, label, least)
    return ruleset


def add_rule(group: RuleGroup, name: str, least: int, amount: Any = 10) -> Rule:
    action = RuleActionFactory(
        rule__group=group,
        rule__name=name,
        rule__conditions=[{"field_name": "ram_gb", "operator": "gte", "value": least}],
        value_usd=Decimal(amount),
    )
    return Rule.objects.get(pk=action.rule_id)


def market() -> list[int]:
    return [ListingFactory(price_usd=400, ram_gb=ram).pk for ram in (4, 8, 16, 32, 64)]


def draft_of(ruleset: Ruleset) -> Ruleset:
    return Ruleset.objects.get(pk=start_draft(ruleset_id=ruleset.pk).pk)


def rule(ruleset: Ruleset, name: str) -> Rule:
    return Rule.objects.get(group__ruleset=ruleset, name=name)


def group(ruleset: Ruleset, name: str) -> RuleGroup:
    return RuleGroup.objects.get(ruleset=ruleset, name=name)


def reprice(ruleset: Ruleset, name: str, amount: Any) -> None:
    action = RuleAction.objects.get(rule=rule(ruleset, name))
    action.value_usd = Decimal(amount)
    action.save()


def example(ruleset: Ruleset, total: float, name: str = "A") -> Example:
    return Example.objects.create(ruleset=ruleset, name=name, facts=FACTS, expected={"total_usd": total})


def told(ruleset: Ruleset) -> dict[str, list[tuple[str, float]]]:
    """Rules and their amounts by group."""
    return {
        found.name: [(row.name, float(row.actions.get().value_usd)) for row in found.rules.order_by("pk")]
        for found in ruleset.groups.order_by("pk")
    }
