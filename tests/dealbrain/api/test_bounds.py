"""What can be sent can be sent a million times: every body, object, list and list of problems has a bound."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from baselines.api.views import BaselineView
from dealbrain import deadlines, hints
from dealbrain.api.parsers import MOST_ITEMS, MOST_KEYS
from dealbrain.api.problems import MOST_PROBLEMS
from dealbrain.api.views import MOST_BYTES
from dealbrain.hints import MOST_HINTS, few_hints, may_hint
from tests.api import Api

pytestmark = pytest.mark.django_db

LISTINGS = "/v1/listings"
PREVIEW = "/api/v1/valuation-rules/preview"
VALIDATE = "/api/v1/baseline/validate"
HEAD = {"schema_version": "1.1", "generated_at": "2026-11-01T00:00:00Z"}
FIXED = {"action_type": "fixed_value", "value_usd": 1}
MANY_KEYS = {f"k{number}": 1 for number in range(330_000)}
SOME_KEYS = {f"k{number}": 1 for number in range(MOST_KEYS - 50)}
LARGEST_ANSWER = 100_000


@pytest.fixture
def api() -> Api:
    return Api(root=True)


@pytest.fixture
def look_ups(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each near name that somebody wanted was looked for."""
    found: list[bool] = []
    ask = hints.may_hint
    for module in ("dealbrain.api.parameters", "catalog.custom_types", "valuation.engine.fields"):
        name = "_may_suggest" if module.endswith("fields") else "may_hint"
        monkeypatch.setattr(f"{module}.{name}", lambda: found.append(ask()) or found[-1])
    return found


ATTACKS: dict[str, tuple[str, Any]] = {
    "names of a listing": (LISTINGS, {"title": "abc", **SOME_KEYS}),
    "names of every component": (LISTINGS, {"title": "abc", "components": [SOME_KEYS] * 60}),
    "components": (LISTINGS, {"title": "abc", "components": [{"zz": 1}] * 20_000}),
    "addresses": (LISTINGS, {"title": "abc", "other_urls": [{"url": "x"}] * 40_000}),
    "other components": (LISTINGS, {"title": "abc", "other_components": ["x"] * 101}),
    "custom fields": (LISTINGS, {"title": "abc", "attributes": SOME_KEYS}),
    "ports": ("/v1/catalog/ports-profiles", {"name": "a", "ports": [{"zz": 1}] * 17}),
    "ids that are none": (f"{LISTINGS}/bulk-update", {"listing_ids": ["x"] * 150_000}),
    "some ids that are none": (f"{LISTINGS}/bulk-update", {"listing_ids": ["x"] * 1_000}),
    "listings": (f"{LISTINGS}/bulk", {"listings": [{"zz": 1}] * 1_000}),
    "conditions": (PREVIEW, {"conditions": [{"field_name": "zz", "operator": "zz"}] * 2_000, "actions": [FIXED]}),
    "names of conditions": (PREVIEW, {"conditions": [SOME_KEYS] * 9, "actions": [FIXED]}),
    "actions": (PREVIEW, {"actions": [FIXED] * 51}),
    "names of actions": (PREVIEW, {"actions": [{**FIXED, **SOME_KEYS}] * 50}),
    "names of modifiers": (PREVIEW, {"actions": [{**FIXED, "modifiers": SOME_KEYS}] * 50}),
    "multipliers": (PREVIEW, {"actions": [{**FIXED, "modifiers": {"multipliers": [{"zz": 1}] * 51}}]}),
    "names of filters": (PREVIEW, {"actions": [FIXED], "filter": SOME_KEYS}),
    "formulas": (PREVIEW, {"actions": [{"action_type": "formula", "formula": "+".join(["zz.y"] * 200)}] * 50}),
    "options": (
        "/v1/reference/custom-fields",
        {"key": "a", "label": "A", "data_type": "enum", "options": [f"o{number}" for number in range(1_001)]},
    ),
    "words of a body": (LISTINGS, {"title": "abc", "z" * 900_000: 1}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_sent_too_often(name: str, api: Api, look_ups: list[bool]) -> None:
    path, body = ATTACKS[name]
    answer = api.send("POST", path, body)
    document = answer.json()
    assert answer.status_code == 400, document
    assert document["errors"] or f"more than {MOST_ITEMS:,} items" in document["detail"]
    assert len(document["errors"]) <= MOST_PROBLEMS
    assert len(answer.content) < LARGEST_ANSWER
    assert sum(look_ups) <= MOST_HINTS


BASELINES: dict[str, Any] = {
    "names": {**HEAD, "entities": {}, **SOME_KEYS},
    "entities": {**HEAD, "entities": SOME_KEYS},
    "fields": {**HEAD, "entities": {"CPU": [{"id": "a"}] * 1_001}},
    "names of fields": {**HEAD, "entities": {"CPU": [SOME_KEYS] * 200}},
    "buckets": {**HEAD, "entities": {"CPU": [{"id": "a", "proper_name": "A", "valuation_buckets": [{}] * 201}]}},
    "dependencies": {**HEAD, "entities": {"CPU": [{"id": "a", "proper_name": "A", "dependencies": ["zz"] * 101}]}},
    "older fields": {**HEAD, "schema_version": "1.0", "entities": {"CPU": [SOME_KEYS] * 200}},
}


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_that_are_wrong_too_often(name: str, client: Client, settings: Any, look_ups: list[bool]) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    body = json.dumps({"candidate_json": BASELINES[name]})
    answer = client.post(VALIDATE, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert 1 <= len(answer.json()["errors"]) <= MOST_PROBLEMS
    assert len(answer.content) < LARGEST_ANSWER
    assert sum(look_ups) <= MOST_HINTS


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (VALIDATE, {"candidate_json": {**HEAD, "entities": MANY_KEYS}}),
        (VALIDATE, {"candidate_json": MANY_KEYS}),
        (LISTINGS, {"title": "abc", "attributes": {f"k{number}": 1 for number in range(MOST_KEYS + 1)}}),
    ],
)
def test_an_object_has_so_many_names(path: str, body: Any, api: Api) -> None:
    answer = api.send("POST", path, body)
    assert answer.status_code == 400
    assert f"more than {MOST_KEYS:,} names" in answer.json()["detail"]


def test_a_body_has_a_limit_for_its_endpoint(api: Api) -> None:
    answer = api.send("POST", LISTINGS, {"title": "abc", "notes": "x" * MOST_BYTES})
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert f"at most {MOST_BYTES:,}" in answer.json()["detail"]
    within = {"candidate_json": {**HEAD, "entities": {}, "description": "x" * MOST_BYTES}}
    assert api.send("POST", VALIDATE, within).status_code == 200
    above = {"candidate_json": {**HEAD, "entities": {}, "description": "x" * BaselineView.most_bytes}}
    assert api.send("POST", VALIDATE, above).status_code == 413


def test_the_first_problems_are_told_and_that_there_may_be_more(api: Api) -> None:
    answer = api.send("POST", LISTINGS, {"title": "abc", **SOME_KEYS}).json()
    assert answer["errors"][0]["path"] == "k0"
    assert answer["detail"].endswith("There is more: mend these first.")
    few = api.send("POST", LISTINGS, {"title": "abc", "zz": 1}).json()
    assert "There is more" not in few["detail"]


def test_the_parameters_of_a_query_too(api: Api, look_ups: list[bool]) -> None:
    answer = api.send("GET", f"{LISTINGS}?{'&'.join(f'seler{number}=1' for number in range(500))}")
    assert (answer.status_code, len(answer.json()["errors"])) == (400, MOST_PROBLEMS)


def test_near_names_are_told_of_the_first(api: Api) -> None:
    answer = api.send("POST", LISTINGS, {"title": "abc", **{f"pricee_usd{number}": 1 for number in range(40)}}).json()
    hints = ["Did you mean" in problem["message"] for problem in answer["errors"]]
    assert hints == [True] * MOST_HINTS + [False] * (40 - MOST_HINTS)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PREVIEW, {"actions": [FIXED]}),
        (VALIDATE, {"candidate_json": {**HEAD, "entities": {"CPU": [{"id": "a"}]}}}),
    ],
)
def test_what_takes_too_long_is_given_up(path: str, body: Any, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000_000, 11))
    monkeypatch.setattr(deadlines.time, "monotonic", lambda: next(clock))
    answer = api.send("POST", path, body)
    assert answer.status_code == 413
    assert "10 seconds" in answer.json()["detail"]


def test_outside_of_a_request_nothing_is_limited() -> None:
    with few_hints():
        assert [may_hint() for _ in range(MOST_HINTS + 2)] == [True] * MOST_HINTS + [False] * 2
    assert all(may_hint() for _ in range(100))


@pytest.mark.parametrize("path", [LISTINGS, VALIDATE, "/v1/no-such-thing", "/", f"{LISTINGS}/bulk-update"])
def test_files_are_read_where_they_are_taken(path: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", _must_not_be_read)
    monkeypatch.setattr("django.test.client.FakePayload.read", _must_not_be_read)
    api.client.handler.enforce_csrf_checks = True
    answer = api.client.post(path, {"file": "x" * 10_000})
    assert answer.status_code in (403, 404, 405, 415)


def _must_not_be_read(*_: Any) -> None:
    raise AssertionError("the body was read")


def test_a_form_is_refused_before_it_is_read(api: Api) -> None:
    api.client.handler.enforce_csrf_checks = True
    answer = api.client.post(LISTINGS, "a=1&" * 30_000, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_the_admin_reads_no_file_larger_than_any_of_its_own(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert client.post("/admin/login/", {"username": "x" * 1_000}).status_code == 413
