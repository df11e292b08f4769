"""Drafts and examples in the admin: begun, compared, chosen, published; made from a listing; who may what."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from listings.models import Listing
from tests.factories import RulesetFactory, StaffFactory
from tests.valuation.admin.test_history import text_of, undo_of
from tests.valuation.drafts.worlds import (
    add_rule,
    draft_of,
    example,
    group,
    market,
    reprice,
    rule,
    ruleset_with_rules,
    told,
)
from valuation.models import Draft, Example, Release, Ruleset

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", group="Analysts"))
    return client


@pytest.fixture
def ruleset() -> Ruleset:
    market()
    return ruleset_with_rules()


def compare(draft: Ruleset) -> str:
    return reverse("admin:valuation_draft_compare", args=[draft.pk])


def ruleset_page(ruleset: Ruleset) -> str:
    return reverse("admin:valuation_ruleset_change", args=[ruleset.pk])


def test_a_draft_is_begun_and_says_what_it_is(ada: Client, ruleset: Ruleset) -> None:
    assert "Changes here count at once. Draft a change" in text_of(ada.get(ruleset_page(ruleset)))
    address = reverse("admin:valuation_drafts", args=[ruleset.pk])
    assert "None." in text_of(ada.get(address))
    page = ada.post(address, follow=True)
    draft = Ruleset.objects.get(draft_of=ruleset)
    assert page.redirect_chain[-1][0] == ruleset_page(draft)
    assert "A draft of Mine : nothing here counts until it is published" in text_of(page)
    rule_page = ada.get(reverse("admin:valuation_rule_change", args=[rule(draft, "8 GB").pk]))
    assert "A draft of Mine" in text_of(rule_page)
    assert "Mine (draft)" in text_of(ada.get(address))


def test_comparing_and_publishing(ada: Client, ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    add_rule(group(draft, "Memory"), "16 GB", 16, 5)
    text = text_of(ada.get(compare(draft)))
    for part in (
        "8 GB Rule changed · Memory",
        "Adds $10 → Adds $15" if "Adds $10" in text else "→",
        "16 GB Rule added · Memory",
        "4 of 5 listings get another adjusted price",
        "$35.00 together",
        "How the differences are spread",
        "This ruleset has no examples",
    ):
        assert part in text
    assert "This field is required" in text_of(ada.post(compare(draft), {"_publish": "1"}))
    page = ada.post(compare(draft), {"_publish": "1", "note": "Dearer."}, follow=True)
    assert "Published as release 1: 2 rows changed." in text_of(page)
    assert told(ruleset)["Memory"] == [("8 GB", 15), ("32 GB", 10), ("16 GB", 5)]
    assert "Dearer." in text_of(ada.get(reverse("admin:valuation_drafts", args=[ruleset.pk])))
    assert ada.get(compare(draft)).status_code == HTTPStatus.NOT_FOUND


def test_what_collides_is_chosen(ada: Client, ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    reprice(ruleset, "8 GB", 20)
    page = ada.get(compare(draft))
    assert "Changed on both sides" in text_of(page)
    [name] = set(re.findall(r'name="(choice:[^"]+)"', page.content.decode()))
    page = ada.post(compare(draft), {"_publish": "1", "note": "x"})
    assert "Choose for each whether the draft or the original counts." in text_of(page)
    page = ada.post(compare(draft), {"_look": "1", name: "original"})
    assert "Nothing differs yet" in text_of(page)
    ada.post(compare(draft), {"_publish": "1", "note": "x", name: "draft"})
    assert told(ruleset)["Memory"][0] == ("8 GB", 15)


def test_examples_stop_it_until_a_reason_is_given(ada: Client, ruleset: Ruleset) -> None:
    example(ruleset, 20)
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    page = ada.post(compare(draft), {"_publish": "1", "note": "x"})
    assert "expected $20.00 in total, got $25.00" in text_of(page)
    assert not Release.objects.exists()
    ada.post(compare(draft), {"_publish": "1", "note": "x", "override_reason": "Known."})
    assert Release.objects.get().override_reason == "Known."


def test_it_is_scheduled_and_put_off(ada: Client, ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    at = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    ada.post(compare(draft), {"_publish": "1", "note": "x", "at": at})
    assert Draft.objects.get().publish_at is not None
    assert "It is to be published from" in text_of(ada.get(compare(draft)))
    ada.post(compare(draft), {"_unschedule": "1"})
    assert Draft.objects.get().publish_at is None


def test_who_may_not(client: Client, ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    client.force_login(StaffFactory(group="Viewers"))
    assert "Publishing is for people who may change rules" in text_of(client.get(compare(draft)))
    assert client.post(compare(draft), {"_publish": "1", "note": "x"}).status_code == HTTPStatus.FORBIDDEN
    assert client.post(reverse("admin:valuation_drafts", args=[ruleset.pk])).status_code == HTTPStatus.FORBIDDEN


def test_what_is_no_draft_cannot_be_compared(ada: Client, ruleset: Ruleset) -> None:
    assert "only drafts are published" in text_of(ada.get(compare(ruleset)))


def test_a_draft_is_not_switched_on_from_the_list(ada: Client, ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    body = {"action": "activate", "_selected_action": [draft.pk]}
    page = ada.post(reverse("admin:valuation_ruleset_changelist"), body, follow=True)
    assert "a draft counts when it is published" in text_of(page)


ADD = "admin:valuation_example_add"


def test_an_example_is_made_from_a_listing(ada: Client, ruleset: Ruleset) -> None:
    listing = Listing.objects.get(ram_gb=32)
    page = ada.get(reverse("admin:listings_listing_change", args=[listing.pk]))
    assert f"{reverse(ADD)}?listing={listing.pk}" in page.content.decode()
    only = ada.get(reverse(ADD), {"listing": listing.pk})  # one ruleset is no choice
    assert only.headers["Location"] == f"{reverse(ADD)}?listing={listing.pk}&ruleset={ruleset.pk}"
    RulesetFactory()
    assert "Which ruleset is the example of?" in text_of(ada.get(reverse(ADD), {"listing": listing.pk}))
    page = ada.get(reverse(ADD), {"listing": listing.pk, "ruleset": ruleset.pk})
    initial = page.context["adminform"].form.initial
    assert (initial["total_usd"], initial["matches"]) == (20, ["Memory/8 GB", "Memory/32 GB"])
    body = {name: initial[name] for name in ("ruleset", "name", "total_usd", "matches")}
    body["facts_rows"] = json.dumps(initial["facts_rows"])
    page = ada.post(reverse(ADD), body, follow=True)
    assert "holds: $20.00 in total." in text_of(page)
    made = Example.objects.get()
    assert (made.facts["ram_gb"], made.expected["total_usd"]) == (32, 20)
    listing.ram_gb = 4
    listing.save()
    page = ada.get(reverse("admin:valuation_example_change", args=[made.pk]))
    assert page.context["adminform"].form.initial["total_usd"] == 20


def rows(**facts: Any) -> str:
    return json.dumps([{"field_name": name, "operator": "equals", "value": value} for name, value in facts.items()])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"facts_rows": rows(ram_gb=8)}, "An example needs a price"),
        ({"facts_rows": '[{"field_name": "price_usd", "operator": "gte", "value": 1}]'}, "that “is” a value"),
        ({"facts_rows": rows(price_usd="x")}, "number"),
        ({"facts_rows": rows(price_usd=1, condition="for_parts")}, "for_parts"),
        ({"facts_rows": "{"}, "facts"),
        ({"total_usd": ""}, "Expect something"),
        ({"total_usd": "1", "low_usd": "1"}, "either a total, or a range"),
        ({"matches": ["Memory/none"]}, "not one of the available choices"),
        ({"name": "A"}, "already"),
    ],
)
def test_what_is_no_example_is_refused(ada: Client, ruleset: Ruleset, body: Any, message: str) -> None:
    example(ruleset, 20)
    good = {"ruleset": ruleset.pk, "name": "B", "facts_rows": rows(price_usd=400), "total_usd": "0"}
    page = ada.post(reverse(ADD), {**good, **body})
    assert page.status_code == HTTPStatus.OK
    assert message in text_of(page)
    assert Example.objects.count() == 1


def test_a_save_tells_of_examples_that_do_not_hold(ada: Client, ruleset: Ruleset) -> None:
    example(ruleset, 20)
    row = rule(ruleset, "8 GB")
    address = reverse("admin:valuation_rule_change", args=[row.pk])
    action = row.actions.get()
    body = {
        "name": row.name,
        "group": row.group_id,
        "evaluation_order": 100,
        "priority": 100,
        "is_active": "on",
        "conditions": json.dumps(row.conditions),
        "metadata": "",
        "actions-TOTAL_FORMS": 1,
        "actions-INITIAL_FORMS": 1,
        "actions-0-id": action.pk,
        "actions-0-rule": row.pk,
        "actions-0-action_type": "fixed_value",
        "actions-0-position": 0,
        "actions-0-value_usd": "15",
    }
    page = ada.post(address, body, follow=True)
    assert 'Example "A" failed: expected $20.00 in total, got $25.00' in text_of(page)


def test_an_edit_on_the_board_tells_the_same(ada: Client, ruleset: Ruleset) -> None:
    """And, in a draft, what publishing does of it: nothing counts before."""
    example(ruleset, 20)
    draft = draft_of(ruleset)
    for row, moves in ((draft, "Once the draft is published: 4 of 5 listings, $20.00 together."), (ruleset, "4 of 5")):
        action = {"do": f"amount:{rule(row, '8 GB').pk}", "amount": "15"}
        address = reverse("admin:valuation_ruleset_edit", args=[row.pk])
        text = text_of(ada.post(address, action, follow=True))
        assert moves in text
        assert 'Example "A" failed: expected $20.00 in total, got $25.00' in text


def test_a_switch_in_a_list_tells_the_same(ada: Client, ruleset: Ruleset) -> None:
    example(ruleset, 20)
    body = {"action": "deactivate", "_selected_action": [rule(ruleset, "8 GB").pk, rule(ruleset, "Fast").pk]}
    text = text_of(ada.post(reverse("admin:valuation_rule_changelist"), body, follow=True))
    assert text.count('Example "A" failed: expected $20.00 in total, got $10.00') == 1


def test_a_deletion_and_the_way_back_tell_the_same(ada: Client, ruleset: Ruleset) -> None:
    example(ruleset, 21)
    address = reverse("admin:valuation_rule_delete", args=[rule(ruleset, "8 GB").pk])
    page = ada.post(address, {"post": "yes"}, follow=True)
    assert 'Example "A" failed: expected $21.00 in total, got $10.00' in text_of(page)
    page = ada.post(undo_of(page), follow=True)
    assert 'Example "A" failed: expected $21.00 in total, got $20.00' in text_of(page)


def test_examples_are_run_from_their_list(ada: Client, ruleset: Ruleset) -> None:
    row = example(ruleset, 21)
    body = {"action": "run_selected", "_selected_action": [row.pk]}
    page = ada.post(reverse("admin:valuation_example_changelist"), body, follow=True)
    assert "0 of 1 hold." in text_of(page)
    assert "total $21.00" in text_of(page)
