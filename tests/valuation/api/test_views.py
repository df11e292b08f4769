"""The explanation, the dashboard and the rankings over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from listings.models import Listing
from tests.factories import (
    CpuFactory,
    ListingFactory,
    ListingMarketFactory,
    ProfileFactory,
    RuleActionFactory,
    RuleFactory,
)
from valuation.market.rankings import METRICS
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

HUGE = "9" * 5000


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True


def value() -> None:
    recalculate(scope=Scope(), trigger="test")


def make(title: str, price: object, mark: int | None = 1_000, **fields: Any) -> Listing:
    cpu = fields.pop("cpu", None) or CpuFactory(cpu_mark_multi=mark, cpu_mark_single=mark, igpu_mark=mark, tdp_w=10)
    listing: Listing = ListingFactory(title=title, price_usd=price, cpu=cpu, **fields)
    return listing


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["title"] for item in items]


# -- The breakdown ---------------------------------------------------------------------------------------------


def test_the_whole_breakdown(client: Client) -> None:
    action = RuleActionFactory(
        action_type="per_unit", metric="per_gb", value_usd=Decimal("-2.50"), rule__description="RAM is money."
    )
    rule, group, ruleset = action.rule, action.rule.group, action.rule.group.ruleset
    listing = make("Tiny one", Decimal("100.00"), ram_gb=16)
    document = client.get(f"/v1/listings/{listing.pk}/valuation-breakdown").json()
    (adjustment,) = document["adjustments"]
    details = adjustment["actions"][0].pop("details")
    assert "16" in details
    assert document == {
        "listing_id": listing.pk,
        "listing_title": "Tiny one",
        "base_price_usd": 100.0,
        "adjusted_price_usd": 60.0,
        "total_adjustment": -40.0,
        "matched_rules_count": 1,
        "ruleset_id": ruleset.pk,
        "ruleset_name": ruleset.name,
        "rulesets": [
            {
                "id": ruleset.pk,
                "name": ruleset.name,
                "layer": "advanced",
                "priority": 100,
                "effect": "add",
                "total_adjustment": -40.0,
            }
        ],
        "adjustments": [
            {
                "rule_id": rule.pk,
                "rule_name": rule.name,
                "rule_description": "RAM is money.",
                "rule_group_id": group.pk,
                "rule_group_name": group.name,
                "ruleset_id": ruleset.pk,
                "ruleset_name": ruleset.name,
                "layer": "advanced",
                "adjustment_amount": -40.0,
                "actions": [{"action_type": "per_unit", "metric": "per_gb", "value": -40.0, "error": None}],
            }
        ],
        "errors": [],
        "notes": [],
    }


def test_the_breakdown_of_a_stale_listing_is_current(client: Client) -> None:
    action = RuleActionFactory(value_usd=10)
    listing = make("one", 100)
    value()
    action.value_usd = 20
    action.save()
    document = client.get(f"/v1/listings/{listing.pk}/valuation-breakdown/").json()
    assert document["adjusted_price_usd"] == 120.0


def test_the_trace_names_what_did_not_match(client: Client) -> None:
    rule = RuleFactory(conditions={"field_name": "ram_gb", "operator": "gte", "value": 32})
    RuleActionFactory(rule=rule)
    listing = make("one", 100, ram_gb=16)
    path = f"/v1/listings/{listing.pk}/valuation-breakdown"
    assert "unmatched" not in client.get(path).json()
    (unmatched,) = client.get(f"{path}?trace=true").json()["unmatched"]
    assert unmatched["rule_id"] == rule.pk
    (condition,) = unmatched["conditions"]
    assert {name: condition[name] for name in ("field_name", "operator", "expected", "actual", "matched")} == {
        "field_name": "ram_gb",
        "operator": "gte",
        "expected": 32,
        "actual": 16.0,
        "matched": False,
    }


@pytest.mark.parametrize("pk", ["0", "7", str(2**63), HUGE, "abc", "%00"])
def test_the_breakdown_of_nothing(client: Client, pk: str) -> None:
    response = client.get(f"/v1/listings/{pk}/valuation-breakdown")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


# -- The dashboard ---------------------------------------------------------------------------------------------


def test_the_dashboard(client: Client) -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    make("value", 100, 1_000)  # $0.1 a mark
    make("fast", 900, 6_000)  # $0.15 a mark, 600 a watt
    make("archived", 1, 9_000, status="archived")
    make("unpriced", None, 500)
    for number in range(6):
        make(f"filler {number}", 400, 2_000 + number)
    value()
    document = client.get("/v1/dashboard").json()
    assert document["best_value"]["title"] == "value"
    assert document["best_perf_per_watt"]["title"] == "fast"
    assert names(document["best_under_budget"]) == [f"filler {number}" for number in (5, 4, 3, 2, 1)]
    assert names(client.get("/v1/dashboard?budget=399.99").json()["best_under_budget"]) == ["value"]
    assert names(client.get("/v1/dashboard?budget=900").json()["best_under_budget"])[0] == "fast"


def test_an_empty_dashboard(client: Client) -> None:
    nothing = {"best_value": None, "best_perf_per_watt": None, "best_under_budget": [], "implausible_count": 0}
    expected = {**nothing, "implausible_url": "/v1/listings?status=active&price_is_implausible=true"}
    assert client.get("/v1/dashboard?budget=").json() == expected


# -- The rankings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("metric", "high_first"), METRICS.items())
def test_rankings(client: Client, metric: str, high_first: bool) -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    make("small", 100, 1_000)
    make("big", 9_000, 2_000)
    make("archived", 200, 3_000, status="archived")
    make("bare", None, None)
    value()
    for listing in Listing.objects.filter(price_usd__isnull=False):
        ListingMarketFactory(listing=listing, discount=1 - 100 / listing.price_usd)
    document = client.get(f"/v1/rankings?metric={metric}").json()
    assert names(document["items"]) == (["big", "small"] if high_first else ["small", "big"])
    assert {name: document[name] for name in ("total", "limit", "has_next")} == {
        "total": 2,
        "limit": 10,
        "has_next": False,
    }
    assert (
        names(client.get(f"/v1/rankings?metric={metric}&format=array&limit=1").json()) == names(document["items"])[:1]
    )


def test_rankings_by_a_profile(client: Client) -> None:
    ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True)
    memory = ProfileFactory(weights={"ram_capacity": 1, "cpu_mark_multi": 1})
    make("cores", 100, 4_000, ram_gb=8)  # (100 * 4000/4000 + 100 * 8/128) / 2
    make("memory", 100, 1_000, ram_gb=128)  # (25 + 100) / 2
    make("half", 100, 1_000, ram_gb=64)  # (25 + 50) / 2
    make("same", 100, 1_000, ram_gb=64)
    make("archived", 100, 4_000, ram_gb=128, status="archived")
    make("nothing", 100, None)
    value()
    path = f"/v1/rankings?profile_id={memory.pk}"
    document = client.get(path).json()
    assert [(item["title"], item["score_composite"]) for item in document["items"]] == [
        ("memory", 62.5),
        ("cores", 53.125),
        ("same", 37.5),
        ("half", 37.5),
    ]
    assert document["total"] == 4
    first = client.get(f"{path}&limit=3").json()
    rest = client.get(f"{path}&limit=3&cursor={first['next_cursor']}").json()
    assert names(first["items"] + rest["items"]) == ["memory", "cores", "same", "half"]
    assert rest["next_cursor"] is None
    assert names(client.get(f"{path}&offset=3").json()["items"]) == ["half"]
    plain = client.get("/v1/rankings").json()["items"]
    assert [(item["title"], item["score_composite"]) for item in plain[:2]] == [("cores", 100.0), ("same", 25.0)]


def test_the_default_profile_by_its_id_gives_the_stored_order(client: Client) -> None:
    weights = {"cpu_mark_multi": 3, "cpu_mark_single": 1, "gpu_score": 2, "perf_per_watt": 1, "ram_capacity": 0.5}
    profile = ProfileFactory(weights=weights, is_default=True)
    for number in range(1, 8):
        cpu = CpuFactory(
            cpu_mark_multi=977 * number, cpu_mark_single=2_000 - 31 * number, tdp_w=7 * number, igpu_mark=333
        )
        make(f"mini {number}", 100, cpu=cpu, ram_gb=4 * number)
    value()
    stored, computed = (
        [(i["id"], i["score_composite"]) for i in client.get(f"/v1/rankings{query}").json()["items"]]
        for query in ("", f"?profile_id={profile.pk}")
    )
    assert stored == computed


def test_rankings_of_nothing(client: Client) -> None:
    profile = ProfileFactory()
    assert client.get(f"/v1/rankings?profile_id={profile.pk}").json()["items"] == []
    assert client.get("/v1/rankings").json()["items"] == []


# -- Everywhere ------------------------------------------------------------------------------------------------

HOSTILE = [
    *(
        ("/v1/dashboard", "budget", text)
        for text in ("NaN", "Infinity", "-1", "1.001", "1e99", HUGE, "abc", "4\x00", "10000000000")
    ),
    ("/v1/dashboard", "budgt", "1"),
    ("/v1/rankings", "metric", "price"),
    ("/v1/rankings", "metric", "score_composite\x00"),
    ("/v1/rankings", "limit", "0"),
    ("/v1/rankings", "limit", "-1"),
    ("/v1/rankings", "cursor", "forged"),
    ("/v1/rankings", "ordering", "title"),
    ("/v1/listings/1/valuation-breakdown", "trace", "2"),
    ("/v1/listings/1/valuation-breakdown", "traec", "true"),
]


@pytest.mark.parametrize(("path", "name", "text"), HOSTILE)
def test_hostile_parameters_are_refused_by_name(client: Client, path: str, name: str, text: str) -> None:
    response = client.get(f"{path}?{urlencode({name: text})}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert {error["path"] for error in response.json()["errors"]} == {name}


def test_a_profile_goes_with_the_composite_only(client: Client) -> None:
    profile = ProfileFactory()
    response = client.get(f"/v1/rankings?metric=score_gpu&profile_id={profile.pk}")
    assert [error["path"] for error in response.json()["errors"]] == ["profile_id"]


@pytest.mark.parametrize(
    ("profile", "status"), [("0", 404), ("77", 404), (str(2**63), 400), (HUGE, 400), ("x", 400), ("-1", 400)]
)
def test_profiles_that_do_not_exist(client: Client, profile: str, status: int) -> None:
    assert client.get(f"/v1/rankings?profile_id={profile}").status_code == status


@pytest.mark.parametrize("path", ["/v1/dashboard", "/v1/rankings", "/v1/listings/{pk}/valuation-breakdown"])
def test_reads_are_closed_where_the_installation_says_so(client: Client, settings: Any, path: str) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    path = path.format(pk=make("one", 1).pk)
    assert client.get(path).status_code == 401
    user = User.objects.create_user("viewer")
    client.force_login(user)
    assert client.get(path).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_listing"))
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert client.post(path).status_code in (403, 405)


@pytest.mark.parametrize(
    "path", ["/v1/dashboard?budget=500", "/v1/rankings?limit=500", "/v1/rankings?profile_id={profile}"]
)
def test_queries_do_not_depend_on_the_rows(client: Client, path: str) -> None:
    path = path.format(profile=ProfileFactory(weights={"cpu_mark_multi": 1}, is_default=True).pk)
    counts = []
    for rows in (5, 25):
        for number in range(rows):
            make(f"mini {number}", 100, ram_gb=16)
        value()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9
