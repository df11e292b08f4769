"""Conditions of requests as RFC 9110 has them, questions that claim no key, and answers that are too large to keep."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Cpu
from dealbrain.api import idempotency
from dealbrain.models import IdempotentAnswer
from tests.api import Api
from tests.factories import CpuFactory

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
KEY = {"Idempotency-Key": "one"}
FORMULA = "/api/v1/valuation-rules/validate-formula"


@pytest.fixture
def api() -> Api:
    return Api(root=True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": "*"}, 200),
        ({"If-Match": "TAG"}, 200),
        ({"If-Match": '"another", TAG'}, 200),
        ({"If-Match": '"another"'}, 412),
        ({"If-Match": ""}, 412),
        ({"If-Match": " , "}, 412),
        ({"If-None-Match": "*"}, 412),
        ({"If-None-Match": "TAG"}, 412),
        ({"If-None-Match": '"another"'}, 200),
        ({}, 200),
    ],
)
def test_writes(api: Api, headers: dict[str, str], status: int) -> None:
    cpu = CpuFactory(name="before")
    tag = api.send("GET", f"{CPUS}/{cpu.pk}").headers["ETag"]
    sent = {name: value.replace("TAG", tag) for name, value in headers.items()}
    answer = api.send("PATCH", f"{CPUS}/{cpu.pk}", {"name": "after"}, **sent)
    assert answer.status_code == status
    assert Cpu.objects.get().name == ("after" if status == 200 else "before")


@pytest.mark.parametrize(("header", "status"), [("*", 304), ("TAG", 304), ("W/TAG", 304), ('"x"', 200), ("", 200)])
def test_reads(api: Api, header: str, status: int) -> None:
    path = f"{CPUS}/{CpuFactory().pk}"
    tag = api.send("GET", path).headers["ETag"]
    assert api.send("GET", path, **{"If-None-Match": header.replace("TAG", tag)}).status_code == status


def test_a_replay_says_that_it_is_one(api: Api) -> None:
    first = api.send("POST", CPUS, {"name": "i5", "cores": 4}, **KEY)
    again = api.send("POST", f"{CPUS}/", {"cores": 4, "name": "i5"}, **KEY)
    assert "Idempotent-Replayed" not in first.headers
    assert (again.headers["Idempotent-Replayed"], again.content) == ("true", first.content)
    assert Cpu.objects.count() == 1


def test_a_question_claims_no_key(api: Api) -> None:
    for _ in range(2):
        answer: Any = api.send("POST", FORMULA, {"formula": "ram_gb"}, **KEY)
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)
    assert not IdempotentAnswer.objects.exists()


def test_an_answer_that_is_too_large_is_not_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_KEPT", 10)
    first = api.send("POST", CPUS, {"name": "i5"}, **KEY)
    again = api.send("POST", CPUS, {"name": "i5"}, **KEY)
    assert (first.status_code, again.status_code, Cpu.objects.count()) == (201, 201, 1)
    assert again.headers["Location"] == first.headers["Location"]
    assert "done before" in again.json()["detail"]
    assert bytes(IdempotentAnswer.objects.get().body) == b""
