"""One change to many listings, all of them or none; and the ports of one."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Port, PortsProfile, RamSpec
from listings.models import Listing
from tests.api import Api, at_once, problems, race
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingComponentFactory,
    ListingFactory,
    PortFactory,
    PortsProfileFactory,
    RamSpecFactory,
)
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

BULK = "/v1/listings/bulk-update"


@pytest.fixture
def api() -> Api:
    return Api("Editors")


def change(api: Api, listings: list[Any], **body: Any) -> Any:
    return api.send("POST", f"{BULK}?rows=true", {"listing_ids": [listing.pk for listing in listings], **body})


def stored() -> list[dict[str, Any]]:
    return list(Listing.objects.order_by("pk").values())


# -- Bulk updates ----------------------------------------------------------------------------------------------


def test_the_same_change_to_all(api: Api) -> None:
    CustomFieldFactory(key="colour")
    CustomFieldFactory(key="size", data_type="number")
    first = ListingFactory(title="first", ram_gb=8, attributes={"colour": "red", "size": 1})
    second = ListingFactory(title="second", ram_spec=RamSpecFactory(), seller="mine")
    other = ListingFactory(title="other")
    before = Listing.objects.values().get(pk=other.pk)
    ListingComponentFactory(listing=first)
    fields = {"status": "archived", "price_usd": 99.5, "cpu_name": "i5", "ram_gb": 32, "notes": "sold"}
    answer = change(api, [second, first, first], fields=fields, attributes={"colour": None, "size": 2})
    document = answer.json()
    assert (answer.status_code, set(document), document["updated_count"]) == (200, {"updated", "updated_count"}, 2)
    assert document["updated"] == [api.read(f"/v1/listings/{row.pk}") for row in (first, second)]
    for item, title, seller, generation in zip(
        document["updated"], ("first", "second"), ("", "mine"), ("unknown", "ddr4"), strict=True
    ):
        assert {**fields, "title": title, "seller": seller, "attributes": {"size": 2}}.items() <= item.items()
        assert (item["ram_type"], item["ram_spec"]["total_capacity_gb"]) == (generation, 32)
    assert len(document["updated"][0]["components"]) == 1
    assert Listing.objects.values().get(pk=other.pk) == before


@pytest.mark.parametrize(
    ("dialect", "query", "has_rows"),
    [
        ("current", "", False),
        ("current", "?rows=false", False),
        ("current", "?rows=true", True),
        ("legacy", "", True),
        ("legacy", "?rows=false", False),
    ],
)
def test_rows_are_answered_where_they_are_wanted(
    api: Api, settings: Any, dialect: str, query: str, has_rows: bool
) -> None:
    """Older clients read them without asking."""
    settings.API_DIALECT = dialect
    listings = [ListingFactory(), ListingFactory()]
    body = {"listing_ids": [listing.pk for listing in listings], "fields": {"seller": "x"}}
    document = api.send("POST", f"{BULK}{query}", body).json()
    assert document["updated_count"] == 2
    assert [row["seller"] for row in document["updated"] or ()] == ["x", "x"] * has_rows
    assert (document["updated"] is None) is not has_rows


def test_attributes_alone_and_fields_alone(api: Api) -> None:
    CustomFieldFactory(key="colour")
    listing = ListingFactory(title="mine")
    assert change(api, [listing], attributes={"colour": "red"}).json()["updated"][0]["attributes"] == {"colour": "red"}
    assert change(api, [listing], fields={"seller": "x"}).json()["updated"][0]["attributes"] == {"colour": "red"}
    (item,) = change(api, [listing], fields={}, attributes={"colour": None}).json()["updated"]
    assert (item["title"], item["seller"], item["attributes"]) == ("mine", "x", {})
    assert change(api, [listing]).json()["updated_count"] == 1


def test_figures_are_those_of_what_was_written(api: Api) -> None:
    listings = [ListingFactory(price_usd=100), ListingFactory(price_usd=100)]
    recalculate(scope=Scope(), trigger="test")
    updated = change(api, listings[:1], fields={"price_usd": 50}).json()["updated"]
    assert [(item["stale"], item["adjusted_price_usd"]) for item in updated] == [(False, 50.0)]
    assert api.read(f"/v1/listings/{listings[1].pk}")["stale"] is False


def test_with_workers_figures_wait_for_them(api: Api, settings: Any) -> None:
    listing = ListingFactory(price_usd=100)
    recalculate(scope=Scope(), trigger="test")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    (item,) = change(api, [listing], fields={"price_usd": 50}).json()["updated"]
    assert (item["stale"], item["adjusted_price_usd"]) == (True, 100.0)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"fields": {"status": "sold"}}, {"fields.status": "invalid_choice"}),
        ({"fields": {"title": "ab", "ram_gb": -1}}, {"fields.title": "min_length", "fields.ram_gb": "min_value"}),
        ({"fields": {"sellr": "x"}}, {"fields.sellr": "unknown"}),
        ({"fields": {"components": []}}, {"fields.components": "unknown"}),
        ({"fields": {"attributes": {}}}, {"fields.attributes": "unknown"}),
        ({"fields": {"ram_spec_id": ..., "ram_gb": 3}}, {"fields.ram_gb": "invalid"}),
        ({"fields": []}, {"fields": "invalid"}),
        ({"attributes": []}, {"attributes": "invalid"}),
        ({"attributes": {"hue": 1}}, {"attributes.hue": "unknown"}),
        ({"attributes": {"size": "large"}}, {"attributes.size": "invalid"}),
        ({"attributes": {"colour": None}}, {"attributes.colour": "required"}),
        ({"listing_ids": []}, {"listing_ids": "min_length"}),
        ({"listing_ids": list(range(1, 1002))}, {"listing_ids": "max_length"}),
        ({"listing_ids": [0, 2**63]}, {"listing_ids[0]": "min_value", "listing_ids[1]": "max_value"}),
        ({"listing_ids": ["x"]}, {"listing_ids[0]": "invalid"}),
        ({"listing_ids": None}, {"listing_ids": "min_length"}),
        ({"field": {}}, {"field": "unknown"}),
    ],
)
def test_what_is_refused_changes_nothing(api: Api, body: dict[str, Any], wrong: dict[str, str]) -> None:
    CustomFieldFactory(key="size", data_type="number")
    CustomFieldFactory(key="colour", is_required=True)
    ram = RamSpecFactory()
    if "ram_spec_id" in body.get("fields", {}):
        body = {"fields": {**body["fields"], "ram_spec_id": ram.pk}}
    listings = [ListingFactory(attributes={"colour": "red"}) for _ in range(2)]
    before = stored()
    assert problems(change(api, listings, **body)) == wrong
    assert stored() == before


def test_the_ids_have_to_be_given(api: Api) -> None:
    assert problems(api.send("POST", BULK, {"fields": {"seller": "x"}})) == {"listing_ids": "required"}


def test_ids_that_do_not_exist_are_named_and_nothing_is_changed(api: Api) -> None:
    listing = ListingFactory()
    before = stored()
    answer = api.send("POST", BULK, {"listing_ids": [10**6, listing.pk, 10**6 + 1], "fields": {"seller": "x"}})
    assert problems(answer, 404) == {}
    assert answer.json()["detail"] == "There are no listings with the ids 1000000, 1000001: nothing was changed."
    many = api.send("POST", BULK, {"listing_ids": list(range(10**6, 10**6 + 25))})
    assert "1000019 and 5 more" in many.json()["detail"]
    assert stored() == before


def test_one_that_collides_keeps_all_as_they_were(api: Api) -> None:
    ListingFactory(marketplace="ebay", vendor_item_id="1")
    listings = [ListingFactory(), ListingFactory()]
    before = stored()
    for body in ({"fields": {"vendor_item_id": "9"}}, {"fields": {"marketplace": "ebay", "vendor_item_id": "1"}}):
        assert problems(change(api, listings, **body), 409) == {}
    assert stored() == before


def test_a_row_that_does_not_fit_keeps_all_as_they_were(api: Api) -> None:
    """A field that became required later is asked of nobody who does not write it, and of all who do."""
    colour = CustomFieldFactory(key="colour", data_type="enum", options=["red", "blue"])
    old, new = ListingFactory(attributes={"colour": "blue"}), ListingFactory(attributes={"colour": "red"})
    type(colour).objects.filter(pk=colour.pk).update(options=["red"], is_required=True)
    assert change(api, [old, new], fields={"seller": "x"}).status_code == 200
    before = stored()
    assert problems(change(api, [new, old], attributes={"colour": "blue"})) == {"attributes.colour": "invalid"}
    assert stored() == before


def test_a_thousand_make_no_more_queries_than_nine_hundred(api: Api) -> None:
    cpu = CpuFactory()
    Listing.objects.bulk_create(Listing(title=f"Mini {number}", cpu=cpu) for number in range(1_000))
    listings = list(Listing.objects.order_by("pk"))
    counts = []
    recalculate(scope=Scope(), trigger="test")  # from here on the rules are at hand
    for chosen in (listings[:900], listings):
        with CaptureQueriesContext(connection) as queries:
            answer = change(api, chosen, fields={"condition": "refurb"}, attributes={})
        assert answer.json()["updated_count"] == len(chosen)
        # Each row is one run of one statement, which SQLite's debug cursor counts as one.
        counts.append(len(queries))
    assert counts[0] == counts[1]


@race
def test_two_overlapping_changes_lose_nothing() -> None:
    for key in ("a", "b"):
        CustomFieldFactory(key=key)
    listings = [ListingFactory() for _ in range(30)]
    everybody = [Api(root=True), Api(root=True)]
    answers = at_once(
        partial(change, everybody[0], listings[:20], fields={"seller": "x"}, attributes={"a": "1"}),
        partial(change, everybody[1], listings[:9:-1], fields={"notes": "y"}, attributes={"b": "2"}),
    )
    assert [answer.json()["updated_count"] for answer in answers] == [20, 20]
    for number, row in enumerate(Listing.objects.order_by("pk")):
        first, second = number < 20, number >= 10
        assert (row.seller, row.notes) == ("x" if first else "", "y" if second else "")
        assert row.attributes == {**({"a": "1"} if first else {}), **({"b": "2"} if second else {})}


@race
def test_two_changes_of_one_listing_lose_no_attribute() -> None:
    for key in ("a", "b"):
        CustomFieldFactory(key=key)
    path = f"/v1/listings/{ListingFactory().pk}"
    answers = at_once(*(partial(Api(root=True).send, "PATCH", path, {"attributes": {key: "x"}}) for key in ("a", "b")))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Listing.objects.get().attributes == {"a": "x", "b": "x"}


# -- Ports -----------------------------------------------------------------------------------------------------


def ports_of(listing: Listing) -> str:
    return f"/v1/listings/{listing.pk}/ports"


def test_ports_are_replaced(api: Api) -> None:
    listing = ListingFactory()
    assert api.read(ports_of(listing)) == {"ports": []}
    ports = [{"port_type": "usb_c", "quantity": 16}, {"port_type": "hdmi", "quantity": 1}]
    assert api.got("POST", ports_of(listing), {"ports": ports}) == {"ports": ports} == api.read(ports_of(listing))
    profile = api.read(f"/v1/listings/{listing.pk}")["ports_profile"]
    assert sorted((port["type"], port["count"]) for port in profile["ports"]) == [("hdmi", 1), ("usb_c", 16)]
    assert api.got("POST", ports_of(listing), {"ports": ports[1:]}) == {"ports": ports[1:]}
    assert api.got("POST", ports_of(listing), {"ports": []}) == {"ports": []} == api.read(ports_of(listing))
    assert api.read(f"/v1/listings/{listing.pk}")["ports_profile"] is None


@pytest.mark.parametrize("own_first", [False, True])
def test_other_listings_keep_their_ports(api: Api, own_first: bool) -> None:
    profile = PortFactory(type="audio", count=3).ports_profile
    listing, other = ListingFactory(ports_profile=profile), ListingFactory(ports_profile=profile)
    if own_first:  # the other one has taken over what was made for this one
        api.got("POST", ports_of(listing), {"ports": [{"port_type": "audio", "quantity": 3}]})
        own = api.read(f"/v1/listings/{listing.pk}")["ports_profile_id"]
        api.got("PATCH", f"/v1/listings/{other.pk}", {"ports_profile_id": own})
    ports = [{"port_type": "hdmi", "quantity": 1}]
    assert api.got("POST", ports_of(listing), {"ports": ports}) == {"ports": ports}
    assert api.read(ports_of(other)) == {"ports": [{"port_type": "audio", "quantity": 3}]}


def test_what_somebody_named_alike_is_left_alone(api: Api) -> None:
    listing = ListingFactory()
    theirs = PortFactory(ports_profile=PortsProfileFactory(name=f"Ports of listing {listing.pk}")).ports_profile
    ListingFactory(ports_profile=theirs)
    api.got("POST", ports_of(listing), {"ports": [{"port_type": "hdmi", "quantity": 1}]})
    assert [port.type for port in theirs.ports.all()] == ["usb_a"]


def test_ports_are_facts(api: Api) -> None:
    listing = ListingFactory()
    recalculate(scope=Scope(), trigger="test")
    api.got("POST", ports_of(listing), {"ports": [{"port_type": "hdmi", "quantity": 1}]})
    assert api.read(f"/v1/listings/{listing.pk}")["stale"] is True
    recalculate(scope=Scope(), trigger="test")
    api.got("POST", ports_of(listing), {"ports": [{"port_type": "hdmi", "quantity": 2}]})
    assert api.read(f"/v1/listings/{listing.pk}")["stale"] is True


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"ports": "required"}),
        ({"ports": {}}, {"ports": "not_a_list"}),
        ({"ports": [{"port_type": "vga", "quantity": 1}]}, {"ports[0].port_type": "invalid_choice"}),
        ({"ports": [{"port_type": "hdmi", "quantity": 0}]}, {"ports[0].quantity": "min_value"}),
        (
            {"ports": [{"port_type": "hdmi", "quantity": 1}, {"quantity": 17}]},
            {"ports[1].port_type": "required", "ports[1].quantity": "max_value"},
        ),
        (
            {"ports": [{"port_type": "hdmi", "count": 1}]},
            {"ports[0].count": "unknown", "ports[0].quantity": "required"},
        ),
        ({"ports": [{"port_type": "hdmi", "quantity": 1}] * 51}, {"ports": "max_length"}),
    ],
)
def test_ports_that_are_refused(api: Api, body: Any, wrong: dict[str, str]) -> None:
    listing = ListingFactory(ports_profile=PortFactory().ports_profile)
    assert problems(api.send("POST", ports_of(listing), body)) == wrong
    assert (Port.objects.count(), PortsProfile.objects.count()) == (1, 1)


def test_ports_of_nothing(api: Api) -> None:
    for method, body in (("GET", None), ("POST", {"ports": []})):
        assert api.send(method, "/v1/listings/1000000/ports", body).status_code == 404


@race
def test_two_who_set_the_ports_at_once() -> None:
    listing = ListingFactory()
    kinds = ("hdmi", "audio", "sdxc")
    answers = at_once(
        *(
            partial(Api(root=True).send, "POST", ports_of(listing), {"ports": [{"port_type": kind, "quantity": 1}]})
            for kind in kinds
        )
    )
    assert [answer.status_code for answer in answers] == [200] * 3
    assert Port.objects.filter(ports_profile__listings=listing).count() == 1


@race
def test_memory_that_two_change_at_once() -> None:
    listing = ListingFactory(ram_gb=8)
    everybody = [Api(root=True), Api(root=True)]
    answers = at_once(*(partial(change, api, [listing], fields={"ram_gb": 16}) for api in everybody))
    assert [answer.status_code for answer in answers] == [200, 200]
    row = Listing.objects.select_related("ram_spec").get()
    assert (row.ram_gb, row.ram_spec.total_capacity_gb, RamSpec.objects.count()) == (16, 16, 2)
