"""Rulesets, groups, rules and actions as analysts edit them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from tests.factories import ListingFactory, RuleActionFactory, RuleFactory, RuleGroupFactory, RulesetFactory
from valuation.models import ListingValuation, RecalculationRun, Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def analyst(client: Client) -> Client:
    user = User.objects.create_user("analyst", is_staff=True)
    user.groups.add(Group.objects.get(name="Analysts"))
    client.force_login(user)
    return client


def rows(prefix: str, *forms: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """A formset as a browser sends it."""
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": initial}
    for number, form in enumerate(forms):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return sent


def ruleset_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Mine",
        "effect": "add",
        "priority": 10,
        "is_active": "on",
        "conditions": "",
        "metadata": "{}",
    } | fields


def group_form(**fields: Any) -> dict[str, Any]:
    return {"name": "RAM", "display_order": 1, "weight": "1", "match_policy": "collect", "is_active": "on"} | fields


def rule_form(**fields: Any) -> dict[str, Any]:
    form = {
        "name": "Much RAM",
        "evaluation_order": 1,
        "priority": 100,
        "is_active": "on",
        "conditions": "",
        "metadata": "{}",
    }
    return form | fields


def action_form(**fields: Any) -> dict[str, Any]:
    form = {"action_type": "fixed_value", "position": 0, "value_usd": "5", "metric": "", "unit_type": "", "formula": ""}
    return form | {"modifiers": ""} | fields


def messages_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_ruleset_with_a_group_and_a_rule_on_one_page(boss: Client) -> None:
    sent = (
        ruleset_form()
        | rows("groups", group_form())
        | rows("groups-0-rules", {"name": "Much RAM", "evaluation_order": 3, "is_active": "on"})
    )
    answer = boss.post("/admin/valuation/ruleset/add/", sent, follow=True)
    assert "was added" in messages_of(answer), answer.context["errors"]
    rule = Rule.objects.select_related("group__ruleset").get()
    assert (rule.name, rule.evaluation_order, rule.group.name, rule.group.ruleset.name) == (
        "Much RAM",
        3,
        "RAM",
        "Mine",
    )


def test_a_saved_rule_counts_at_once(boss: Client, django_capture_on_commit_callbacks: Any) -> None:
    listing = ListingFactory(price_usd=100, ram_gb=16)
    group = RuleGroupFactory()
    conditions = '{"field_name": "ram_gb", "operator": "gte", "value": 16}'
    action = action_form(action_type="per_unit", metric="per_gb", value_usd="2.5")
    with django_capture_on_commit_callbacks(execute=True):
        answer = boss.post(
            "/admin/valuation/rule/add/",
            rule_form(group=group.pk, conditions=conditions) | rows("actions", action),
            follow=True,
        )
    assert "was added" in messages_of(answer)
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 14_000
    page = boss.get(f"/admin/valuation/rule/{Rule.objects.get().pk}/change/").content.decode()
    assert escape("RAM >= 16 GB") in page
    assert "$2.50 per GB of RAM" in page


DEEP: Any = {"field_name": "ram_gb", "operator": "gte", "value": 1}
for _ in range(11):
    DEEP = {"logical_operator": "and", "conditions": [DEEP]}

# what is typed -> what the page says
REFUSED_CONDITIONS = [
    ("{", "line 1, column 2"),
    ("NaN", "NaN"),
    ('{"field_name": "ramm_gb", "operator": "gte", "value": 1}', 'did you mean "ram_gb"?'),
    ('{"field_name": "ram_gb", "operator": "gteq", "value": 1}', 'operator "gteq"'),
    ('{"field_name": "ram_gb", "operator": "gte", "value": "lots"}', "conditions.value"),
    ('{"logical_operator": "or", "conditions": []}', "conditions"),
    ('{"field_name": "title", "operator": "regex", "value": "(a)\\\\1"}', "conditions.value"),
    (str(DEEP).replace("'", '"'), "conditions"),
]
REFUSED_FORMULAS = [
    ("ram_gb.__class__", "formula"),
    ("max(ram_gb, key=1)", "formula"),
    ("9**9**9", "formula"),
    ("__import__('os')", "formula"),
    ("rom_gb * 2", "did you mean"),
    ("sqrtt(ram_gb)", "sqrtt"),
    ("1+" * 50_000 + "1", "formula"),
]


@pytest.mark.parametrize(("typed", "said"), REFUSED_CONDITIONS, ids=range(len(REFUSED_CONDITIONS)))
def test_conditions_that_cannot_run_are_refused_with_their_place(boss: Client, typed: str, said: str) -> None:
    group = RuleGroupFactory()
    answer = boss.post("/admin/valuation/rule/add/", rule_form(group=group.pk, conditions=typed) | rows("actions"))
    assert answer.status_code == 200
    assert escape(said) in " ".join(map(escape, answer.context["adminform"].form.errors.get("conditions", [])))
    assert not Rule.objects.exists()


@pytest.mark.parametrize(("typed", "said"), REFUSED_FORMULAS, ids=range(len(REFUSED_FORMULAS)))
def test_formulas_that_cannot_run_are_refused_with_their_place(boss: Client, typed: str, said: str) -> None:
    group = RuleGroupFactory()
    action = action_form(action_type="formula", formula=typed, value_usd="")
    answer = boss.post("/admin/valuation/rule/add/", rule_form(group=group.pk) | rows("actions", action))
    assert answer.status_code == 200
    assert said in str(answer.context["errors"])
    assert not Rule.objects.exists()
    assert not RuleAction.objects.exists()


def test_a_hundred_rules_on_one_page(boss: Client) -> None:
    ruleset = RulesetFactory()
    group = RuleGroupFactory(ruleset=ruleset)
    rules = [RuleFactory(group=group, name=f"Rule {number:03}") for number in range(100)]
    forms = [
        {"id": r.pk, "group": group.pk, "name": r.name, "evaluation_order": r.evaluation_order, "is_active": "on"}
        for r in rules
    ]
    forms[42]["name"] = "Renamed"
    known = {"id": group.pk, "ruleset": ruleset.pk, "name": group.name, "weight": group.weight}
    sent = (
        ruleset_form(name=ruleset.name)
        | rows("groups", group_form(**known), initial=1)
        | rows("groups-0-rules", *forms, initial=100)
    )
    answer = boss.post(f"/admin/valuation/ruleset/{ruleset.pk}/change/", sent, follow=True)
    assert "was changed" in messages_of(answer)
    assert Rule.objects.filter(name="Renamed").count() == 1
    assert Rule.objects.count() == 100


def test_the_ruleset_page_asks_the_same_number_of_queries_for_any_number_of_rules(boss: Client) -> None:
    group = RuleGroupFactory()
    counts = []
    for count in (1, 20):
        for _ in range(count):
            RuleActionFactory(rule__group=group)
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(f"/admin/valuation/ruleset/{group.ruleset_id}/change/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_baselines_are_read_only_without_their_permission(client: Client) -> None:
    baseline = RulesetFactory(is_baseline=True)
    rule = RuleActionFactory(rule__group__ruleset=baseline).rule
    user = User.objects.create_user("rules-only", is_staff=True)
    user.groups.add(Group.objects.get(name="Analysts"))
    pages = [f"/admin/valuation/rule/{rule.pk}/", f"/admin/valuation/ruleset/{baseline.pk}/"]
    client.force_login(user)
    for page in pages:
        assert b'name="_save"' in client.get(f"{page}change/").content
    group = Group.objects.get(name="Analysts")
    group.permissions.remove(*group.permissions.filter(codename="change_baselineimport"))
    for page in pages:
        assert b'name="_save"' not in client.get(f"{page}change/").content
        assert client.post(f"{page}change/", {}).status_code == 403
        assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert Ruleset.objects.filter(pk=baseline.pk).exists()


@pytest.mark.parametrize("model", [Ruleset, RuleGroup, Rule])
def test_switching_off_marks_and_recalculates(
    analyst: Client, model: Any, django_capture_on_commit_callbacks: Any
) -> None:
    listing = ListingFactory(price_usd=100)
    RuleActionFactory(value_usd=5)
    recalculate(scope=Scope(), trigger="test")
    for action, cents in (("deactivate", 10_000), ("activate", 10_500)):
        sent = {"action": action, "_selected_action": [model.objects.get().pk]}
        with django_capture_on_commit_callbacks(execute=True):
            answer = analyst.post(f"/admin/valuation/{model._meta.model_name}/", sent, follow=True)
        assert "1 made" in messages_of(answer)
        assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == cents


def test_the_button_that_starts_a_recalculation(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    ListingFactory()
    path = "/admin/valuation/recalculationrun/start/"
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewers"))
    client.force_login(user)
    assert client.post(path).status_code == 403
    assert b"Start a recalculation" not in client.get("/admin/valuation/recalculationrun/").content
    user.groups.add(Group.objects.get(name="Analysts"))
    assert client.get(path).status_code == 405
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(path).status_code == 302
    assert RecalculationRun.objects.exists()
    assert not anything_stale()
