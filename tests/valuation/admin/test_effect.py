"""The effect beside the form of a rule: who may see it, from what is typed, and what is said after a save."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealbrain.actor import acting
from tests.factories import (
    CpuFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from tests.valuation.admin.test_rules import action_form, messages_of, rows, rule_form
from valuation.models import Rule, RuleAction, RuleGroup

pytestmark = pytest.mark.django_db

ADD = "/admin/valuation/rule/add/"
ASK = "/admin/valuation/rule/workshop/effect/"
BIG = json.dumps([{"field_name": "price_usd", "operator": "gte", "value": 200}])


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


@pytest.fixture
def group() -> RuleGroup:
    """A group, and three listings, of which two cost 200 dollars or more."""
    for price in (100, 200, 300):
        ListingFactory(price_usd=price, title=f"For {price}", cpu=CpuFactory(cpu_mark_multi=1_000))
    found: RuleGroup = RuleGroupFactory()
    return found


def typed(group: RuleGroup, *actions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The form of a new rule as a browser sends it."""
    return rule_form(group=group.pk, conditions=BIG, **fields) | rows("actions", *(actions or [action_form()]))


def asked(client: Client, sent: dict[str, Any], rule: Rule | None = None) -> Any:
    answer = client.post(f"{ASK}?rule={rule.pk}" if rule else ASK, sent)
    assert answer.status_code == 200, answer.content
    return answer.json()


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("nobody's", 403), ("Viewers", 403), ("Editors", 403), ("Analysts", 200)]
)
def test_who_may_see_what_is_not_saved(client: Client, group: RuleGroup, who: str, status: int) -> None:
    if who:
        client.force_login(StaffFactory(group=who if who != "nobody's" else None))
    answer = client.post(ASK, typed(group))
    assert answer.status_code == status
    assert status == 200 or answer.json()["message"]


def test_a_group_of_a_baseline_is_asked_about_too(analyst: Client, group: RuleGroup) -> None:
    analysts = Group.objects.get(name="Analysts")
    analysts.permissions.remove(*analysts.permissions.filter(codename="change_baselineimport"))
    base = RuleGroupFactory(ruleset=RulesetFactory(is_baseline=True, name="Base"))
    found = asked(analyst, typed(base))
    assert found["html"] == ""
    assert "is a system baseline" in found["problems"][0]["text"]


def test_a_new_rule_without_a_name(analyst: Client, group: RuleGroup) -> None:
    found = asked(analyst, typed(group, name=""))
    assert found["problems"] == []
    shown = text_of(found["html"])
    assert "2 of 3 listings get another adjusted price, +$10.00 together." in shown
    assert "Matches 2 of 3 Sum +$10.00 Mean +$5.00 Median +$5.00" in shown
    assert "For 100 Price is at least 200; here: 100" in shown
    assert not Rule.objects.exists()


def test_a_rule_that_is_changed(analyst: Client, group: RuleGroup) -> None:
    rule = RuleFactory(group=group, conditions=json.loads(BIG))
    action = RuleActionFactory(rule=rule, value_usd=5)
    row = action_form(id=action.pk, rule=rule.pk, value_usd="8")
    sent = rule_form(group=group.pk, conditions="") | rows("actions", row, initial=1)
    shown = text_of(asked(analyst, sent, rule)["html"])
    assert "3 of 3 listings get another adjusted price, +$14.00 together." in shown  # 8 + 3 + 3
    assert "It matches every listing." in shown
    sent.pop("is_active")
    shown = text_of(asked(analyst, sent, rule)["html"])
    assert "2 of 3 listings get another adjusted price, −$10.00 together." in shown
    assert "The rule is switched off" in shown
    rule.refresh_from_db()
    assert (rule.conditions, RuleAction.objects.get().value_usd) == (json.loads(BIG), 5)


def test_one_listing_rule_by_rule(analyst: Client, group: RuleGroup) -> None:
    listing = ListingFactory(price_usd=250, title="This one")
    found = asked(analyst, typed(group) | {"effect-listing": str(listing.pk)})
    assert "This one Rule Now Then Asking price $250.00 $250.00 Much RAM" not in found["html"]
    shown = text_of(found["html"])
    assert "Adjusted price $250.00 $255.00" in shown
    for strange in ("x", "-1", "9" * 30, "²"):
        assert asked(analyst, typed(group) | {"effect-listing": strange})["problems"] == []


@pytest.mark.parametrize("switched", ["ruleset", "group"])
def test_what_is_switched_off_is_tried_as_if_it_were_on(analyst: Client, group: RuleGroup, switched: str) -> None:
    row = group.ruleset if switched == "ruleset" else group
    type(row).objects.filter(pk=row.pk).update(is_active=False)
    shown = text_of(asked(analyst, typed(group))["html"])
    assert f"The {switched} “{row}” is switched off, so saving changes nothing yet." in shown
    assert "2 of 3 listings" in shown


DEEP = json.dumps([{"field_name": "ram_gb", "operator": "gte", "value": number} for number in range(500)])
HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"conditions": "used and DDR3"}, "line 1, column 1"),
    ({"conditions": DEEP}, "200"),
    ({"conditions": '[{"field_name": "nope", "operator": "is"}]'}, "unknown field"),
    ({"group": "999999"}, "This group is not there any more"),
    ({"group": "x"}, "This group is not there any more"),
    ({"group": ""}, "required"),
    ({"actions-0-action_type": "explode"}, "explode"),
    ({"actions-0-value_usd": "1e400"}, "no more than 14 digits"),
    ({"actions-0-action_type": "formula", "actions-0-formula": "5 if condition == “used” else 0,5"}, '"used"'),
    ({"actions-0-modifiers": "[1]"}, "object"),
    ({"actions-TOTAL_FORMS": "x"}, "needs an action"),
    ({"evaluation_order": "9" * 40}, "less than or equal"),
]


@pytest.mark.parametrize(("sent", "said"), HOSTILE)
def test_what_is_wrong_is_said_and_typed_again(
    analyst: Client, group: RuleGroup, sent: dict[str, Any], said: str
) -> None:
    """Beside the form, and by a save, which keeps all that was typed."""
    found = asked(analyst, typed(group) | sent)
    assert found["html"] == ""
    assert said in " ".join(problem["text"] for problem in found["problems"])
    answer = analyst.post(ADD, typed(group, description="my words") | sent)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "my words" in page
    assert not Rule.objects.exists()


@pytest.mark.parametrize("place", ["²", "x", "0", "9" * 30])
def test_a_group_that_is_no_number_is_refused_and_not_looked_up(analyst: Client, group: RuleGroup, place: str) -> None:
    page = analyst.post(ADD, typed(group) | {"group": place})
    assert page.status_code == 200
    assert "group" in page.context["adminform"].form.errors
    assert not Rule.objects.exists()


def test_an_action_of_another_rule_is_not_taken(analyst: Client, group: RuleGroup) -> None:
    other, mine = RuleActionFactory(value_usd=77), RuleActionFactory(rule__group=group)
    row = action_form(id=other.pk, rule=mine.rule_id, value_usd="1")
    sent = rule_form(group=group.pk, conditions=BIG) | rows("actions", row, initial=1)
    assert f"Mean +${mine.value_usd:.2f}" in text_of(asked(analyst, sent, mine.rule)["html"])
    analyst.post(f"/admin/valuation/rule/{mine.rule_id}/change/", sent)
    other.refresh_from_db()
    assert (other.value_usd, other.rule_id != mine.rule_id) == (77, True)


def test_a_constant_number_of_queries(analyst: Client, group: RuleGroup) -> None:
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            asked(analyst, typed(group))
        counts.append(len(queries))
        for number in range(10):
            ListingFactory(price_usd=100 + 20 * number)
    assert counts[1] == counts[2] <= 70


def test_a_listing_that_is_edited_is_seen_at_once(analyst: Client, group: RuleGroup) -> None:
    assert "2 of 3" in text_of(asked(analyst, typed(group))["html"])
    listing = ListingFactory(price_usd=50)
    assert "2 of 4" in text_of(asked(analyst, typed(group))["html"])
    listing.price_usd = 500
    listing.save()
    assert "3 of 4" in text_of(asked(analyst, typed(group))["html"])
    listing.cpu = CpuFactory(cpu_mark_multi=9)
    listing.save()
    cores = json.dumps([{"field_name": "cpu.cpu_mark_multi", "operator": "equals", "value": 9}])
    assert "1 of 4" in text_of(asked(analyst, typed(group) | {"conditions": cores})["html"])
    listing.cpu.cpu_mark_multi = 10
    listing.cpu.save()
    assert "It matches no listing" in text_of(asked(analyst, typed(group) | {"conditions": cores})["html"])
    listing.delete()
    assert "2 of 3" in text_of(asked(analyst, typed(group))["html"])


def test_an_empty_inventory_is_said(analyst: Client) -> None:
    assert "There are no active listings yet" in asked(analyst, typed(RuleGroupFactory()))["html"]


def test_without_a_script_a_button_previews(analyst: Client, group: RuleGroup) -> None:
    page = analyst.post(ADD, typed(group) | {"_preview": "Preview"}).content.decode()
    assert "This is a preview: nothing has been saved yet." in page
    assert "2 of 3 listings get another adjusted price, +$10.00 together." in text_of(page)
    assert not Rule.objects.exists()


# -- After a save --------------------------------------------------------------------------------------------------

TOLD: list[tuple[dict[str, Any], str]] = [
    ({}, "2 of 3 listings, $10.00 together. Raises the adjusted price by $5.00: the machine ranks lower."),
    ({"conditions": ""}, "3 of 3 listings, $15.00 together."),
    ({"conditions": ""}, "It has no condition, so it is for every listing."),
    ({"conditions": BIG.replace("200", "900")}, "None of 3 listings gets another adjusted price."),
    ({"conditions": BIG.replace("200", "900")}, "It matches none of 3 listings."),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("sent", "said"), TOLD)
def test_a_save_says_what_it_did(analyst: Client, group: RuleGroup, sent: dict[str, Any], said: str) -> None:
    assert said in messages_of(analyst.post(ADD, typed(group) | sent, follow=True))


@pytest.mark.django_db(transaction=True)
def test_minus_in_a_ruleset_that_deducts_is_doubted(analyst: Client, group: RuleGroup) -> None:
    type(group.ruleset).objects.filter(pk=group.ruleset_id).update(effect="deduct")
    sent = typed(group, action_form(value_usd="-15"))
    assert "leave the minus out" in asked(analyst, sent)["html"]
    assert "leave the minus out" in messages_of(analyst.post(ADD, sent, follow=True))


def test_a_rule_without_an_action_is_no_plain_success(analyst: Client, group: RuleGroup) -> None:
    sent = rule_form(group=group.pk) | rows("actions")
    sent.pop("is_active")
    said = messages_of(analyst.post(ADD, sent, follow=True))
    assert "It has no action, so it adds nothing." in said
    assert "It has no condition, so it is for every listing." in said


# -- What is lost for nobody ---------------------------------------------------------------------------------------


def test_a_session_that_ends_while_one_types(client: Client, group: RuleGroup) -> None:
    user = StaffFactory(username="ada", group="Analysts")
    user.set_password("a long word")
    user.save()
    login = client.post(ADD, typed(group, name="Typed “so”"))
    assert login.status_code == 200
    page = login.content.decode()
    assert "the form is there again" in page
    kept = login.context["kept"]
    wrong = {"username": "ada", "password": "no", "next": ADD, "kept": kept}
    again = client.post("/admin/login/", wrong)
    assert "the form is there again" in again.content.decode()
    answer = client.post("/admin/login/", wrong | {"password": "a long word"})
    assert answer["Location"] == ADD
    page = client.get(ADD).content.decode()
    assert "You were logged out while you typed." in page
    assert 'value="Typed “so”"' in page
    assert not Rule.objects.exists()
    assert "Typed" not in client.get(ADD).content.decode()  # once


def test_what_is_kept_is_bounded_and_holds_no_password(client: Client, group: RuleGroup) -> None:
    for sent, path in (
        (typed(group, description="x" * 500_000), ADD),
        ({"username": "x", "password1": "secret"}, "/admin/auth/user/add/"),
        ({"action": "activate"}, "/admin/valuation/rule/"),
    ):
        answer = client.post(path, sent)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/admin/login/?next=")


def test_a_rule_that_is_deleted_while_it_is_edited(analyst: Client, group: RuleGroup) -> None:
    action = RuleActionFactory(rule__group=group)
    sent = rule_form(group=group.pk, name="Typed", saw="1")
    sent |= rows("actions", action_form(id=action.pk, rule=action.rule_id, value_usd="77"), initial=1)
    path = f"/admin/valuation/rule/{action.rule_id}/change/"
    with acting("bob"):
        group.delete()
    page = analyst.post(path, sent, follow=True).content.decode()
    assert "This rule is not there any more: bob deleted it at" in page
    assert "This group is not there any more: somebody has deleted it." in page
    assert 'value="Typed"' in page
    assert 'value="77"' in page
    new = RuleGroupFactory()
    saved = typed(new, action_form(value_usd="77"), name="Typed")
    analyst.post(ADD, saved)
    assert Rule.objects.get().name == "Typed"
