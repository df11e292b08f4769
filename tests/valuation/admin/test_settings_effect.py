"""The effect beside the form of a ruleset and of a group, and what is said after a save of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import CpuFactory, ListingFactory, RuleActionFactory, StaffFactory
from tests.valuation.admin.test_rules import messages_of
from valuation.drafts.starting import start_draft
from valuation.models import Rule, RuleGroup, Ruleset

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule() -> Rule:
    """Every listing of three gets $10 more; the ruleset and group are those of the rule."""
    for price in (100, 200, 300):
        ListingFactory(price_usd=price, cpu=CpuFactory(cpu_mark_multi=1_000))
    found: Rule = RuleActionFactory(value_usd=10).rule
    return found


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


def page_of(row: Ruleset | RuleGroup) -> str:
    return f"/admin/valuation/{row._meta.model_name}/{row.pk}/change/"


def form_of(client: Client, row: Ruleset | RuleGroup) -> dict[str, Any]:
    """The form as the page has it."""
    form = client.get(page_of(row)).context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in sent.items() if value is not None and value is not False}


def asked(client: Client, row: Ruleset | RuleGroup, **typed: Any) -> dict[str, Any]:
    sent = form_of(client, row) | typed
    sent = {name: value for name, value in sent.items() if value is not None}
    answer = client.post(f"/admin/valuation/{row._meta.model_name}/effect/?row={row.pk}", sent)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


EFFECTS = [
    (lambda rule: rule.group, {"weight": "0.5"}, "−$15.00"),
    (lambda rule: rule.group, {"is_active": None}, "−$30.00"),
    (lambda rule: rule.group.ruleset, {"effect": "deduct"}, "−$60.00"),
    (
        lambda rule: rule.group.ruleset,
        {"conditions": '{"field_name": "price_usd", "operator": "gte", "value": 300}'},
        "−$20.00",
    ),
    (lambda rule: rule.group.ruleset, {"name": "Another name"}, "None of 3 listings gets another adjusted price"),
    (lambda rule: rule.group.ruleset, {"name": ""}, "None of 3 listings gets another adjusted price"),
]


def drafted(rule: Rule) -> Rule:
    """The rule of a draft of its ruleset."""
    return Rule.objects.get(group__ruleset=start_draft(ruleset_id=rule.group.ruleset_id).pk)


@pytest.mark.parametrize("of", [lambda rule: rule, drafted])
@pytest.mark.parametrize(("row", "typed", "said"), EFFECTS)
def test_what_is_typed_is_shown_and_nothing_is_saved(
    analyst: Client, rule: Rule, row: Any, typed: dict[str, Any], said: str, of: Any
) -> None:
    """In a draft it is what publishing would do of it, to the cent the same."""
    rule = of(rule)
    before = list(Ruleset.objects.values()) + list(RuleGroup.objects.values())
    answer = asked(analyst, row(rule), **typed)
    assert answer["problems"] == []
    assert said in answer["html"]
    assert ("publishing the draft" in answer["html"]) == (of is drafted)
    assert list(Ruleset.objects.values()) + list(RuleGroup.objects.values()) == before


@pytest.mark.parametrize(
    ("row", "typed"),
    [(lambda rule: rule.group, {"weight": "much"}), (lambda rule: rule.group.ruleset, {"conditions": "{"})],
)
def test_what_is_wrong_is_said(analyst: Client, rule: Rule, row: Any, typed: dict[str, Any]) -> None:
    answer = asked(analyst, row(rule), **typed)
    assert answer["html"] == ""
    assert answer["problems"]


@pytest.mark.parametrize(("group", "status"), [("Viewers", 403), ("Editors", 403), ("Analysts", 200)])
def test_who_may_try(client: Client, rule: Rule, group: str, status: int) -> None:
    client.force_login(StaffFactory(group=group))
    assert client.post(f"/admin/valuation/ruleset/effect/?row={rule.group.ruleset_id}", {}).status_code == status


def test_one_that_is_gone_is_said(analyst: Client) -> None:
    for row in ("", "0", "x", "99"):
        answer = analyst.post(f"/admin/valuation/rulegroup/effect/?row={row}", {}).json()
        assert "deleted meanwhile" in answer["problems"][0]["text"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("of", "when"), [(lambda rule: rule, ""), (drafted, "Once the draft is published: ")])
def test_a_save_says_what_it_did(analyst: Client, rule: Rule, of: Any, when: str) -> None:
    rule = of(rule)
    page = analyst.post(page_of(rule.group), form_of(analyst, rule.group) | {"weight": "0.5"}, follow=True)
    assert f"{when}3 of 3 listings, -$15.00 together" in messages_of(page)
