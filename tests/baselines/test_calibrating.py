"""The page of the market in the admin: what it shows, who may do what, and the candidate of what is ticked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from baselines.calibrating import worths_of
from baselines.models import BaselineImport, Candidate
from baselines.services import import_baseline
from tests.baselines.documents import document, is_, tier
from tests.factories import StaffFactory
from tests.valuation.market.canned import canned_model
from tests.valuation.market.inventory import stock
from valuation.choices import CalibrationState
from valuation.market.showing import candidate_of
from valuation.models import ListingMarket, MarketModel

pytestmark = pytest.mark.django_db
ADMIN = "/admin/valuation/marketmodel"
PAGE, START = f"{ADMIN}/calibrate/", f"{ADMIN}/calibrate/start/"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(username="ann", group="Analysts"))
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def buckets(content: dict[str, Any]) -> dict[str, list[str]]:
    """The labels of each field of a baseline; a formula is one."""
    return {
        f"{entity}.{field['id']}": [bucket["label"] for bucket in field.get("valuation_buckets", [])] or ["formula"]
        for entity, fields in content["entities"].items()
        for field in fields
    }


def test_from_the_inventory_to_a_comparison(analyst: Client) -> None:
    stock(120, junk=3)
    answer = analyst.post(START, follow=True)
    model = MarketModel.objects.get(is_current=True)
    assert (model.made_by, answer.redirect_chain[0][0]) == ("ann", PAGE)
    shown, page = answer.content.decode(), text(answer)
    assert f"{model.offers} offers say what parts are worth" in page
    assert f"{model.errors['new']['rules_and_comparables']:.1%}".replace("%", " %") in page
    assert '<a href="/?implausible=only">check them first</a>' in shown
    assert "3 Implausible price" in page
    dots = re.search(r'class="dots" d="([^"]*)"', shown)
    crosses = re.search(r'class="crosses" d="([^"]*)"', shown)
    assert dots
    assert crosses
    assert (dots[1].count("h0"), crosses[1].count("M")) == (117, 3)

    rows = [row for item in answer.context["worths"] for row in item["rows"]]
    assert {row["row"].key for row in rows if row["is_ticked"]} == {
        row["row"].key for row in rows if row["row"].line.is_sure
    }
    ticked = ["RamSpec.ram:32 GB or more", "CPU.cpu_mark:formula"]
    made = analyst.post(f"{ADMIN}/{model.pk}/candidate/", {"rows": ticked})
    candidate = Candidate.objects.get()
    assert buckets(candidate.document) == {"CPU.cpu_mark": ["formula"], "RamSpec.ram": ["32 GB or more"]}
    assert candidate.document == candidate_of(model, ticked)
    assert str(candidate.uploaded_by) == "ann"
    compared = analyst.get(made["Location"])
    assert [row.change.key for row in compared.context["rows"]] == ["CPU.cpu_mark", "RamSpec.ram"]
    assert not BaselineImport.objects.exists()


def test_all_rows_are_the_whole_file(analyst: Client) -> None:
    model = canned_model()
    keys = [row.key for worth in worths_of(model, None) for row in worth.rows]
    analyst.post(f"{ADMIN}/{model.pk}/candidate/", {"rows": keys})
    assert Candidate.objects.get().document == candidate_of(model)


@pytest.mark.parametrize(
    ("rows", "told"), [([], "Nothing is ticked"), (["RamSpec.ram:a lot"], "is no row of Calibration")]
)
def test_what_makes_no_candidate_is_told(analyst: Client, rows: list[str], told: str) -> None:
    model = canned_model()
    answer = analyst.post(f"{ADMIN}/{model.pk}/candidate/", {"rows": rows})
    assert told in text(answer)
    assert not any(row["is_ticked"] for item in answer.context["worths"] for row in item["rows"])
    assert not Candidate.objects.exists()


@pytest.mark.parametrize(("effect", "sign"), [("deduct", ""), ("add", "-")])
def test_the_active_baseline_is_beside_it(analyst: Client, effect: str, sign: str) -> None:
    """By the label or the condition of a tier, by the formula at the same marks; else in its own words."""
    speed = {"id": "cpu_mark", "proper_name": "Speed", "formula": "cpu.cpu_mark_multi / 1000 * 2"}
    condition = {
        "id": "condition_risk",
        "proper_name": "Condition",
        "valuation_buckets": [tier("As new", is_("new"), 70), tier("Refurb", is_("refurb"), (10, 20))],
    }
    memory = {"id": "ram_ddr4", "proper_name": "DDR4", "formula": "ram_gb * 2"}
    content = document(CPU=[speed], Listing=[condition], RamSpec=[memory])
    import_baseline(content={**content, "effect": effect})
    worths = {worth.key: worth for worth in worths_of(canned_model(), BaselineImport.objects.active())}
    told = {row.line.label: row.line.today for row in worths["Listing.condition_risk"].rows}
    assert told["new"] == f"{sign}$70.00"
    assert told["refurb"] == ("$10.00 to $20.00" if effect == "deduct" else "-$20.00 to -$10.00")
    (whole,) = worths["CPU.cpu_mark"].rows
    first = whole.pieces[0].label.replace(",", "").split()
    assert whole.pieces[0].today == f"{sign}${(int(first[3]) - int(first[1])) / 500:,.2f}"
    assert worths["RamSpec.ram"].today == (("DDR4", "formula", "ram_gb * 2"),)
    assert {row.line.today for row in worths["RamSpec.ram"].rows} == {""}


@pytest.mark.parametrize(
    ("group", "method", "path", "status"),
    [
        ("Viewers", "get", PAGE, 200),
        ("Viewers", "get", f"{ADMIN}/calibrate/progress/", 200),
        ("Viewers", "post", START, 403),
        ("Viewers", "post", f"{ADMIN}/{{pk}}/candidate/", 403),
        ("Editors", "post", START, 403),
        ("Analysts", "get", START, 405),
        ("Analysts", "get", f"{ADMIN}/{{pk}}/candidate/", 405),
        ("Analysts", "post", f"{ADMIN}/999/candidate/", 404),
        ("Analysts", "get", f"{ADMIN}/{{pk}}/change/", 200),
        ("", "get", PAGE, 403),
        ("", "get", f"{ADMIN}/calibrate/progress/", 403),
        ("", "post", f"{ADMIN}/{{pk}}/candidate/", 403),
    ],
)
def test_who_may_do_what(client: Client, group: str, method: str, path: str, status: int) -> None:
    model = canned_model()
    client.force_login(StaffFactory(**({"group": group} if group else {})))
    answer = getattr(client, method)(path.format(pk=model.pk))
    assert answer.status_code == status
    if status == 200 and "progress" not in path:
        assert ('name="rows"' in answer.content.decode()) == (group == "Analysts")
    assert not Candidate.objects.exists()


def test_too_few_offers_are_refused_in_words(analyst: Client) -> None:
    stock(12)
    page = text(analyst.get(PAGE))
    assert "has not been estimated yet" in page
    assert "12 active listings have a price. 30 are needed" in page
    page = text(analyst.post(START, follow=True))
    assert "There is no estimate: too little to go by" in page
    assert "12 offers can be used, and 30 are needed." in page
    refused = MarketModel.objects.get()
    assert "12 offers can be used" in text(analyst.get(f"{ADMIN}/{refused.pk}/change/"))
    assert "12 offers can be used" in text(analyst.get(f"{ADMIN}/"))
    assert not ListingMarket.objects.exists()


def test_the_old_estimate_stays_where_the_new_one_was_refused(analyst: Client) -> None:
    canned_model()
    stock(12)
    page = text(analyst.post(START, follow=True))
    assert "The last attempt was refused 12 offers can be used" in page
    assert "Part worths" in page


def test_one_that_runs_is_followed_and_not_begun_twice(analyst: Client) -> None:
    running = MarketModel.objects.create(trigger="test", year=2026, seconds={"read": 0.1, "fit": 2.0}, made_by="bob")
    page = text(analyst.post(START, follow=True))
    assert "2 of 4 steps" in page
    assert "by bob" in page
    assert "Calibrate now" not in page
    assert analyst.get(f"{ADMIN}/calibrate/progress/").json() == {
        "state": f"{running.pk} running",
        "done": 2,
        "total": 4,
    }
    MarketModel.objects.update(state=CalibrationState.FAILED, error="Whoever worked on it has stopped doing so.")
    page = text(analyst.get(PAGE))
    assert "The last attempt failed Whoever worked on it has stopped" in page
    assert "Calibrate now" in page


def test_an_estimate_that_cannot_be_read_any_more(analyst: Client) -> None:
    model = canned_model()
    MarketModel.objects.update(estimate={**(model.estimate or {}), "form": 0})
    assert "was made by another version" in text(analyst.get(PAGE))
    answer = analyst.post(f"{ADMIN}/{model.pk}/candidate/", {"rows": ["RamSpec.ram:formula"]})
    assert "is no row of" in text(answer)


def test_a_sketch_says_so(analyst: Client) -> None:
    canned_model()
    MarketModel.objects.update(offers=40)
    assert "A sketch." in text(analyst.get(PAGE))
