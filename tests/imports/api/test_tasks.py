"""The task `import-benchmarks`: a list below IMPORT_ROOT or in a form, in at once where nothing is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Cpu, Gpu
from dealbrain.api.tasks import offered_tasks
from imports.models import ImportSession
from imports.reading.limits import MAX_BYTES
from listings.models import Listing
from tests.api import Api, problems

pytestmark = pytest.mark.django_db
TASK = "/v1/admin/tasks/import-benchmarks"
CPUS = "CPU Name,CPU Mark,Thread Mark\nIntel Core i5-8500T @ 2.10GHz,7456,2094\nIntel Core i7-8700T,NA,0\n"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    settings.IMPORT_ROOT = tmp_path / "imports"
    settings.IMPORT_ROOT.mkdir()
    (tmp_path / "secret.csv").write_text(CPUS)
    return Path(settings.IMPORT_ROOT)


@pytest.fixture
def api() -> Api:
    return Api("Editors")


def test_a_list_below_the_import_root(api: Api, folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "cpus.csv").write_text(CPUS)
    answer = api.send("POST", TASK, {"path": "lists/cpus.csv"})
    session = ImportSession.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/imports/sessions/{session.pk}")
    counts = {"new": 2, "changed": 0, "unchanged": 0, "conflict": 0, "left_out": 0, "refused": 0, "records": 2}
    assert answer.json() == {
        "id": session.pk,
        "file_name": "cpus.csv",
        "kind": "cpus",
        "action": "import-benchmarks",
        "status": "done",
        "progress": 1.0,
        "result": counts,
        "questions": 0,
        "error": None,
    }
    assert sorted(Cpu.objects.values_list("name", "cpu_mark_multi", "cpu_mark_single")) == [
        ("Intel Core i5-8500T", 7456, 2094),
        ("Intel Core i7-8700T", None, None),
    ]
    assert (session.committed_by == session.actor != "", Listing.objects.count()) == (True, 0)
    assert (folder / "lists" / "cpus.csv").read_text() == CPUS  # only our copy is taken away
    assert list((folder.parent / "uploads").iterdir()) == []


def test_a_file_in_a_form(api: Api, folder: Path) -> None:
    content = b"Videocard Name,G3D Mark\nGeForce GTX 1650,7900\n"
    answer = api.client.post(TASK, {"file": SimpleUploadedFile("cards.csv", content), "kind": "gpu"})
    assert (answer.status_code, answer.json()["status"]) == (202, "done"), answer.content
    assert [gpu.gpu_mark for gpu in Gpu.objects.all()] == [7900]


def test_what_is_asked_waits_for_its_answers(api: Api, folder: Path) -> None:
    content = "name,cpu mark,notes\nIntel Core i5-8500T,7456,sparsam für Büros\nIntel Core i7-8700T,8123,größer\n"
    (folder / "cpus.csv").write_bytes(content.encode("cp1252"))
    found = api.got("POST", TASK, {"path": "cpus.csv", "kind": "cpu"}, status=202)
    assert (found["status"], found["error"], found["questions"]) == ("waiting", None, 1)
    assert not Cpu.objects.exists()
    session = f"/v1/imports/sessions/{found['id']}"
    (question,) = api.got("GET", session)["questions"]
    answered = api.got("POST", f"{session}/answers", {"answers": {question["key"]: question["suggested"]}})
    assert answered["state"] == "ready"
    api.got("POST", f"{session}/commit", {})
    assert sorted(Cpu.objects.values_list("name", flat=True)) == ["Intel Core i5-8500T", "Intel Core i7-8700T"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"path": "required"}),
        ({"path": "none.csv"}, {"path": "not_found"}),
        ({"path": "../secret.csv"}, {"path": "not_found"}),
        ({"path": "{tmp}/secret.csv"}, {"path": "not_found"}),
        ({"path": "link.csv"}, {"path": "not_found"}),
        ({"path": "."}, {"path": "not_found"}),
        ({"path": "a" * 900}, {"path": "not_found"}),
        ({"path": "a" * 1_001}, {"path": "max_length"}),
        ({"path": "empty.csv"}, {"file": "invalid"}),
        ({"path": "large.csv"}, {"file": "invalid"}),
        ({"path": "offers.csv"}, {"kind": "invalid"}),
        ({"path": "cpus.csv", "kind": "ram"}, {"kind": "invalid_choice"}),
        ({"path": "cpus.csv", "file": "text"}, {"file": "invalid"}),
        ({"path": "cpus.csv", "kinds": "cpu"}, {"kinds": "unknown"}),
    ],
)
def test_what_is_refused(api: Api, folder: Path, body: dict[str, str], wrong: dict[str, str]) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "empty.csv").touch()
    (folder / "cpus.csv").write_text(CPUS)
    (folder / "offers.csv").write_text("title,price_usd\nDell OptiPlex 7050,199\n")
    with (folder / "large.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    body = {name: value.replace("{tmp}", str(folder.parent)) for name, value in body.items()}
    answer = api.send("POST", TASK, body)
    assert (answer.status_code, problems(answer)) == (400, wrong), answer.content
    assert not ImportSession.objects.exists()
    uploads = folder.parent / "uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []


def test_both_are_too_many(api: Api, folder: Path) -> None:
    answer = api.client.post(TASK, {"file": SimpleUploadedFile("a.csv", CPUS.encode()), "path": "a.csv"})
    assert (answer.status_code, problems(answer)) == (400, {"path": "exclusive"})


def test_only_files_may_be_large(api: Api, folder: Path) -> None:
    assert api.send("POST", TASK, {"path": "x" * 1_000_000}).status_code == 413


@pytest.mark.parametrize(("role", "status"), [("Viewers", 403), ("Analysts", 403), ("Editors", 202)])
def test_who_may(folder: Path, role: str, status: int) -> None:
    (folder / "cpus.csv").write_text(CPUS)
    assert Api(role).send("POST", TASK, {"path": "cpus.csv"}).status_code == status


def test_a_task_that_there_is_not_names_those_there_are(api: Api) -> None:
    told = Api("Analysts").send("POST", "/v1/admin/tasks/import-benchmark").json()["detail"]
    assert "import-benchmarks" in offered_tasks()
    assert all(name in told for name in offered_tasks())
