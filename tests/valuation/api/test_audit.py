"""The history of rules over HTTP: versions of a rule and the audit log, never for the public."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from dealbrain.actor import acting
from tests.factories import RuleActionFactory, RuleFactory, RuleGroupFactory, StaffFactory
from valuation.history.audit import recording
from valuation.models import AuditEntry, Rule, RuleVersion, TargetKind

pytestmark = pytest.mark.django_db

RULES = "/api/v1/valuation-rules"
LOG = f"{RULES}/audit-log"


@pytest.fixture
def viewer(client: Client, settings: Any) -> Client:
    settings.DEALBRAIN_PUBLIC_READ = True
    client.force_login(StaffFactory(group="Viewers"))
    return client


def renamed(rule: Rule, name: str, actor: str = "ann") -> None:
    rule.name = name
    with acting(actor):
        rule.save()


def test_versions_newest_first(viewer: Client) -> None:
    with acting("ann"), recording():
        rule = RuleFactory(name="A", group__name="RAM", group__ruleset__name="Mine")
        RuleActionFactory(rule=rule, value_usd=Decimal("2.5"))
    renamed(rule, "B", "bob")
    RuleFactory(name="another")
    envelope = viewer.get(f"{RULES}/{rule.pk}/versions").json()
    newest, first = envelope.pop("items")
    assert envelope == {"total": 2, "limit": 50, "next_cursor": None, "has_next": False}
    assert datetime.fromisoformat(first.pop("at")) < datetime.fromisoformat(newest.pop("at"))
    action = {
        "position": 0,
        "action_type": "fixed_value",
        "metric": "",
        "value_usd": "2.5",
        "unit_type": "",
        "formula": "",
        "modifiers": {},
    }
    snapshot = {
        "name": "A",
        "description": "",
        "priority": 100,
        "evaluation_order": 100,
        "is_active": True,
        "conditions": None,
        "overrides": "",
        "metadata": {},
        "group_id": rule.group_id,
        "group_name": "RAM",
        "ruleset_id": rule.group.ruleset_id,
        "actions": [action],
    }
    assert first == {"version": 1, "actor": "ann", "snapshot": snapshot}
    assert newest == {"version": 2, "actor": "bob", "snapshot": {**snapshot, "name": "B"}}


def test_versions_by_pages(viewer: Client) -> None:
    rule = RuleFactory()
    for number in range(2, 5):
        renamed(rule, f"name {number}")
    path = f"{RULES}/{rule.pk}/versions"
    first = viewer.get(f"{path}?limit=3").json()
    second = viewer.get(f"{path}?limit=3&cursor={first['next_cursor']}").json()
    assert [item["version"] for page in (first, second) for item in page["items"]] == [4, 3, 2, 1]
    other = RuleFactory()
    assert viewer.get(f"{RULES}/{other.pk}/versions?cursor={first['next_cursor']}").status_code == 400
    assert viewer.get(f"{path}?since=2020-01-01").status_code == 400


@pytest.mark.parametrize("pk", ["1000000", "abc", "9" * 40, "-1"])
def test_versions_of_no_rule(viewer: Client, pk: str) -> None:
    answer = viewer.get(f"{RULES}/{pk}/versions")
    assert answer.status_code == 404
    assert f'no rule with the id "{pk}"' in answer.json()["detail"]


def test_one_entry_of_the_log(viewer: Client) -> None:
    rule = RuleFactory(name="A")
    AuditEntry.objects.all().delete()
    renamed(rule, "B")
    (entry,) = viewer.get(LOG).json()["items"]
    stored = AuditEntry.objects.get()
    assert datetime.fromisoformat(entry.pop("at")) == stored.at
    assert entry == {
        "id": stored.pk,
        "actor": "ann",
        "action": "updated",
        "target_kind": "rule",
        "target_id": rule.pk,
        "target_name": "B",
        "ruleset_id": rule.group.ruleset_id,
        "rule_id": rule.pk,
        "before": {"name": "A"},
        "after": {"name": "B"},
        "request_id": "",
    }


def test_a_write_over_http_is_signed(viewer: Client) -> None:
    group = RuleGroupFactory()
    analyst, user = Client(), StaffFactory(group="Analysts")
    analyst.force_login(user)
    body = json.dumps({"group_id": group.pk, "name": "A", "actions": [{"action_type": "fixed_value", "value_usd": 5}]})
    made = analyst.post(RULES, body, content_type="application/json", headers={"X-Request-ID": "me-1"}).json()
    (entry,) = viewer.get(f"{LOG}?rule_id={made['id']}").json()["items"]
    assert {name: entry[name] for name in ("action", "actor", "request_id", "target_name")} == {
        "action": "created",
        "actor": user.username,
        "request_id": "me-1",
        "target_name": "A",
    }
    assert entry["after"]["actions"][0]["value_usd"] == "5"
    (version,) = viewer.get(f"{RULES}/{made['id']}/versions").json()["items"]
    assert (version["version"], version["actor"]) == (made["version"], user.username)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["four", "three", "two", "one"]),
        ({"ordering": "id"}, ["one", "two", "three", "four"]),
        ({"rule_id": 7}, ["three", "one"]),
        ({"ruleset_id": 1}, ["two", "one"]),
        ({"actor": "ann"}, ["four", "one"]),
        ({"actor": "Ann"}, []),
        ({"since": "2026-03-01"}, ["four", "three"]),
        ({"since": "2026-03-01T01:00:00+01:00"}, ["four", "three"]),
        ({"since": "2026-03-01T00:00:01Z"}, ["four"]),
        ({"since": "0001-01-01"}, ["four", "three", "two", "one"]),
        ({"rule_id": 7, "actor": "ann", "ruleset_id": 1, "since": "2026-01-01"}, ["one"]),
    ],
)
def test_filters_of_the_log(viewer: Client, query: dict[str, object], found: list[str]) -> None:
    rows = [("one", 1, 1, 7, "ann"), ("two", 2, 1, 8, "bob"), ("three", 3, 2, 7, "bob"), ("four", 4, 2, None, "ann")]
    for name, month, ruleset_id, rule_id, actor in rows:
        AuditEntry.objects.create(
            at=datetime(2026, month, 1, tzinfo=UTC),
            actor=actor,
            action="updated",
            target_kind=TargetKind.RULE,
            target_id=rule_id or 9,
            target_name=name,
            ruleset_id=ruleset_id,
            rule_id=rule_id,
        )
    names = [entry["target_name"] for entry in viewer.get(f"{LOG}?{urlencode(query)}").json()["items"]]
    assert names == found
    if len(found) > 1:
        first = viewer.get(f"{LOG}?{urlencode({**query, 'limit': 1})}").json()
        rest = viewer.get(f"{LOG}?{urlencode({**query, 'cursor': first['next_cursor']})}").json()
        assert [entry["target_name"] for entry in (*first["items"], *rest["items"])] == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "yesterday"),
        ("since", "0001-01-01T00:00:00+14:00"),
        ("since", "9999-12-31T23:59:59-14:00"),
        ("rule_id", "x"),
        ("ruleset_id", "9" * 30),
        ("actor", "x" * 151),
        ("ordering", "actor"),
        ("user", "ann"),
    ],
)
def test_queries_that_are_refused(viewer: Client, name: str, value: str) -> None:
    answer = viewer.get(f"{LOG}?{urlencode({name: value})}")
    assert answer.status_code == 400
    assert {problem["path"] for problem in answer.json()["errors"]} == {name}


@pytest.mark.parametrize(("group", "expected"), [("", 401), ("Viewers", 200), ("Editors", 200), ("Analysts", 200)])
@pytest.mark.parametrize("public", [True, False])
def test_the_history_is_never_public(settings: Any, group: str, expected: int, public: bool) -> None:
    settings.DEALBRAIN_PUBLIC_READ = public
    client = Client()
    if group:
        client.force_login(StaffFactory(group=group))
    for path in (LOG, f"{RULES}/{RuleFactory().pk}/versions"):
        assert client.get(path).status_code == expected


def test_someone_without_the_permission_is_refused(viewer: Client) -> None:
    viewer.force_login(StaffFactory())
    assert viewer.get(LOG).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_history_cannot_be_written(method: str) -> None:
    boss = Client()
    boss.force_login(StaffFactory(is_superuser=True))
    for path in (LOG, f"{RULES}/{RuleFactory().pk}/versions"):
        assert getattr(boss, method)(path).status_code == 405


def test_queries_do_not_grow_with_the_history(viewer: Client) -> None:
    rule, counts = RuleFactory(), []
    for changes in (1, 29):
        for number in range(changes):
            renamed(rule, f"{changes} {number}")
        with CaptureQueriesContext(connection) as found:
            assert viewer.get(LOG).status_code == viewer.get(f"{RULES}/{rule.pk}/versions").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert RuleVersion.objects.filter(rule_id=rule.pk).count() == 31
