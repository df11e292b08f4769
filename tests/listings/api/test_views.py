"""The listings endpoints: whole documents, filters, orders, permissions, and input that means harm."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from listings.figures import FIGURES
from listings.models import Listing
from tests.factories import (
    CpuFactory,
    GpuFactory,
    ListingComponentFactory,
    ListingFactory,
    ListingMarketFactory,
    PortFactory,
    PortsProfileFactory,
    ProfileFactory,
    RamSpecFactory,
    RuleActionFactory,
    StaffFactory,
    StorageProfileFactory,
)
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True


def value() -> None:
    recalculate(scope=Scope(), trigger="test")


def titles(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/v1/listings?{query}")
    assert response.status_code == 200, response.content
    return [item["title"] for item in response.json()["items"]]


def stamps(row: Any) -> dict[str, str]:
    """When a row was made and written, as the API shows times."""
    times = {name: getattr(row, name) for name in ("created_at", "updated_at")}
    return {name: time.isoformat().replace("+00:00", "Z") for name, time in times.items()}


def test_the_whole_document(client: Client) -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    ports = PortsProfileFactory(name="Tiny")
    port = PortFactory(ports_profile=ports, type="usb_c", count=2)
    cpu = CpuFactory(name="i5-8500T", cpu_mark_multi=8_000, cpu_mark_single=2_000, tdp_w=35, igpu_mark=1_100)
    CpuFactory(name="Best", cpu_mark_multi=16_000)
    ram, drive = RamSpecFactory(), StorageProfileFactory(interface="")
    listing = ListingFactory(
        title="ThinkCentre M720q",
        price_usd=Decimal("210.50"),
        cpu=cpu,
        ram_spec=ram,
        primary_storage_profile=drive,
        ports_profile=ports,
        listing_url="https://example.com/1",
        raw_payload={"image": "https://example.com/1.jpg"},
    )
    component = ListingComponentFactory(listing=listing, name="AX200", adjustment_value_usd=Decimal("5.25"))
    RuleActionFactory(value_usd=Decimal("-10.50"))
    value()
    client.force_login(StaffFactory(group="Viewers"))
    document = client.get(f"/v1/listings/{listing.pk}").json()
    for name in ("created_at", "updated_at", "valued_at"):
        assert document.pop(name).endswith("Z")
    for name in ("created_at", "updated_at"):
        assert document["cpu"].pop(name).endswith("Z")
    assert document == {
        "id": listing.pk,
        "title": "ThinkCentre M720q",
        "listing_url": "https://example.com/1",
        "other_urls": [],
        "seller": "",
        "price_usd": 210.5,
        "price_date": None,
        "price_original": None,
        "currency": "",
        "exchange_rate": None,
        "rate_date": None,
        "source": "",
        "condition": "used",
        "status": "active",
        "marketplace": "other",
        "vendor_item_id": "",
        "device_model": "",
        "manufacturer": "",
        "series": "",
        "model_number": "",
        "form_factor": "",
        "cpu_id": cpu.pk,
        "gpu_id": None,
        "ram_spec_id": ram.pk,
        "ports_profile_id": ports.pk,
        "primary_storage_profile_id": drive.pk,
        "secondary_storage_profile_id": None,
        "ram_gb": 16,
        "ram_notes": "",
        "primary_storage_gb": 512,
        "primary_storage_type": "nvme",
        "secondary_storage_gb": None,
        "secondary_storage_type": "",
        "os_license": "",
        "other_components": [],
        "notes": "",
        "attributes": {},
        "raw_payload": {"image": "https://example.com/1.jpg"},
        "cpu": {
            "id": cpu.pk,
            "name": "i5-8500T",
            "manufacturer": "Intel",
            "socket": "",
            "cores": None,
            "threads": None,
            "tdp_w": 35,
            "igpu_model": "",
            "cpu_mark_multi": 8000,
            "cpu_mark_single": 2000,
            "igpu_mark": 1100,
            "release_year": None,
            "notes": "",
            "attributes": {},
        },
        "gpu": None,
        "ram_spec": {
            "id": ram.pk,
            "label": "DDR4 3200MHz 16GB (2x8GB)",
            "ddr_generation": "ddr4",
            "speed_mhz": 3200,
            "module_count": 2,
            "capacity_per_module_gb": 8,
            "total_capacity_gb": 16,
            **stamps(ram),
        },
        "ports_profile": {
            "id": ports.pk,
            "name": "Tiny",
            "description": "",
            "ports": [{"id": port.pk, "type": "usb_c", "count": 2, "spec_notes": ""}],
            **stamps(ports),
        },
        "primary_storage_profile": {
            "id": drive.pk,
            "label": "NVMe 512GB",
            "medium": "nvme",
            "interface": "",
            "form_factor": "",
            "capacity_gb": 512,
            "performance_tier": "",
            **stamps(drive),
        },
        "secondary_storage_profile": None,
        "components": [
            {
                "id": component.pk,
                "component_type": "wifi",
                "name": "AX200",
                "quantity": 1,
                "metadata": {},
                "adjustment_value_usd": 5.25,
            }
        ],
        "cpu_name": "i5-8500T",
        "gpu_name": None,
        "ram_type": "ddr4",
        "ram_speed_mhz": 3200,
        "thumbnail_url": "https://example.com/1.jpg",
        "adjusted_price_usd": 200.0,
        "total_adjustment": -10.5,
        "score_cpu_multi": 8000.0,
        "score_cpu_single": 2000.0,
        "score_gpu": 1100.0,
        "score_composite": 50.0,
        "dollar_per_cpu_mark": 0.025,
        "dollar_per_single_mark": 0.1,
        "dollar_per_cpu_mark_multi": 0.0263,
        "dollar_per_cpu_mark_multi_adjusted": 0.025,
        "dollar_per_cpu_mark_single": 0.1053,
        "dollar_per_cpu_mark_single_adjusted": 0.1,
        "perf_per_watt": 228.5714,
        "fair_value_usd": None,
        "fair_low_usd": None,
        "fair_high_usd": None,
        "target_price_usd": None,
        "discount": None,
        "grade": None,
        "grade_reason": None,
        "comparables_count": None,
        "price_is_implausible": None,
        "stale": False,
        "ruleset_id": None,
        "disabled_rulesets": [],
    }


def test_a_listing_without_anything(client: Client) -> None:
    listing = ListingFactory(price_usd=None, cpu=None)
    document = client.get(f"/v1/listings/{listing.pk}/").json()
    assert {name: document[name] for name in ("price_usd", "cpu", "cpu_name", "valued_at", "thumbnail_url")} == {
        "price_usd": None,
        "cpu": None,
        "cpu_name": None,
        "valued_at": None,
        "thumbnail_url": None,
    }
    assert [document[figure.name] for figure in FIGURES] == [None] * len(FIGURES)
    assert document["stale"] is True


def test_stale_follows_the_listing_and_the_rules(client: Client) -> None:
    action = RuleActionFactory()
    listing, other = ListingFactory(), ListingFactory()

    def stale() -> list[bool]:
        return [client.get(f"/v1/listings/{row.pk}").json()["stale"] for row in (listing, other)]

    value()
    assert stale() == [False, False]
    listing.save()
    assert stale() == [True, False]
    recalculate(scope=Scope(listings=Listing.objects.filter(pk=listing.pk)), trigger="test")
    assert stale() == [False, False]
    action.save()
    assert stale() == [True, True]
    recalculate(scope=Scope(listings=Listing.objects.filter(pk=other.pk)), trigger="test")
    assert stale() == [True, False]
    value()
    assert stale() == [False, False]
    assert titles(client, "stale=true") == []
    assert len(titles(client, "stale=false")) == 2


FILTERS = [
    ("condition=new", "a"),
    ("condition__in=new,refurb", "ab"),
    ("condition__in=,new,", "a"),
    ("condition__in=,", "abc"),
    ("status=archived", "c"),
    ("marketplace=ebay", "b"),
    ("manufacturer=LENOVO", "a"),
    ("form_factor=tiny", "a"),
    ("price_usd__lte=200", "ab"),
    ("price_usd__gte=200&price_usd__lte=200.00", "b"),
    ("ram_gb__gte=16", "bc"),
    ("ram_gb__lte=8", "a"),
    ("cpu__cpu_mark_multi__gte=9000", "bc"),
    ("cpu__cpu_mark_multi__lte=8000", "a"),
    ("adjusted_price_usd__lte=110", "a"),
    ("adjusted_price_usd__gte=210&adjusted_price_usd__lte=210", "b"),
    ("dollar_per_cpu_mark__lte=0.02", "a"),
    ("total_adjustment__gte=10.01", ""),
    ("q=alpha", "a"),
    ("q=ALPHA%20ryzen", "a"),
    ("q=alpha%20xeon", ""),
    ("q=100%25", "b"),
    ("q=%25", "b"),
    ("q=_", "c"),
    ("q=%5C", ""),
    ("q=%20", "abc"),
    ("condition=", "abc"),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_filters(client: Client, query: str, found: str) -> None:
    RuleActionFactory(value_usd=10)
    ListingFactory(
        title="a: alpha",
        price_usd=100,
        condition="new",
        manufacturer="Lenovo",
        form_factor="Tiny",
        ram_gb=8,
        cpu=CpuFactory(name="Ryzen 5", cpu_mark_multi=8_000),
    )
    ListingFactory(title="b: 100%", price_usd=200, condition="refurb", marketplace="ebay", ram_gb=16)
    ListingFactory(title="c: x_y", price_usd=None, status="archived", ram_gb=32)
    value()
    assert titles(client, f"ordering=title&{query}") == [
        title for title in ("a: alpha", "b: 100%", "c: x_y") if title[0] in found
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("condition=null", ["silent"]),
        ("condition__in=null", ["silent"]),
        ("condition__in=null,new", ["fresh", "silent"]),
        ("condition=used", ["worn"]),
        ("condition=", ["fresh", "silent", "worn"]),
    ],
)
def test_offers_that_do_not_say_their_condition(client: Client, query: str, found: list[str]) -> None:
    for title, condition in (("fresh", "new"), ("worn", "used"), ("silent", "")):
        ListingFactory(title=title, condition=condition)
    assert titles(client, f"ordering=title&{query}") == found


def test_filters_by_part(client: Client) -> None:
    cpu, gpu = CpuFactory(), GpuFactory()
    ListingFactory(title="mine", cpu=cpu, gpu=gpu)
    ListingFactory(title="other")
    assert titles(client, f"cpu={cpu.pk}") == titles(client, f"gpu={gpu.pk}") == ["mine"]
    assert titles(client, f"cpu={2**53 - 1}") == []


@pytest.mark.parametrize("name", [figure.name for figure in FIGURES])
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_figure_orders_with_nulls_last(client: Client, name: str, sign: str) -> None:
    RuleActionFactory(action_type="multiplier", value_usd=10)
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    for title, price, mark in (("low", 100, 1_000), ("high", 9_000, 2_000)):
        cpu = CpuFactory(cpu_mark_multi=mark, cpu_mark_single=mark, igpu_mark=mark, tdp_w=10)
        ListingFactory(title=title, price_usd=price, cpu=cpu)
    ListingFactory(title="unknown", price_usd=None, cpu=None)
    value()
    for number, title in enumerate(("low", "high")):
        figures = dict.fromkeys(("fair_cents", "low_cents", "high_cents", "target_cents", "discount"), number)
        ListingMarketFactory(listing=Listing.objects.get(title=title), **figures)
    expected = ["low", "high", "unknown"] if not sign else ["high", "low", "unknown"]
    assert titles(client, f"ordering={sign}{name}") == expected
    first = client.get(f"/v1/listings?ordering={sign}{name}&limit=2").json()
    rest = client.get("/v1/listings", {"ordering": sign + name, "limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["title"] for item in first["items"] + rest["items"]] == expected
    assert (first["has_next"], rest["has_next"], rest["next_cursor"]) == (True, False, None)


def test_the_envelope_and_its_older_form(client: Client) -> None:
    ListingFactory.create_batch(3)
    document = client.get("/v1/listings?limit=2").json()
    assert {name: document[name] for name in ("total", "limit", "has_next")} == {
        "total": 3,
        "limit": 2,
        "has_next": True,
    }
    assert client.get("/v1/listings?total=false").json()["total"] is None
    assert len(client.get("/v1/listings?format=array&offset=1").json()) == 2


HUGE = "9" * 5000
HOSTILE = [
    *(
        (name, text)
        for name in ("price_usd__lte", "ram_gb__gte", "cpu", "dollar_per_cpu_mark__gte", "adjusted_price_usd__lte")
        for text in ("NaN", "-Infinity", "1e999", "abc", HUGE, "1e9999999999999999999", "0x10", "'; DROP TABLE x;--")
    ),
    ("cpu", str(2**63)),
    ("gpu", "-1"),
    ("ram_gb__gte", "1.5"),
    ("ram_gb__lte", str(2**31)),
    ("price_usd__lte", "1.005"),
    ("price_usd__gte", "-0.01"),
    ("price_usd__gte", "10000000000"),
    ("condition", "broken"),
    ("condition__in", "new,broken"),
    ("status", "null"),
    ("stale", "maybe"),
    ("q", "a\x00b"),
    ("q", "x" * 201),
    ("manufacturer", "x" * 256),
    ("limit", "0"),
    ("limit", "-1"),
    ("limit", "501"),
    ("limit", HUGE),
    ("offset", "-1"),
    ("offset", str(2**64)),
    ("cursor", "forged"),
    ("cursor", "\ud800".encode("utf-8", "surrogatepass")),
    ("ordering", "priec"),
    ("ordering", "cpu__name"),
    ("ordering", "pk"),
    ("total", "perhaps"),
    ("format", "xml"),
    ("price", "1"),
    ("price_usd__gt", "1"),
    ("q__regex", "(a+)+$"),
]


@pytest.mark.parametrize(("name", "text"), HOSTILE)
def test_hostile_parameters_are_refused_by_name(client: Client, name: str, text: Any) -> None:
    ListingFactory()
    response = client.get(f"/v1/listings?{urlencode({name: text})}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert {error["path"] for error in response.json()["errors"]} == {name}


@pytest.mark.parametrize(
    "text", [b"\xff", "\ud800".encode("utf-8", "surrogatepass"), "\\", "%_%", "a" * 200, "🙂", "a " * 100]
)
def test_hostile_texts_find_nothing(client: Client, text: Any) -> None:
    ListingFactory()
    assert titles(client, urlencode({"q": text})) == []


def test_every_problem_at_once(client: Client) -> None:
    errors = client.get("/v1/listings?limt=2&price_usd__lte=NaN&ordering=priec&limit=0").json()["errors"]
    assert [error["path"] for error in errors] == ["limt", "limit", "price_usd__lte", "ordering"]
    assert 'Did you mean "limit"?' in errors[0]["message"]
    assert 'Did you mean "price_usd"?' in errors[3]["message"]


@pytest.mark.parametrize("pk", ["0", "7777", str(2**63), HUGE, "abc", "-1", "1.0", "%00", "%ED%A0%80", "%C2%B2"])
def test_ids_that_do_not_exist(client: Client, pk: str) -> None:
    response = client.get(f"/v1/listings/{pk}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_a_detail_takes_no_parameters(client: Client) -> None:
    response = client.get(f"/v1/listings/{ListingFactory().pk}?limit=1")
    assert response.status_code == 400


def test_stored_json_of_any_kind_is_shown(client: Client) -> None:
    payload = {
        "image": "javascript:alert(1)",
        "half": "\ud800",
        "images": [{"url": 1}, {"url": "https://example.com/a"}],
    }
    if connection.vendor == "postgresql":
        del payload["half"]  # jsonb refuses it
    listing = ListingFactory(raw_payload=payload)
    response = client.get(f"/v1/listings/{listing.pk}")
    assert json.loads(response.content)["thumbnail_url"] == "https://example.com/a"


@pytest.mark.parametrize(
    ("path", "most"), [("/v1/listings?ordering=score_composite", 6), ("/v1/listings?total=false&limit=100", 4)]
)
def test_queries_do_not_depend_on_the_rows(client: Client, path: str, most: int) -> None:
    counts = []
    for rows in (2, 28):
        for _ in range(rows):
            ports = PortsProfileFactory()
            PortFactory(ports_profile=ports)
            ListingComponentFactory(listing=ListingFactory(ports_profile=ports, gpu=GpuFactory(), ram_gb=16))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts == [most, most]


def test_methods(client: Client) -> None:
    listing = ListingFactory()
    for path in ("/v1/listings", f"/v1/listings/{listing.pk}"):
        assert client.head(path).status_code == 200
        assert client.options(path).status_code == 204
    user = User.objects.create_superuser("root")
    client.force_login(user)
    response = client.delete("/v1/listings")
    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
    assert client.get("/v1/listings", headers={"accept": "text/csv"}).status_code == 406


@pytest.mark.parametrize("path", ["/v1/listings", "/v1/listings/{pk}"])
def test_reads_are_closed_where_the_installation_says_so(client: Client, settings: Any, path: str) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    path = path.format(pk=ListingFactory().pk)
    anonymous = client.get(path)
    assert (anonymous.status_code, anonymous["Content-Type"]) == (401, "application/problem+json")
    assert anonymous["WWW-Authenticate"] == 'Bearer realm="Deal Brain"'
    user = User.objects.create_user("viewer")
    client.force_login(user)
    assert client.get(path).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_listing"))
    assert client.get(path).status_code == 200
    assert Listing.objects.count() == 1
