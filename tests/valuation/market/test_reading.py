"""Listings as offers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory
from valuation.market import reading
from valuation.market.estimate.offers import FAMILY, Offers
from valuation.market.reading import read_offers
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


def offers() -> Offers:
    return read_offers(Listing.objects.active(), registry=field_registry(), year=2026)


def test_a_listing_says_what_it_says_and_no_more() -> None:
    CustomFieldFactory(key="touch", data_type="boolean")
    CustomFieldFactory(key="screen", data_type="enum", options=["14", "16"])
    cpu = CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=7_800, release_year=2018)
    full = ListingFactory(
        title="ThinkCentre",
        cpu=cpu,
        gpu=GpuFactory(name="RTX 3050", gpu_mark=12_500),
        ram_gb=16,
        primary_storage_gb=512,
        secondary_storage_gb=1000,
        primary_storage_type="nvme",
        manufacturer="Lenovo",
        model_number="M720q",
        seller="shop",
        condition="refurb",
        price_date=date(2026, 3, 1),
        attributes={"touch": True, "screen": "14"},
    )
    ListingFactory(title="Something", cpu=None, condition="", price_usd=None, price_date=date(2026, 3, 31))
    ListingFactory(status="archived")
    found = offers()
    assert len(found) == 2
    assert found.ids[0] == full.pk
    assert found.price[0] == 300.0
    assert {name: float(values[0]) for name, values in found.numbers.items()} == {
        "ram_gb": 16.0,
        "storage_gb": 1512.0,
        "cpu_mark": 7800.0,
        "age_years": 8.0,
        "gpu_mark": 12500.0,
        "card": 1.0,
    }
    stated = {name: column.texts().tolist() for name, column in found.labels.items()}
    assert stated[FAMILY] == ["Core i5", ""]
    assert stated["condition"] == ["refurb", ""]
    assert stated["medium"] == ["nvme", ""]
    assert stated["custom.touch"] == ["yes", ""]
    assert stated["custom.screen"] == ["14", ""]
    assert found.seller.texts().tolist() == ["shop", ""]
    assert found.model.texts()[0] == "lenovo\n\n\nm720q"
    assert found.days_old.tolist() == [30.0, 0.0]
    assert np.isnan(found.price[1])
    assert found.numbers["card"][1] == found.numbers["gpu_mark"][1] == 0.0


def test_no_listings_are_no_offers() -> None:
    assert len(offers()) == 0


def test_queries_go_by_pages_and_not_by_listings(monkeypatch: pytest.MonkeyPatch) -> None:
    ListingFactory.create_batch(7)
    with CaptureQueriesContext(
        connection,
    ) as once:
        whole = offers()
    monkeypatch.setattr(reading, "PAGE", 3)
    with CaptureQueriesContext(connection) as thrice:
        paged = offers()
    assert len(thrice) <= 3 * len(once)
    assert paged.ids.tolist() == whole.ids.tolist()
    assert paged.cpu.texts().tolist() == whole.cpu.texts().tolist()
