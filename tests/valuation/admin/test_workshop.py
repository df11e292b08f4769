"""What the editors of rules ask while somebody types: who may ask, what is answered, and what hostile trees get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealbrain.deadlines import deadline
from tests.factories import CpuFactory, CustomFieldFactory, ListingFactory, RuleFactory, StaffFactory
from valuation.admin import workshop
from valuation.engine.errors import MOST_PROBLEMS
from valuation.validation import conditions_problems

pytestmark = pytest.mark.django_db

BASE = "/admin/valuation/rule/workshop"
QUESTIONS: dict[str, Any] = {
    "words": None,
    "values": None,
    "listings": None,
    "check": {"conditions": []},
    "action": {"action_type": "per_unit", "metric": "per_gb", "value_usd": "2.5"},
}
LEAF: dict[str, Any] = {"field_name": "ram_gb", "operator": "gte", "value": 16}


def ask(client: Client, name: str, body: Any = None, **query: str) -> Any:
    if body is None:
        return client.get(f"{BASE}/{name}/", query)
    return client.post(f"{BASE}/{name}/", body, content_type="application/json")


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(StaffFactory(group="Viewers"))
    return client


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("Viewers", 200), ("Editors", 200), ("Analysts", 200), ("nobody's", 403)]
)
def test_who_may_ask(client: Client, name: str, who: str, status: int) -> None:
    if who:
        client.force_login(StaffFactory(group=who if who != "nobody's" else None))
    answer = ask(client, name, QUESTIONS[name])
    assert answer.status_code == status
    assert status == 200 or answer.json()["message"]
    assert "no-store" in answer["Cache-Control"]


def test_each_question_has_a_line_here() -> None:
    assert set(QUESTIONS) == set(workshop.QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_is_asked_in_one_way(viewer: Client, name: str) -> None:
    answer = ask(viewer, name, {} if QUESTIONS[name] is None else None)
    assert answer.status_code == 405
    assert answer.json()["message"].startswith("Ask by ")


def test_a_question_needs_the_token_of_its_page() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(StaffFactory(group="Analysts"))
    assert ask(client, "check", {"conditions": []}).status_code == 403


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_constant_number_of_queries(viewer: Client, name: str) -> None:
    CustomFieldFactory(key="colour")
    tree = [LEAF, {"field_name": "cpu.cores", "operator": "gte", "value": 4}]
    counts = []
    for rows in (2, 20):
        for number in range(rows):
            ListingFactory(ram_gb=16, attributes={"colour": f"red {number}"}, seller="someone")
        with CaptureQueriesContext(connection) as queries:
            body = QUESTIONS[name] and {**QUESTIONS[name], **({"conditions": tree} if name == "check" else {})}
            ask(viewer, name, body, field="cpu.name", q="")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 18


def test_what_a_tree_matches_leaf_by_leaf_and_together(viewer: Client) -> None:
    for ram, condition in ((8, "used"), (16, "used"), (32, "new")):
        ListingFactory(ram_gb=ram, condition=condition)
    ListingFactory(ram_gb=64, status="archived")
    used = {"field_name": "condition", "operator": "equals", "value": "used"}
    found = ask(viewer, "check", {"conditions": [LEAF, {"logical_operator": "not", "conditions": [used]}]}).json()
    assert (found["total"], found["matched"]) == (3, 1)
    assert found["counts"] == {"conditions[0]": 2, "conditions[1].conditions[0]": 2}
    assert found["problems"] == []
    assert found["words"] == "RAM >= 16 GB and not (condition is used)"


def test_what_is_wrong_is_said_as_a_refused_save_says_it(viewer: Client) -> None:
    ListingFactory(ram_gb=16)
    tree = [LEAF, {"field_name": "ram_gb", "operator": "gte", "value": "abc"}, {"field_name": "ramm", "operator": "x"}]
    found = ask(viewer, "check", {"conditions": tree}).json()
    assert [f"{problem['path']}: {problem['text']}" for problem in found["problems"]] == [
        str(problem) for problem in conditions_problems(tree)
    ]
    assert found["matched"] is None
    assert found["counts"] == {"conditions[0]": 1}


def test_what_an_older_client_wrote_comes_as_what_it_means(viewer: Client) -> None:
    tree = [{**LEAF, "logical_operator": "or"}, {**LEAF, "value": 4, "logical_operator": "or"}]
    found = ask(viewer, "check", {"conditions": tree}).json()
    assert found["plain"] == {"logical_operator": "or", "conditions": [LEAF, {**LEAF, "value": 4}]}


ACTIONS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"action_type": "nope"}, {"action_type": "unknown action type"}),
    ({"action_type": "fixed_value", "value_usd": "2,50"}, {"value_usd": "not a number"}),
    ({"action_type": "fixed_value", "value_usd": "nan"}, {"value_usd": "not a number"}),
    ({"action_type": "fixed_value", "value_usd": "1e999"}, {"value_usd": "not a number"}),
    ({"action_type": "fixed_value", "value_usd": "1e12"}, {"value_usd": "1,000,000,000"}),
    ({"action_type": "per_unit", "value_usd": "1", "metric": "ramm"}, {"metric": "did you mean"}),
    ({"action_type": "formula", "formula": "max(1"}, {"formula": "never closed"}),
    ({"action_type": "formula", "formula": "9**9**9"}, {"formula": "never defined"}),
    ({"action_type": "fixed_value", "value_usd": "1", "modifiers": "{"}, {"modifiers": "not JSON"}),
    ({"action_type": "fixed_value", "value_usd": "1", "modifiers": "[]"}, {"modifiers": "an object"}),
    ({"action_type": "fixed_value", "value_usd": "1", "modifiers": '{"x": 1}'}, {"modifiers.x": "unknown key"}),
    ({}, {"action_type": "unknown action type"}),
]


@pytest.mark.parametrize(("typed", "said"), ACTIONS, ids=lambda part: json.dumps(part)[:50])
def test_an_action_that_is_wrong_is_told_so(viewer: Client, typed: Any, said: dict[str, str]) -> None:
    ListingFactory(ram_gb=16)
    found = ask(viewer, "action", typed)
    assert found.status_code == 200
    told = {problem["path"]: problem["text"] for problem in found.json()["problems"]}
    assert set(said) == set(told)
    assert all(words in told[path] for path, words in said.items())


@pytest.mark.parametrize(
    "typed", [{"group": "1"}, {"listing": 2**70}, {"formula": 7}, {"value_usd": 2.5}, {"group": True}]
)
def test_an_action_of_other_types_is_refused(viewer: Client, typed: Any) -> None:
    assert ask(viewer, "action", typed).status_code == 400


def test_listings_to_try_on_are_found_by_their_words(viewer: Client) -> None:
    mine = ListingFactory(title="OptiPlex 7060 Micro")
    ListingFactory(title="Another")
    ListingFactory(title="OptiPlex gone", status="archived")
    assert ask(viewer, "listings", q="7060 opti").json()["values"] == [{"value": mine.pk, "label": mine.title}]
    assert len(ask(viewer, "listings").json()["values"]) == 2


HOSTILE: list[Any] = [
    None,
    {},
    [[[[]]]],
    "text",
    7,
    [None, 1, "x", {}],
    {"logical_operator": "xor", "conditions": [LEAF]},
    {"logical_operator": "and", "conditions": {"0": LEAF}},
    {"field_name": ["ram_gb"], "operator": {"a": 1}, "value": [[1]]},
    {"field_name": "title", "operator": "regex", "value": "(" * 500},
    {"field_name": "ram_gb", "operator": "between", "value": [10**400, 1]},
    {"field_name": "x" * 50_000, "operator": "equals", "value": 1},
    [LEAF] * 500,
]


@pytest.mark.parametrize("tree", HOSTILE, ids=lambda tree: json.dumps(tree)[:40])
def test_a_tampered_tree_is_told_what_is_wrong_with_it(viewer: Client, tree: Any) -> None:
    ListingFactory(ram_gb=16)
    answer = ask(viewer, "check", {"conditions": tree})
    assert answer.status_code == 200
    found = answer.json()
    assert bool(found["problems"]) is (tree not in (None, {}))
    assert len(found["problems"]) <= MOST_PROBLEMS + 2
    assert all(problem["path"].startswith("conditions") for problem in found["problems"])


def test_a_tree_that_is_too_deep_is_told_so(viewer: Client) -> None:
    tree: Any = LEAF
    for _ in range(50):
        tree = {"logical_operator": "and", "conditions": [tree]}
    problems = ask(viewer, "check", {"conditions": tree}).json()["problems"]
    assert "at most 10 deep" in problems[0]["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "not JSON"),
        ("[]", "Send a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        ('{"conditions": NaN}', "NaN"),
        ('{"a": "\\u0000"}', "null character"),
        ("[" * 100_000, "nested too deeply"),
        ('{"conditions": "' + "x" * workshop.MOST_BYTES + '"}', "256 kB"),
    ],
    ids=["half", "list", "bytes", "nan", "null", "deep", "large"],
)
def test_what_cannot_be_read_is_refused(viewer: Client, body: Any, said: str) -> None:
    answer = viewer.generic("POST", f"{BASE}/check/", body, content_type="application/json")
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_counting_ends_in_time(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ListingFactory(ram_gb=16)
    monkeypatch.setattr(workshop, "deadline", lambda: deadline(-1.0))
    answer = ask(viewer, "check", {"conditions": [LEAF]})
    assert answer.status_code == 503
    assert "too long" in answer.json()["message"]


def test_values_come_with_how_many_listings_have_them(viewer: Client) -> None:
    common, rare, unused = (CpuFactory(name=f"Core {name}") for name in ("i5", "i7", "i9"))
    for cpu in (common, common, rare):
        ListingFactory(cpu=cpu, seller="Shop")
    ListingFactory(cpu=unused, status="archived", seller="Gone")
    for number in range(30):
        CpuFactory(name=f"Other {number}")
    found = ask(viewer, "values", field="cpu.name", q="CORE").json()["values"]
    assert found == [
        {"value": "Core i5", "count": 2},
        {"value": "Core i7", "count": 1},
        {"value": "Core i9", "count": 0},
    ]
    assert len(ask(viewer, "values", field="cpu.name").json()["values"]) == 20
    assert ask(viewer, "values", field="seller").json()["values"] == [{"value": "Shop", "count": 3}]


@pytest.mark.parametrize("name", ["title", "ram_gb", "condition", "nope", "", "cpu.name\x00", "custom.colour", "id"])
def test_a_fact_that_is_not_offered_has_no_values(viewer: Client, name: str) -> None:
    CustomFieldFactory(key="colour")
    ListingFactory()
    found = ask(viewer, "values", field=name, q="'; --%_")
    assert (found.status_code, found.json()["values"]) == (200, [])


def test_a_page_says_where_to_ask_and_is_plain_text_without_a_script(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    rule = RuleFactory(conditions=[LEAF])
    for path in (f"rule/{rule.pk}", f"ruleset/{rule.group.ruleset_id}"):
        page = client.get(f"/admin/valuation/{path}/change/").content.decode()
        assert f'data-check="{BASE}/check/"' in page
        assert 'src="/static/admin/condition-builder.js" type="module"' in page


def test_a_refused_tree_comes_back_as_it_was_typed(client: Client) -> None:
    client.force_login(StaffFactory(is_superuser=True))
    rule = RuleFactory()
    tree = '[{"field_name": "ram_gb", "operator": "gte", "value": "half"}]'
    sent = {"name": rule.name, "group": rule.group_id, "evaluation_order": 1, "priority": 1, "conditions": tree}
    sent |= {"metadata": "{}", "actions-TOTAL_FORMS": 0, "actions-INITIAL_FORMS": 0}
    answer = client.post(f"/admin/valuation/rule/{rule.pk}/change/", sent)
    assert "conditions[0].value: ram_gb is a number field" in str(answer.context["errors"])
    assert "half" in answer.context["adminform"].form["conditions"].value()
