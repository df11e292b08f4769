"""What every endpoint does alike: HEAD, OPTIONS, ETags, ids of any kind, and parameters that it does not take."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dealbrain.api.views import etag, written_state
from tests.factories import StaffFactory
from tests.test_contract import CONTRACT, READS, Line, ask, filled, made_once, world

pytestmark = pytest.mark.django_db

__all__ = ["made_once", "world"]  # the fixtures
API = [line for line in READS if line.path.startswith(("/v1/", "/api/", "/settings/", "/entities/"))]
WRITES = [line for line in CONTRACT if line.method != "GET"]
HUGE = "9" * 5_000


@pytest.fixture
def root(settings: Any) -> Client:
    settings.DEALBRAIN_PUBLIC_READ = False
    client = Client()
    client.force_login(StaffFactory(is_superuser=True))
    return client


# (Nothing of this changes a row, so one world serves all lines.)


def test_head_is_get_without_a_body(world: dict[str, int], root: Client) -> None:
    for line in API:
        path = filled(line.path, world)
        read, head = root.get(path), root.head(path)
        assert (path, head.status_code) == (path, 200)
        assert head.streaming or head.content == b""
        for name in ("Content-Type", "ETag", "Content-Disposition"):
            assert (path, head.get(name)) == (path, read.get(name))


def test_options_name_the_methods(world: dict[str, int], root: Client) -> None:
    for line in API:
        path = line.path.partition("?")[0]
        answer = root.options(filled(path, world))
        assert (path, answer.status_code, answer.content) == (path, 204, b"")
        told = {other.method for other in CONTRACT if other.path.partition("?")[0] == path}
        assert {*told, "HEAD", "OPTIONS"} <= set(answer["Allow"].split(", ")), path


def test_parameters_that_it_does_not_take(world: dict[str, int], root: Client) -> None:
    for line in [*API, *WRITES]:
        joint = "&" if "?" in line.path else "?"
        answer = ask(root, Line(line.method, f"{line.path}{joint}limt=5", body=line.body), world)
        assert (line.path, answer.status_code) == (line.path, 400)
        assert [(error["path"], error["code"]) for error in answer.json()["errors"]] == [("limt", "unknown")]


@pytest.mark.parametrize("pk", ["0", "1000000", str(2**63), HUGE, "-1", "1.5", "%00", "%ED%A0%80", "%C2%B2", "null"])
def test_ids_of_nothing(pk: str, world: dict[str, int], root: Client) -> None:
    for line in [*API, *WRITES]:
        path, _, query = line.path.partition("?")
        if "{" in path:
            before, after = path.partition("{")[0], path.partition("}")[2]
            answer = ask(root, Line(line.method, f"{before}{pk}{after}?{query}", body=line.body), world)
            assert (line.path, answer.status_code) == (line.path, 404)
            assert answer["Content-Type"] == "application/problem+json"


# -- ETags -----------------------------------------------------------------------------------------------------


def test_a_state_has_one_name() -> None:
    assert etag({"a": 1, "b": [2]}) == etag({"b": [2], "a": 1})
    assert len({etag(document) for document in ({}, {"a": 1}, {"a": True}, {"a": "1"}, {"a": None}, {"b": 1})}) == 6
    assert etag({"a": 1}).strip('"').isalnum()


def test_what_is_computed_has_a_part_of_the_name_to_itself() -> None:
    first, computed, written = (
        etag(document, ("figure",))
        for document in ({"a": 1, "figure": 1}, {"a": 1, "figure": 2}, {"a": 2, "figure": 1})
    )
    assert len({first, computed, written}) == 3
    assert written_state(first) == written_state(computed) != written_state(written)
    assert written_state(etag({"a": 1})) == etag({"a": 1}).strip('"')
