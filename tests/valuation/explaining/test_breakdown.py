"""Explanations: current, in few queries, and true of assigned and switched-off rulesets."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import (
    GpuFactory,
    ListingFactory,
    PortFactory,
    RuleActionFactory,
    RuleFactory,
    RulesetFactory,
)
from valuation.explaining.breakdown import explain_listing
from valuation.models import Rule, RulesetOverride

pytestmark = pytest.mark.django_db

EVERYTHING = " + ".join(
    f"coalesce({path}, 0)"
    for path in (
        "ram_gb",
        "cpu.cores",
        "gpu.gpu_mark",
        "ram_spec.speed_mhz",
        "storage.primary.capacity_gb",
        "storage.secondary.capacity_gb",
        "ports.usb_total",
        "age_years",
        "total_storage_gb",
    )
)


@pytest.mark.parametrize("trace", [False, True])
def test_at_most_ten_queries_whatever_the_rules_read(trace: bool) -> None:
    listing = ListingFactory(
        gpu=GpuFactory(),
        ram_gb=16,
        primary_storage_gb=512,
        secondary_storage_gb=1000,
        ports_profile=PortFactory().ports_profile,
    )
    for _ in range(3):
        RuleActionFactory(action_type="formula", formula=EVERYTHING, value_usd=None)
    RulesetOverride.objects.create(listing=listing).disabled_rulesets.add(RulesetFactory())
    explain_listing(listing.pk, trace=trace)  # compiles the rules
    with CaptureQueriesContext(connection) as queries:
        found = explain_listing(listing.pk, trace=trace)
    assert found["matched_rules_count"] == 3
    assert len(queries) <= 10, [query["sql"] for query in queries]


def test_an_explanation_is_of_now() -> None:
    action = RuleActionFactory(value_usd=5)
    listing = ListingFactory(price_usd=100)
    assert explain_listing(listing.pk)["adjusted_price_usd"] == 105.0
    action.value_usd = 7
    action.save()
    Listing.objects.filter(pk=listing.pk).update(price_usd=200)
    assert explain_listing(listing.pk)["adjusted_price_usd"] == 207.0


def test_assigned_and_switched_off_rulesets() -> None:
    first, second = RuleActionFactory(value_usd=1), RuleActionFactory(value_usd=10)
    listing = ListingFactory(price_usd=100)
    override = RulesetOverride.objects.create(listing=listing, static_ruleset=second.rule.group.ruleset)
    assert explain_listing(listing.pk)["total_adjustment"] == 10.0
    override.static_ruleset = None
    override.save()
    override.disabled_rulesets.add(second.rule.group.ruleset)
    found = explain_listing(listing.pk, trace=True)
    assert found["total_adjustment"] == 1.0
    assert [line["reason"] for line in found["unmatched"]] == ["the ruleset is switched off for this listing"]
    ruleset = first.rule.group.ruleset
    ruleset.is_active = False
    ruleset.save()
    assert explain_listing(listing.pk)["total_adjustment"] == 0.0


def test_a_rule_whose_field_is_gone_is_named_and_stops_nothing() -> None:
    RuleActionFactory(value_usd=5)
    broken = RuleFactory()
    Rule.objects.filter(pk=broken.pk).update(conditions={"field_name": "custom.gone", "operator": "equals", "value": 1})
    found = explain_listing(ListingFactory(price_usd=100).pk)
    assert found["total_adjustment"] == 5.0
    (error,) = found["errors"]
    assert (error["rule_id"], error["path"]) == (broken.pk, "conditions.field_name")
    assert "custom.gone" in error["message"]


def test_a_listing_that_does_not_exist() -> None:
    with pytest.raises(Listing.DoesNotExist):
        explain_listing(7)
