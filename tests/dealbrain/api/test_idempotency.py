"""A POST that is repeated is answered again and not done again; an error, or a day, gives the key back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Cpu
from dealbrain.models import IdempotentAnswer
from dealbrain.tokens import create_token
from tests.api import Api, at_once, problems, race
from tests.factories import ListingFactory, StaffFactory
from valuation.models import RecalculationRun

pytestmark = pytest.mark.django_db

CPUS = "/v1/catalog/cpus"
TASKS = "/v1/admin/tasks/recalculate-valuations"
KEY = {"Idempotency-Key": "one"}


@pytest.fixture
def api() -> Api:
    return Api(root=True)


def whole(answer: Any) -> tuple[Any, ...]:
    kept = {name: answer.headers.get(name) for name in ("Content-Type", "ETag", "Location")}
    return answer.status_code, kept, answer.content


def grow_old(age: timedelta) -> None:
    IdempotentAnswer.objects.update(created_at=timezone.now() - age)


def test_the_first_answer_is_given_again(api: Api) -> None:
    first = api.send("POST", CPUS, {"name": "i5"}, **KEY)
    cpu = Cpu.objects.get()
    cpu.name = "i7"
    cpu.save()
    again = api.send("POST", CPUS, {"name": "i5"}, **KEY)
    assert (first.status_code, whole(again)) == (201, whole(first))
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert Cpu.objects.count() == 1
    other = api.send("POST", CPUS, {"name": "i5"}, **{"Idempotency-Key": "two"})
    assert (other.status_code, Cpu.objects.count()) == (201, 2)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CPUS, {"name": "i7"}),
        (CPUS, {"name": "i5 "}),
        ("/v1/catalog/gpus", {"name": "i5"}),
        (f"{CPUS}?a=1", {"name": "i5"}),
    ],
)
def test_a_key_is_for_one_request(api: Api, path: str, body: Any) -> None:
    api.made(CPUS, name="x")
    api.send("POST", CPUS, {"name": "i5"}, **KEY)
    answer = api.send("POST", path, body, **KEY)
    assert problems(answer, 409) == {}
    assert "take a new one" in answer.json()["detail"]
    assert Cpu.objects.count() == 2


def test_a_key_is_somebodys(api: Api) -> None:
    user = StaffFactory(group="Editors")
    mine = Client()
    mine.force_login(user)
    body = {"data": {"name": "i5"}, "content_type": "application/json", "headers": KEY}
    assert mine.post(CPUS, **body).status_code == 201
    assert problems(api.send("POST", CPUS, {"name": "i5"}, **KEY), 409) == {"name": "unique"}
    by_token = {**KEY, "Authorization": f"Bearer {create_token(user=user)[1]}"}
    assert Client().post(CPUS, **{**body, "headers": by_token}).status_code == 201, "the same person"
    user.groups.clear()
    assert mine.post(CPUS, **body).status_code == 403, "an answer is for those who may ask"
    assert Cpu.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), ({"name": "taken"}, 409), ({"name": "i5", "cores": 0}, 400), ({"nmae": "x"}, 400)]
)
def test_an_error_gives_the_key_back(api: Api, body: Any, status: int) -> None:
    api.made(CPUS, name="taken")
    assert api.send("POST", CPUS, body, **KEY).status_code == status
    assert not IdempotentAnswer.objects.exists()
    assert api.send("POST", CPUS, {"name": "right"}, **KEY).status_code == 201


@pytest.mark.parametrize("atomic", [True, False])
def test_a_mistake_of_ours_gives_the_key_back(api: Api, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake")

    api.client.raise_request_exception = False
    path = f"/v1/listings/{ListingFactory().pk}/recalculate-metrics"
    with monkeypatch.context() as patched:
        patched.setattr("catalog.api.views.CpuViewSet.make" if atomic else "valuation.api.listings.recalculate", fail)
        answer = api.send("POST", CPUS if atomic else path, {"name": "i5"} if atomic else None, **KEY)
        assert problems(answer, 500) == {}
    assert not IdempotentAnswer.objects.exists()
    answer = api.send("POST", CPUS if atomic else path, {"name": "i5"} if atomic else None, **KEY)
    assert answer.status_code == (201 if atomic else 200)


@pytest.mark.parametrize("age", [timedelta(hours=23, minutes=59), timedelta(hours=24, minutes=1)])
def test_an_answer_is_kept_for_a_day(api: Api, age: timedelta) -> None:
    api.send("POST", CPUS, {"name": "i5"}, **KEY)
    grow_old(age)
    Cpu.objects.all().delete()
    assert api.send("POST", CPUS, {"name": "i5"}, **KEY).status_code == 201
    assert Cpu.objects.exists() is (age > timedelta(hours=24))
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.parametrize(("age", "status"), [(timedelta(seconds=100), 409), (timedelta(seconds=140), 201)])
def test_a_request_that_is_still_being_answered(api: Api, age: timedelta, status: int) -> None:
    """What works in transactions of its own reserves its key openly; one that died is forgotten after a while."""
    api.send("POST", CPUS, {"name": "i5"}, **KEY)
    IdempotentAnswer.objects.update(status=None)
    grow_old(age)
    Cpu.objects.all().delete()
    answer = api.send("POST", CPUS, {"name": "i5"}, **KEY)
    assert answer.status_code == status
    assert status == 201 or "still being answered" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", " ", "two words", "k" * 256, "ключ", "tab\there"])
def test_keys_that_are_none(api: Api, key: str) -> None:
    answer = api.send("POST", CPUS, {"name": "i5"}, **{"Idempotency-Key": key})
    assert problems(answer) == {"Idempotency-Key": "invalid"}
    assert not Cpu.objects.exists()


@pytest.mark.parametrize("key", ["k" * 255, "!~", '"0b5a"'])
def test_keys(api: Api, key: str) -> None:
    for _ in range(2):
        assert api.send("POST", CPUS, {"name": "i5"}, **{"Idempotency-Key": key}).status_code == 201
    assert Cpu.objects.count() == 1


def test_a_task_is_started_once(api: Api) -> None:
    answers = [api.send("POST", TASKS, **KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert {answer.headers["Location"] for answer in answers} == {
        f"/v1/admin/tasks/{RecalculationRun.objects.get(trigger='api').pk}"
    }


def test_other_methods_and_people_nobody_knows_have_no_use_for_it(api: Api, settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    cpu = api.made(CPUS, name="i5")
    for name in ("a", "b"):
        assert api.send("PATCH", f"{CPUS}/{cpu['id']}", {"name": name}, **KEY).json()["name"] == name
    formula = {"formula": "1 + 1"}
    assert Api().send("POST", "/api/v1/valuation-rules/validate-formula", formula, **KEY).status_code == 200
    assert Api().send("POST", CPUS, {"name": "x"}, **KEY).status_code == 401
    assert not IdempotentAnswer.objects.exists()


@race
def test_two_with_one_key_at_once_do_it_once() -> None:
    user = StaffFactory(is_superuser=True)
    clients = [Client(), Client(), Client()]
    for client in clients:
        client.force_login(user)
    ask = {"data": {"total_capacity_gb": 8}, "content_type": "application/json", "headers": KEY}
    answers = at_once(*(partial(client.post, "/v1/catalog/ram-specs", **ask) for client in clients))
    assert [answer.status_code for answer in answers] == [201] * 3, "who waited gets the first answer, not a 200"
    assert len({answer.content for answer in answers}) == 1


@race
def test_two_with_one_key_at_once_start_one_task() -> None:
    user = StaffFactory(is_superuser=True)
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(user)
    answers = at_once(*(partial(client.post, TASKS, headers=KEY) for client in clients))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert RecalculationRun.objects.filter(trigger="api").count() == 1
