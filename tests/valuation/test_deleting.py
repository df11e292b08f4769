"""Deleting rulesets, groups and rules: by sets, written down whole, in the API and the admin alike."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Profile
from tests.api import Api, at_once, race
from tests.factories import ListingFactory, RuleFactory, RuleGroupFactory, RulesetFactory
from valuation.models import AuditEntry, ListingValuation, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion
from valuation.recalculation.marking import revision_row
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

INSERTED = 50  # rows of the smallest batch that is written down at a time, with room to spare


def filled(rules: int) -> Ruleset:
    ruleset: Ruleset = RulesetFactory(name=f"{rules} rules")
    groups = [RuleGroupFactory(ruleset=ruleset, name=f"g{number}") for number in range(2)]
    made = Rule.objects.bulk_create(Rule(group=groups[number % 2], name=f"r{number}") for number in range(rules))
    RuleAction.objects.bulk_create(RuleAction(rule=rule, value_usd=1) for rule in made)
    return ruleset


def deleted(api: Api, way: str, row: Any) -> int:
    """How many statements it took."""
    api_paths = {Ruleset: "rulesets", RuleGroup: "rule-groups", Rule: "valuation-rules"}
    name = row._meta.model_name
    with CaptureQueriesContext(connection) as queries:
        if way == "api":
            answer = api.send("DELETE", f"/api/v1/{api_paths[type(row)]}/{row.pk}")
        elif way == "page":
            answer = api.client.post(f"/admin/valuation/{name}/{row.pk}/delete/", {"post": "yes"})
        else:
            chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            answer = api.client.post(f"/admin/valuation/{name}/", chosen)
    assert answer.status_code in (204, 302), answer.content
    assert not type(row).objects.filter(pk=row.pk).exists()
    return len(queries)


@pytest.mark.parametrize("way", ["api", "page", "list"])
def test_the_number_of_rules_does_not_matter(way: str) -> None:
    api = Api(root=True)
    deleted(api, way, filled(10))
    few, many = deleted(api, way, filled(20)), deleted(api, way, filled(420))
    # What was there is written down: an entry and a version for each rule, many at a time.
    assert many - few <= 2 * 400 / INSERTED


@pytest.mark.parametrize("way", ["api", "page", "list"])
@pytest.mark.parametrize("kind", [Ruleset, RuleGroup, Rule])
def test_all_that_was_in_it_is_written_down(kind: Any, way: str) -> None:
    ruleset, other = filled(6), RuleFactory(name="stays")
    row = {
        Ruleset: ruleset,
        RuleGroup: ruleset.groups.first(),
        Rule: Rule.objects.filter(group__ruleset=ruleset).first(),
    }[kind]
    rules = Rule.objects.filter(**{{Ruleset: "group__ruleset", RuleGroup: "group", Rule: "pk"}[kind]: row.pk})
    gone = set(rules.values_list("pk", flat=True))
    before = revision_row().revision
    deleted(Api(root=True), way, row)
    entries = AuditEntry.objects.filter(action="deleted")
    assert set(entries.exclude(rule_id=None).values_list("rule_id", flat=True)) == gone
    assert entries.count() == len(gone) + {Ruleset: 3, RuleGroup: 1, Rule: 0}[kind]
    assert all(entry.before["actions"] for entry in entries.exclude(rule_id=None))
    assert set(RuleVersion.objects.values_list("rule_id", flat=True)) >= gone
    assert RuleAction.objects.filter(rule__in=gone).count() == 0
    assert Rule.objects.filter(pk=other.pk).exists()
    assert revision_row().revision > before


def test_the_figures_follow() -> None:
    ListingFactory(price_usd=100)
    ruleset = filled(5)
    recalculate(scope=Scope(), trigger="test")
    assert ListingValuation.objects.get().adjusted_cents == 10_500
    deleted(Api(root=True), "api", ruleset)
    recalculate(scope=Scope(), trigger="test")
    assert ListingValuation.objects.get().adjusted_cents == 10_000


def test_the_page_that_asks_counts_and_does_not_list() -> None:
    ruleset = filled(300)
    page = Api(root=True).client.get(f"/admin/valuation/ruleset/{ruleset.pk}/delete/").content.decode()
    assert "300" in page
    assert "r299" not in page


def test_who_may_not_change_baselines_deletes_none() -> None:
    group = RuleGroupFactory(ruleset=RulesetFactory(is_baseline=True))
    api = Api("Analysts")
    for way in ("api", "page", "list"):
        for row in (group, group.ruleset):
            with pytest.raises(AssertionError):
                deleted(api, way, row)
    assert RuleGroup.objects.filter(pk=group.pk).exists()


@race
def test_the_default_and_its_heir_go_at_once() -> None:
    apis = [Api(root=True) for _ in range(2)]
    for turn in range(10):
        Profile.objects.all().delete()
        default, heir, last = (
            Profile.objects.create(name=f"{name} {turn}", weights={"cpu_mark_multi": 1}) for name in "abc"
        )
        paths = [f"/v1/catalog/profiles/{row.pk}" for row in (default, heir)]
        answers = at_once(*(partial(api.send, "DELETE", path) for api, path in zip(apis, paths, strict=True)))
        assert {answer.status_code for answer in answers} == {204}
        assert list(Profile.objects.values_list("pk", "is_default")) == [(last.pk, True)]
