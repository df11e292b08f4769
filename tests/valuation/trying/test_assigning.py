"""What a listing would be worth under each ruleset that it can be assigned."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import ListingFactory, RuleActionFactory, RulesetFactory, StaffFactory
from valuation.models import RulesetOverride
from valuation.trying.assigning import worth_by_choice

pytestmark = pytest.mark.django_db


def test_each_choice_and_the_one_of_today() -> None:
    first, second = (RuleActionFactory(value_usd=value).rule.group.ruleset for value in (-10, -3))
    RulesetFactory(is_active=False)
    free, assigned, without = (ListingFactory(price_usd=price) for price in (100, 100, None))
    RulesetOverride.objects.create(listing=assigned, static_ruleset=second)
    shown = {
        listing: [(worth.ruleset_id, worth.adjusted_cents, worth.is_chosen) for worth in worth_by_choice(listing.pk)]
        for listing in (free, assigned, without)
    }
    assert shown[free] == [(None, 8_700, True), (first.pk, 9_000, False), (second.pk, 9_700, False)]
    assert shown[assigned] == [(None, 8_700, False), (first.pk, 9_000, False), (second.pk, 9_700, True)]
    assert shown[without] == []


def test_it_is_told_where_one_chooses(client: Client) -> None:
    client.force_login(StaffFactory(group="Analysts"))
    RuleActionFactory(value_usd=-10)
    listing = ListingFactory(price_usd=100)
    pages = (
        f"/admin/listings/listing/{listing.pk}/change/",
        f"/admin/valuation/rulesetoverride/add/?listing={listing.pk}",
    )
    for page in pages:
        assert "$90.00" in client.get(page).content.decode(), page
    assert client.get("/admin/valuation/rulesetoverride/add/?listing=x").status_code == 200
