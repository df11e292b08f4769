"""Rules and formulas tried over HTTP: whole documents, every problem with its place, and nothing saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from listings.models import Listing
from tests.api import Api, problems
from tests.factories import (
    CpuFactory,
    ListingFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
)
from valuation.models import ListingValuation, Rule, RuleAction, Ruleset, RulesRevision, RuleVersion
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

PREVIEW = "/api/v1/valuation-rules/preview"
EVALUATE = "/api/v1/valuation-rules/evaluate"
FORMULA = "/api/v1/valuation-rules/validate-formula"
BIG = {"field_name": "ram_gb", "operator": "gte", "value": 16}
PER_GB = {"action_type": "per_unit", "metric": "per_gb", "value_usd": -2}
STORED = (Ruleset, Rule, RuleAction, RuleVersion, ListingValuation)


@pytest.fixture
def api() -> Api:
    return Api("Viewers")


@pytest.fixture
def market() -> list[Listing]:
    """Three active listings of $100, $0.01 a mark, with 8, 16 and 32 GB, and one that is sold."""
    cpu = CpuFactory(name="i5", cpu_mark_multi=10_000)
    rows = [ListingFactory(title=f"{ram} GB", price_usd=100, cpu=cpu, ram_gb=ram) for ram in (8, 16, 32)]
    ListingFactory(title="sold", price_usd=100, cpu=cpu, ram_gb=64, status="archived")
    recalculate(scope=Scope(), trigger="test")
    return rows


def counts() -> list[int]:
    return [model.objects.count() for model in STORED]


# -- Previews --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["alone", "rule"])
def test_the_whole_preview(api: Api, market: list[Listing], form: str) -> None:
    small, medium, large = market
    rule = {"conditions": [BIG], "actions": [PER_GB]}
    before = counts()
    document = api.got("POST", PREVIEW, rule if form == "alone" else {"rule": {**rule, "name": "x", "is_active": True}})
    assert counts() == before
    assert document.pop("state") == RulesRevision.objects.get().revision
    bars = document.pop("histogram")
    assert [bar["count"] for bar in (bars[0], bars[-1])] == [1, 1]
    assert bars[0]["low"] <= -64 < bars[0]["high"]
    assert bars[-1]["low"] <= -32 <= bars[-1]["high"]
    assert document == {
        # -32 and -64 dollars on two of three
        "statistics": {
            "total_listings_checked": 3,
            "matched_count": 2,
            "match_percentage": 66.67,
            "non_matched_count": 1,
            "avg_adjustment": -48.0,
            "min_adjustment": -64.0,
            "max_adjustment": -32.0,
            "median_adjustment": -48.0,
            "total_adjustment": -96.0,
        },
        # All cost the same, in the order of their ids; then 36, 68 and 100 dollars.
        "rank_changes": [
            {
                "id": large.pk,
                "title": "32 GB",
                "rank_before": 3,
                "rank_after": 1,
                "adjusted_price_before": 100.0,
                "adjusted_price_after": 36.0,
            }
        ],
        "sample_matched_listings": [
            {
                "id": listing.pk,
                "title": listing.title,
                "original_price": 100.0,
                "adjustment": amount,
                "adjusted_price": 100.0 + amount,
                "price_change_pct": amount,
            }
            for listing, amount in ((large, -64.0), (medium, -32.0))
        ],
        "sample_non_matched_listings": [
            {
                "id": small.pk,
                "title": "8 GB",
                "original_price": 100.0,
                "reason": document["sample_non_matched_listings"][0]["reason"],
                "failed_condition": {
                    "path": "conditions[0]",
                    "field_name": "ram_gb",
                    "operator": "gte",
                    "expected": 16,
                    "actual": 8.0,
                    "negated": False,
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("wanted", "checked", "matched"),
    [
        ({}, 3, 2),
        (None, 3, 2),
        ({"ram_gb__lte": 16}, 2, 1),
        ({"ram_gb__lte": "16", "q": "8"}, 1, 0),
        ({"status": "archived"}, 0, 0),
        ({"condition__in": ["used", "new"]}, 3, 2),
        ({"adjusted_price_usd__lte": 99.99}, 0, 0),
    ],
)
def test_the_filter_selects(api: Api, market: list[Listing], wanted: Any, checked: int, matched: int) -> None:
    body = {"conditions": [BIG], "actions": [PER_GB], "filter": wanted}
    if wanted is None:
        del body["filter"]
    found = api.got("POST", PREVIEW, body)["statistics"]
    assert (found["total_listings_checked"], found["matched_count"]) == (checked, matched)


def test_samples_are_as_large_as_is_asked(api: Api) -> None:
    for number in range(60):
        ListingFactory(ram_gb=8 if number % 2 else 16)
    for size in (1, 10, 50):
        body = {"conditions": [BIG], "actions": [PER_GB], "sample_size": size}
        found = api.got("POST", PREVIEW, body)
        for name in ("sample_matched_listings", "sample_non_matched_listings"):
            assert len({item["id"] for item in found[name]}) == min(size, 30)


def test_a_rule_in_the_place_of_another(api: Api, market: list[Listing]) -> None:
    group = RuleGroupFactory(weight=Decimal("0.5"))
    old = RuleActionFactory(rule__group=group, rule__conditions=BIG, value_usd=10).rule
    recalculate(scope=Scope(), trigger="test")
    body = {"conditions": [BIG], "actions": [PER_GB], "replaces_rule_id": old.pk}
    found = api.got("POST", PREVIEW, body)["sample_matched_listings"]
    # In its group, so by half: -32 and -16 for the $5 that the old rule gave.
    assert [(item["adjustment"], item["adjusted_price"]) for item in found] == [(-32.0, 68.0), (-16.0, 84.0)]
    beside = api.got("POST", PREVIEW, {"conditions": [BIG], "actions": [PER_GB], "group_id": group.pk})
    assert [item["adjusted_price"] for item in beside["sample_matched_listings"]] == [73.0, 89.0]


def test_a_stored_rule_may_be_sent_as_it_was_read(api: Api, market: list[Listing]) -> None:
    rule = RuleActionFactory(rule__conditions=BIG, value_usd=10).rule
    document = api.read(f"/api/v1/valuation-rules/{rule.pk}")
    assert api.got("POST", PREVIEW, {"rule": document})["statistics"]["total_adjustment"] == 20.0


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"actions": "required"}),
        ({"conditions": [BIG]}, {"actions": "required"}),
        ({"rule": {"conditions": [BIG]}}, {"actions": "required"}),
        ({"actions": []}, {"actions": "required"}),
        ({"rule": {"actions": [PER_GB]}, "actions": [PER_GB]}, {"rule": "exclusive"}),
        ({"actions": [{"action_type": "magic"}]}, {"actions[0].action_type": "invalid_choice"}),
        ({"actions": [PER_GB], "sample_size": 0}, {"sample_size": "min_value"}),
        ({"actions": [PER_GB], "sample_size": 51}, {"sample_size": "max_value"}),
        ({"actions": [PER_GB], "group_id": 10**6}, {"group_id": "does_not_exist"}),
        ({"actions": [PER_GB], "replaces_rule_id": 10**6}, {"replaces_rule_id": "does_not_exist"}),
        *(({"actions": [PER_GB], "filter": bad}, {"filter": "invalid"}) for bad in ([], 0, "", False, "q=x")),
        ({"actions": [PER_GB], "filter": {"prize": 1}}, {"filter.prize": "unknown"}),
        ({"actions": [PER_GB], "filter": {"stale": "true"}}, {"filter.stale": "unknown"}),
        ({"actions": [PER_GB], "filter": {"condition": "broken"}}, {"filter.condition": "invalid_choice"}),
        ({"actions": [PER_GB], "sampel_size": 1}, {"sampel_size": "unknown"}),
    ],
)
def test_previews_that_are_refused(api: Api, body: Any, wrong: dict[str, str]) -> None:
    assert problems(api.send("POST", PREVIEW, body)) == wrong


@pytest.mark.parametrize(
    ("conditions", "place"),
    [
        ([BIG, {"field_name": "ram", "operator": "gte", "value": 1}], "conditions[1].field_name"),
        ([{"field_name": "ram_gb", "operator": "gte", "value": "abc"}], "conditions[0].value"),
        ([{"field_name": "ram_gb", "operator": "about", "value": 1}], "conditions[0].operator"),
    ],
)
def test_conditions_that_are_refused(api: Api, conditions: Any, place: str) -> None:
    for body, prefix in (
        ({"conditions": conditions, "actions": [PER_GB]}, ""),
        ({"rule": {"conditions": conditions, "actions": [PER_GB]}}, "rule."),
    ):
        assert list(problems(api.send("POST", PREVIEW, body))) == [f"{prefix}{place}"]


# -- One listing -----------------------------------------------------------------------------------------------


def test_one_listing_is_evaluated(api: Api, market: list[Listing]) -> None:
    active = RuleActionFactory(rule__conditions=BIG, value_usd=10).rule.group.ruleset
    draft = RuleActionFactory(value_usd=-3, rule__group__ruleset=RulesetFactory(is_active=False)).rule.group.ruleset
    small, _, large = market
    before = counts()
    for listing, query, ruleset, total in (
        (large, "", active, 10.0),
        (large, f"?ruleset_id={active.pk}", active, 10.0),
        (small, f"?ruleset_id={draft.pk}", draft, -3.0),
    ):
        document = api.got("POST", f"{EVALUATE}/{listing.pk}{query}")
        told = document.pop("breakdown")
        assert told == {
            "ruleset": {"id": ruleset.pk, "name": ruleset.name},
            "adjustments": document["adjustments"],
            "total_adjustment": total,
        }
        assert (document["ruleset_id"], document["total_adjustment"]) == (ruleset.pk, total)
        if not query:
            assert document == api.read(f"/v1/listings/{listing.pk}/valuation-breakdown")
    assert counts() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("1000000", 404),
        ("{pk}?ruleset_id=1000000", 404),
        ("{pk}?ruleset_id=0", 400),
        ("{pk}?ruleset_id=x", 400),
        ("{pk}?rulesetid=1", 400),
    ],
)
def test_evaluations_that_are_refused(api: Api, path: str, status: int) -> None:
    path = path.format(pk=ListingFactory().pk)
    assert api.send("POST", f"{EVALUATE}/{path}").status_code == status


# -- Formulas --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "valid", "preview", "used", "said"),
    [
        ("ram_gb * 2.5", True, 40.0, ["ram_gb"], None),
        ("clamp(cpu_cores, 1, 4) + CPU_MARK_MULTI // 3000", True, 7.0, ["cpu.cores", "cpu.cpu_mark_multi"], None),
        ("gpu.gpu_mark * 2", True, None, ["gpu.gpu_mark"], "gpu.gpu_mark is unknown"),
        ("ram_gb *", False, None, [], ""),
        ("(ram_gb", False, None, [], "parenthes"),
        ("ram_bg * 2", False, None, [], "ram_gb"),
        ("maks(1, 2)", False, None, [], "max"),
        ("1/0", False, None, [], "zero"),
        ("9**9**9", False, None, [], ""),
        ("__import__('os')", False, None, [], ""),
        ("", False, None, [], ""),
        ("1+" * 500 + "1", False, None, [], "1,000"),
    ],
)
def test_formulas(api: Api, formula: str, valid: bool, preview: Any, used: list[str], said: str | None) -> None:
    ListingFactory(ram_gb=16, cpu=CpuFactory(cores=6, cpu_mark_multi=10_000))
    for sample in (None, {"ram_gb": 16, "cpu.cores": 6, "cpu_mark_multi": 10_000}):
        document = api.got("POST", FORMULA, {"formula": formula, "sample_context": sample})
        assert (document["valid"], document["preview"], document["used_fields"]) == (valid, preview, used)
        assert bool(document["errors"]) == (said is not None)
        for error in document["errors"]:
            assert set(error) == {"message", "severity", "position", "suggestion"}
            assert error["severity"] == ("info" if valid else "error")
            assert (said or "") in f"{error['message']} {error['suggestion']}"
    assert {"path": "ram_gb", "label": "RAM", "kind": "number", "unit": "GB"} in document["available_fields"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"formula": "required"}),
        ({"formula": "x" * 10_001}, {"formula": "max_length"}),
        ({"formula": "1", "sample_context": []}, {"sample_context": "invalid"}),
        ({"formula": "1", "context": {}}, {"context": "unknown"}),
    ],
)
def test_bodies_that_are_refused(api: Api, body: Any, wrong: dict[str, str]) -> None:
    assert problems(api.send("POST", FORMULA, body)) == wrong


def test_nothing_is_saved_by_whoever_may_only_read(api: Api) -> None:
    rule = RuleFactory()
    assert api.send("PATCH", f"/api/v1/valuation-rules/{rule.pk}", {}).status_code == 403
    assert api.send("POST", PREVIEW, {"actions": [PER_GB]}).status_code == 200
