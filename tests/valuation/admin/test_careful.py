"""The admin writes down who changed which rules, and does not let one page overwrite another's save."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dealbrain.actor import acting
from tests.factories import RuleActionFactory, RuleFactory, StaffFactory
from tests.valuation.admin.test_rules import action_form, group_form, messages_of, rows, rule_form, ruleset_form
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


@pytest.fixture
def rule() -> Rule:
    """A rule with an action, which the test changes behind the page's back."""
    action = RuleActionFactory(rule__name="RAM", rule__group__name="Memory", rule__group__ruleset__name="Mine")
    return Rule.objects.select_related("group__ruleset").get(pk=action.rule_id)


def path(row: Any) -> str:
    return f"/admin/valuation/{row._meta.model_name}/{row.pk}/change/"


def saw(client: Client, row: Any) -> str:
    """What the open page knows: the hidden field."""
    found = re.search(r'name="saw" value="(\d+)"', client.get(path(row)).content.decode())
    assert found
    return found[1]


def form_of(row: Any, **fields: Any) -> dict[str, Any]:
    """The page of a rule, group or ruleset as it stands, with other `fields`."""
    rule = Rule.objects.select_related("group__ruleset").get()
    group, ruleset = rule.group, rule.group.ruleset
    action = action_form(id=rule.actions.get().pk, rule=rule.pk, value_usd="10")
    forms: dict[type[Any], dict[str, Any]] = {
        Rule: rule_form(name=rule.name, group=group.pk, evaluation_order=100) | rows("actions", action, initial=1),
        RuleGroup: group_form(ruleset=ruleset.pk, name=group.name, metadata="{}"),
        Ruleset: ruleset_form(name=ruleset.name),
    }
    return forms[type(row)] | fields


def row_of(rule: Rule, model: type[Any]) -> Any:
    return {Rule: rule, RuleGroup: rule.group, Ruleset: rule.group.ruleset}[model]


def resave(row: Any, **changed: Any) -> None:
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()


RENAMED: Callable[[Rule], Any] = lambda rule: resave(rule, name="Theirs")  # noqa: E731 - a row of the table
REWORDED: Callable[[Rule], Any] = lambda rule: resave(rule, description="theirs")  # noqa: E731
REPRICED: Callable[[Rule], Any] = lambda rule: resave(rule.actions.get(), value_usd=77)  # noqa: E731
DELETED: Callable[[Rule], Any] = lambda rule: rule.delete()  # noqa: E731
GROUPED: Callable[[Rule], Any] = lambda rule: resave(rule.group, weight="0.5")  # noqa: E731
SWITCHED: Callable[[Rule], Any] = lambda rule: resave(rule.group.ruleset, priority=3)  # noqa: E731
ELSEWHERE: Callable[[Rule], Any] = lambda _: RuleActionFactory()  # noqa: E731

# page, what bob does meanwhile, what the page says of it ("" where it would overwrite nothing of his)
MEANWHILE = [
    (Rule, RENAMED, "bob updated the rule “Theirs”"),
    (Rule, REWORDED, "bob updated the rule “RAM”"),
    (Rule, REPRICED, "bob updated the rule “RAM”"),
    (Rule, GROUPED, ""),
    (Rule, ELSEWHERE, ""),
    (RuleGroup, RENAMED, ""),
    (RuleGroup, REPRICED, ""),
    (RuleGroup, GROUPED, "bob updated the group “Memory”"),
    (RuleGroup, SWITCHED, ""),
    (Ruleset, RENAMED, ""),
    (Ruleset, REWORDED, ""),
    (Ruleset, DELETED, ""),
    (Ruleset, GROUPED, ""),
    (Ruleset, SWITCHED, "bob updated the ruleset “Mine”"),
    (Ruleset, ELSEWHERE, ""),
]


@pytest.mark.parametrize(("model", "change", "said"), MEANWHILE)
def test_what_somebody_else_saved_meanwhile(ada: Client, rule: Rule, model: Any, change: Any, said: str) -> None:
    row = row_of(rule, model)
    sent = form_of(row, name="Typed", saw=saw(ada, row))
    with acting("bob"):
        change(rule)
    answer = ada.post(path(row), sent, follow=True)
    if not said:
        assert "was changed" in messages_of(answer)
        assert model.objects.get(pk=row.pk).name == "Typed"
        return
    assert said in str(answer.context["errors"])
    assert 'value="Typed"' in answer.content.decode()
    assert not model.objects.filter(name="Typed").exists()


@pytest.mark.parametrize("model", [Rule, RuleGroup, Ruleset])
def test_saving_again_is_meant(ada: Client, rule: Rule, model: Any) -> None:
    row = row_of(rule, model)
    sent = form_of(row, name="Typed", saw=saw(ada, row))
    with acting("bob"):
        resave(row, name="Bob's")
    page = ada.post(path(row), sent).content.decode()
    found = re.search(r'name="saw" value="(\d+)"', page)
    assert found
    answer = ada.post(path(row), sent | {"saw": found[1]}, follow=True)
    assert "was changed" in messages_of(answer)
    assert model.objects.get(pk=row.pk).name == "Typed"


@pytest.mark.parametrize("saw", ["x", "-1", "9" * 30, "1.5"])
def test_a_forged_mark_is_refused(ada: Client, rule: Rule, saw: str) -> None:
    answer = ada.post(path(rule), form_of(rule, name="Typed", saw=saw))
    assert answer.status_code == 200
    assert "saw" in answer.context["adminform"].form.errors
    assert Rule.objects.get().name == "RAM"


def test_a_mark_from_the_future_and_none_at_all_refuse_nothing(ada: Client, rule: Rule) -> None:
    for name, mark in (("A", {"saw": str(2**63 - 1)}), ("B", {}), ("C", {"saw": ""})):
        assert "was changed" in messages_of(ada.post(path(rule), form_of(rule, name=name, **mark), follow=True))
        assert Rule.objects.get().name == name


def test_a_page_saved_twice_in_a_row_is_one_persons(ada: Client, rule: Rule) -> None:
    for name in ("A", "B"):
        sent = form_of(rule, name=name, saw=saw(ada, rule), _continue="1")
        assert "was changed" in messages_of(ada.post(path(rule), sent, follow=True))


def test_one_save_of_a_page_is_one_entry_for_each_row(ada: Client, rule: Rule) -> None:
    AuditEntry.objects.all().delete()
    action = {"actions-0-value_usd": "11", "description": "why"}
    ada.post(path(rule), form_of(rule, **action), headers={"X-Request-ID": "r-7"})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.request_id) == ("ada", "updated", "r-7")
    assert (entry.before["description"], entry.after["description"]) == ("", "why")
    assert [entry.before["actions"][0]["value_usd"], entry.after["actions"][0]["value_usd"]] == ["10", "11"]
    newest = RuleVersion.objects.filter(rule_id=rule.pk).first()
    assert (newest.number, newest.actor) == (Rule.objects.get().version, "ada")


@pytest.mark.parametrize("model", [Rule, RuleGroup, Ruleset])
def test_switching_and_deleting_by_list_is_written_down(ada: Client, rule: Rule, model: Any) -> None:
    AuditEntry.objects.all().delete()
    row = row_of(rule, model)
    url = f"/admin/valuation/{model._meta.model_name}/"
    ada.post(url, {"action": "deactivate", "_selected_action": [row.pk]})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.target_id, entry.before, entry.after) == (
        "ada",
        row.pk,
        {"is_active": True},
        {"is_active": False},
    )
    ada.post(url, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    names = {Rule: ["RAM"], RuleGroup: ["Memory", "RAM"], Ruleset: ["Mine", "Memory", "RAM"]}
    deleted = AuditEntry.objects.filter(action="deleted", actor="ada").order_by("pk")
    assert list(deleted.values_list("target_name", flat=True)) == names[model]


def test_deleting_by_the_page_is_written_down(ada: Client, rule: Rule) -> None:
    AuditEntry.objects.all().delete()
    ada.post(path(rule).replace("change", "delete"), {"post": "yes"})
    assert not RuleAction.objects.exists()
    assert AuditEntry.objects.values_list("actor", "action", "target_name").get() == ("ada", "deleted", "RAM")


def test_the_log_and_the_versions_are_read_only_and_found_from_the_page(client: Client, rule: Rule) -> None:
    with acting("bob"):
        RENAMED(rule)
    client.force_login(StaffFactory(group="Viewers"))
    page = client.get(path(rule)).content.decode()
    assert f'href="/admin/valuation/rule/{rule.pk}/history/"' in page
    log, numbers = f"/admin/valuation/auditentry/?rule_id={rule.pk}", f"/admin/valuation/ruleversion/?rule_id={rule.pk}"
    RuleFactory(name="Another")
    shown = client.get(log)
    assert next((e.actor, e.target_name) for e in shown.context["cl"].result_list) == ("bob", "Theirs")
    assert {e.rule_id for e in shown.context["cl"].result_list} == {rule.pk}
    listed = [(v.number, v.snapshot["name"]) for v in client.get(numbers).context["cl"].result_list]
    assert listed == [(3, "Theirs"), (2, "RAM"), (1, "RAM")]
    for row in (AuditEntry.objects.first(), RuleVersion.objects.first()):
        assert client.get(path(row)).status_code == 200
        client.force_login(StaffFactory(is_superuser=True))
        assert client.post(path(row), {}).status_code == 403
        assert client.post(path(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
    found = client.get("/admin/valuation/auditentry/", {"q": "Theirs", "action__exact": "updated"})
    assert [e.target_name for e in found.context["cl"].result_list] == ["Theirs"]


def test_what_a_log_holds_is_text(client: Client, rule: Rule) -> None:
    resave(rule, name="<script>alert(1)</script>")
    client.force_login(StaffFactory(is_superuser=True))
    for row in (AuditEntry.objects.first(), RuleVersion.objects.order_by("-pk").first()):
        for url in (path(row), f"/admin/valuation/{row._meta.model_name}/"):
            page = client.get(url).content.decode()
            assert "&lt;script&gt;" in page
            assert "<script>alert" not in page


MUCH = [{"field_name": "ram_gb", "operator": "gte", "value": 8}]


def choices_of(page: str) -> dict[str, str]:
    """{field: whose version is chosen} as the page offers it."""
    return dict(re.findall(r'name="take-(\w+)" value="(\w+)" checked', page))


def refused(ada: Client, rule: Rule, **typed: Any) -> tuple[str, dict[str, Any]]:
    """The page after a save that came second, and what it would send now."""
    sent = form_of(rule, saw=typed.pop("saw"), **typed)
    page = ada.post(path(rule), sent).content.decode()
    found = re.search(r'name="saw" value="(\d+)"', page)
    assert found
    return page, sent | {"saw": found[1]} | {f"take-{name}": who for name, who in choices_of(page).items()}


def test_both_versions_are_shown_and_what_one_alone_changed_is_chosen(ada: Client, rule: Rule) -> None:
    shown = saw(ada, rule)
    with acting("bob"):
        resave(rule, name="Bob's", description="by bob")
        REPRICED(rule)
    page, again = refused(ada, rule, saw=shown, name="Ada's", evaluation_order=7)
    assert choices_of(page) == {
        "name": "mine",
        "evaluation_order": "mine",
        "description": "theirs",
        "actions": "theirs",
    }
    for text in ("RAM", "Bob&#x27;s", "Ada&#x27;s", "by bob", "$77.00", "$10.00", "Both of you changed it"):
        assert text in page
    assert "was changed" in messages_of(ada.post(path(rule), again, follow=True))
    rule.refresh_from_db()
    assert (rule.name, rule.evaluation_order, rule.description) == ("Ada's", 7, "by bob")
    assert rule.actions.get().value_usd == 77


def test_each_thing_can_be_chosen_either_way(ada: Client, rule: Rule) -> None:
    shown = saw(ada, rule)
    with acting("bob"):
        resave(
            rule, name="Bob's", conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 8}], is_active=False
        )
        REPRICED(rule)
    _, again = refused(ada, rule, saw=shown, name="Ada's", **{"actions-0-value_usd": "33"})
    other = again | {
        "take-name": "theirs",
        "take-conditions": "theirs",
        "take-is_active": "mine",
        "take-actions": "mine",
    }
    assert "was changed" in messages_of(ada.post(path(rule), other, follow=True))
    rule.refresh_from_db()
    assert (rule.name, rule.is_active, rule.actions.get().value_usd) == ("Bob's", True, 33)
    assert rule.conditions == MUCH


def test_mine_brings_back_actions_that_are_gone_and_takes_out_new_ones(ada: Client, rule: Rule) -> None:
    shown = saw(ada, rule)
    page_of_mine = form_of(rule, **{"actions-0-value_usd": "33"})
    with acting("bob"):
        rule.actions.all().delete()
        for amount in (1, 2):
            RuleActionFactory(rule=rule, value_usd=amount)
    page = ada.post(path(rule), page_of_mine | {"saw": shown}).content.decode()
    found = re.search(r'name="saw" value="(\d+)"', page)
    assert found
    again = page_of_mine | {"saw": found[1], "take-actions": "mine"}
    assert "was changed" in messages_of(ada.post(path(rule), again, follow=True))
    assert [action.value_usd for action in rule.actions.all()] == [33]


def test_a_page_of_a_group_says_what_differs(ada: Client, rule: Rule) -> None:
    sent = form_of(rule.group, name="Typed", saw=saw(ada, rule.group))
    with acting("bob"):
        GROUPED(rule)
    answer = ada.post(path(rule.group), sent)
    assert "(Weight: 1, now 0.5)" in str(answer.context["errors"])
    assert 'value="Typed"' in answer.content.decode()
