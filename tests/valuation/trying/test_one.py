"""One listing under a draft, and formulas tried on sample values."""

from __future__ import annotations

from typing import Any

import pytest

from listings.models import Listing
from tests.factories import CustomFieldFactory, ListingFactory, RuleActionFactory, RulesetFactory
from valuation.models import Ruleset, RulesetOverride
from valuation.trying.one import evaluate_listing, try_formula

pytestmark = pytest.mark.django_db


def test_a_draft_alone_whoever_switched_it_off() -> None:
    RuleActionFactory(value_usd=100)
    draft = RuleActionFactory(value_usd=-25, rule__group__ruleset__is_active=False).rule.group.ruleset
    listing = ListingFactory(price_usd=200)
    override = RulesetOverride.objects.create(listing=listing)
    override.disabled_rulesets.add(draft)
    shown = evaluate_listing(listing_id=listing.pk, ruleset_id=draft.pk)
    assert (shown["base_price_usd"], shown["adjusted_price_usd"]) == (200.0, 175.0)
    assert shown["breakdown"]["ruleset"] == {"id": draft.pk, "name": draft.name}
    assert shown["breakdown"]["total_adjustment"] == -25.0
    assert shown["breakdown"]["adjustments"] == shown["adjustments"]
    assert evaluate_listing(listing_id=listing.pk)["total_adjustment"] == 100.0


def test_its_conditions_count() -> None:
    ruleset = RuleActionFactory(value_usd=5).rule.group.ruleset
    ruleset.conditions = {"field_name": "ram_gb", "operator": "gte", "value": 64}
    ruleset.save()
    shown = evaluate_listing(listing_id=ListingFactory(ram_gb=8).pk, ruleset_id=ruleset.pk)
    assert (shown["total_adjustment"], shown["ruleset_id"]) == (0.0, ruleset.pk)


def test_what_does_not_exist() -> None:
    listing, ruleset = ListingFactory(), RulesetFactory()
    with pytest.raises(Ruleset.DoesNotExist):
        evaluate_listing(listing_id=listing.pk, ruleset_id=ruleset.pk + 1)
    for ruleset_id in (None, ruleset.pk):
        with pytest.raises(Listing.DoesNotExist):
            evaluate_listing(listing_id=listing.pk + 1, ruleset_id=ruleset_id)


@pytest.mark.parametrize(
    ("formula", "sample", "preview", "message"),
    [
        ("ram_gb * 2", {"ram_gb": 16}, 32.0, ""),
        ("ram_gb * 2", {"RAM_GB": 16.5}, 33.0, ""),
        ("price_usd / 2", {"price_usd": 99.99}, 50.0, ""),
        ("price_usd / 4", {"price_usd": 99.98}, 25.0, ""),
        ("price_usd", {"price_usd": 0.125}, 0.13, ""),
        ("ram_gb * 0.001", {"ram_gb": 5}, 0.01, ""),
        ("ram_gb * 1000000000", {"ram_gb": 16}, None, "the result is beyond 1,000,000,000"),
        ("price_usd / 2", {}, None, "price_usd is unknown"),
        ("1 if ram_type == 'ddr4' else 2", {"ram_type": "Unknown"}, None, "ram_type is unknown"),
        ("1 / ram_gb if ram_gb else 1", {"ram_gb": 0}, 1.0, ""),
        ("1 / ram_gb", {"ram_gb": 0}, None, "division by zero"),
        ("ram_gb ** -1", {"ram_gb": 0}, None, "division by zero"),
        ("0 ** -1", {}, None, "division by zero"),
        ("1 if title == 'x' else 2", {"title": "X"}, 1.0, ""),
        (r"1 if title == '\d' else 2", {"title": "y"}, 2.0, ""),
        ("ports.has_thunderbolt * 5", {"ports.has_thunderbolt": True}, 5.0, ""),
        ("custom.weight + 1", {"custom.weight": 2}, 3.0, ""),
        ("cores", {"cpu_cores": 8}, 8.0, ""),
        ("ram_gb", {"ram_gb": "16"}, None, "sample_context.ram_gb: must be a number"),
        ("ram_gb", {"ram_gb": True}, None, "sample_context.ram_gb: must be a number"),
        ("ram_gb", {"ram_gb": 1e300}, None, "sample_context.ram_gb: must be a number"),
        ("ram_gb", {"ram_gb": 1, "rams": 2}, None, "sample_context.rams: unknown field"),
        ("ram_gb *", {"ram_gb": 1}, None, "too early"),
        ("", {}, None, "a formula is needed"),
        ("9**9**9", {}, None, "too large a number"),
    ],
)
def test_formulas(formula: str, sample: dict[str, Any], preview: float | None, message: str) -> None:
    CustomFieldFactory(key="weight", data_type="number")
    shown = try_formula(formula=formula, sample=sample)
    assert shown["preview"] == preview
    told = " ".join(error["message"] for error in shown["errors"])
    assert message in told if message else told == ""


def test_what_can_be_read_and_where_it_is_wrong() -> None:
    shown = try_formula(formula="ramgb * (2", sample={})
    assert shown["valid"] is False
    assert shown["errors"][0]["position"] == 8
    assert {"path": "cpu.cores", "label": "CPU cores", "kind": "number", "unit": "cores"} in shown["available_fields"]
    assert try_formula(formula="cpu_cores + ram_gb")["used_fields"] == ["cpu.cores", "ram_gb"]


def test_on_the_first_active_listing() -> None:
    assert "there is no active listing" in try_formula(formula="ram_gb")["errors"][0]["message"]
    ListingFactory(status="archived", ram_gb=4)
    ListingFactory(ram_gb=8)
    ListingFactory(ram_gb=16)
    assert try_formula(formula="ram_gb")["preview"] == 8.0
