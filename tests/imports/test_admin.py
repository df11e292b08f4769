"""The admin's page of an import: who may do what, every step by plain forms, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports.choices import SessionState
from imports.models import ImportSession, RememberedMap
from listings.models import Listing
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
IMPORTS = "/admin/imports/importsession"
OFFERS = (
    b"title,price,currency,vendor_item_id\n"
    b"Dell OptiPlex 7050 i5-7500T 8GB 256GB SSD,199.50,USD,1\n"
    b"HP EliteDesk,250,USD,2\n"
)
NO_CURRENCY = b"title,price\nDell OptiPlex 7050 8GB,199.50\nHP EliteDesk,250\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Any) -> Any:
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    return settings.UPLOAD_ROOT


@pytest.fixture
def editor(client: Client) -> Client:
    eve: Any = StaffFactory(username="eve", group="Editors")
    client.force_login(eve)
    return client


def login(group: str | None = None, **more: Any) -> Client:
    client = Client(**more)
    staff: Any = StaffFactory(group=group) if group else StaffFactory()
    client.force_login(staff)
    return client


def upload(client: Client, content: bytes = OFFERS, *, name: str = "offers.csv", **fields: Any) -> Any:
    return client.post(f"{IMPORTS}/add/", {"file": SimpleUploadedFile(name, content), **fields})


def opened(client: Client, content: bytes = OFFERS, **fields: Any) -> ImportSession:
    answer = upload(client, content, **fields)
    assert answer.status_code == 302, answer.content.decode()
    session = ImportSession.objects.latest("pk")
    assert answer.headers["Location"] == page_of(session)
    return session


def page_of(session: ImportSession) -> str:
    return f"{IMPORTS}/{session.pk}/change/"


def press(client: Client, session: ImportSession, step: str, **fields: Any) -> str:
    """The text of the page after a step; the revision is the current one if none is given."""
    session.refresh_from_db()
    body = {"step": step, "revision": session.revision, **fields}
    answer = client.post(page_of(session), body, follow=True)
    assert answer.status_code == 200
    session.refresh_from_db()
    return str(answer.content.decode())


def test_a_file_goes_in_and_comes_out(editor: Client) -> None:
    session = opened(editor, source="Shop")
    text = editor.get(page_of(session)).content.decode()
    assert "Import now" in text
    assert "Dell OptiPlex 7050" in text
    assert 'class="from title"' in text
    assert (session.actor, session.source) == ("eve", "Shop")

    text = press(editor, session, "commit")
    assert session.state == SessionState.COMMITTED
    listing = Listing.objects.get(vendor_item_id="1")
    assert f"/admin/listings/listing/{listing.pk}/change/" in text
    report = b"".join(editor.get(f"{IMPORTS}/{session.pk}/report.csv")).decode()
    assert report.startswith("line,outcome,title")

    Listing.objects.filter(pk=listing.pk).update(title="Edited since")
    text = press(editor, session, "undo")
    assert session.state == SessionState.UNDONE
    assert list(Listing.objects.values_list("title", flat=True)) == ["Edited since"]
    assert "Left as they are" in text
    assert session.left[0]["why"] in text
    assert "offers.csv" in editor.get(f"{IMPORTS}/").content.decode()


def test_what_is_asked_can_be_answered(editor: Client) -> None:
    session = opened(editor, NO_CURRENCY)
    text = editor.get(page_of(session)).content.decode()
    assert "In which currency" in text
    assert "Import now" not in text
    keys = [item["key"] for item in session.questions if item["options"]]
    press(editor, session, "answers", **{f"answer-{keys.index('currency')}": "EUR"})
    assert session.state == SessionState.READY
    assert session.answers["currency"] == "EUR"


def test_a_meaning_moves_to_another_column(editor: Client) -> None:
    session = opened(editor, b"title,price,asking,currency\nDell,1,2,USD\nHP,3,4,USD\n")
    press(editor, session, "mapping", **{"column-0": "title", "column-1": "price", "column-2": "price"})
    means = [column["column"] for column in session.columns["columns"]]
    assert means[2] == "price"
    assert "price" not in means[:2]
    press(editor, session, "mapping", **{"column-1": "price", "column-2": "price"})
    assert [column["column"] for column in session.columns["columns"]][1] == "price"


def test_a_conflict_is_chosen(editor: Client) -> None:
    first = opened(editor)
    press(editor, first, "commit")
    other = OFFERS.replace(b"Dell OptiPlex 7050 i5-7500T 8GB 256GB SSD", b"Lenovo ThinkCentre M920q i7-8700T 32GB")
    session = opened(editor, other)
    text = editor.get(page_of(session)).content.decode()
    assert "Conflicts" in text
    press(editor, session, "conflicts", **{"conflict-2": "both"})
    assert session.choices == {"2": "both"}


@pytest.mark.parametrize("group", ["Viewers", "Analysts"])
def test_an_import_is_not_there_for_who_may_not_import(editor: Client, group: str) -> None:
    session = opened(editor)
    viewer = login(group)
    text = viewer.get(page_of(session)).content.decode()
    assert "Import now" not in text
    assert viewer.get(f"{IMPORTS}/").status_code == 200
    assert upload(viewer).status_code == 403
    assert viewer.get(f"{IMPORTS}/add/").status_code == 403
    for step in ("mapping", "answers", "likely", "conflicts", "commit", "undo"):
        assert viewer.post(page_of(session), {"step": step, "revision": session.revision}).status_code == 404
    session.refresh_from_db()
    assert session.state == SessionState.READY


def test_a_stranger_is_sent_to_the_login(client: Client, editor: Client) -> None:
    session = opened(editor)
    stranger = Client()
    for path in (f"{IMPORTS}/add/", page_of(session), f"{IMPORTS}/{session.pk}/report.csv"):
        answer = stranger.get(path)
        assert (answer.status_code, "/admin/login/" in answer.headers["Location"]) == (302, True)


def test_somebody_elses_import_is_not_there_for_those_without_the_right_to_see(editor: Client) -> None:
    session = opened(editor)
    other = login()
    for path in (page_of(session), f"{IMPORTS}/{session.pk}/report.csv", f"{IMPORTS}/{session.pk}/progress/"):
        assert other.get(path).status_code == 404
    assert other.post(page_of(session), {"step": "commit", "revision": session.revision}).status_code == 404
    assert editor.get(f"{IMPORTS}/{'9' * 30}/change/").status_code == 404


def test_the_second_of_two_people_is_told(editor: Client) -> None:
    session = opened(editor)
    text = press(editor, session, "commit", revision=session.revision - 1)
    assert "somebody else has changed this import" in text
    assert press(editor, session, "mapping", revision="x", **{"column-0": ""})
    assert session.state == SessionState.READY


def test_a_commit_is_done_once(editor: Client) -> None:
    session = opened(editor)
    press(editor, session, "commit")
    assert "it is committed already" in press(editor, session, "commit")
    assert Listing.objects.count() == 2


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "<script>alert(1)</script>.csv", "a\x00b\r\n.csv", "é" * 300]
)
def test_the_name_of_a_file_is_only_shown(editor: Client, uploads: Any, name: str) -> None:
    session = opened(editor, name=name)
    text = editor.get(page_of(session)).content.decode()
    assert "<script>alert" not in text
    assert "/" not in session.file_name
    assert [path.name for path in uploads.iterdir() if path.name.startswith(session.stored_as)]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "empty"), (b"\x00\x01\x02\x03" * 100, "cannot be read"), (None, "Choose a file first")],
)
def test_a_file_that_cannot_be_read_says_so_beside_it(editor: Client, content: bytes | None, told: str) -> None:
    answer = upload(editor, content) if content is not None else editor.post(f"{IMPORTS}/add/", {})
    assert answer.status_code == 200
    problems = answer.content.decode().partition('class="problems"')[2].partition("</form>")[0]
    assert told in problems
    assert not ImportSession.objects.exists()


def test_a_file_of_many_megabytes_is_taken_and_a_larger_one_is_refused_unread(editor: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    assert opened(editor, OFFERS + b"HP ProDesk,1,USD,3\n" * 200)
    answer = editor.post(
        f"{IMPORTS}/add/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="200000000"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{IMPORTS}/add/?too_large=1")
    assert "more than 100 MB" in editor.get(answer.headers["Location"]).content.decode()


def test_a_file_needs_the_token_of_the_form() -> None:
    client = login("Editors", enforce_csrf_checks=True)
    assert upload(client).status_code == 403
    token = client.get(f"{IMPORTS}/add/").cookies["csrftoken"].value
    assert upload(client, csrfmiddlewaretoken=token).status_code == 302


def test_a_page_costs_the_same_however_many_rows_there_are(editor: Client) -> None:
    counted = []
    for rows in (5, 50):
        bad = b"".join(b"Dell %d,x%d,USD,%d\n" % (at, at, at) for at in range(rows))
        session = opened(editor, OFFERS + bad)
        editor.get(page_of(session))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert editor.get(page_of(session)).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_remembered_map_can_be_forgotten(editor: Client) -> None:
    session = opened(editor)
    press(editor, session, "commit")
    kept = RememberedMap.objects.get()
    assert editor.get("/admin/imports/rememberedmap/?q=title").status_code == 200
    editor.post(f"/admin/imports/rememberedmap/{kept.pk}/delete/", {"post": "yes"})
    assert not RememberedMap.objects.exists()
    assert editor.get("/admin/imports/partprice/?q=x").status_code == 200


def test_the_way_there_is_on_the_list_of_listings(editor: Client) -> None:
    assert f"{IMPORTS}/add/" in editor.get("/admin/listings/listing/").content.decode()
