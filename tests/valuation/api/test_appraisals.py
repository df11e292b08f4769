"""Machines that nobody has listed: valued as the listing would be, with nothing saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.models import Listing
from tests.api import Api, problems
from tests.factories import CpuFactory, CustomFieldFactory, GpuFactory, ListingFactory, RuleActionFactory
from tests.valuation.market.inventory import stock
from valuation.jobs import recalculate_stale
from valuation.market.calibration import calibrate_market
from valuation.market.standing import forget

pytestmark = pytest.mark.django_db
APPRAISALS = "/v1/appraisals"
TITLE = "Dell OptiPlex 7060 Micro i5-8500T 2x8GB DDR4 256GB NVMe + 1TB HDD Win 11 Pro refurbished"


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    forget()


@pytest.fixture
def market() -> list[Listing]:
    """120 listings with figures of rules and of the market, and rules that read a part, a label and the title."""
    CpuFactory(name="Intel Core i5-8500T", cpu_mark_multi=7_500, cpu_mark_single=2_100, tdp_w=35, release_year=2018)
    for number, (field, operator, value) in enumerate(
        [
            ("ram_gb", "gte", 16),
            ("ram_spec.label", "contains", "2x8GB"),
            ("storage.secondary.label", "contains", "1000GB"),
            ("age_years", "gte", 3),
            ("title", "contains", "optiplex"),
            ("status", "equals", "active"),
            ("ports.usb_total", "lt", 1),
        ]
    ):
        RuleActionFactory(
            rule__conditions={"field_name": field, "operator": operator, "value": value}, value_usd=10 + number
        )
    made = stock(120, junk=3)
    recalculate_stale()
    calibrate_market(trigger="test")
    return made


def as_listing() -> Listing:
    """The listing of the title."""
    made = Api(root=True).made(
        "/v1/listings",
        title=TITLE,
        price_usd=310,
        cpu_name="Intel Core i5-8500T",
        ram_spec={"ddr_generation": "ddr4", "module_count": 2, "capacity_per_module_gb": 8},
        primary_storage_gb=256,
        primary_storage_type="nvme",
        secondary_storage_gb=1000,
        secondary_storage_type="hdd",
        os_license="Windows 11 Pro",
        manufacturer="Dell",
        device_model="OptiPlex 7060",
        form_factor="mini",
        condition="refurb",
    )
    return Listing.objects.get(pk=made["id"])


def rows_of_everything() -> dict[Any, int]:
    """How many there are, by model."""
    return {model: model._default_manager.count() for model in apps.get_models() if model._meta.managed}


def test_it_says_what_it_says_of_the_listing_that_it_would_be(market: list[Listing]) -> None:
    before = rows_of_everything()
    told = Api().got("POST", APPRAISALS, {"title": TITLE, "price_usd": 310})
    assert before == rows_of_everything()
    listing = as_listing()
    recalculate_stale()
    breakdown = Api().read(f"/v1/listings/{listing.pk}/valuation-breakdown")
    assert told["valuation"] == {name: breakdown[name] for name in told["valuation"]}
    assert told["valuation"]["matched_rules_count"] == 7
    assert told["market"] == Api().read(f"/v1/listings/{listing.pk}/market")
    ranked = [item["id"] for item in Api().read("/v1/rankings?metric=dollar_per_cpu_mark&limit=500")["items"]]
    assert (told["ranking"]["place"], told["ranking"]["of"]) == (ranked.index(listing.pk) + 1, len(ranked))
    assert told["warnings"] == []
    assert told["recognised"]["cpu"] == "Intel Core i5-8500T"


def test_the_parts_add_up_and_the_nearest_are_for_sale(market: list[Listing]) -> None:
    body = {"title": TITLE, "price_usd": 310}
    first = Api().got("POST", APPRAISALS, body)
    cents = [round(100 * part["amount_usd"]) for part in first["market"]["parts"]]
    assert sum(cents) == round(100 * first["market"]["fair_value_usd"])
    amounts = [round(100 * line["adjustment_amount"]) for line in first["valuation"]["adjustments"]]
    assert 31_000 + sum(amounts) == round(100 * first["valuation"]["adjusted_price_usd"])
    comparables = [item["id"] for item in first["market"]["comparables"]]
    assert [item["id"] for item in first["nearest"]] == comparables[:5]
    Listing.objects.filter(pk=comparables[0]).update(status="archived")
    assert [item["id"] for item in Api().got("POST", APPRAISALS, body)["nearest"]] == comparables[1:6]


def test_facts_win_over_the_title_and_that_is_said(market: list[Listing]) -> None:
    facts = {"ram_gb": 32, "primary_storage_type": "SATA SSD", "condition": None, "cpu.cpu_mark_multi": 8_000}
    told = Api().got("POST", APPRAISALS, {"title": TITLE, "facts": facts})
    known = {fact["path"]: (fact["value"], fact["source"]) for fact in told["facts"]}
    assert known["ram_gb"] == known["ram_spec.total_capacity_gb"] == (32, "facts")
    assert known["storage.primary.label"] == ("SATA SSD 256GB", "derived")
    assert known["cpu.cpu_mark_multi"] == (8_000, "facts")
    assert known["cpu.cpu_mark_single"] == (2_100, "catalog")
    assert known["os_license"] == ("Windows 11 Pro", "title")
    assert known["status"] == ("active", "assumed")
    assert "condition" not in known
    assert {line.partition(": the ")[0] for line in told["warnings"]} == facts.keys()
    assert len(told["warnings"]) == len(facts)
    assert (told["ranking"]["place"], told["ranking"]["reason"]) == (None, "It has no price.")
    assert told["valuation"]["adjusted_price_usd"] is None
    assert told["market"]["fair_value_usd"] > 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"title": "asdf qwer"}, "title: nothing of a machine was recognised in it."),
        ({"title": "Laptop charger for Dell 65W"}, "title: this is no offer of a machine (accessory)."),
        ({"title": "Lot of 5 Dell OptiPlex 7050"}, "title: several machines are offered"),
        ({"title": "Dell OptiPlex i5-7500 or i7-7700"}, "title: it names several processors: none is taken."),
        ({"facts": {"cpu.name": "Intel Core i5-8500"}}, "cpu.name: the catalog has no Intel Core i5-8500; the nearest"),
        ({"facts": {"gpu.name": "Voodoo 2"}}, "gpu.name: the catalog has no Voodoo 2."),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_is_there(body: Any, told: str) -> None:
    CpuFactory(name="Intel Core i5-8500T")
    answer = Api().got("POST", APPRAISALS, body)
    assert [line for line in answer["warnings"] if line.startswith(told)]
    assert (answer["market"]["fair_value_usd"], answer["market"]["model"]) == (None, None)
    assert answer["market"]["reason"] == "The market has not been estimated yet."
    assert answer["valuation"]["errors"] == []


def test_without_a_model_the_nearest_are_looked_for() -> None:
    cpu, other = CpuFactory(name="Ryzen 5 4650GE", cpu_mark_multi=16_000), CpuFactory(cpu_mark_multi=9_000)
    near, nearer = (ListingFactory(cpu=cpu, ram_gb=gb, price_usd=200) for gb in (8, 16))
    ListingFactory(cpu=other, ram_gb=16, price_usd=200)
    ListingFactory(cpu=cpu, ram_gb=16, price_usd=None)
    told = Api().got("POST", APPRAISALS, {"facts": {"cpu.name": "ryzen 5 4650ge", "ram_gb": 16}})
    assert [item["id"] for item in told["nearest"]] == [nearer.pk, near.pk]
    assert len(Api().got("POST", APPRAISALS, {"facts": {"ram_gb": 16}})["nearest"]) == 3


@pytest.mark.parametrize(
    ("price", "place", "reason"),
    [
        (0, None, "Prices that cannot be right are left out of rankings."),
        (1_000_000_000, None, "Prices that cannot be right are left out of rankings."),
        (310, 1, None),
    ],
)
def test_prices_that_cannot_be_right(market: list[Listing], price: int, place: int | None, reason: str | None) -> None:
    told = Api().got("POST", APPRAISALS, {"title": TITLE, "price_usd": price})
    assert told["market"]["price_is_implausible"] is (reason is not None)
    assert told["ranking"]["reason"] == reason
    assert (told["ranking"]["place"] is None) == (place is None)


def test_an_adjusted_price_of_nothing_leads(market: list[Listing]) -> None:
    RuleActionFactory(rule__conditions={"field_name": "title", "operator": "contains", "value": "7060"}, value_usd=-900)
    assert Api().got("POST", APPRAISALS, {"title": TITLE, "price_usd": 310})["ranking"]["place"] == 1


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"title": "required"}),
        ({"title": " ", "facts": {}}, {"title": "required"}),
        ({"titel": "Dell"}, {"titel": "unknown"}),
        ({"title": 5.5, "price_usd": -1}, {"price_usd": "min_value"}),
        ({"title": "a" * 4_001}, {"title": "max_length"}),
        ({"title": "x", "price_usd": "NaN"}, {"price_usd": "invalid"}),
        ({"title": "x", "price_usd": 10**10}, {"price_usd": "max_whole_digits"}),
        ({"title": "x", "facts": []}, {"facts": "invalid"}),
        ({"facts": {"ram": 16}}, {"facts.ram": "unknown_field"}),
        ({"facts": {"ram_gb": "16"}}, {"facts.ram_gb": "type"}),
        ({"facts": {"ram_gb": 10**16}}, {"facts.ram_gb": "type"}),
        (
            {"facts": {"condition": "shiny", "ram": 1}},
            {"facts.condition": "invalid_choice", "facts.ram": "unknown_field"},
        ),
        ({"facts": {"custom.colour": "blue"}}, {"facts.custom.colour": "invalid_choice"}),
        ({"facts": {"ram_gb": 16, "ram_spec.total_capacity_gb": 8}}, {"facts.ram_spec.total_capacity_gb": "exclusive"}),
        ({"facts": {f"ports.{number}": 1 for number in range(201)}}, {"facts": "max_length"}),
        ({"title": "x", "facts": {"title": "y"}}, {"facts.title": "exclusive"}),
        ({"facts": {"ram_gb": 8, "price_usd": -3}}, {"price_usd": "min_value"}),
    ],
)
def test_what_is_wrong_is_named(body: Any, wrong: dict[str, str]) -> None:
    CustomFieldFactory(key="colour", data_type="enum", options=["red"])
    answer = problems(Api().send("POST", APPRAISALS, body))
    assert wrong.items() <= answer.items()


def test_the_facts_of_an_example_are_understood() -> None:
    CustomFieldFactory(key="colour", data_type="enum", options=["Red"])
    facts = {"price_usd": 200, "title": "Dell", "gpu.model": "", "custom.colour": "red", "ram_gb": 16.0}
    told = Api().got("POST", APPRAISALS, {"facts": facts})
    assert (told["title"], told["price_usd"]) == ("Dell", 200)
    known = {fact["path"]: fact["value"] for fact in told["facts"]}
    assert (known["custom.colour"], known["ram_spec.label"]) == ("Red", "16GB")


def test_who_may_read_listings_may_ask(settings: Any) -> None:
    assert Api().got("POST", APPRAISALS, {"title": "Dell"})
    settings.DEALBRAIN_PUBLIC_READ = False
    problems(Api().send("POST", APPRAISALS, {"title": "Dell"}), 401)
    assert Api("Viewers").got("POST", APPRAISALS, {"title": "Dell"})
    problems(Api("Viewers").send("POST", APPRAISALS, {"title": "x" * 100_001}), 413)


def test_more_listings_are_no_more_queries(market: list[Listing]) -> None:
    GpuFactory(name="NVIDIA GeForce RTX 3060")
    body = {"title": f"{TITLE} RTX 3060", "price_usd": 310}
    Api().got("POST", APPRAISALS, body)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            Api().got("POST", APPRAISALS, body)
        counts.append(len(queries))
        stock(60, seed=5)
        recalculate_stale()
    assert counts[0] == counts[1] <= 16
