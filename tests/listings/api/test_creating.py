"""`POST /v1/listings/bulk`: up to 1,000 listings, all of them or none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Cpu, RamSpec
from listings.models import Listing, ListingComponent
from tests.api import Api, problems
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory

pytestmark = pytest.mark.django_db

BULK = "/v1/listings/bulk"


@pytest.fixture
def api() -> Api:
    return Api("Editors")


def item(**fields: Any) -> dict[str, Any]:
    return {"title": "Mini PC", "price_usd": 100, **fields}


def test_each_is_as_a_post_of_it_alone(api: Api) -> None:
    CustomFieldFactory(key="hue", default="grey")
    cpu = CpuFactory(name="Core i5-8500T")
    bodies = [
        item(cpu_id=cpu.pk, ram_gb=16, ram_type="DDR4", primary_storage_gb=512, primary_storage_type="NVMe SSD"),
        item(cpu_name="core I5-8500t", components=[{"component_type": "Wi-Fi", "name": "AX200"}]),
        item(cpu_name="Brand New", condition=None, seller=None, other_urls=["https://example.com/1"]),
    ]
    alone = [api.made("/v1/listings", **body) for body in bodies]
    document = api.got("POST", BULK, {"listings": bodies}, status=201)
    own = ("id", "created_at", "updated_at", "valued_at", "components", "cpu")
    for made, listing in zip(alone, document["listings"], strict=True):
        assert {k: v for k, v in listing.items() if k not in own} == {k: v for k, v in made.items() if k not in own}
    assert [row["stale"] for row in document["listings"]] == [False] * 3
    assert document["created_ids"] == [row["id"] for row in document["listings"]]
    assert (document["created_count"], document["existing_count"]) == (3, 0)
    assert (Cpu.objects.count(), RamSpec.objects.count(), ListingComponent.objects.count()) == (2, 1, 2)


def test_an_item_of_a_marketplace_is_listed_once(api: Api) -> None:
    there = ListingFactory(marketplace="ebay", vendor_item_id="7", title="As it was")
    bodies = [
        item(marketplace="ebay", vendor_item_id="7", price_usd=1),
        item(marketplace="amazon", vendor_item_id="7"),
        item(marketplace="eBay", vendor_item_id="8", title="First"),
        item(marketplace="ebay", vendor_item_id="8", title="Second"),
    ]
    document = api.got("POST", BULK, {"listings": bodies}, status=201)
    first, amazon, eighth, again = document["listings"]
    assert (first["id"], first["title"]) == (there.pk, "As it was")
    assert (eighth["title"], again["id"]) == ("First", eighth["id"])
    assert document["created_ids"] == [amazon["id"], eighth["id"]]
    repeated = api.got("POST", BULK, {"listings": bodies})
    assert [row["id"] for row in repeated["listings"]] == [row["id"] for row in document["listings"]]
    assert (repeated["created_count"], Listing.objects.count()) == (0, 3)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"listings": "required"}),
        ({"listings": []}, {"listings": "empty"}),
        ({"listings": None}, {"listings": "empty"}),
        ({"listings": [item(), item(price_usd=-1), item(sellr="x")]}, ...),
        ({"listings": [item(cpu_id=99)]}, {"listings[0].cpu_id": "does_not_exist"}),
        ({"listings": [item()] * 1001}, {"listings": "max_length"}),
        ({"listing": []}, {"listing": "unknown", "listings": "required"}),
    ],
)
def test_what_is_wrong_with_one_refuses_all(api: Api, body: Any, wrong: Any) -> None:
    found = problems(api.send("POST", BULK, body))
    expected = {"listings[1].price_usd": "min_value", "listings[2].sellr": "unknown"} if wrong is ... else wrong
    assert found == expected
    assert not Listing.objects.exists()


def test_a_thousand_make_no_more_queries_than_ten(api: Api) -> None:
    cpus = [CpuFactory() for _ in range(3)]
    CustomFieldFactory(key="hue", default="grey")

    def bodies(count: int, name: str) -> list[dict[str, Any]]:
        return [
            item(
                cpu_id=cpus[number % 3].pk,
                ram_gb=16,
                ram_type="DDR4",
                primary_storage_gb=512,
                marketplace="ebay",
                vendor_item_id=f"{name}{number}",
            )
            for number in range(count)
        ]

    api.got("POST", BULK, {"listings": bodies(3, "warm")}, status=201)
    counts = []
    for count in (5, 25):  # SQLite takes so many columns in one INSERT
        with CaptureQueriesContext(connection) as queries:
            api.got("POST", BULK, {"listings": bodies(count, f"n{count}-")}, status=201)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_those_who_may_add_listings() -> None:
    assert Api("Viewers").send("POST", BULK, {"listings": [item()]}).status_code == 403
