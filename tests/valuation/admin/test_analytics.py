"""The page of a ruleset's analytics: figures, words, links, and who may look."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealbrain.deadlines import DeadlinePassed
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory, RulesetFactory, StaffFactory
from valuation.admin import analytics
from valuation.admin.pictures import BOX_WIDTH, LINE_WIDTH, MOST_POINTS, boxes_of, line_of
from valuation.drafts.starting import start_draft
from valuation.models import Rule, RuleDay, RulesetOverride
from valuation.trying import inventory

pytestmark = pytest.mark.django_db
MUCH = {"field_name": "ram_gb", "operator": "gte", "value": 16}
DAY = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def market() -> None:
    for ram in (8, 16, 32):
        ListingFactory(price_usd=100, ram_gb=ram)


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(StaffFactory(is_superuser=True))
    return found


def rule(group: Any, conditions: Any = None, **action: Any) -> Rule:
    return RuleActionFactory(rule__group=group, rule__conditions=conditions, **{"value_usd": 5, **action}).rule


def address(ruleset: Any) -> str:
    return f"/admin/valuation/ruleset/{ruleset.pk}/analytics/"


def words(client: Client, ruleset: Any) -> str:
    answer = client.get(address(ruleset))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_what_it_says_and_where_it_leads(client: Client) -> None:
    group = RuleGroupFactory(match_policy="first")
    first, hidden = rule(group, MUCH), rule(group, {"field_name": "ram_gb", "operator": "gte", "value": 32})
    never = rule(group, {"field_name": "ram_gb", "operator": "gt", "value": 99})
    text = words(client, group.ruleset)
    assert "It is for 3 of 3 active listings with a price. Its rules touch 2 of those (67 %)" in text
    assert "<strong>+$10.00</strong> together, +$3.33 on average" in text
    found = "/admin/listings/listing/"
    for link in (
        f"{found}?matched_rule={first.pk}",
        f"{found}?hidden_rule={hidden.pk}",
        f"{found}?untouched_by={group.ruleset_id}",
        f"/admin/valuation/rule/{never.pk}/change/",
    ):
        assert f'href="{link}"' in text
    assert (
        f'href="{address(group.ruleset)}"'
        in client.get(f"/admin/valuation/ruleset/{group.ruleset_id}/change/").content.decode()
    )


def test_a_draft_and_one_that_is_off_say_so(client: Client) -> None:
    original = rule(RuleGroupFactory(), MUCH).group.ruleset
    draft = start_draft(ruleset_id=original.pk)
    assert "This is a draft, which does not count." in words(client, draft)
    assert "It is switched off and moves no price." in words(
        client, rule(RuleGroupFactory(ruleset__is_active=False)).group.ruleset
    )


def test_pages_with_little_to_say(client: Client) -> None:
    assert "No rule of it is switched on and can run." in words(client, RulesetFactory())
    broken = rule(RuleGroupFactory())
    Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "gone", "operator": "eq", "value": 1})
    assert f"Rule {broken.pk}</a>: " in words(client, broken.group.ruleset)
    nowhere = rule(RuleGroupFactory(ruleset__conditions={"field_name": "ram_gb", "operator": "gt", "value": 99}))
    assert "It is for none of the 3 active listings" in words(client, nowhere.group.ruleset)
    RulesetOverride.objects.all().delete()


def test_without_a_listing(client: Client) -> None:
    ruleset = rule(RuleGroupFactory()).group.ruleset
    inventory.Listing.objects.all().delete()
    assert "There is no active listing with a price yet" in words(client, ruleset)


def test_names_are_text(client: Client) -> None:
    mine = rule(RuleGroupFactory(name="<b>G", ruleset__name="<i>R"), MUCH)
    Rule.objects.filter(pk=mine.pk).update(name="<script>alert(1)</script>")
    text = words(client, mine.group.ruleset)
    assert "<script>alert" not in text
    assert "<b>G" not in text


def test_lines_of_days_that_were_kept(client: Client) -> None:
    mine = rule(RuleGroupFactory(), MUCH)
    assert "is kept from the first recalculation" in words(client, mine.group.ruleset)
    for days, cents in ((10, 500), (0, -700)):
        day = timezone.localdate() - timedelta(days=days)
        RuleDay.objects.create(day=day, rule_id=mine.pk, ruleset_id=mine.group.ruleset_id, matched=1, cents=cents)
    RuleDay.objects.create(
        day=timezone.localdate(), rule_id=99999, ruleset_id=mine.group.ruleset_id, matched=1, cents=200
    )
    text = words(client, mine.group.ruleset)
    assert text.count("<polyline") == 2
    assert "$5, " in text
    assert "\u2212$7" in text
    assert "\u2212$5" in text  # with the rule that is gone


def test_who_may_look(client: Client) -> None:
    ruleset = rule(RuleGroupFactory()).group.ruleset
    assert Client().get(address(ruleset)).status_code == 302
    for group, status in (("Viewers", 200), ("Analysts", 200), ("", 403)):
        other = Client()
        other.force_login(StaffFactory(group=group))
        assert other.get(address(ruleset)).status_code == status
    assert client.get("/admin/valuation/ruleset/99999/analytics/").status_code == 302
    assert client.get("/admin/valuation/ruleset/x/analytics/").status_code in (302, 404)


def test_one_that_takes_too_long_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        raise DeadlinePassed

    monkeypatch.setattr(analytics, "analytics_of", late)
    assert analytics.TOO_LONG in words(client, RulesetFactory())


def test_as_many_queries_for_any_number_of_rules(client: Client) -> None:
    counts = []
    for count in (1, 20):
        group = RuleGroupFactory()
        for _ in range(count):
            rule(group, MUCH)
        inventory.forget()
        with CaptureQueriesContext(connection) as seen:
            client.get(address(group.ruleset))
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 30


def test_a_line_of_many_days_keeps_its_ends() -> None:
    points = [(DAY + timedelta(days=day), 100 * day) for day in range(400)]
    found = line_of(points, first=DAY, last=DAY + timedelta(days=399))
    assert found is not None
    assert len(found.points.split()) <= MOST_POINTS
    assert found.points.split()[-1] == f"{LINE_WIDTH:.1f},2.0"
    assert found.words == "2026-01-01: $0, 2027-02-04: $399"


def test_one_day_and_no_day() -> None:
    assert line_of([], first=DAY, last=DAY) is None
    found = line_of([(DAY, 100)], first=DAY, last=DAY)
    assert found is not None
    assert (found.points, found.words) == ("0.0,14.0 4.0,14.0", "2026-01-01: $1")


def test_boxes_share_an_axis_with_zero_in_it() -> None:
    low, none, high = boxes_of([(-100, -50, 0), None, (100, 100, 100)])
    assert none is None
    assert low is not None
    assert high is not None
    assert (low.x, low.length, low.zero, high.zero) == ("0.0", "60.0", "60.0", "60.0")
    assert (float(high.x) + float(high.length), high.words) == (BOX_WIDTH, "$1")
