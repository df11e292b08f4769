"""Definitions of custom fields do not change under the rules that lean on them, whichever way they are written."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from baselines.services import import_baseline
from catalog.models import CustomField
from tests.baselines.documents import document, legacy
from tests.factories import (
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.engine import STANDARD_FIELDS
from valuation.explaining.breakdown import explain_listing
from valuation.models import Rule

pytestmark = pytest.mark.django_db


def leaf(operator: str, value: Any, field: str = "custom.extra") -> dict[str, Any]:
    return {"field_name": field, "operator": operator, "value": value}


def formula(text: str) -> Rule:
    rule: Rule = RuleActionFactory(action_type="formula", value_usd=None, formula=text).rule
    return rule


def refused(field: CustomField, **changes: Any) -> dict[str, list[str]]:
    """What is said against a change; nothing has changed then."""
    before = CustomField.objects.filter(pk=field.pk).values().first()
    for name, value in changes.items():
        setattr(field, name, value)
    with pytest.raises(ValidationError) as found:
        field.save()
    assert CustomField.objects.filter(pk=field.pk).values().first() == before
    return found.value.message_dict


def test_a_baseline_of_format_1_0_stays_readable() -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    import_baseline(content=legacy(valuation_buckets=[], dependencies=["custom.extra"], Formula="extra * 2"))
    Rule.objects.all().delete()
    (message,) = refused(field, key="other")["key"]
    assert "(RamSpec.ram_capacity)" in message


@pytest.mark.parametrize("key", ["cores", "threads", "tdp_w", "cpu_mark_multi", "release_year", "hdmi", "cpu_cores"])
def test_a_new_field_takes_nothing_from_a_formula(key: str) -> None:
    formula(f"{key} * 10 if {key} else 5")
    listing = ListingFactory()
    before = explain_listing(listing.pk)
    CustomFieldFactory(key=key, data_type="number")
    after = explain_listing(listing.pk)
    assert (after["total_adjustment"], after["errors"]) == (before["total_adjustment"], [])


def test_no_key_of_a_standard_name_breaks_a_formula() -> None:
    """Every leaf at once, in every rule that could be saved with it."""
    names = sorted({field.leaf for field in STANDARD_FIELDS if str(field.kind) == "number"})
    rules = 0
    for name in names:
        try:
            formula(f"coalesce({name}, 1)")
        except ValidationError:
            continue  # ambiguous before already
        rules += 1
    for name in names:
        CustomFieldFactory(key=name, data_type="string")
    assert rules > 20
    assert explain_listing(ListingFactory().pk)["errors"] == []


def test_a_key_that_would_take_a_short_name_of_another_is_refused() -> None:
    """`custom_extra` has meant the field `custom_extra`, and with a field `extra` it would mean that one."""
    CustomFieldFactory(key="custom_extra", data_type="number")
    rule = formula("custom_extra * 2")
    said = refused(CustomField(key="extra", label="Extra", data_type="number"))
    assert f'rule "{rule.name}" ({rule.pk})' in said["key"][0]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"key": "other"}, "key"),
        ({"data_type": "string"}, "data_type"),
        ({"data_type": "boolean"}, "data_type"),
        ({"entity": "cpu"}, "entity"),
        ({"entity": "cpu", "key": "other"}, "entity"),
    ],
)
def test_what_rules_read_stays_what_it_is(changes: dict[str, Any], column: str) -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    rules = [
        formula("extra * 2"),
        formula("custom_extra * 2"),
        RuleFactory(conditions=leaf("gte", 5), is_active=False),
        RuleFactory(conditions=[leaf("is_null", None)]),
        RuleActionFactory(action_type="per_unit", metric="custom.extra").rule,
        RuleActionFactory(
            modifiers={"multipliers": [{"field": "custom.extra", "conditions": [{"value": 1, "multiplier": 2}]}]}
        ).rule,
    ]
    ruleset = RulesetFactory(conditions=leaf("lt", 5))
    (message,) = refused(field, **changes)[column]
    for rule in rules:
        assert f'"{rule.name}" ({rule.pk})' in message
    assert f'ruleset "{ruleset.name}" ({ruleset.pk})' in message


@pytest.mark.parametrize("rule", [lambda: None, lambda: formula("ram_gb"), lambda: RuleFactory(conditions=[])])
def test_what_no_rule_reads_may_change(rule: Any) -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    rule()
    for changes in ({"label": "More"}, {"data_type": "string"}, {"key": "other"}, {"entity": "cpu"}):
        for name, value in changes.items():
            setattr(field, name, value)
        field.save()
        assert field.warning == ""


def test_what_rules_do_not_know_of_a_field_may_change() -> None:
    field = CustomFieldFactory(key="extra", data_type="string")
    RuleFactory(conditions=leaf("contains", "x"))
    field.label, field.data_type, field.display_order = "More", "text", 3
    field.save()


def test_an_option_that_a_rule_names_stays() -> None:
    field = CustomFieldFactory(key="extra", data_type="enum", options=["red", "green", "blue", "grey"])
    equal, among = RuleFactory(conditions=leaf("equals", "RED")), RuleFactory(conditions=leaf("in", ["green", "red"]))
    text = formula("5 if custom.extra == 'Red' else 0")
    (message,) = refused(field, options=["green", "blue", "grey"])["options"]
    assert [f"({rule.pk})" in message for rule in (equal, among, text)] == [True] * 3
    field.refresh_from_db()
    field.options = ["white", "blue", "green", "red"]  # one more, another order, and one that nobody names is gone
    field.save()


def test_switching_off_is_told() -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    rule = formula("extra * 2")
    field.is_active = False
    field.save()
    assert f'goes on counting in rule "{rule.name}" ({rule.pk})' in field.warning
    field.save()
    assert field.warning == ""


def test_a_broken_rule_does_not_hold_up_what_has_nothing_to_do_with_it() -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    rule = formula("ram_gb")
    rule.actions.update(formula="nothing_of_that_name + 1")
    field.key = "other"
    field.save()


def test_the_baseline_in_force_stays_readable() -> None:
    field = CustomFieldFactory(key="extra", data_type="number")
    import_baseline(
        content=document(
            CPU=[{"id": "bonus", "proper_name": "Bonus", "formula": "extra * 2", "dependencies": ["custom.extra"]}]
        )
    )
    Rule.objects.all().delete()  # the rule may be another by now: the file is still the baseline
    (message,) = refused(field, key="other")["key"]
    assert 'baseline "System: Baseline' in message


def test_in_the_admin(client: Client) -> None:
    field = CustomFieldFactory(key="extra", data_type="enum", options=["red", "blue"])
    rule = RuleFactory(conditions=leaf("equals", "red"))
    client.force_login(StaffFactory(is_superuser=True))
    url = f"/admin/catalog/customfield/{field.pk}/change/"
    sent = {"label": "Extra", "data_type": "string", "options": "red\nblue", "display_order": 1, "is_active": "on"}
    page = client.post(url, {**sent, "data_type": "enum", "options": "blue"})
    assert page.status_code == 200
    assert f"{rule.name}" in page.content.decode()
    assert CustomField.objects.get().options == ["red", "blue"]
    del sent["is_active"]
    page = client.post(url, {**sent, "data_type": "enum"}, follow=True)
    assert "goes on counting in rule" in page.content.decode()
    assert not CustomField.objects.get().is_active
