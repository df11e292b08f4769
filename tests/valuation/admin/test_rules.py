"""Rulesets, groups, rules and actions as analysts edit them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils.html import escape

from tests.factories import (
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.models import ListingValuation, Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(StaffFactory(is_superuser=True))
    return client


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(group="Analysts"))
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


def test_a_ruleset_is_added_and_its_page_offers_the_first_group(boss: Client) -> None:
    answer = boss.post("/admin/valuation/ruleset/add/", ruleset_form(_continue="1"), follow=True)
    assert "was added" in messages_of(answer), answer.context["errors"]
    page = answer.content.decode()
    assert "No group yet" in page
    assert 'value="new-group"' in page


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


# Nobody's rule, and still an answer: (field, what is typed)
NONSENSE = [
    *[("conditions", text) for text in ("5", '"text"', "[1]", "true", "[" * 300 + "]" * 300, "[" * 100_000, "1e999")],
    ("conditions", '{"field_name": "title", "operator": "contains", "value": "\\u0000"}'),
    ("conditions", '{"field_name": "title", "operator": "contains", "value": "\\ud800"}'),
    ("conditions", '{"field_name": "ram_gb", "operator": "gte", "value": ' + "[" * 300 + "]" * 300 + "}"),
    ("conditions", '{"field_name": "ram_gb", "operator": "gte", "value": ' + "9" * 400 + "}"),
    ("conditions", '{"field_name": ["ram_gb"], "operator": {}, "value": 1}'),
    ("conditions", '{"field_name": "title", "operator": "regex", "value": "(?<=a)b"}'),
    ("conditions", '{"field_name": "title", "operator": "regex", "value": "' + "(a" * 5_000 + '"}'),
    ("metadata", "[]x"),
    ("metadata", "[1]"),
    ("name", "\x00"),
    ("name", "x" * 256),
    ("evaluation_order", "9" * 30),
    *[("actions-0-modifiers", text) for text in ("[1]", '{"min_usd": 2, "max_usd": 1}', '{"age": 1}', '{"clamp": 1}')],
    ("actions-0-value_usd", "NaN"),
    ("actions-0-value_usd", "1e30"),
    ("actions-0-action_type", "magic"),
    ("actions-0-position", "-1"),
]


@pytest.mark.parametrize(("name", "typed"), NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused_where_it_stands(boss: Client, name: str, typed: str) -> None:
    rule = Rule.objects.get(pk=RuleActionFactory().rule_id)
    new = rule_form(group=rule.group_id) | rows("actions", action_form()) | {name: typed}
    old = new | {"actions-INITIAL_FORMS": 1, "actions-0-id": rule.actions.get().pk, "actions-0-rule": rule.pk}
    for path, sent in (("add", new), (f"{rule.pk}/change", old)):
        answer = boss.post(f"/admin/valuation/rule/{path}/", sent)
        assert answer.status_code == 200
        inline = answer.context["inline_admin_formsets"][0].formset.errors
        wrong = {*answer.context["adminform"].form.errors, *(f"actions-0-{field}" for field in inline[0])}
        assert wrong == {name}
    assert Rule.objects.values_list("pk", "name", "version").get() == (rule.pk, rule.name, rule.version)


def test_a_ruleset_is_not_saved_when_its_conditions_are_wrong(boss: Client) -> None:
    sent = ruleset_form(conditions='{"field_name": "nope", "operator": "equals", "value": 1}')
    answer = boss.post("/admin/valuation/ruleset/add/", sent)
    assert escape('conditions.field_name: unknown field "nope"') in answer.content.decode()
    assert not Ruleset.objects.exists()


def test_a_rule_that_broke_is_found_and_does_not_stand_in_the_way(boss: Client) -> None:
    field = CustomFieldFactory(key="colour")
    rule = RuleFactory(conditions={"field_name": "custom.colour", "operator": "equals", "value": "red"})
    group = rule.group
    field.delete()
    ruleset_page = f"/admin/valuation/ruleset/{group.ruleset_id}/change/"
    for path in ("/admin/valuation/rule/", f"/admin/valuation/rule/{rule.pk}/change/", ruleset_page):
        assert "Cannot run: conditions.field_name: unknown field" in boss.get(path).content.decode()
    sent = ruleset_form(name="Renamed")
    assert "was changed" in messages_of(boss.post(ruleset_page, sent, follow=True))
    assert Ruleset.objects.get().name == "Renamed"


def test_what_is_saved_and_probably_not_meant_is_said(boss: Client) -> None:
    group = RuleGroupFactory()
    action = action_form(action_type="multiplier", value_usd="115")
    answer = boss.post("/admin/valuation/rule/add/", rule_form(group=group.pk) | rows("actions", action), follow=True)
    assert "did you mean 15?" in messages_of(answer)
    assert Rule.objects.exists()


def test_a_metric_by_another_name_stays_chosen(boss: Client) -> None:
    """Imported rules use aliases, which are not among the choices."""
    action = RuleActionFactory(action_type="per_unit", metric="ports_profile.usb_a")
    page = boss.get(f"/admin/valuation/rule/{action.rule_id}/change/").content.decode()
    assert '<option value="ports_profile.usb_a" selected>' in page


def test_an_active_rule_has_an_action(boss: Client) -> None:
    """On its own page, and by a list action. (Its line: `test_board`.)"""
    group, add = RuleGroupFactory(), "/admin/valuation/rule/add/"
    form = rule_form(group=group.pk)
    blank = action_form(value_usd="", action_type="fixed_value", position=0)
    for sent in (form | rows("actions"), form | rows("actions", blank)):
        assert "An active rule needs an action" in str(boss.post(add, sent).context["errors"])
    form.pop("is_active")
    assert boss.post(add, form | rows("actions")).status_code == 302
    rule = Rule.objects.get()
    said = messages_of(
        boss.post("/admin/valuation/rule/", {"action": "activate", "_selected_action": [rule.pk]}, follow=True)
    )
    assert "no action" in said
    rule.refresh_from_db()
    assert not rule.is_active
    action = RuleActionFactory(rule=rule)
    gone = rows("actions", action_form(id=action.pk, rule=rule.pk, DELETE="on"), initial=1)
    path = f"/admin/valuation/rule/{rule.pk}/change/"
    assert "needs an action" in str(boss.post(path, rule_form(group=group.pk) | gone).context["errors"])


def test_baselines_are_read_only_without_their_permission(client: Client) -> None:
    baseline = RulesetFactory(is_baseline=True)
    rule = RuleActionFactory(rule__group__ruleset=baseline).rule
    pages = [f"/admin/valuation/rule/{rule.pk}/", f"/admin/valuation/ruleset/{baseline.pk}/"]
    client.force_login(StaffFactory(group="Analysts"))
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
def test_baselines_are_not_switched_without_their_permission(client: Client, model: Any) -> None:
    RuleFactory(group__ruleset__is_baseline=True)
    mine = RuleFactory()
    someone = StaffFactory(group="Analysts")
    analysts = Group.objects.get(name="Analysts")
    analysts.permissions.remove(*analysts.permissions.filter(codename="change_baselineimport"))
    client.force_login(someone)
    sent = {"action": "deactivate", "_selected_action": [row.pk for row in model.objects.all()]}
    answer = client.post(f"/admin/valuation/{model._meta.model_name}/", sent, follow=True)
    assert "1 made inactive" in messages_of(answer)
    assert "1 belong to a baseline" in messages_of(answer)
    path = {Ruleset: "group__ruleset", RuleGroup: "group", Rule: ""}[model]
    is_active = f"{path}__is_active".lstrip("_")
    assert list(Rule.objects.filter(**{is_active: False})) == [mine]


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
