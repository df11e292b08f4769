"""Restoring over HTTP: a rule to a version, a ruleset to a moment, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from tests.factories import RuleActionFactory, RuleFactory, StaffFactory
from valuation.history.audit import recording
from valuation.models import Rule, Ruleset, RuleVersion

pytestmark = pytest.mark.django_db
RULES, RULESETS = "/api/v1/valuation-rules", "/api/v1/rulesets"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(group="Analysts"))
    return client


@pytest.fixture
def rule() -> Rule:
    with recording():
        rule = RuleFactory(name="A")
        RuleActionFactory(rule=rule, value_usd=Decimal("2.5"))
    return rule


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_rule_becomes_its_version(analyst: Client, rule: Rule) -> None:
    rule.name = "B"
    rule.save()
    answer = post(analyst, f"{RULES}/{rule.pk}/restore", {"version": 1})
    assert answer.status_code == HTTPStatus.OK, answer.content
    shown = analyst.get(f"{RULES}/{rule.pk}")
    assert answer.json() == shown.json()
    assert answer.headers["ETag"] == shown.headers["ETag"]
    assert (answer.json()["name"], answer.json()["version"]) == ("A", 3)


def test_a_ruleset_becomes_what_it_was(analyst: Client, rule: Rule) -> None:
    before, at = analyst.get(f"{RULESETS}/{rule.group.ruleset_id}").json(), timezone.now()
    analyst.delete(f"{RULES}/{rule.pk}")
    Ruleset.objects.filter(pk=rule.group.ruleset_id).get().save()
    answer = post(analyst, f"{RULESETS}/{rule.group.ruleset_id}/restore", {"at": at.isoformat()})
    assert answer.status_code == HTTPStatus.OK, answer.content

    def told(document: dict[str, Any]) -> Any:
        rules = [rule for group in document["rule_groups"] for rule in group["rules"]]
        return [(rule["id"], rule["name"], [action["value_usd"] for action in rule["actions"]]) for rule in rules]

    assert told(answer.json()) == told(before)


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("{rules}/{rule}/restore", {"version": 7}, 400, "The rule has no version 7: the newest is 1."),
        ("{rules}/{rule}/restore", {"version": "x"}, 400, "version"),
        ("{rules}/{rule}/restore", {}, 400, "required"),
        ("{rules}/{rule}/restore", {"version": 1, "at": "now"}, 400, "at"),
        ("{rules}/999/restore", {"version": 1}, 404, ""),
        ("{sets}/{ruleset}/restore", {"at": "2001-01-01T00:00:00Z"}, 400, "was not there at 2001-01-01"),
        ("{sets}/{ruleset}/restore", {"at": "yesterday"}, 400, "at"),
        ("{sets}/999/restore", {"at": "2001-01-01T00:00:00Z"}, 404, ""),
    ],
)
def test_what_is_refused(analyst: Client, rule: Rule, path: str, body: Any, status: int, text: str) -> None:
    where = path.format(rules=RULES, sets=RULESETS, rule=rule.pk, ruleset=rule.group.ruleset_id)
    answer = post(analyst, where, body)
    assert answer.status_code == status, answer.content
    assert text in answer.content.decode()


def test_a_name_that_is_taken_meanwhile(analyst: Client, rule: Rule) -> None:
    rule.name = "B"
    rule.save()
    RuleFactory(name="A", group=rule.group)
    answer = post(analyst, f"{RULES}/{rule.pk}/restore", {"version": 1})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "rename it first" in answer.json()["detail"]
    assert Rule.objects.get(pk=rule.pk).name == "B"


def test_another_state_than_the_one_that_was_looked_at(analyst: Client, rule: Rule) -> None:
    tag = analyst.get(f"{RULES}/{rule.pk}").headers["ETag"]
    rule.name = "B"
    rule.save()
    answer = post(analyst, f"{RULES}/{rule.pk}/restore", {"version": 1}, **{"If-Match": tag})
    assert answer.status_code == HTTPStatus.PRECONDITION_FAILED


def test_baselines_are_for_those_who_may(client: Client, rule: Rule) -> None:
    rule.name = "B"
    rule.save()
    Ruleset.objects.update(is_baseline=True)
    user = StaffFactory(group="Editors")
    for name in ("add_rule", "change_rule", "view_rule"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    answer = post(client, f"{RULES}/{rule.pk}/restore", {"version": 1})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert RuleVersion.objects.filter(rule_id=rule.pk).count() == 2
