"""What the market says about processors, by hand: price targets, what a mark costs, ranges over all of them."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest

from listings.models import Listing
from tests.api import Api, problems
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory
from tests.valuation.market.inventory import stock
from valuation.market.calibration import calibrate_market
from valuation.models import ListingMarket
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

CPUS = "/v1/cpus"


@pytest.fixture
def api() -> Api:
    return Api("Viewers")


def offered(cpu: Any, adjusted: list[float], **fields: Any) -> None:
    """Active listings whose adjusted prices will be these: a rule of the market below adds $10 to each."""
    for dollars in adjusted:
        ListingFactory(cpu=cpu, price_usd=dollars - 10, **fields)


@pytest.fixture
def market() -> dict[str, int]:
    """CPUs by their first letter; see the expectations for what each of them is about."""
    RuleActionFactory(value_usd=10)
    free = {"field_name": "seller", "operator": "equals", "value": "free"}
    RuleActionFactory(rule__conditions=free, action_type="formula", formula="0 - price_usd - 10")
    made: dict[str, Any] = {
        "a": CpuFactory(name="a", cpu_mark_multi=10_000, cores=4, threads=8, socket="AM4", release_year=2018),
        "b": CpuFactory(name="b", cpu_mark_multi=1_000, manufacturer="AMD", tdp_w=65),
        "c": CpuFactory(name="c", cpu_mark_multi=3_000, socket="LGA 1151", cores=16),
        "d": CpuFactory(name="d", manufacturer="", release_year=2024),
        "e": CpuFactory(name="e", cpu_mark_multi=None, cpu_mark_single=None, tdp_w=15),
        "f": CpuFactory(name="f", cpu_mark_multi=20_000),
        "g": CpuFactory(name="g", cpu_mark_multi=0, cpu_mark_single=4_000),
    }
    offered(made["a"], [120, 100, 110])
    offered(made["b"], [10, 1_000])
    offered(made["c"], [300])
    offered(made["e"], [50] * 5)
    offered(made["f"], [float(395 + number) for number in range(11)])
    offered(made["g"], [80, 80])
    # What does not count: sold, of unknown price, and worth nothing.
    offered(made["a"], [5_000], status="archived")
    ListingFactory(cpu=made["a"], price_usd=None)
    ListingFactory(cpu=made["a"], price_usd=70, seller="free")
    ListingFactory(cpu=made["d"], price_usd=70, seller="free")
    ListingFactory(cpu=None, price_usd=70)
    recalculate(scope=Scope(), trigger="test")
    return {name: cpu.pk for name, cpu in made.items()}


def targets(good: float | None, great: float | None, fair: float | None, size: int, confidence: str) -> dict[str, Any]:
    found = {"good": good, "great": great, "fair": fair, "sample_size": size, "confidence": confidence}
    return {**found, "basis": "adjusted_prices"}


def value(dollars: float | None, percentile: float | None, rating: str | None) -> dict[str, Any]:
    return {"dollar_per_cpu_mark": dollars, "percentile": percentile, "rating": rating}


EXPECTED = {
    "a": (targets(110.0, 100.0, 120.0, 3, "low"), value(0.011, 0.0, "excellent")),
    # The deviation of 10 and 1000 is 990 / sqrt(2) = 700.04, more than their mean.
    "b": (targets(505.0, 0.0, 1205.04, 2, "low"), value(0.505, 100.0, "poor")),
    "c": (targets(None, None, None, 1, "insufficient"), value(0.1, 66.7, "fair")),
    "d": (targets(None, None, None, 0, "insufficient"), value(None, None, None)),
    "e": (targets(50.0, 50.0, 50.0, 5, "medium"), value(None, None, None)),
    # 395..405: the squares of the differences add up to 110, which over 10 are 11.
    "f": (targets(400.0, 396.68, 403.32, 11, "high"), value(0.02, 33.3, "good")),
    "g": (targets(80.0, 80.0, 80.0, 2, "low"), value(None, None, None)),
}


def test_every_cpu(api: Api, market: dict[str, int]) -> None:
    document = api.read(CPUS)
    shown = {item["name"]: (item["price_targets"], item["performance_value"]) for item in document["items"]}
    assert shown == EXPECTED
    assert {item["name"]: item["listings_count"] for item in document["items"]} == {
        name: expected[0]["sample_size"] for name, expected in EXPECTED.items()
    }
    catalog = api.read("/v1/catalog/cpus")["items"]
    assert [{name: item[name] for name in plain} for item, plain in zip(document["items"], catalog, strict=True)] == (
        catalog
    ), "and all that the catalog says"


@pytest.mark.parametrize("name", EXPECTED)
def test_one_cpu(api: Api, market: dict[str, int], name: str) -> None:
    document = api.read(f"{CPUS}/{market[name]}")
    assert (document["price_targets"], document["performance_value"]) == EXPECTED[name]
    assert sum(bar["count"] for bar in document["price_distribution"]) == EXPECTED[name][0]["sample_size"]


def test_the_distribution_and_the_cheapest(api: Api, market: dict[str, int]) -> None:
    document = api.read(f"{CPUS}/{market['a']}")
    bars = document["price_distribution"]
    assert [bar["high"] for bar in bars[:-1]] == [bar["low"] for bar in bars[1:]]
    assert [bar for bar in bars if bar["count"]] == [
        {"low": low, "high": low + 2.0, "count": 1} for low in (100.0, 110.0, 120.0)
    ]
    cheapest = document["cheapest_listings"]
    assert [item["adjusted_price_usd"] for item in cheapest] == [100.0, 110.0, 120.0]
    assert cheapest[0] == api.read(f"/v1/listings/{cheapest[0]['id']}")
    ten = api.read(f"{CPUS}/{market['f']}")["cheapest_listings"]
    assert [item["adjusted_price_usd"] for item in ten] == [float(price) for price in range(395, 405)]
    nothing = api.read(f"{CPUS}/{market['d']}")
    assert (nothing["price_distribution"], nothing["cheapest_listings"]) == ([], [])


def test_percentiles_are_those_among_all(api: Api, market: dict[str, int]) -> None:
    for query in ("q=f", "manufacturer=amd", "ordering=-cpu_mark_multi&limit=2", "cores__gte=16"):
        for item in api.read(f"{CPUS}?{query}")["items"]:
            assert item["performance_value"] == EXPECTED[item["name"]][1]


def test_all_cpus_together(api: Api, market: dict[str, int]) -> None:
    # Adjusted: 100 110 120, 10 1000, 300, 50 x 5, 395..405, 80 80: 24 of them, which add up to 6450.
    assert api.read(f"{CPUS}/statistics/global") == {
        "total_count": 7,
        "cpus_with_listings": 6,
        "listings_count": 24,
        "manufacturers": ["AMD", "Intel"],
        "sockets": ["AM4", "LGA 1151"],
        "cores_range": {"min": 4, "max": 16},
        "threads_range": {"min": 8, "max": 8},
        "tdp_w_range": {"min": 15, "max": 65},
        "release_year_range": {"min": 2018, "max": 2024},
        "cpu_mark_multi_range": {"min": 0, "max": 20_000},
        "cpu_mark_single_range": {"min": 2_500, "max": 4_000},
        "adjusted_price_usd": {"min": 10.0, "max": 1000.0, "mean": 268.75, "median": 347.5},
        "dollar_per_cpu_mark": {"min": 0.011, "max": 0.505, "mean": 0.159, "median": 0.06},
    }


def test_nothing_at_all(api: Api) -> None:
    document = api.read(f"{CPUS}/statistics/global")
    assert (document["total_count"], document["listings_count"], document["sockets"]) == (0, 0, [])
    assert document["cores_range"] == {"min": None, "max": None}
    assert document["adjusted_price_usd"] == dict.fromkeys(("min", "max", "mean", "median"))
    assert api.read(CPUS)["items"] == []


def test_what_is_refused(api: Api) -> None:
    assert api.send("GET", f"{CPUS}/1000000").status_code == 404
    assert problems(api.send("GET", f"{CPUS}?price=1")) == {"price": "unknown"}
    assert problems(api.send("GET", f"{CPUS}/statistics/global?limit=1")) == {"limit": "unknown"}
    assert Api(root=True).send("POST", CPUS, {"name": "x"}).status_code == 405


def test_a_page_is_not_copied_twice(api: Api) -> None:
    cpu = CpuFactory()
    answer = api.send("GET", f"{CPUS}/{cpu.pk}")
    again = api.send("GET", f"{CPUS}/{cpu.pk}", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_targets_are_those_of_the_market_where_it_has_been_estimated(api: Api) -> None:
    made = stock(120, junk=3)
    recalculate(scope=Scope(), trigger="test")
    calibrate_market(trigger="test")
    edited = made[10]
    Listing.objects.filter(pk=edited.pk).update(input_version=9)
    bare = CpuFactory(name="bare")
    for item in api.read(f"{CPUS}?limit=100")["items"]:
        rows = [
            row
            for row in ListingMarket.objects.filter(listing__cpu=item["id"], is_implausible=False)
            if row.listing_id != edited.pk
        ]
        middle = {
            name: median(getattr(row, f"{column}_cents") for row in rows) / 100 if len(rows) > 1 else None
            for name, column in {"great": "low", "good": "target", "fair": "fair"}.items()
        }
        told = item["price_targets"]
        assert {name: told[name] for name in middle} == pytest.approx(middle, abs=0.006, nan_ok=True)
        assert (told["sample_size"], told["basis"]) == (len(rows), "market")
        if len(rows) > 1:
            assert told["great"] <= told["good"] <= told["fair"]
    told = api.read(f"{CPUS}/{bare.pk}")["price_targets"]
    assert told == {**targets(None, None, None, 0, "insufficient"), "basis": "market"}
