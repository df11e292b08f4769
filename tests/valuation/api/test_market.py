"""What the market says, over HTTP: figures of listings, their parts, the estimate, and making one."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from listings.models import Listing
from tests.api import Api, at_once, problems, race
from tests.factories import ListingFactory
from tests.valuation.market.inventory import stock
from valuation.jobs import recalculate_stale
from valuation.market.calibration import calibrate_market
from valuation.market.standing import forget
from valuation.models import ListingMarket, MarketModel

pytestmark = pytest.mark.django_db
SAID = {
    "fair_value_usd",
    "fair_low_usd",
    "fair_high_usd",
    "grade",
    "grade_reason",
    "target_price_usd",
    "comparables_count",
    "discount",
    "price_is_implausible",
}


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    forget()


@pytest.fixture
def rows() -> list[Listing]:
    """120 listings with figures; the first three cost $12, which cannot be right."""
    made = stock(120, junk=3)
    recalculate_stale()
    calibrate_market(trigger="test")
    return made


def test_a_listing_carries_what_the_market_says(rows: list[Listing]) -> None:
    document = Api().read(f"/v1/listings/{rows[5].pk}")
    row = ListingMarket.objects.get(listing=rows[5])
    assert {name: document[name] for name in SAID} == {
        "fair_value_usd": row.fair_cents / 100,
        "fair_low_usd": row.low_cents / 100,
        "fair_high_usd": row.high_cents / 100,
        "grade": row.grade,
        "grade_reason": None,
        "target_price_usd": row.target_cents / 100,
        "comparables_count": 12,
        "discount": row.discount,
        "price_is_implausible": False,
    }
    odd = Api().read(f"/v1/listings/{rows[0].pk}")
    assert (odd["grade"], odd["price_is_implausible"]) == (None, True)
    assert odd["grade_reason"].startswith("The price cannot be right")


def test_figures_of_an_older_state_are_not_shown(rows: list[Listing]) -> None:
    Listing.objects.filter(pk=rows[5].pk).update(input_version=7)
    document = Api().read(f"/v1/listings/{rows[5].pk}")
    assert {document[name] for name in SAID} == {None}
    value = ListingMarket.objects.get(listing=rows[5]).fair_cents / 100
    found = Api().read(f"/v1/listings?fair_value_usd__gte={value}&fair_value_usd__lte={value}")
    assert rows[5].pk not in {item["id"] for item in found["items"]}
    lines = Api().send("GET", "/v1/listings/export?format=csv").getvalue().decode()
    exported = {line["id"]: line for line in csv.DictReader(io.StringIO(lines))}
    assert {exported[str(rows[5].pk)][name] for name in SAID} == {""}
    assert exported[str(rows[6].pk)]["grade"] == ListingMarket.objects.get(listing=rows[6]).grade


def test_exports_carry_it_as_listings_do(rows: list[Listing]) -> None:
    lines = Api().send("GET", "/v1/listings/export?format=jsonl").getvalue().decode().splitlines()
    for line in map(json.loads, lines[:5]):
        shown = Api().read(f"/v1/listings/{line['id']}")
        assert {name: line[name] for name in SAID - {"price_is_implausible"}} == {
            name: shown[name] for name in SAID - {"price_is_implausible"}
        }
        assert bool(line["price_is_implausible"]) == shown["price_is_implausible"]


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("grade__in=great,good", lambda row: row.grade in ("great", "good")),
        ("grade__in=null", lambda row: row.grade == ""),
        ("grade__in=null,fair", lambda row: row.grade in ("", "fair")),
        ("discount__gte=0.05", lambda row: row.discount >= 0.05),
        ("fair_value_usd__gte=400", lambda row: row.fair_cents >= 40_000),
        ("fair_value_usd__lte=400", lambda row: row.fair_cents <= 40_000),
    ],
)
def test_filters(rows: list[Listing], query: str, chosen: Any) -> None:
    found = Api().read(f"/v1/listings?limit=500&{query}")
    wanted = {row.pk for row in ListingMarket.objects.all() if chosen(row)}
    assert {item["id"] for item in found["items"]} == wanted
    assert 0 < len(wanted) < len(rows)


def test_a_wrong_grade_is_refused(rows: list[Listing]) -> None:
    assert problems(Api().send("GET", "/v1/listings?grade__in=best")) == {"grade__in": "invalid_choice"}


def test_orders(rows: list[Listing]) -> None:
    items = Api().read("/v1/listings?limit=500&ordering=-discount")["items"]
    saved = [item["discount"] for item in items]
    assert saved == sorted(saved, reverse=True)


@pytest.mark.parametrize("name", ["discount", "fair_value_usd", "target_price_usd"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_what_was_edited_a_moment_ago_is_ordered_as_it_is_shown(rows: list[Listing], name: str, sign: str) -> None:
    """Its figure is null until it has been computed again, and nulls come last: by pages and in files, too."""
    path = f"ordering={sign}{name}"
    edited = Api().read(f"/v1/listings?limit=1&{path}")["items"][0]["id"]
    Listing.objects.filter(pk=edited).update(input_version=9)
    bare = ListingFactory(price_usd=None).pk
    Listing.objects.filter(pk=bare).update(input_version=8)
    seen, cursor = [], ""
    while cursor is not None:
        page = Api().read(f"/v1/listings?limit=50&{path}{cursor and f'&cursor={cursor}'}")
        seen += page["items"]
        cursor = page["next_cursor"]
    known = [item[name] for item in seen if item[name] is not None]
    assert known == sorted(known, reverse=bool(sign))
    assert len(known) == len(rows) - 1
    assert {item["id"] for item in seen[-2:]} == {edited, bare}
    lines = Api().send("GET", f"/v1/listings/export?format=jsonl&{path}").getvalue().decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [item["id"] for item in seen]


def test_a_price_that_was_put_right_counts_again(rows: list[Listing]) -> None:
    """Before anybody has looked at it anew nobody knows that it cannot be right."""
    Listing.objects.filter(pk=rows[0].pk).update(input_version=9)
    ranked = Api().read("/v1/rankings?metric=adjusted_price_usd&limit=500")["items"]
    assert {row.pk for row in rows[:3]} & {item["id"] for item in ranked} == {rows[0].pk}
    assert rows[0].pk not in {item["id"] for item in Api().read("/v1/rankings?metric=discount&limit=500")["items"]}
    dashboard = Api().read("/v1/dashboard")
    assert dashboard["implausible_count"] == 2
    left_out = Api().read(dashboard["implausible_url"])["items"]
    assert {item["id"] for item in left_out} == {row.pk for row in rows[1:3]}
    assert Api().read("/v1/listings?price_is_implausible=false")["total"] == len(rows) - 2


def test_implausible_prices_are_in_no_figure_of_a_processor(rows: list[Listing]) -> None:
    odd = rows[0]
    told = Api().read(f"/v1/cpus/{odd.cpu_id}")
    same = Listing.objects.filter(cpu=odd.cpu_id).count()
    left_out = Api().read(told["implausible_url"])["items"]
    assert odd.pk in {item["id"] for item in left_out}
    assert not {item["id"] for item in told["cheapest_listings"]} & {item["id"] for item in left_out}
    assert told["listings_count"] == sum(bar["count"] for bar in told["price_distribution"])
    assert told["listings_count"] + told["implausible_count"] == same
    ordered = Api().read("/v1/cpus?ordering=-listings_count&limit=100")["items"]
    counts = [item["listings_count"] for item in ordered]
    assert counts == sorted(counts, reverse=True)


def test_rankings_leave_implausible_prices_out(rows: list[Listing]) -> None:
    odd = {row.pk for row in rows[:3]}
    for metric in ("discount", "adjusted_price_usd", "dollar_per_cpu_mark"):
        ranked = Api().read(f"/v1/rankings?metric={metric}&limit=500")
        asked = Api().read(f"/v1/rankings?metric={metric}&limit=500&include_implausible=true")
        assert not odd & {item["id"] for item in ranked["items"]}
        assert odd <= {item["id"] for item in asked["items"]}
    best = Api().read("/v1/rankings?metric=discount&limit=2")["items"]
    plausible = ListingMarket.objects.filter(is_implausible=False).order_by("-discount", "-pk")
    assert [item["id"] for item in best] == [row.pk for row in plausible[:2]]
    dashboard = Api().read("/v1/dashboard?budget=1000")
    assert dashboard["implausible_count"] == 3
    assert dashboard["best_value"]["id"] not in odd
    assert Api().read("/v1/dashboard?include_implausible=true")["best_value"]["id"] in odd


def test_the_document_of_a_listing_adds_up(rows: list[Listing]) -> None:
    bare = ListingFactory(price_usd=None, title="A bare one")
    for listing in [*rows[::10], bare]:
        document = Api().read(f"/v1/listings/{listing.pk}/market")
        parts = sum(round(100 * part["amount_usd"]) for part in document["parts"])
        assert parts == round(100 * document["fair_value_usd"])
        assert len(document["comparables"]) == 12
        assert listing.pk not in {found["id"] for found in document["comparables"]}
        assert document["parts"][0]["name"] == "The machine itself"
        assert document["parts"][-1]["name"] == "12 comparable offers"
    stored = ListingMarket.objects.get(listing=rows[10])
    document = Api().read(f"/v1/listings/{rows[10].pk}/market")
    assert document["fair_value_usd"] == stored.fair_cents / 100
    assert (document["grade"], document["discount"]) == (stored.grade, stored.discount)
    assert document["model"]["id"] == stored.model_id
    first = document["comparables"][0]
    assert first["price_usd"] == float(Listing.objects.get(pk=first["id"]).price_usd or 0)


def test_without_a_model_nothing_is_known() -> None:
    listing = ListingFactory()
    document = Api().read(f"/v1/listings/{listing.pk}/market")
    assert (document["fair_value_usd"], document["parts"], document["model"]) == (None, [], None)
    assert document["reason"] == "The market has not been estimated yet."
    assert Api().send("GET", "/v1/listings/999/market").status_code == 404
    missing = Api().send("GET", "/v1/market/model")
    assert (missing.status_code, "POST /v1/market/calibrations" in missing.json()["detail"]) == (404, True)


def test_the_model_says_what_parts_are_worth_and_not_who_asked(rows: list[Listing]) -> None:
    model = Api().read("/v1/market/model")
    assert (model["state"], model["is_current"], model["priced"]) == ("done", True, 120)
    assert {rule["name"] for rule in model["rules"]} >= {"Memory", "CPU mark"}
    assert set(model["errors"]["new"]) == {"constant", "log_linear", "rules", "rules_and_comparables"}
    assert "made_by" not in model


def test_an_analyst_calibrates() -> None:
    stock(60)
    analyst = Api("Analysts")
    answer = analyst.send("POST", "/v1/market/calibrations", {})
    made = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/market/calibrations/{made['id']}")
    assert (made["state"], made["is_current"], made["error"]) == ("done", True, None)
    assert made["made_by"] == MarketModel.objects.get().made_by != ""
    assert analyst.read(f"/v1/market/calibrations/{made['id']}") == made
    assert analyst.read("/v1/market/calibrations")["total"] == 1
    file = analyst.read(f"/v1/market/calibrations/{made['id']}/candidate")
    assert (file["schema_version"], file["effect"]) == ("1.1", "deduct")
    assert analyst.read(f"/v1/market/calibrations/{made['id']}/candidate") == file
    checked = analyst.got("POST", "/api/v1/baseline/validate", {"candidate_json": file})
    assert checked["valid"], checked


def test_what_is_refused_says_why() -> None:
    stock(5)
    analyst = Api("Analysts")
    made = analyst.got("POST", "/v1/market/calibrations", {}, status=202)
    assert (made["state"], made["error"]) == ("refused", "5 offers can be used, and 30 are needed.")
    missing = analyst.send("GET", f"/v1/market/calibrations/{made['id']}/candidate")
    assert (missing.status_code, "30 are needed" in missing.json()["detail"]) == (404, True)


@pytest.mark.parametrize(("group", "status"), [("", 401), ("Viewers", 403), ("Editors", 403)])
def test_others_may_not_calibrate(group: str, status: int) -> None:
    assert Api(group).send("POST", "/v1/market/calibrations", {}).status_code == status
    assert not MarketModel.objects.exists()


def test_history_is_for_people_who_are_known() -> None:
    assert Api().send("GET", "/v1/market/calibrations").status_code == 401
    assert Api("Viewers").send("GET", "/v1/market/calibrations").status_code == 200


def test_a_new_price_has_its_grade_in_the_answer(rows: list[Listing]) -> None:
    editor = Api("Editors")
    fair = ListingMarket.objects.get(listing=rows[7]).fair_cents / 100
    document = editor.got("PATCH", f"/v1/listings/{rows[7].pk}", {"price_usd": round(fair * 0.87, 2)})
    assert document["discount"] == pytest.approx(0.13, abs=0.001)
    assert document["grade"] in ("great", "good")


@race
def test_two_at_once_make_one_model() -> None:
    stock(60)
    first, second = at_once(*[lambda: calibrate_market(trigger="race")] * 2)
    assert {first.state, second.state} <= {"done", "running"}
    assert MarketModel.objects.filter(is_current=True).count() == 1
    assert set(ListingMarket.objects.values_list("model", flat=True)) == set(
        MarketModel.objects.filter(is_current=True).values_list("pk", flat=True)
    )
    assert not MarketModel.objects.filter(state="running").exists()


@race
def test_edits_while_models_come_and_go_are_never_lost() -> None:
    rows = stock(60)
    calibrate_market(trigger="test")

    def edit() -> None:
        for row in rows[:10]:
            row.price_usd = Decimal(333)
            row.save()

    at_once(edit, lambda: calibrate_market(trigger="race"), edit)
    recalculate_stale()
    current = MarketModel.objects.get(is_current=True)
    for row in rows[:10]:
        row.refresh_from_db()
        assert (row.market.model_id, row.market.input_version) == (current.pk, row.input_version)
        assert row.market.discount == round(1 - 33_300 / row.market.fair_cents, 4)
