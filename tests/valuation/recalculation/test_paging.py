"""The facts of a market in pages: all of them, once, in order."""

from __future__ import annotations

import pytest

from listings.models import Listing
from tests.factories import ListingFactory
from valuation.recalculation import paging
from valuation.recalculation.paging import pages_of_facts
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (2, [2]), (3, [3, 0]), (7, [3, 3, 1])])
def test_pages(monkeypatch: pytest.MonkeyPatch, count: int, sizes: list[int]) -> None:
    monkeypatch.setattr(paging, "PAGE", 3)
    ids = [ListingFactory(ram_gb=8).pk for _ in range(count)]
    ListingFactory(ram_gb=16)
    listings = Listing.objects.filter(ram_gb=8).order_by("-pk")
    pages = list(pages_of_facts(listings, fields=["ram_gb"], registry=field_registry(), year=2026))
    assert [len(page.batch) for page in pages] == sizes
    assert [pk for page in pages for pk in page.batch.ids.tolist()] == ids
