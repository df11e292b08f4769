"""Foreign prices over HTTP, and what a listing has cost."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.api.serializers import LATER_COLUMNS
from listings.models import Listing
from tests.api import Api, problems
from tests.factories import ExchangeRateFactory, ListingFactory, PriceRecordFactory

pytestmark = pytest.mark.django_db
LISTINGS = "/v1/listings"
DAY = date(2026, 11, 20)
NAMES = ("price_usd", "price_original", "currency", "exchange_rate", "rate_date")


@pytest.fixture
def api() -> Api:
    return Api("Editors")


@pytest.fixture(autouse=True)
def _rate() -> None:
    ExchangeRateFactory(currency="EUR", date=DAY, usd_per_unit=Decimal("1.0864"))


def price(document: dict[str, Any]) -> list[Any]:
    return [document[name] for name in NAMES]


def a_foreign_one(api: Api, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.made(
        LISTINGS, title="Mini PC", price_original=1199, currency="EUR", price_date="2026-11-24", **more
    )
    return made


CONVERTED = [1302.59, 1199.0, "EUR", 1.0864, "2026-11-20"]


def test_dollars_are_computed_by_the_rate_of_the_day(api: Api) -> None:
    made = a_foreign_one(api)
    assert price(made) == CONVERTED
    assert price(api.read(f"{LISTINGS}/{made['id']}")) == CONVERTED


def test_without_a_rate_the_price_is_unknown(api: Api) -> None:
    made = api.made(LISTINGS, title="Mini PC", price_original=1199, currency="PLN")
    assert price(made) == [None, 1199.0, "PLN", None, None]


def test_what_is_sent_back_stays_and_what_is_said_counts(api: Api) -> None:
    made = a_foreign_one(api)
    path = f"{LISTINGS}/{made['id']}"
    ExchangeRateFactory(currency="EUR", date=date(2026, 11, 24), usd_per_unit=2)
    assert price(api.got("PUT", path, made)) == CONVERTED
    assert price(api.got("PATCH", path, {"seller": "shop"})) == CONVERTED
    assert price(api.got("PATCH", path, {"price_original": 600}))[0] == 1200
    assert price(api.got("PATCH", path, {"price_usd": 500})) == [500.0, 600.0, "EUR", None, None]
    assert price(api.got("PUT", path, {"title": "Mini PC", "price_usd": 7})) == [7.0, None, "", None, None]


def test_the_rate_is_not_a_clients_to_say(api: Api) -> None:
    made = a_foreign_one(api, exchange_rate=5)
    assert price(made) == CONVERTED
    assert "exchange_rate" in str(made["warnings"])


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"price_original": 1}, {"currency": "invalid"}),
        ({"price_original": -1, "currency": "EUR"}, {"price_original": "min_value"}),
        ({"price_original": 1, "currency": "XXX"}, {"currency": "invalid"}),
        ({"price_original": 10**12, "currency": "EUR"}, {"price_original": "max_whole_digits"}),
        ({"price_original": 10**11, "currency": "EUR", "price_date": "2026-11-20"}, {"price_usd": "max_digits"}),
    ],
)
def test_refused_prices(api: Api, body: dict[str, Any], wrong: dict[str, str]) -> None:
    there = ListingFactory()
    assert problems(api.send("POST", LISTINGS, {"title": "Mini PC", **body})) == wrong
    assert problems(api.send("PATCH", f"{LISTINGS}/{there.pk}", body)) == wrong
    many = api.send("POST", f"{LISTINGS}/bulk-update", {"listing_ids": [there.pk], "fields": body})
    assert {path.rpartition(".")[2] for path in problems(many)} == set(wrong)
    made = api.send("POST", f"{LISTINGS}/bulk", {"listings": [{"title": "Mini PC", **body}]})
    assert {path.rpartition(".")[2] for path in problems(made)} == set(wrong)


def test_many_take_one_query_for_rates(api: Api) -> None:
    days = [date(2026, 11, 1 + n) for n in range(20)]
    items = [{"title": "Mini PC", "price_original": 100, "currency": "EUR", "price_date": str(day)} for day in days]
    with CaptureQueriesContext(connection) as queries:
        made = api.got("POST", f"{LISTINGS}/bulk", {"listings": items}, status=201)
    assert [row["price_usd"] for row in made["listings"]] == [None] * 19 + [108.64]
    assert sum('FROM "listings_exchangerate"' in query["sql"] for query in queries) == 1

    ids = made["created_ids"]
    with CaptureQueriesContext(connection) as queries:
        changed = api.got(
            "POST",
            f"{LISTINGS}/bulk-update?rows=true",
            {"listing_ids": ids, "fields": {"price_original": 50, "currency": "EUR"}},
        )
    assert [row["price_usd"] for row in changed["updated"]] == [None] * 19 + [54.32]
    assert sum('FROM "listings_exchangerate"' in query["sql"] for query in queries) == 1


def test_a_source_tells_items_apart(api: Api) -> None:
    item = {"title": "Mini PC", "marketplace": "ebay", "vendor_item_id": "7"}
    first = api.made(LISTINGS, **item)
    assert first["source"] == ""
    other = api.made(LISTINGS, **item, source="shop.csv")
    assert problems(api.send("POST", LISTINGS, {**item, "source": "shop.csv"}), status=409) == {"": "unique"}
    found = api.got(
        "POST", f"{LISTINGS}/bulk", {"listings": [item, {**item, "source": "shop.csv"}, {**item, "source": "b"}]}, 201
    )
    assert [row["id"] for row in found["listings"][:2]] == [first["id"], other["id"]]
    assert found["created_count"] == 1


@pytest.mark.parametrize(("query", "titles"), [("source=a.csv", ["one"]), ("currency=EUR", ["two"])])
def test_filters(api: Api, query: str, titles: list[str]) -> None:
    ListingFactory(title="one", source="a.csv")
    ListingFactory(title="two", price_original=5, currency="EUR")
    assert [row["title"] for row in api.read(f"{LISTINGS}?{query}")["items"]] == titles


def test_exports_end_with_them(api: Api) -> None:
    made = a_foreign_one(api, source="a.csv")
    header, row = csv.reader(api.send("GET", f"{LISTINGS}/export").getvalue().decode().splitlines())
    since = header.index("price_original")  # new columns come after those of before
    assert header[since - 1 : since + 5] == ["valued_at", *LATER_COLUMNS]
    assert row[since : since + 5] == ["1199.00", "EUR", "1.086400000000", "2026-11-20", "a.csv"]
    assert Listing.objects.get(pk=made["id"]).exchange_rate == Decimal("1.0864")


def test_what_it_has_cost(api: Api) -> None:
    listing = ListingFactory()
    PriceRecordFactory(listing=listing, date=date(2026, 11, 1), price_usd=None)
    PriceRecordFactory(listing=listing, date=DAY, import_session=7)
    PriceRecordFactory()
    found = api.read(f"{LISTINGS}/{listing.pk}/prices")
    assert found["total"] == 2
    newest, oldest = found["items"]
    assert newest == {
        "id": newest["id"],
        "date": "2026-11-20",
        "price_original": 300.0,
        "currency": "EUR",
        "price_usd": 330.0,
        "import_session": 7,
    }
    assert (oldest["date"], oldest["price_usd"], oldest["import_session"]) == ("2026-11-01", None, None)
    assert api.send("GET", f"{LISTINGS}/999/prices").status_code == 404
