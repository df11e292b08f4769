"""Packages over HTTP: whole documents, who may, and what is refused."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import CustomField
from tests.factories import StaffFactory
from tests.valuation.packages.helpers import OLDER, document, encoded, export, install
from valuation.models import AuditEntry, Ruleset

pytestmark = pytest.mark.django_db
INSTALL = "/api/v1/rulesets/install"


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(StaffFactory(username="ada", is_superuser=True))
    return client


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(path, {} if body is None else body, content_type="application/json")


def upload(client: Client, content: bytes, **fields: Any) -> Any:
    return client.post(INSTALL, {"file": SimpleUploadedFile("a.dbrs", content), **fields})


def test_a_package_is_the_file_of_the_command(client: Client) -> None:
    install(document())
    pk = Ruleset.objects.get().pk
    answer = post(client, f"/api/v1/rulesets/{pk}/package")
    assert answer.content.decode() == export()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ours.dbrs"'
    said = {"name": "寸法 My pack", "version": "1.0.0", "author": "x", "description": "d", "min_app_version": None}
    more = {"required_custom_fields": None, "tags": ["a"], "include_examples": False}
    first, second = (post(client, f"/api/v1/rulesets/{pk}/package", {**said, **more}) for _ in range(2))
    assert first.content == second.content
    assert first.headers["Content-Disposition"] == 'attachment; filename="my-pack.dbrs"'
    about = first.json()["metadata"]
    assert (about["name"], about["author"], about["tags"]) == ("寸法 My pack", "x", ["a"])


def test_what_is_in_a_package(client: Client) -> None:
    install(OLDER.read_bytes())
    answer = post(client, f"/api/v1/rulesets/{Ruleset.objects.get().pk}/package/preview", {"author": "Ada"})
    found = answer.json()
    assert found.pop("readme").startswith("# Desk machines 2.0.1\n")
    size = found.pop("estimated_size_kb")
    assert abs(size * 1024 - len(export())) < 200
    assert found == {
        "rulesets_count": 1,
        "rule_groups_count": 2,
        "rules_count": 2,
        "custom_fields_count": 1,
        "dependencies": {"custom_fields": ["custom.months_left"], "min_app_version": None},
    }


def test_installing_answers_what_it_did(client: Client) -> None:
    empty: dict[str, Any] = {"warnings": [], "examples": {"passed": 0, "failed": 0}}
    assert upload(client, OLDER.read_bytes()).json() == {
        "rulesets_created": 1,
        "rulesets_updated": 0,
        "rule_groups_created": 2,
        "rules_created": 2,
        **empty,
    }
    nothing = dict.fromkeys(("rulesets_created", "rulesets_updated", "rule_groups_created", "rules_created"), 0)
    for merge in ("replace", "skip"):
        assert upload(client, OLDER.read_bytes(), merge_strategy=merge).json() == {**nothing, **empty}
    assert upload(client, OLDER.read_bytes(), merge_strategy="version").json()["rulesets_created"] == 1
    assert set(Ruleset.objects.values_list("name", flat=True)) == {"Desk machines", "Desk machines (2)"}
    assert set(AuditEntry.objects.values_list("actor", flat=True)) == {"ada"}


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 400, "no JSON"),
        (b"\x1f\x8b\x08\x00", 400, "gzip"),
        (encoded({**document(), "schema_version": "9.9"}), 400, "reads 1.0, 1.1"),
        (b" " * 20_000_001, 413, "at most 20,000,000"),
    ],
)
def test_what_is_refused(client: Client, content: bytes, status: int, said: str) -> None:
    answer = upload(client, content)
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_a_body_of_50_mb_is_not_read(client: Client) -> None:
    assert upload(client, b" " * 50_000_000).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_every_problem_with_its_place(client: Client) -> None:
    wrong = [
        {"name": "A", "conditions": [{"field_name": "nothing", "operator": "eq", "value": 1}]},
        {"name": "B", "conditions": [{"field_name": "ram_gb", "operator": "nearly", "value": 1}]},
    ]
    errors = upload(client, encoded(document(*wrong))).json()["errors"]
    assert [error["path"].rpartition("rules")[2] for error in errors] == [
        "[0].conditions[0].field_name",
        "[1].conditions[0].operator",
    ]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"version": "new"}, "version"),
        ({"min_app_version": "x"}, "min_app_version"),
        ({"required_custom_fields": ["custom.nothing"]}, "required_custom_fields"),
        ({"colour": 1}, "colour"),
        ({"tags": ["x"] * 51}, "tags"),
    ],
)
def test_what_a_package_cannot_say(client: Client, body: dict[str, Any], path: str) -> None:
    install(document())
    answer = post(client, f"/api/v1/rulesets/{Ruleset.objects.get().pk}/package", body)
    assert answer.status_code == 400
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_ruleset_that_is_not_there(client: Client) -> None:
    assert post(client, "/api/v1/rulesets/999/package").status_code == 404


def test_a_field_that_one_may_not_make_is_named() -> None:
    client = Client()
    client.force_login(StaffFactory(group="Analysts"))
    answer = upload(client, OLDER.read_bytes())
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "months_left" in json.loads(answer.content)["detail"]
    assert not CustomField.objects.exists()
