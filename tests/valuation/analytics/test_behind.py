"""The listings behind a figure, at the three doors: the API, the home page, the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.api import Api, problems
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory, StaffFactory
from valuation.analytics import looking
from valuation.analytics.behind import QUESTIONS, ids_behind
from valuation.analytics.looking import analytics_of
from valuation.drafts.starting import start_draft
from valuation.models import Rule, RuleAction, RulesetOverride
from valuation.recalculation import paging
from valuation.trying import inventory

pytestmark = pytest.mark.django_db
MUCH = {"field_name": "ram_gb", "operator": "gte", "value": 16}


@pytest.fixture(autouse=True)
def market(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    for ram in (8, 16, 32):
        ListingFactory(title=f"Box {ram}", price_usd=100, ram_gb=ram)
    ListingFactory(title="Unpriced", price_usd=None, ram_gb=64)
    ListingFactory(title="Sold", price_usd=100, ram_gb=64, status="archived")


def rule(group: Any, conditions: Any = None, **action: Any) -> Rule:
    return RuleActionFactory(rule__group=group, rule__conditions=conditions, **{"value_usd": 5, **action}).rule


def first_group() -> tuple[Any, Rule, Rule]:
    """Of the three boxes the first rule takes two, and hides the second on those; the ruleset leaves 8 GB alone."""
    group = RuleGroupFactory(match_policy="first", ruleset__conditions=MUCH)
    return group, rule(group, {"field_name": "ram_gb", "operator": "gte", "value": 32}), rule(group, MUCH)


def titles(ids: Any) -> list[str]:
    return list(Listing.objects.filter(pk__in=list(ids)).order_by("ram_gb").values_list("title", flat=True))


def asked(address: str) -> list[str]:
    return sorted(listing["title"] for listing in Api().read(address)["items"])


def test_each_question_has_as_many_listings_as_its_figure() -> None:
    group, first, second = first_group()
    third = rule(RuleGroupFactory(ruleset=group.ruleset), {"field_name": "ram_gb", "operator": "gt", "value": 99})
    found = analytics_of(None)
    for told in found.rules:
        row = Rule.objects.select_related("group__ruleset").get(pk=told.rule_id)
        assert len(ids_behind("matched_rule", row)) == told.standing.matched
        assert len(ids_behind("hidden_rule", row)) == told.standing.behind
    assert titles(ids_behind("matched_rule", first)) == ["Box 32"]
    assert titles(ids_behind("matched_rule", second)) == ["Box 16"]
    assert titles(ids_behind("hidden_rule", second)) == ["Box 32"]
    assert titles(ids_behind("matched_rule", third)) == []
    assert titles(ids_behind("untouched_by", group.ruleset)) == []
    assert titles(ids_behind("untouched_by", third.group.ruleset)) == []
    lonely = rule(RuleGroupFactory(), MUCH)
    assert titles(ids_behind("untouched_by", lonely.group.ruleset)) == ["Box 8"]


def test_an_inventory_that_is_too_large_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read a page at a time, and all the same."""
    _, _, second = first_group()
    ListingFactory.create_batch(3, price_usd=100, ram_gb=24)
    kept = analytics_of(None)
    looking.forget()
    monkeypatch.setattr(inventory, "MOST_KEPT", 0)
    monkeypatch.setattr(paging, "PAGE", 2)
    assert analytics_of(None) == kept
    assert len(ids_behind("matched_rule", second)) == 4


def test_a_list_of_the_api() -> None:
    _, first, second = first_group()
    assert asked(f"/v1/listings?matched_rule={second.pk}") == ["Box 16"]
    assert asked(f"/v1/listings?hidden_rule={second.pk}&matched_rule={first.pk}") == ["Box 32"]
    assert asked(f"/v1/listings?matched_rule={second.pk}&q=32") == []
    exported = Api().send("GET", f"/v1/listings/export?format=jsonl&matched_rule={second.pk}").getvalue()
    assert exported.count(b"\n") == 1
    Listing.objects.get(title="Box 8").delete()
    bigger = ListingFactory(title="Box 24", price_usd=100, ram_gb=24)
    assert asked(f"/v1/listings?matched_rule={second.pk}") == ["Box 16", "Box 24"]
    bigger.status = "archived"
    bigger.save()
    assert asked(f"/v1/listings?matched_rule={second.pk}") == ["Box 16"]
    gone = second.pk
    second.delete()
    assert problems(Api().send("GET", f"/v1/listings?matched_rule={gone}")) == {"matched_rule": "does_not_exist"}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("text", ["x", "0", "-1", "1.5", "1e3", "٣", "9" * 40, "99999"])
def test_ids_that_name_nothing(name: str, text: str) -> None:
    code = "does_not_exist" if text in ("0", "99999") else "invalid"
    assert problems(Api().send("GET", f"/v1/listings?{name}={text}")) == {name: code}
    page = Client().get(f"/?{name}={text}")
    assert "It was left out." in page.content.decode()
    assert len(page.context["rows"]) == 4
    staff = Client()
    staff.force_login(StaffFactory(is_superuser=True))
    shown = staff.get(f"/admin/listings/listing/?{name}={text}")
    assert "It was left out." in shown.content.decode()
    assert shown.context["cl"].result_count == 5


def test_the_home_page_and_the_list_of_the_admin() -> None:
    _, first, second = first_group()
    page = Client().get(f"/?matched_rule={second.pk}&sort=price")
    assert [row.listing.title for row in page.context["rows"]] == ["Box 16"]
    assert f"that the rule “{second}” counts for" in page.content.decode()
    assert f'name="matched_rule" value="{second.pk}"' in page.content.decode()
    assert "is one that an earlier rule hides" in Client().get(f"/?hidden_rule={first.pk}").content.decode()
    staff = Client()
    staff.force_login(StaffFactory(is_superuser=True))
    shown = staff.get(f"/admin/listings/listing/?hidden_rule={second.pk}")
    assert [listing.title for listing in shown.context["cl"].result_list] == ["Box 32"]
    assert "what the analytics counted" not in staff.get("/admin/listings/listing/").content.decode()


def test_rules_of_a_draft_stand_in_for_those_of_its_original() -> None:
    mine = rule(RuleGroupFactory(), MUCH)
    original = mine.group.ruleset
    chosen = Listing.objects.get(title="Box 8")
    RulesetOverride.objects.create(listing=chosen, static_ruleset=original)
    draft = start_draft(ruleset_id=original.pk)
    Rule.objects.filter(group__ruleset=draft).update(conditions=None)
    copied = Rule.objects.get(group__ruleset=draft)
    assert asked(f"/v1/listings?matched_rule={copied.pk}") == ["Box 16", "Box 32", "Box 8"]
    Rule.objects.filter(group__ruleset=draft).update(conditions=MUCH)
    assert asked(f"/v1/listings?matched_rule={copied.pk}") == ["Box 16", "Box 32"]


def test_a_rule_that_is_off_or_cannot_run_matches_nothing() -> None:
    off = rule(RuleGroupFactory(), MUCH)
    off.is_active = False
    off.save()
    broken = rule(RuleGroupFactory())
    Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "gone", "operator": "eq", "value": 1})
    for row in (off, broken):
        assert asked(f"/v1/listings?matched_rule={row.pk}") == []


def test_as_many_queries_for_any_number_of_rules_and_few_the_second_time() -> None:
    counts = []
    for more in (0, 20):
        group = RuleGroupFactory()
        mine = rule(group, MUCH)
        for _ in range(more):
            rule(group)
        inventory.forget()
        for _ in range(2):
            with CaptureQueriesContext(connection) as seen:
                Api().read(f"/v1/listings?matched_rule={mine.pk}")
            counts.append(len(seen))
    assert counts[:2] == counts[2:]
    assert counts[0] <= 30
    with CaptureQueriesContext(connection) as seen:
        Api().read("/v1/listings")
    assert counts[1] == len(seen) + 3  # the rule, and the state of rules and listings


def test_a_preview_takes_the_filter_too() -> None:
    mine = rule(RuleGroupFactory(), MUCH)
    action = {"action_type": "fixed_value", "value_usd": 1}
    body = {"conditions": [], "actions": [action], "filter": {"matched_rule": mine.pk}}
    found = Api().got("POST", "/api/v1/valuation-rules/preview", body)
    assert found["statistics"]["total_listings_checked"] == 2
    assert RuleAction.objects.count() == 1
