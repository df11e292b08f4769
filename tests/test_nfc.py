"""One text is one text, however its accents were typed: stored in NFC by every way, and compared so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from baselines.drift import edited_fields
from baselines.reading import read_document
from baselines.services import import_baseline
from catalog.models import Cpu, CustomField
from dealbrain.renormalising import store_in_nfc
from listings.models import Listing
from tests.baselines.documents import at_least, document, tier
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RulesetFactory,
)
from valuation.engine import Batch, Field, FieldRegistry, Kind, check_conditions, match, parse_conditions
from valuation.explaining.breakdown import explain_listing
from valuation.models import Rule, Ruleset
from valuation.registry import field_registry
from valuation.validation import conditions_problems

NFC, NFD = "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"
db = pytest.mark.django_db


def stored(model: Any, pk: int, column: str) -> Any:
    """As the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", [pk])
        return cursor.fetchone()[0]


def write_raw(model: Any, pk: int, column: str, text: str) -> None:
    """Past every column of ours, as it was written before."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {column} = %s WHERE id = %s", [text, pk])


@db
@pytest.mark.parametrize("way", ["save", "create", "bulk_create", "update", "bulk_update", "get_or_create"])
def test_every_way_of_writing(way: str) -> None:
    ruleset = RulesetFactory(name="plain")
    match way:
        case "save":
            ruleset.name = NFD
            ruleset.save()
            assert ruleset.name == NFC
        case "create":
            ruleset = Ruleset.objects.create(name=NFD)
        case "bulk_create":
            [ruleset] = Ruleset.objects.bulk_create([Ruleset(name=NFD)])
        case "update":
            Ruleset.objects.filter(pk=ruleset.pk).update(name=NFD)
        case "bulk_update":
            ruleset.name = NFD
            Ruleset.objects.bulk_update([ruleset], ["name"])
        case "get_or_create":
            ruleset, _ = Ruleset.objects.get_or_create(name=NFD)
            assert Ruleset.objects.get_or_create(name=NFD) == (ruleset, False)
    assert stored(Ruleset, ruleset.pk, "name") == NFC
    for lookup in ("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "regex"):
        assert Ruleset.objects.filter(**{f"name__{lookup}": NFD}).get() == ruleset
    assert Ruleset.objects.get(name__in=[NFD]) == ruleset
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruleset.objects.bulk_create([Ruleset(name=NFD)])


@db
def test_json_and_custom_fields() -> None:
    CustomFieldFactory(key="label", data_type="enum", options=[NFD, "Rot"])
    assert CustomField.objects.get().options == [NFC, "Rot"]
    listing = ListingFactory(attributes={"label": NFD}, title=f"{NFD} x")
    assert Listing.objects.get().attributes == {"label": NFC}
    leaf = {"field_name": "custom.label", "operator": "equals", "value": NFD}
    assert conditions_problems(leaf) == []
    rule = RuleActionFactory(value_usd=5, rule__conditions=leaf).rule
    assert Rule.objects.get(pk=rule.pk).conditions["value"] == NFC
    assert explain_listing(listing.pk)["total_adjustment"] == 5
    with pytest.raises(ValidationError):
        CustomFieldFactory(key="twice", data_type="enum", options=[NFD, NFC])


REGISTRY = FieldRegistry([Field("custom.label", Kind.STRING, "Label", options=(NFC,))])


@pytest.mark.parametrize("here", [NFC, NFD])
@pytest.mark.parametrize("there", [NFC, NFD, NFD.upper()])
@pytest.mark.parametrize(
    ("operator", "shape"),
    [("equals", str), ("in", lambda text: [text]), ("contains", str), ("starts_with", str), ("regex", str)],
)
def test_the_engine_compares_in_nfc(here: str, there: str, operator: str, shape: Any) -> None:
    if operator == "regex" and there != NFD.upper():
        there = there.replace("\u00df", ".")
    leaf = {"field_name": "title", "operator": operator, "value": shape(there)}
    if operator == "regex" and there == NFD.upper():
        return  # a pattern knows no ss for an eszett
    condition, problems = parse_conditions(leaf, REGISTRY)
    assert problems == []
    batch = Batch.from_rows([{"title": here, "price_usd": 1}, {"title": "no", "price_usd": 1}], REGISTRY)
    assert match(condition, batch).tolist() == [True, False]


def test_an_option_is_one_in_either_form() -> None:
    assert check_conditions({"field_name": "custom.label", "operator": "equals", "value": NFD}, REGISTRY) == []


@db
def test_formulas_and_factors() -> None:
    listing = ListingFactory(price_usd=100, manufacturer=NFC)
    RuleActionFactory(action_type="formula", value_usd=None, formula=f"7 if manufacturer == '{NFD}' else 0")
    RuleActionFactory(value_usd=10, modifiers={"brand_multipliers": {NFD: 0.5}})
    assert explain_listing(listing.pk)["total_adjustment"] == 12


@db
def test_nothing_chosen_is_missing() -> None:
    """As a field that is required says: an empty list is nothing. An empty text is one, as ever."""
    CustomFieldFactory(key="many", data_type="multi_select", options=["a", "b"])
    CustomFieldFactory(key="any", data_type="json")
    CustomFieldFactory(key="text", data_type="string")
    for key in ("many", "any", "text"):
        leaf = {"field_name": f"custom.{key}", "operator": "is_null"}
        RuleActionFactory(value_usd=1, rule__name=key, rule__conditions=leaf)
    listing = ListingFactory(attributes={"many": [], "any": [], "text": ""})
    named = [line["rule_name"] for line in explain_listing(listing.pk)["adjustments"]]
    assert sorted(named) == ["any", "many"]


@db
def test_a_baseline_keeps_its_own_text_and_its_rules_are_as_planned() -> None:
    field = {
        "id": "memory",
        "proper_name": NFD,
        "valuation_buckets": [
            tier(NFD, [*at_least(8), {"field_name": "title", "operator": "contains", "value": NFD}], 5)
        ],
    }
    outcome = import_baseline(content=document(RamSpec=[field]))
    rule = Rule.objects.get(group__ruleset=outcome.ruleset_id)
    assert rule.name == f"{NFC}: {NFC}"
    source = rule.group.ruleset.baseline_import
    assert source.document["entities"]["RamSpec"][0]["proper_name"] == NFD
    assert source.source_hash == outcome.source_hash
    assert edited_fields(source, read_document(source.document, field_registry())) == set()


@db
def test_what_was_stored_before_is_put_into_nfc() -> None:
    twin, other, cpu = RuleFactory(name=NFC), RuleFactory(name="x"), CpuFactory()
    rule = RuleFactory(group=twin.group, name="x")
    write_raw(Cpu, cpu.pk, "notes", NFD)
    write_raw(Rule, other.pk, "name", NFD)
    write_raw(Rule, rule.pk, "name", NFD)
    columns = {"catalog.Cpu": ["name", "notes"], "valuation.Rule": ["name", "conditions"]}
    assert store_in_nfc(apps, SimpleNamespace(connection=connection), columns) == 2
    assert (stored(Cpu, cpu.pk, "notes"), stored(Rule, other.pk, "name")) == (NFC, NFC)
    # Its name is another row's: a person has to decide.
    assert (stored(Rule, twin.pk, "name"), stored(Rule, rule.pk, "name")) == (NFC, NFD)
