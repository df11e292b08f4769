"""What somebody wrote for colleagues, and what came from elsewhere unread, is for people with a login."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from listings.models import Listing
from tests.factories import CpuFactory, GpuFactory, ListingFactory, RulesetFactory, StaffFactory
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

SECRET = "zq-secret-zq"
PLACES = [
    "/v1/listings",
    "/v1/listings?format=array",
    "/v1/listings?q=zq-secret-zq",
    "/v1/listings/{listing}",
    "/v1/listings/export?format=csv",
    "/v1/listings/export?format=jsonl",
    "/v1/fields-data/listing/records",
    "/v1/fields-data/listing/records/{listing}",
    "/v1/fields-data/cpu/records",
    "/v1/catalog/cpus",
    "/v1/catalog/cpus/{cpu}",
    "/v1/catalog/cpus/{cpu}/listings",
    "/v1/catalog/gpus",
    "/v1/cpus",
    "/v1/cpus/{cpu}",
    "/v1/dashboard",
    "/v1/rankings?metric=adjusted_price_usd",
    "/v1/listings/{listing}/valuation-breakdown?trace=true",
    "/v1/fields/listing.notes/values",
    "/",
    "/listings/{listing}",
]


@pytest.fixture
def listing(settings: Any) -> Listing:
    settings.DEALBRAIN_PUBLIC_READ = True
    cpu, gpu = CpuFactory(notes=f"{SECRET} cpu"), GpuFactory(notes=f"{SECRET} gpu")
    listing = ListingFactory(
        cpu=cpu, gpu=gpu, price_usd=100, notes=f"{SECRET} listing", raw_payload={"seller_mail": SECRET}
    )
    recalculate(scope=Scope(everything=True), trigger="test")
    return listing


def body(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode().replace("q=zq-secret-zq", ""))


@pytest.mark.parametrize("place", PLACES)
def test_a_stranger_reads_neither(listing: Listing, place: str) -> None:
    answer = Client().get(place.format(listing=listing.pk, cpu=listing.cpu_id))
    assert answer.status_code in (200, 404)
    assert SECRET not in body(answer).replace('value="zq-secret-zq"', "")


def test_nor_finds_by_them(listing: Listing) -> None:
    for name in ("notes", "notes__icontains", "raw_payload", "raw_payload__seller_mail"):
        assert Client().get("/v1/listings", {name: SECRET}).status_code == 400
    for name in ("notes", "-notes", "raw_payload"):
        assert Client().get("/v1/listings", {"ordering": name}).status_code == 400
    assert Client().get("/v1/listings", {"q": SECRET}).json()["items"] == []
    assert Client().get("/v1/catalog/cpus", {"q": SECRET}).json()["items"] == []
    for field in ("notes", "raw_payload", "cpu.notes"):
        body = {"conditions": {"field_name": field, "operator": "contains", "value": SECRET}, "actions": []}
        path = "/api/v1/valuation-rules/preview"
        assert Client().post(path, json.dumps(body), content_type="application/json").status_code == 400


def test_people_read_both(listing: Listing) -> None:
    RulesetFactory()
    ann = Client()
    ann.force_login(StaffFactory(group="Viewers"))
    for place in (f"/v1/listings/{listing.pk}", "/v1/listings", "/v1/listings/export?format=csv"):
        shown = body(ann.get(place))
        assert f"{SECRET} listing" in shown
        assert "seller_mail" in shown
    assert f"{SECRET} cpu" in body(ann.get(f"/v1/catalog/cpus/{listing.cpu_id}"))
    assert f"{SECRET} listing" in body(ann.get(f"/listings/{listing.pk}"))


def test_what_a_stranger_finds_is_empty_and_of_its_type(listing: Listing) -> None:
    shown = Client().get(f"/v1/listings/{listing.pk}").json()
    assert (shown["notes"], shown["raw_payload"], shown["cpu"]["notes"]) == ("", {}, "")
    header = body(Client().get("/v1/listings/export?format=csv")).splitlines()[0].split(",")
    assert not {"notes", "raw_payload"} & set(header)
