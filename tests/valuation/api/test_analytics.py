"""What rules do to the inventory, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api import Api
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory, RulesetFactory
from valuation.drafts.starting import start_draft
from valuation.models import Rule, RuleAction, RuleDay, Ruleset
from valuation.trying import inventory

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/valuation-rules/analytics"
MUCH = {"field_name": "ram_gb", "operator": "gte", "value": 16}


@pytest.fixture(autouse=True)
def market(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    for ram in (8, 16, 32):
        ListingFactory(price_usd=100, ram_gb=ram)
    ListingFactory(price_usd=None, ram_gb=64)
    ListingFactory(price_usd=100, ram_gb=64, status="archived")


def rule(group: Any, conditions: Any = None, **action: Any) -> Rule:
    return RuleActionFactory(rule__group=group, rule__conditions=conditions, **{"value_usd": 5, **action}).rule


def test_a_rule_in_figures() -> None:
    group = RuleGroupFactory()
    some = rule(group, MUCH, action_type="per_unit", metric="per_gb", value_usd=2)
    never = rule(group, {"field_name": "ram_gb", "operator": "gt", "value": 99})
    document = Api().read(ADDRESS)
    found = {told["rule_id"]: told for told in document["rules"]}
    assert found[some.pk] == {
        "rule_id": some.pk,
        "rule_name": some.name,
        "rule_group_id": group.pk,
        "rule_group_name": group.name,
        "ruleset_id": group.ruleset_id,
        "ruleset_name": group.ruleset.name,
        "layer": "advanced",
        "applies_count": 3,
        "matched_count": 2,
        "match_share": 0.6667,
        "total_adjustment": 96.0,
        "mean_adjustment": 48.0,
        "p10": 32.0,
        "p25": 32.0,
        "p50": 32.0,
        "p75": 64.0,
        "p90": 64.0,
        "no_amount_count": 0,
        "hidden_count": 0,
        "overridden_count": 0,
    }
    assert found[never.pk]["p50"] is None
    assert document["never_matching"] == [never.pk]
    assert (document["ruleset_id"], document["total_listings"], document["untouched_count"]) == (None, 3, 1)
    assert document["layers"] == [{"layer": "advanced", "total_adjustment": 96.0, "share": 1.0}]


def test_a_change_is_seen_at_once() -> None:
    mine = rule(RuleGroupFactory(), MUCH)
    api = Api()
    first = api.send("GET", ADDRESS)
    tag = first.headers["ETag"]
    assert api.send("GET", ADDRESS, **{"If-None-Match": tag}).status_code == 304
    listing = ListingFactory(price_usd=100, ram_gb=16)
    assert api.read(ADDRESS)["rules"][0]["matched_count"] == 3
    listing.delete()
    assert api.send("GET", ADDRESS).headers["ETag"] == tag
    mine.delete()
    assert api.read(ADDRESS)["rules_count"] == 0


def test_one_ruleset_in_force_among_others() -> None:
    mine, other = rule(RuleGroupFactory(ruleset__priority=2), MUCH), rule(RuleGroupFactory(), value_usd=10)
    document = Api().read(f"{ADDRESS}?ruleset_id={mine.group.ruleset_id}")
    assert [told["rule_id"] for told in document["rules"]] == [mine.pk]
    assert (document["is_in_force"], document["touched_count"], document["untouched_count"]) == (True, 2, 1)
    assert {part["id"]: part["share"] for part in document["rulesets"]} == {
        mine.group.ruleset_id: 0.25,
        other.group.ruleset_id: 0.75,
    }


def test_what_does_not_count_is_looked_at_as_if_it_did() -> None:
    """A draft in the place of its original, whose choices of listings it takes; and nothing of that stays."""
    rule(RuleGroupFactory(ruleset__priority=1), value_usd=100)
    share = rule(RuleGroupFactory(ruleset__priority=2), action_type="multiplier", value_usd=10)
    original = share.group.ruleset
    draft = start_draft(ruleset_id=original.pk)
    RuleAction.objects.filter(rule__group__ruleset=draft).update(value_usd=20)
    document = Api().read(f"{ADDRESS}?ruleset_id={draft.pk}")
    assert (document["is_in_force"], document["total_adjustment"], document["touched_count"]) == (False, 120.0, 3)
    assert original.pk not in {part["id"] for part in document["rulesets"]}
    RuleAction.objects.filter(rule__group__ruleset=draft).update(value_usd=30)
    assert Api().read(f"{ADDRESS}?ruleset_id={draft.pk}")["total_adjustment"] == 180.0
    off = rule(RuleGroupFactory(ruleset__is_active=False)).group.ruleset
    assert Api().read(f"{ADDRESS}?ruleset_id={off.pk}")["total_adjustment"] == 15.0
    assert sorted(Ruleset.objects.filter(is_active=False).values_list("pk", flat=True)) == [draft.pk, off.pk]


def test_a_rule_that_cannot_run_is_named() -> None:
    broken = rule(RuleGroupFactory())
    Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "gone", "operator": "eq", "value": 1})
    document = Api().read(ADDRESS)
    assert [told["rule_id"] for told in document["broken"]] == [broken.pk]
    assert (document["rules"], document["untouched_count"]) == ([], 3)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("0", 404), ("999999", 404), ("x", 400), ("-1", 400), ("1.5", 400), ("9" * 30, 400), ("٣", 400), ("%00", 400)],
)
def test_bad_ids(asked: str, status: int) -> None:
    assert Api().send("GET", f"{ADDRESS}?ruleset_id={asked}").status_code == status


def test_nothing_to_look_at() -> None:
    empty = RulesetFactory()
    document = Api().read(f"{ADDRESS}?ruleset_id={empty.pk}")
    assert (document["rules"], document["layers"], document["untouched_count"]) == ([], [], 3)


def test_who_may_look(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    assert Api().send("GET", ADDRESS).status_code == 401
    assert Api("Viewers").send("GET", ADDRESS).status_code == 200
    assert Api("Viewers").send("POST", ADDRESS).status_code == 405


def test_as_many_queries_for_any_number_of_rules() -> None:
    counts = []
    for count in (1, 20):
        group = RuleGroupFactory()
        for _ in range(count):
            rule(group, MUCH)
        inventory.forget()
        for asked in (group.ruleset, start_draft(ruleset_id=group.ruleset_id)):
            with CaptureQueriesContext(connection) as seen:
                Api().read(f"{ADDRESS}?ruleset_id={asked.pk}")
            counts.append(len(seen))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 30


def test_day_by_day() -> None:
    group = RuleGroupFactory()
    mine, other = rule(group), rule(group)
    for day, pk, matched, cents in (
        ("2026-01-02", mine.pk, 3, -1_550),
        ("2026-01-01", mine.pk, 2, 1_000),
        ("2026-01-02", other.pk, 1, 50),
        ("2026-01-03", rule(RuleGroupFactory()).pk, 9, 900),  # of another ruleset
    ):
        at = group.ruleset_id if pk in (mine.pk, other.pk) else Rule.objects.get(pk=pk).group.ruleset_id
        RuleDay.objects.create(day=day, rule_id=pk, ruleset_id=at, matched=matched, cents=cents)
    first = {"day": "2026-01-01", "matched_count": 2, "total_adjustment": 10.0}
    assert Api().read(f"{ADDRESS}/days?rule_id={mine.pk}") == [
        first,
        {"day": "2026-01-02", "matched_count": 3, "total_adjustment": -15.5},
    ]
    assert Api().read(f"{ADDRESS}/days?ruleset_id={group.ruleset_id}") == [
        first,
        {"day": "2026-01-02", "matched_count": 4, "total_adjustment": -15.0},
    ]
    assert Api().read(f"{ADDRESS}/days?ruleset_id={RulesetFactory().pk}") == []
    assert Api().read(f"{ADDRESS}/days?ruleset_id={RulesetFactory().pk}&rule_id={mine.pk}") == []
    assert [day["matched_count"] for day in Api().read(f"{ADDRESS}/days")] == [2, 4, 9]


@pytest.mark.parametrize(
    ("asked", "status"),
    [("?rule_id=999999", 404), ("?ruleset_id=999999", 404), ("?ruleset_id=x", 400), ("?id=1", 400)],
)
def test_days_of_nothing(asked: str, status: int) -> None:
    assert Api().send("GET", f"{ADDRESS}/days{asked}").status_code == status
