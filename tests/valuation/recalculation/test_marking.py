"""What is stale, in all and in a range."""

from __future__ import annotations

import pytest
from django.db.models import F

from listings.models import Listing
from tests.factories import ListingFactory
from valuation.models import ListingValuation
from valuation.recalculation.marking import mark_rules, revision_row, stale_by_themselves, stale_listings
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rules_moved", [False, True])
def test_a_range_holds_what_is_stale_in_it_and_nothing_else(rules_moved: bool) -> None:
    ids = [ListingFactory(price_usd=100).pk for _ in range(6)]
    recalculate(scope=Scope(), trigger="test")
    for pk in (ids[0], ids[2]):
        Listing.objects.filter(pk=pk).update(input_version=F("input_version") + 1)
    ListingValuation.objects.filter(listing__in=[ids[3], ids[5]]).delete()
    if rules_moved:
        mark_rules()
        ListingValuation.objects.filter(listing=ids[4]).update(revision=revision_row().revision)
    row, within = revision_row(), (ids[1], ids[4])
    for whole, part in (
        (stale_listings(row), stale_listings(row, within=within)),
        (stale_by_themselves(), stale_by_themselves(within=within)),
    ):
        expected = set(whole.filter(pk__range=within).values_list("pk", flat=True))
        assert expected
        assert set(part.values_list("pk", flat=True)) == expected


def test_the_range_is_said_of_the_figures_too() -> None:
    statement = str(stale_by_themselves(within=(11, 29)).query)
    join = statement[statement.index("JOIN") : statement.index("WHERE")]
    assert ">= 11" in join
    assert "<= 29" in join
