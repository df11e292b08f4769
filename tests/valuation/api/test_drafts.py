"""Drafts over HTTP: begun, compared, published or told why not."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from tests.api import Api, problems
from tests.valuation.drafts.worlds import draft_of, example, market, reprice, rule, ruleset_with_rules, told
from valuation.models import Draft, Release, Ruleset

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/rulesets"


@pytest.fixture
def api() -> Api:
    return Api("Analysts")


@pytest.fixture
def ruleset() -> Ruleset:
    market()
    return ruleset_with_rules()


@pytest.fixture
def draft(ruleset: Ruleset) -> Ruleset:
    made = draft_of(ruleset)
    reprice(made, "8 GB", 15)
    return made


def test_a_draft_is_begun_and_no_draft_of_it(api: Api, ruleset: Ruleset) -> None:
    answer = api.send("POST", f"{ROOT}/{ruleset.pk}/drafts")
    made = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.CREATED, f"{ROOT}/{made['id']}")
    assert (made["draft_of"], made["is_active"], made["name"]) == (ruleset.pk, False, "Mine (draft)")
    refused = api.got("POST", f"{ROOT}/{made['id']}/drafts", status=409)
    assert refused["detail"].startswith('"Mine (draft)" is a draft itself')
    assert Draft.objects.count() == 1


def test_it_is_compared_and_published_once(api: Api, ruleset: Ruleset, draft: Ruleset) -> None:
    found = api.read(f"{ROOT}/{draft.pk}/comparison")
    assert [(row["name"], row["change"], row["total_before"], row["total_after"]) for row in found["changes"]] == [
        ("8 GB", "changed", 40, 60)
    ]
    assert (found["impact"]["moved_count"], found["impact"]["total_delta"]) == (4, 20)
    path = f"{ROOT}/{draft.pk}/publish"
    assert problems(api.send("POST", path, {}))["note"] == "required"
    assert api.got("POST", path, {"note": "Dearer."})["ruleset_id"] == ruleset.pk
    assert told(ruleset)["Memory"][0] == ("8 GB", 15)
    again = api.got("POST", path, {"note": "Dearer."}, status=409)
    assert "published already, as release 1" in again["detail"]
    assert api.read(f"{ROOT}/{ruleset.pk}/releases")["items"][0]["note"] == "Dearer."


@pytest.mark.parametrize("side", ["draft", "original"])
def test_what_both_changed_is_named_and_chosen(api: Api, ruleset: Ruleset, draft: Ruleset, side: str) -> None:
    reprice(ruleset, "8 GB", 20)
    key, path = f"rule:{rule(ruleset, '8 GB').pk}", f"{ROOT}/{draft.pk}/publish"
    assert [found["key"] for found in api.read(f"{ROOT}/{draft.pk}/comparison")["collisions"]] == [key]
    assert problems(api.send("POST", path, {"note": "x"}), 409) == {f"choices.{key}": "collision"}
    api.got("POST", path, {"note": "x", "choices": {key: side}})
    assert told(ruleset)["Memory"][0] == ("8 GB", {"draft": 15, "original": 20}[side])


def test_examples_that_do_not_hold_are_named(api: Api, ruleset: Ruleset, draft: Ruleset) -> None:
    example(draft, 20)
    path = f"{ROOT}/{draft.pk}/publish"
    assert problems(api.send("POST", path, {"note": "x"}), 409) == {"examples.A": "failed"}
    assert not Release.objects.exists()
    done = api.got("POST", path, {"note": "x", "override_reason": "Known."})
    assert done["examples"]["failed"] == 1


def test_a_scheduled_draft_without_its_ruleset(api: Api, ruleset: Ruleset, draft: Ruleset) -> None:
    at = (timezone.now() + timedelta(days=1)).isoformat()
    answer = api.got("POST", f"{ROOT}/{draft.pk}/publish", {"note": "x", "at": at})
    assert (answer["release"], answer["ruleset_id"]) == (None, ruleset.pk)
    ruleset.delete()
    for method, what, body in (("GET", "comparison", None), ("POST", "publish", {"note": "x"})):
        refused: Any = api.got(method, f"{ROOT}/{draft.pk}/{what}", body, status=409)
        assert '"Mine", of which this was a draft, was deleted.' in refused["detail"]
