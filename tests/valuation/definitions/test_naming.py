"""Which rules name a custom field, what deleting one does, and what the admin says before."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from catalog.models import ArchivedValue, CustomField, CustomFieldChange
from listings.models import Listing
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.definitions.naming import FieldInUse, delete_field, rules_naming, rulesets_naming
from valuation.models import ListingValuation, Rule, RuleAction
from valuation.recalculation.marking import revision_row, stale_listings
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db
LEAF = {"field_name": "custom.size", "operator": "gt", "value": 1}
OTHER = {"field_name": "custom.other", "operator": "gt", "value": 1}
RAM = {"field_name": "ram_gb", "operator": "gt", "value": 1}


@pytest.fixture
def size() -> CustomField:
    CustomFieldFactory(key="other", data_type="number")
    CustomFieldFactory(key="size", entity="cpu", data_type="number")
    field: CustomField = CustomFieldFactory(key="size", label="Size", data_type="number")
    return field


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        (None, False),
        (LEAF, True),
        ([RAM, LEAF], True),
        ({"logical_operator": "not", "conditions": [{"logical_operator": "or", "conditions": [RAM, LEAF]}]}, True),
        ({**LEAF, "field_name": "listing.CUSTOM.Size"}, True),
        (OTHER, False),
        ({"field_name": "title", "operator": "equals", "value": "custom.size"}, False),
    ],
)
def test_conditions_that_name_a_field(size: CustomField, conditions: Any, names: bool) -> None:
    rule = RuleFactory(conditions=conditions, is_active=False)
    ruleset = RulesetFactory(conditions=conditions, is_active=False)
    assert rules_naming(size) == ([rule] if names else [])
    assert rulesets_naming(size) == ([ruleset] if names else [])


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ({"action_type": "per_unit", "metric": "custom.size"}, True),
        ({"action_type": "benchmark_based", "metric": "custom.size"}, True),
        ({"action_type": "per_unit", "metric": "per_gb"}, False),
        ({"action_type": "formula", "formula": "2 * custom.size"}, True),
        ({"action_type": "formula", "formula": "max(Size, 1)"}, True),
        ({"action_type": "formula", "formula": "custom_size + 1"}, True),
        ({"action_type": "formula", "formula": "ram_gb if title == 'custom.size' else 0"}, False),
        ({"action_type": "formula", "formula": "custom.other"}, False),
        (
            {
                "modifiers": {
                    "multipliers": [
                        {"name": "m", "field": "custom.size", "conditions": [{"value": 1, "multiplier": 2}]}
                    ]
                }
            },
            True,
        ),
    ],
)
def test_actions_that_name_a_field(size: CustomField, action: dict[str, Any], names: bool) -> None:
    rule = RuleActionFactory(**action).rule
    assert rules_naming(size) == ([rule] if names else [])


@pytest.mark.parametrize(
    "broken",
    [
        {"action_type": "formula", "formula": "custom.size * ("},
        {"action_type": "formula", "formula": "custom.size * custom.gone"},
        {"action_type": "per_unit", "metric": "custom.size", "modifiers": {"age_curve": 1}},
        {"modifiers": {"nonsense": 1, "multipliers": [{"field": "custom.size"}, 5, {"field": 5}]}},
    ],
)
def test_a_rule_that_is_broken_already_is_found(size: CustomField, broken: dict[str, Any]) -> None:
    action = RuleActionFactory()
    RuleAction.objects.filter(pk=action.pk).update(**broken)
    assert rules_naming(size) == [action.rule]
    Rule.objects.update(conditions=[{"field_name": "custom.gone", "operator": "?"}, LEAF])
    RuleAction.objects.all().delete()
    assert rules_naming(size) == [action.rule]


def test_fields_of_parts_are_no_facts(size: CustomField) -> None:
    RuleFactory(conditions=LEAF)
    assert rules_naming(CustomField.objects.get(entity="cpu")) == []
    assert [field.path for field in field_registry().fields if field.path.startswith("custom.")] == [
        "custom.other",
        "custom.size",
    ]


def test_inactive_fields_are_facts_still(size: CustomField) -> None:
    size.is_active = False
    size.save()
    assert field_registry().get("custom.size") is not None


def test_a_used_field_needs_force(size: CustomField) -> None:
    rule = RuleFactory(name="Big", conditions=LEAF)
    ruleset = RulesetFactory(name="Bigs", conditions=LEAF)
    ListingFactory(attributes={"size": 2})
    with pytest.raises(FieldInUse) as caught:
        delete_field(field=size, force=False)
    said = f'The field is in use: 1 row with a value; rule "Big" ({rule.pk}); ruleset "Bigs" ({ruleset.pk}).'
    assert caught.value.messages == [f"{said} Use force to delete it all the same."]
    assert (caught.value.rows, caught.value.rules, caught.value.rulesets) == (
        1,
        [(rule.pk, "Big")],
        [(ruleset.pk, "Bigs")],
    )
    assert Listing.objects.get().attributes == {"size": 2}
    assert not ArchivedValue.objects.exists()


@pytest.mark.parametrize("used_by", ["rows", "rules"])
def test_either_use_is_enough(size: CustomField, used_by: str) -> None:
    if used_by == "rows":
        ListingFactory(attributes={"size": 2})
    else:
        RuleFactory(conditions=LEAF)
    with pytest.raises(FieldInUse):
        delete_field(field=size, force=False)


def test_an_unused_field_is_just_deleted(size: CustomField) -> None:
    ListingFactory()
    pk = size.pk
    assert delete_field(field=size, force=False).archived == 0
    assert not CustomField.objects.filter(pk=pk).exists()
    assert CustomFieldChange.objects.get(action="deleted").field_id == pk


def test_force_archives_and_revalues(size: CustomField, django_capture_on_commit_callbacks: Any) -> None:
    rule = RuleActionFactory(action_type="per_unit", metric="custom.size", value_usd=5).rule
    listing = ListingFactory(price_usd=100, attributes={"size": 3, "other": 1})
    bystander = ListingFactory(price_usd=100)
    recalculate(scope=Scope(), trigger="test")
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 11_500
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        done = delete_field(field=size, force=True)
    assert (done.archived, done.rules, done.rulesets) == (1, [(rule.pk, rule.name)], [])
    listing.refresh_from_db()
    assert listing.attributes == {"other": 1}
    assert ArchivedValue.objects.values_list("entity", "key", "row_id", "value").get() == (
        "listing",
        "size",
        listing.pk,
        3,
    )
    stale = set(stale_listings(revision_row()).values_list("pk", flat=True))
    assert stale == {listing.pk, bystander.pk}
    assert len(callbacks) == 1
    callbacks[0]()
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 10_000


# --- the admin


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(group="Editors"))
    return client


def test_the_admin_says_where_a_field_is_used_and_asks(editor: Client, size: CustomField) -> None:
    rule = RuleFactory(name="<Big>", conditions=LEAF)
    listing = ListingFactory(attributes={"size": 2})
    path = f"/admin/catalog/customfield/{size.pk}/delete/"
    page = editor.get(path).content.decode()
    assert "1 rows hold a value, which is archived" in page
    assert f'<a href="/admin/valuation/rule/{rule.pk}/change/">&lt;Big&gt;</a> names it and no longer runs' in page
    assert "alues, which are archived: 1" in page
    answer = editor.post(path, {"post": "yes"}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert "1 values of Size were archived." in said
    assert "Size is gone, and these name it: <Big>." in said
    listing.refresh_from_db()
    assert listing.attributes == {}
    assert not CustomField.objects.filter(pk=size.pk).exists()
    assert CustomFieldChange.objects.get(action="deleted").actor == answer.wsgi_request.user.username


def test_several_at_once(editor: Client, size: CustomField) -> None:
    listing, cpu = ListingFactory(attributes={"size": 2}), CpuFactory(attributes={"size": 1})
    pks = list(CustomField.objects.filter(key="size").values_list("pk", flat=True))
    sent = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    assert editor.post("/admin/catalog/customfield/", sent).status_code == 302
    assert list(CustomField.objects.values_list("key", flat=True)) == ["other"]
    for row in (listing, cpu):
        row.refresh_from_db()
        assert row.attributes == {}
    assert ArchivedValue.objects.count() == 2


def test_history_and_archive_are_looked_at_only(editor: Client, size: CustomField) -> None:
    ListingFactory(attributes={"size": 2})
    delete_field(field=size, force=True)
    for model in ("customfieldchange", "archivedvalue"):
        page = editor.get(f"/admin/catalog/{model}/")
        assert page.context["cl"].result_count >= 1
        pk = page.context["cl"].result_list[0].pk
        assert editor.get(f"/admin/catalog/{model}/{pk}/change/").status_code == 200
        assert editor.post(f"/admin/catalog/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
