"""The way back in the admin: history in words, restoring with its effect shown first, and undo."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dealbrain.actor import acting
from tests.factories import ListingFactory, RuleActionFactory, RuleFactory, StaffFactory
from tests.valuation.admin.test_careful import form_of, path, saw
from valuation.history.audit import recording
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


@pytest.fixture
def rule() -> Rule:
    with acting("bob"), recording():
        action = RuleActionFactory(
            rule__name="RAM", rule__group__name="Memory", rule__group__ruleset__name="Mine", value_usd=Decimal(10)
        )
    return Rule.objects.select_related("group__ruleset").get(pk=action.rule_id)


def text_of(page: Any) -> str:
    """What a reader sees of a page, on one line."""
    content = page.content.decode()
    content = re.sub(r"<(script|style)\b.*?</\1>", " ", content, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


def history(client: Client, row: Any, **query: Any) -> Any:
    return client.get(reverse(f"admin:valuation_{row._meta.model_name}_history", args=[row.pk]), query)


def link(page: Any, label: str) -> str:
    """The address of the first link called so."""
    found = re.search(rf'<a class="button" href="([^"]+)">{label}', page.content.decode())
    assert found, text_of(page)
    return unescape(found[1])


def repriced(rule: Rule) -> None:
    with acting("eve"), recording(rulesets=[rule.group.ruleset_id]):
        rule.actions.update(value_usd=Decimal("12.5"))


def test_a_rules_history_in_words(ada: Client, rule: Rule) -> None:
    repriced(rule)
    told = text_of(history(ada, rule))
    assert "eve" in told
    assert "Version 2 Amount $10.00 → $12.50" in told
    assert "Version 1 as it was at first" in told
    assert "{" not in told


def test_restoring_shows_the_effect_and_then_does_it(ada: Client, rule: Rule) -> None:
    ListingFactory(title="A machine", price_usd=100)
    repriced(rule)
    page = history(ada, rule)
    address = link(page, "Restore version 1")
    shown = ada.get(address)
    assert "1 of 1 listings get another adjusted price: −$2.50 together" in text_of(shown)
    assert rule.actions.get().value_usd == Decimal("12.5")
    done = ada.post(address, follow=True)
    assert rule.actions.get().value_usd == 10
    assert "Figures follow." in text_of(done)
    assert AuditEntry.objects.order_by("-pk")[0].actor == "ada"
    assert "nothing would change" in text_of(ada.get(address))


def test_a_deleted_rule_is_brought_back_from_its_ruleset(ada: Client, rule: Rule) -> None:
    number, ruleset = rule.pk, rule.group.ruleset
    rule.delete()
    page = history(ada, ruleset)
    assert "Rule “RAM” deleted" in text_of(page)
    ada.post(link(page, "Bring back"))
    assert Rule.objects.get(pk=number).actions.get().value_usd == 10
    assert ">Bring back<" not in history(ada, ruleset).content.decode()


def test_a_ruleset_back_to_before_a_change(ada: Client, rule: Rule) -> None:
    repriced(rule)
    address = link(history(ada, rule.group.ruleset), "Back to before this change")
    assert "Amount $12.50 → $10.00" in text_of(ada.get(address))
    ada.post(address)
    assert rule.actions.get().value_usd == 10


def test_a_groups_history_has_its_rules(ada: Client, rule: Rule) -> None:
    group = rule.group
    rule.delete()
    told = text_of(history(ada, group))
    assert "Rule “RAM” deleted" in told
    assert "Group “Memory” created" in told


def undo_of(page: Any) -> str:
    found = re.search(r'formaction="([^"]+)" class="undo"', page.content.decode())
    assert found, text_of(page)
    return unescape(found[1])


@pytest.mark.parametrize("model", [Rule, RuleGroup, Ruleset])
def test_a_save_can_be_undone(ada: Client, rule: Rule, model: Any) -> None:
    row = {Rule: rule, RuleGroup: rule.group, Ruleset: rule.group.ruleset}[model]
    name = row.name
    saved = ada.post(path(row), form_of(row, name="Other", saw=saw(ada, row)), follow=True)
    row.refresh_from_db()
    assert row.name == "Other"
    ada.post(undo_of(saved))
    row.refresh_from_db()
    assert row.name == name


def test_a_deletion_can_be_undone(ada: Client, rule: Rule) -> None:
    page = ada.post(
        reverse("admin:valuation_ruleset_delete", args=[rule.group.ruleset_id]), {"post": "yes"}, follow=True
    )
    assert not Rule.objects.exists()
    ada.post(undo_of(page))
    assert Rule.objects.get(pk=rule.pk).actions.get().value_usd == 10


def test_switching_in_a_list_can_be_undone(ada: Client, rule: Rule) -> None:
    body = {"action": "deactivate", "_selected_action": [rule.pk]}
    page = ada.post(reverse("admin:valuation_rule_changelist"), body, follow=True)
    assert not Rule.objects.get(pk=rule.pk).is_active
    ada.post(undo_of(page))
    assert Rule.objects.get(pk=rule.pk).is_active


def test_a_save_of_nothing_offers_nothing(ada: Client, rule: Rule) -> None:
    page = ada.post(path(rule), form_of(rule, saw=saw(ada, rule)), follow=True)
    assert "Undo" not in text_of(page)


def test_undo_after_somebody_elses_change(ada: Client, rule: Rule) -> None:
    saved = ada.post(path(rule), form_of(rule, name="Other", saw=saw(ada, rule)), follow=True)
    repriced(rule)
    refused = ada.post(undo_of(saved), follow=True)
    assert "was changed again by eve" in text_of(refused)
    assert Rule.objects.get(pk=rule.pk).name == "Other"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "version=1",
        "rule=x&version=1",
        "ruleset=1&at=yesterday",
        "deleted=planet:1",
        "ruleset=1&at=2026-01-01T00:00:00",
        "change=x",
    ],
)
def test_addresses_that_no_page_of_ours_has(ada: Client, query: str) -> None:
    assert ada.get(f"{reverse('admin:valuation_restore')}?{query}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "query",
    [
        "rule={rule}&version=9",
        "rule={rule}&version=" + "9" * 40,
        "ruleset={ruleset}&at=2001-01-01T00:00:00Z",
        "deleted=rule:77",
        "change=77",
    ],
)
def test_what_there_is_no_way_back_to_is_said(ada: Client, rule: Rule, query: str) -> None:
    asked = query.format(rule=rule.pk, ruleset=rule.group.ruleset_id)
    page = ada.get(f"{reverse('admin:valuation_restore')}?{asked}", follow=True)
    assert page.status_code == HTTPStatus.OK
    assert 'class="error"' in page.content.decode()


def test_viewers_read_the_history_and_restore_nothing(client: Client, rule: Rule) -> None:
    repriced(rule)
    client.force_login(StaffFactory(group="Viewers"))
    page = history(client, rule)
    assert "Amount $10.00 → $12.50" in text_of(page)
    assert "Restore" not in text_of(page)
    address = f"{reverse('admin:valuation_restore')}?rule={rule.pk}&version=1"
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == HTTPStatus.FORBIDDEN


def test_nobody_else_reads_it(client: Client, rule: Rule) -> None:
    assert history(client, rule).status_code == HTTPStatus.FOUND


def test_queries_do_not_grow(ada: Client, rule: Rule) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            history(ada, rule.group.ruleset)
        return len(found)

    RuleFactory(group=rule.group, name="gone").delete()
    cost()
    few = cost()
    for number in range(5):
        RuleFactory(group=rule.group, name=f"r{number}").delete()
    assert cost() == few


def test_many_changes_come_by_pages(ada: Client, rule: Rule) -> None:
    for number in range(60):
        RuleFactory(group=rule.group, name=f"r{number}").delete()
    first = history(ada, rule.group.ruleset)
    older = re.search(r"\?before=(\d+)", first.content.decode())
    assert older
    second = history(ada, rule.group.ruleset, before=older[1])
    assert "“r59”" in text_of(first)
    assert "“r0”" in text_of(second)
    assert "Ruleset “Mine” created" in text_of(second)
