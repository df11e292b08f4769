"""What we say and decide about listings over HTTP: sums to the cent, rulesets of their own, fresh figures, history."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from listings.models import Listing
from tests.api import Api, at_once, problems, race
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory, RuleGroupFactory, RulesetFactory
from valuation.models import ListingValuation, RecalculationRun, Ruleset, RulesetOverride
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

NEVER = {"field_name": "ram_gb", "operator": "gt", "value": 2000}


@pytest.fixture
def api() -> Api:
    return Api(root=True)


def at(listing: Listing, rest: str = "") -> str:
    return f"/v1/listings/{listing.pk}/{rest}"


def gives(dollars: object, ruleset: Ruleset | None = None, **fields: Any) -> Ruleset:
    """A ruleset with one more rule that adds so much."""
    found: Ruleset = ruleset or RulesetFactory(**fields)
    RuleActionFactory(rule__group__ruleset=found, value_usd=dollars)
    return found


# -- The breakdown ---------------------------------------------------------------------------------------------


def test_everything_adds_up_to_the_cent(api: Api) -> None:
    group = RuleGroupFactory(weight=Decimal("0.333"), name="thirds")
    parts, percent = (RuleActionFactory(rule__group=group, rule__evaluation_order=n).rule for n in (1, 2))
    RuleActionFactory(rule=parts, position=2, action_type="per_unit", metric="per_gb", value_usd=Decimal("0.55"))
    percent.actions.update(action_type="multiplier", value_usd=15)
    taken = gives("5.01", effect="deduct", priority=200)
    listing = ListingFactory(price_usd=Decimal("333.33"), ram_gb=7)
    document = api.read(at(listing, "valuation-breakdown"))
    # 10 x 0.333 = 3.33; 7 x 0.55 x 0.333 = 1.282; the price is 337.94 by now, x 0.15 x 0.333 = 16.880; - 5.01
    shown = [
        (line["rule_name"], line["adjustment_amount"], [action["value"] for action in line["actions"]])
        for line in document["adjustments"]
    ]
    assert shown == [
        (parts.name, 4.61, [3.33, 1.28]),
        (percent.name, 16.88, [16.88]),
        (taken.groups.get().rules.get().name, -5.01, [-5.01]),
    ]
    assert [(line["id"], line["total_adjustment"]) for line in document["rulesets"]] == [
        (group.ruleset_id, 21.49),
        (taken.pk, -5.01),
    ]
    sums = ("base_price_usd", "total_adjustment", "adjusted_price_usd", "matched_rules_count")
    assert [document[name] for name in sums] == [333.33, 16.48, 349.81, 3]
    recalculate(scope=Scope(), trigger="test")
    listed = api.read(at(listing))
    assert (listed["total_adjustment"], listed["adjusted_price_usd"]) == (16.48, 349.81)


def test_a_listing_without_a_price_has_no_adjusted_price(api: Api) -> None:
    gives(10)
    document = api.read(at(ListingFactory(price_usd=None), "valuation-breakdown"))
    assert (document["base_price_usd"], document["adjusted_price_usd"]) == (None, None)
    assert document["errors"] == []


# -- Overrides -------------------------------------------------------------------------------------------------

AUTO = {"mode": "auto", "ruleset_id": None, "disabled_rulesets": []}


def test_overrides_from_nothing_to_nothing(api: Api) -> None:
    first, second = gives(10), gives(20, conditions=NEVER)
    listing = ListingFactory(price_usd=100)
    path = at(listing, "valuation-overrides")

    def total() -> float:
        recalculate(scope=Scope(), trigger="test")
        breakdown = api.read(at(listing, "valuation-breakdown"))
        stored: float = api.read(at(listing))["total_adjustment"]
        assert stored == breakdown["total_adjustment"]
        return stored

    assert (api.read(path), total()) == (AUTO, 10.0)
    static = {"mode": "static", "ruleset_id": second.pk, "disabled_rulesets": []}
    assert api.got("PATCH", path, {"mode": "static", "ruleset_id": second.pk}) == static == api.read(path)
    assert total() == 20.0, "whatever its conditions"
    assert api.got("PATCH", path, {"ruleset_id": first.pk})["ruleset_id"] == first.pk
    assert api.got("PATCH", path, {"disabled_rulesets": [second.pk, first.pk, second.pk]}) == {
        **static,
        "ruleset_id": first.pk,
        "disabled_rulesets": [first.pk, second.pk],
    }
    assert api.got("PATCH", path, {"mode": "auto"}) == {**AUTO, "disabled_rulesets": [first.pk, second.pk]}
    assert total() == 0.0
    assert api.got("PATCH", path, {}) == api.read(path)
    assert api.got("PATCH", path, {"mode": "auto", "ruleset_id": None, "disabled_rulesets": []}) == AUTO
    assert total() == 10.0
    assert not RulesetOverride.objects.exists(), "who decides nothing leaves no row"


@pytest.mark.parametrize(
    ("body", "status", "wrong"),
    [
        ({"mode": "static", "ruleset_id": "none"}, 404, {}),
        ({"ruleset_id": "none"}, 404, {}),
        ({"disabled_rulesets": ["active", "none"]}, 404, {}),
        ({"mode": "static", "ruleset_id": "inactive"}, 400, {"ruleset_id": "invalid"}),
        ({"mode": "static"}, 400, {"ruleset_id": "invalid"}),
        ({"mode": "static", "ruleset_id": None}, 400, {"ruleset_id": "invalid"}),
        ({"mode": "auto", "ruleset_id": "active"}, 400, {"ruleset_id": "invalid"}),
        ({"mode": "manual"}, 400, {"mode": "invalid_choice"}),
        ({"mode": None}, 400, {"mode": "null"}),
        ({"ruleset_id": 0}, 400, {"ruleset_id": "min_value"}),
        ({"ruleset_id": 2**63}, 400, {"ruleset_id": "max_value"}),
        ({"ruleset_id": "x"}, 400, {"ruleset_id": "invalid"}),
        ({"disabled_rulesets": "active"}, 400, {"disabled_rulesets": "not_a_list"}),
        ({"rulesets": []}, 400, {"rulesets": "unknown"}),
    ],
)
def test_overrides_that_are_refused(api: Api, body: dict[str, Any], status: int, wrong: dict[str, str]) -> None:
    ids = {"active": RulesetFactory().pk, "inactive": RulesetFactory(is_active=False).pk, "none": 10**6}

    def filled(value: Any) -> Any:
        return [filled(item) for item in value] if isinstance(value, list) else ids.get(value, value)

    listing = ListingFactory()
    answer = api.send("PATCH", at(listing, "valuation-overrides"), {name: filled(body[name]) for name in body})
    assert problems(answer, status) == wrong
    assert status != 404 or "1000000" in answer.json()["detail"]
    assert api.read(at(listing, "valuation-overrides")) == AUTO


def test_a_decision_over_another_is_refused(api: Api) -> None:
    path = at(ListingFactory(), "valuation-overrides")
    before = api.send("GET", path).headers["ETag"]
    assert api.send("GET", path, **{"If-None-Match": before}).status_code == 304
    body = {"ruleset_id": RulesetFactory().pk}
    changed = api.send("PATCH", path, body, **{"If-Match": before})
    assert (changed.status_code, changed.headers["ETag"]) == (200, api.send("GET", path).headers["ETag"])
    assert api.send("PATCH", path, AUTO, **{"If-Match": before}).status_code == 412
    assert api.send("PATCH", path, {"mode": "auto"}, **{"If-Match": changed.headers["ETag"]}).status_code == 200


def test_an_assigned_ruleset_that_is_switched_off_does_not_stop_other_changes(api: Api) -> None:
    """Only a ruleset that is newly assigned has to be active: what is left out stays as it is."""
    chosen, other, path = RulesetFactory(), RulesetFactory(), at(ListingFactory(), "valuation-overrides")
    api.got("PATCH", path, {"mode": "static", "ruleset_id": chosen.pk})
    for ruleset in (chosen, draft := RulesetFactory()):
        ruleset.is_active = False
        ruleset.save()
    found = api.got("PATCH", path, {"disabled_rulesets": [other.pk]})
    assert (found["ruleset_id"], found["disabled_rulesets"]) == (chosen.pk, [other.pk])
    api.got("PATCH", path, {"mode": "static", "ruleset_id": chosen.pk})
    assert api.send("PATCH", path, {"ruleset_id": draft.pk}).status_code == 400
    api.got("PATCH", path, {"mode": "auto", "ruleset_id": None})
    assert api.send("PATCH", path, {"ruleset_id": chosen.pk}).status_code == 400


def test_an_inactive_ruleset_may_be_switched_off(api: Api) -> None:
    draft = RulesetFactory(is_active=False)
    found = api.got("PATCH", at(ListingFactory(), "valuation-overrides"), {"disabled_rulesets": [draft.pk]})
    assert found["disabled_rulesets"] == [draft.pk]


def test_an_assigned_ruleset_that_is_switched_off_falls_back_and_says_so(api: Api) -> None:
    gives(10)
    chosen = gives(20, name="Chosen")
    listing = ListingFactory(price_usd=100)
    api.got("PATCH", at(listing, "valuation-overrides"), {"mode": "static", "ruleset_id": chosen.pk})
    chosen.is_active = False
    chosen.save()
    document = api.read(at(listing, "valuation-breakdown"))
    assert document["total_adjustment"] == 10.0
    assert len(document["notes"]) == 1
    assert "not active" in document["notes"][0]


# -- Fresh figures ---------------------------------------------------------------------------------------------


@pytest.fixture
def two() -> tuple[Listing, Listing]:
    """Two listings of $100 that were never valued, and a rule that adds $10."""
    gives(10)
    return ListingFactory(price_usd=100), ListingFactory(price_usd=100)


def valued() -> set[int]:
    return set(ListingValuation.objects.values_list("pk", flat=True))


def test_one_listing_is_valued_now(api: Api, two: tuple[Listing, Listing]) -> None:
    document = api.got("POST", at(two[0], "recalculate-metrics"))
    assert (document["adjusted_price_usd"], document["stale"]) == (110.0, False)
    assert document == api.read(at(two[0]))
    assert valued() == {two[0].pk}
    assert api.send("POST", "/v1/listings/1000000/recalculate-metrics").status_code == 404


@pytest.mark.parametrize("named", ["one", "all", "null", "left out"])
def test_many_are_valued_now(api: Api, two: tuple[Listing, Listing], named: str) -> None:
    ids = {"one": {"listing_ids": [two[0].pk] * 2}, "all": {"listing_ids": [row.pk for row in two]}}
    body = ids.get(named, {"listing_ids": None} if named == "null" else {})
    count = 1 if named == "one" else 2
    answer = api.got("POST", "/v1/listings/bulk-recalculate-metrics", body)
    assert answer == {
        "updated_count": count,
        "message": f"{count} listings looked at, {count} with new figures, 0 failed.",
    }
    assert len(valued()) == count
    again = api.got("POST", "/v1/listings/bulk-recalculate-metrics", body)
    assert again["message"] == f"{count} listings looked at, 0 with new figures, 0 failed."


@pytest.mark.parametrize(
    ("body", "count"),
    [({}, 2), ({"listing_ids": None, "ruleset_id": None}, 2), ({"listing_ids": "first"}, 1), ({"ruleset_id": ...}, 1)],
)
def test_rules_are_applied(api: Api, two: tuple[Listing, Listing], body: dict[str, Any], count: int) -> None:
    ruleset = Ruleset.objects.get()
    api.got("PATCH", at(two[1], "valuation-overrides"), {"disabled_rulesets": [ruleset.pk]})
    filled = {"first": [two[0].pk], ...: ruleset.pk, None: None}
    answer = api.got("POST", "/api/v1/valuation-rules/apply", {name: filled[value] for name, value in body.items()})
    assert answer == {"processed": count, "succeeded": count, "failed": 0, "errors": []}
    assert valued() == {row.pk for row in two[:count]}


@pytest.mark.parametrize("path", ["/v1/listings/bulk-recalculate-metrics", "/api/v1/valuation-rules/apply"])
@pytest.mark.parametrize(
    ("body", "status", "wrong"),
    [
        ({"listing_ids": [10**6, 10**6 + 1]}, 404, {}),
        ({"listing_ids": []}, 400, {"listing_ids": "min_length"}),
        ({"listing_ids": ["x"]}, 400, {"listing_ids[0]": "invalid"}),
        ({"listing_ids": [0]}, 400, {"listing_ids[0]": "min_value"}),
        ({"listing_ids": list(range(1, 10_002))}, 400, {"listing_ids": "max_length"}),
        ({"ids": [1]}, 400, {"ids": "unknown"}),
    ],
)
def test_what_is_refused_values_nothing(
    api: Api, two: tuple[Listing, Listing], path: str, body: Any, status: int, wrong: dict[str, str]
) -> None:
    answer = api.send("POST", path, body)
    assert problems(answer, status) == wrong
    assert status != 404 or "1000000, 1000001" in answer.json()["detail"]
    assert valued() == set()


def test_an_unknown_ruleset_is_not_applied(api: Api, two: tuple[Listing, Listing]) -> None:
    assert api.send("POST", "/api/v1/valuation-rules/apply", {"ruleset_id": 10**6}).status_code == 404
    assert valued() == set()


@pytest.mark.parametrize("path", ["/v1/listings/bulk-recalculate-metrics", "/api/v1/valuation-rules/apply"])
def test_with_workers_everything_is_a_task(api: Api, settings: Any, monkeypatch: Any, path: str) -> None:
    listing = ListingFactory()
    asked: list[int] = []
    monkeypatch.setattr("valuation.jobs.queue.enqueue", lambda _job, run: asked.append(run))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = api.send("POST", path, {})
    run = RecalculationRun.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/admin/tasks/{run.pk}")
    assert (answer.json()["id"], answer.json()["status"], asked) == (run.pk, "running", [run.pk])
    assert api.send("POST", path, {"listing_ids": [listing.pk]}).status_code == 200


# -- History ---------------------------------------------------------------------------------------------------


def test_the_history_of_a_price(api: Api) -> None:
    ruleset = gives("-10.50")
    rule = ruleset.groups.get().rules.get()
    listing = ListingFactory(price_usd=100, cpu=CpuFactory(cpu_mark_multi=1_000, cpu_mark_single=500, tdp_w=10))
    other = ListingFactory()
    for price in (100, 100, "90.25", None):
        api.got("PATCH", at(listing), {"price_usd": price, "notes": "seen"})
        recalculate(scope=Scope(), trigger="test")
    document = api.read(at(listing, "history"))
    shown = [
        tuple(item[name] for name in ("reason", "price_usd", "total_adjustment", "adjusted_price_usd"))
        for item in document["items"]
    ]
    assert [line[1:] for line in shown] == [(None, None, None), (90.25, -10.5, 79.75), (100.0, -10.5, 89.5)]
    assert shown[-1][0] == "first"
    middle = document["items"][1]
    assert middle["figures"] == {
        "score_cpu_multi": 1000.0,
        "score_cpu_single": 500.0,
        "score_gpu": None,
        "score_composite": None,
        "perf_per_watt": 100.0,
        "dollar_per_cpu_mark": 0.0798,
        "dollar_per_single_mark": 0.1595,
        "dollar_per_cpu_mark_multi": 0.0903,
        "dollar_per_cpu_mark_single": 0.1805,
    }
    assert [(line["rule_id"], line["cents"]) for line in middle["explanation"]] == [(rule.pk, -1050)]
    assert middle["taken_at"].endswith("Z")
    first = api.read(at(listing, "history?limit=1"))
    rest = api.read(at(listing, f"history?cursor={first['next_cursor']}"))
    assert first["items"] + rest["items"] == document["items"]
    assert api.read(at(listing, "history?ordering=taken_at"))["items"] == document["items"][::-1]
    assert api.read(at(other, "history"))["items"] == []
    assert api.send("GET", "/v1/listings/1000000/history").status_code == 404


# -- Two at once -----------------------------------------------------------------------------------------------


@race
def test_overrides_that_two_set_at_once() -> None:
    path = at(ListingFactory(), "valuation-overrides")
    mine, other = RulesetFactory(), RulesetFactory()
    bodies: list[Any] = [{"ruleset_id": mine.pk}, {"disabled_rulesets": [other.pk]}]
    answers = at_once(*(partial(Api(root=True).send, "PATCH", path, body) for body in bodies))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Api(root=True).read(path) == {"mode": "static", "ruleset_id": mine.pk, "disabled_rulesets": [other.pk]}


@race
def test_of_two_who_decide_over_the_same_state_one_is_refused() -> None:
    path = at(ListingFactory(), "valuation-overrides")
    everybody = [Api(root=True), Api(root=True)]
    state = everybody[0].send("GET", path).headers["ETag"]
    rulesets = [RulesetFactory(), RulesetFactory()]
    answers = at_once(
        *(
            partial(api.send, "PATCH", path, {"ruleset_id": ruleset.pk}, **{"If-Match": state})
            for api, ruleset in zip(everybody, rulesets, strict=True)
        )
    )
    codes = [answer.status_code for answer in answers]
    assert sorted(codes) == [200, 412]
    assert RulesetOverride.objects.get().static_ruleset == rulesets[codes.index(200)]


@race
def test_a_listing_that_two_value_at_once() -> None:
    listing = ListingFactory(price_usd=100)
    answers = at_once(*(partial(Api(root=True).send, "POST", at(listing, "recalculate-metrics")) for _ in range(3)))
    assert [(answer.status_code, answer.json()["adjusted_price_usd"]) for answer in answers] == [(200, 100.0)] * 3
