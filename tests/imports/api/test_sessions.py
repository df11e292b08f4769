"""Imports over HTTP: whole documents, the steps, who may do what, and what is refused."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.models import ImportSession
from listings.models import Listing
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
SESSIONS = "/v1/imports/sessions"
OFFERS = (
    b"title,price,currency,vendor_item_id\n"
    b"Dell OptiPlex 7050 i5-7500T 8GB 256GB SSD,199.50,USD,1\n"
    b"HP EliteDesk,250,USD,2\n"
)


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> Any:
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    return settings.UPLOAD_ROOT


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(StaffFactory(username="eve", group="Editors"))
    return client


def upload(
    client: Client, content: bytes = OFFERS, *, name: str = "offers.csv", key: str = "file", **fields: Any
) -> Any:
    return client.post(SESSIONS, {key: SimpleUploadedFile(name, content), **fields})


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(path, {} if body is None else body, content_type="application/json", headers=headers)


def test_a_file_from_upload_to_undo(editor: Client) -> None:
    answer = upload(editor)
    assert answer.status_code == HTTPStatus.CREATED, answer.content
    found = answer.json()
    where = f"{SESSIONS}/{found['id']}"
    assert answer.headers["Location"] == where
    assert (found["state"], found["file_name"], found["kind"], found["actor"]) == (
        "ready",
        "offers.csv",
        "listings",
        "eve",
    )
    assert {column["header"]: column["means"] for column in found["detection"]["columns"]} == {
        "title": "title",
        "price": "price",
        "currency": "currency",
        "vendor_item_id": "vendor_item_id",
    }
    assert found["counts"]["new"] == 2
    assert [row["line"] for row in found["preview"]] == [2, 3]
    first = {value["field"]: (value["value"], value["where"]) for value in found["preview"][0]["values"]}
    assert first["price_usd"][0] == "199.5"
    assert not Listing.objects.exists()

    done = post(editor, f"{where}/commit")
    assert done.status_code == HTTPStatus.OK, done.content
    assert (done.json()["state"], done.json()["committed_by"], done.json()["preview"]) == ("committed", "eve", [])
    assert set(Listing.objects.values_list("title", flat=True)) == {
        "Dell OptiPlex 7050 i5-7500T 8GB 256GB SSD",
        "HP EliteDesk",
    }
    rows = editor.get(f"{where}/rows", {"outcome": "new"}).json()
    assert [(row["line"], row["outcome"]) for row in rows["items"]] == [(2, "new"), (3, "new")]
    report = b"".join(editor.get(f"{where}/report.csv").streaming_content).decode()
    assert report.splitlines()[0] == "line,outcome,title,listing_id,column,value,message"
    assert "HP EliteDesk" in report

    again = post(editor, f"{where}/commit")
    assert again.status_code == HTTPStatus.CONFLICT
    assert "committed already" in again.json()["detail"]
    assert post(editor, f"{where}/undo").json()["state"] == "undone"
    assert not Listing.objects.exists()


def test_older_clients_call_the_file_upload(editor: Client) -> None:
    assert upload(editor, key="upload").status_code == HTTPStatus.CREATED


def test_what_a_form_leaves_empty_is_not_said(editor: Client) -> None:
    empty = dict.fromkeys(("kind", "source", "currency", "encoding", "sheet", "header_row"), "")
    assert upload(editor, **empty).status_code == HTTPStatus.CREATED


def test_questions_are_answered(editor: Client) -> None:
    found = upload(editor, b"title,preis\nDell OptiPlex 7050,1.299\nHP EliteDesk 800,2.499\n", currency="EUR").json()
    assert found["state"] == "open"
    question = next(item for item in found["questions"] if item["blocks"])
    option = question["options"][0]["value"]
    where = f"{SESSIONS}/{found['id']}"
    done = post(editor, f"{where}/answers", {"answers": {question["key"]: option}})
    assert done.status_code == HTTPStatus.OK, done.content
    assert done.json()["answers"] == {question["key"]: option}
    assert not any(item["key"] == question["key"] for item in done.json()["questions"])
    assert done.json()["revision"] > found["revision"]


def test_columns_are_corrected(editor: Client) -> None:
    found = upload(editor, b"title,thing\nDell OptiPlex 7050,used\n").json()
    done = post(editor, f"{SESSIONS}/{found['id']}/mappings", {"columns": {"thing": "condition"}})
    assert done.status_code == HTTPStatus.OK, done.content
    meant = {column["header"]: column["means"] for column in done.json()["detection"]["columns"]}
    assert meant["thing"] == "condition"


def test_conflicts_are_chosen(editor: Client) -> None:
    post(editor, f"{SESSIONS}/{upload(editor).json()['id']}/commit")
    found = upload(editor, b"title,vendor_item_id\nApple Mac mini M1 2020 silver,1\n").json()
    assert found["counts"]["conflict"] == 1
    done = post(editor, f"{SESSIONS}/{found['id']}/conflicts", {"choices": {"2": "both"}})
    assert done.status_code == HTTPStatus.OK, done.content
    assert done.json()["choices"] == {"2": "both"}
    assert done.json()["counts"]["conflict"] == 0


@pytest.mark.parametrize(
    ("step", "body", "path"),
    [
        ("answers", {"answers": {"nothing": "x"}}, "answers.nothing"),
        ("answers", {"answers": []}, "answers"),
        ("answers", {}, "answers"),
        ("answers", {"answers": {"currency": "x" * 301}}, "answers"),
        ("mappings", {"columns": {"nowhere": "price"}}, "mapping.nowhere"),
        ("mappings", {"columns": {"title": "planet"}}, "mapping.title"),
        ("mappings", {"columns": {str(n): "price" for n in range(501)}}, "columns"),
        ("conflicts", {"choices": {"2": "burn"}}, "choices"),
        ("conflicts", {"choice": {}}, "choice"),
    ],
)
def test_what_is_refused_says_where(editor: Client, step: str, body: Any, path: str) -> None:
    where = f"{SESSIONS}/{upload(editor).json()['id']}"
    answer = post(editor, f"{where}/{step}", body)
    assert answer.status_code == HTTPStatus.BAD_REQUEST, answer.content
    assert any(problem["path"].startswith(path) for problem in answer.json()["errors"]), answer.content


@pytest.mark.parametrize(
    ("content", "fields", "path"),
    [
        (b"", {}, "file"),
        (b"\x00\x01\x02" * 50, {}, "file"),
        (OFFERS, {"currency": "shells"}, "currency"),
        (OFFERS, {"kind": "planets"}, "kind"),
        (OFFERS, {"source": "x" * 101}, "source"),
        (OFFERS, {"header_row": "-1"}, "header_row"),
        (OFFERS, {"colour": "red"}, "colour"),
    ],
)
def test_uploads_that_are_refused_leave_nothing(
    editor: Client, uploads: Any, content: bytes, fields: dict[str, str], path: str
) -> None:
    answer = upload(editor, content, **fields)
    assert answer.status_code == HTTPStatus.BAD_REQUEST, answer.content
    assert [problem["path"] for problem in answer.json()["errors"]] == [path]
    assert not ImportSession.objects.exists()
    assert not uploads.exists() or not list(uploads.iterdir())


def test_one_file_is_needed(editor: Client) -> None:
    assert editor.post(SESSIONS, {}).status_code == HTTPStatus.BAD_REQUEST
    both = {"file": SimpleUploadedFile("a.csv", OFFERS), "upload": SimpleUploadedFile("b.csv", OFFERS)}
    assert editor.post(SESSIONS, both).status_code == HTTPStatus.BAD_REQUEST
    assert post(editor, SESSIONS, {"file": "x"}).status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def test_a_body_beyond_all_bounds_is_not_read(editor: Client) -> None:
    class Endless(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("nothing of it is to be read")

    answer = editor.generic(
        "POST",
        SESSIONS,
        "",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="300000000",
        **{"wsgi.input": Endless()},
    )
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\boot.ini", "a\x00b.csv", "ё" * 300, "<script>.csv"])
def test_a_files_name_is_only_text(editor: Client, uploads: Any, name: str) -> None:
    found = upload(editor, name=name)
    assert found.status_code == HTTPStatus.CREATED, found.content
    assert "/" not in found.json()["file_name"]
    assert all(path.parent == uploads for path in uploads.iterdir())


def test_of_two_people_one_is_told(editor: Client) -> None:
    found = upload(editor)
    where, tag = f"{SESSIONS}/{found.json()['id']}", found.headers["ETag"]
    done = post(editor, f"{where}/mappings", {"columns": {"currency": "-"}}, **{"If-Match": tag})
    assert done.status_code == HTTPStatus.OK, done.content
    late = post(editor, f"{where}/mappings", {"columns": {"price": "-"}}, **{"If-Match": tag})
    assert late.status_code == HTTPStatus.PRECONDITION_FAILED


def test_a_step_that_comes_too_early_or_late(editor: Client) -> None:
    found = upload(editor).json()
    where = f"{SESSIONS}/{found['id']}"
    assert post(editor, f"{where}/undo").status_code == HTTPStatus.CONFLICT
    post(editor, f"{where}/commit")
    assert post(editor, f"{where}/mappings", {"columns": {"price": "-"}}).status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize(
    ("group", "read", "write"),
    [("Viewers", 404, 403), ("Analysts", 404, 403), ("Editors", 200, 200), ("", 401, 401)],
)
def test_who_may(editor: Client, group: str, read: int, write: int) -> None:
    where = f"{SESSIONS}/{upload(editor).json()['id']}"
    other = Client()
    if group:
        other.force_login(StaffFactory(group=group))
    for path in (where, f"{where}/rows", f"{where}/report.csv"):
        assert other.get(path).status_code == read
    if group:
        assert len(other.get(SESSIONS).json()["items"]) == (1 if read == 200 else 0)
    assert upload(other).status_code == (201 if write == 200 else write)
    assert post(other, f"{where}/commit").status_code == write


def test_never_public(editor: Client, settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    where = f"{SESSIONS}/{upload(editor).json()['id']}"
    for path in (SESSIONS, where, f"{where}/rows", f"{where}/report.csv"):
        assert Client().get(path).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("step", ["", "/rows", "/report.csv"])
def test_what_there_is_not(editor: Client, step: str) -> None:
    assert editor.get(f"{SESSIONS}/77{step}").status_code == HTTPStatus.NOT_FOUND
    assert post(editor, f"{SESSIONS}/77/commit").status_code == HTTPStatus.NOT_FOUND


def test_the_list_is_filtered_and_costs_the_same(editor: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            assert editor.get(SESSIONS, {"state": "ready"}).status_code == HTTPStatus.OK
        return len(found)

    upload(editor)
    few = cost()
    for _ in range(5):
        upload(editor)
    assert cost() == few
    assert editor.get(SESSIONS, {"state": "committed"}).json()["items"] == []
    assert editor.get(SESSIONS, {"state": "gone"}).status_code == HTTPStatus.BAD_REQUEST


def test_a_key_makes_one_import_of_two_tries(editor: Client) -> None:
    first, second = (
        editor.post(SESSIONS, {"file": SimpleUploadedFile("a.csv", OFFERS)}, headers={"Idempotency-Key": "k"})
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert ImportSession.objects.count() == 1
