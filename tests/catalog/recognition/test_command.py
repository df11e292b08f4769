"""`manage.py recognise` as staff type it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Cpu


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("recognise", *arguments, stdout=out)
    return out.getvalue()


def test_titles_in_words() -> None:
    out = run("Dell OptiPlex 7060 Micro i5-8500T 16GB 256GB NVMe Win 11 Pro", "HP laptop i7 8GB", "???")
    assert "cpu: Intel Core i5-8500T; ram_gb: 16; storage: 256 GB nvme; os: Windows 11 Pro; brand: Dell" in out
    assert "processor family: i7" in out
    assert out.endswith("???\n    nothing\n")


def test_one_object_a_line() -> None:
    first, second = run("--json", "Dell i5-8500T 8GB", "HP").splitlines()
    assert json.loads(first)["cpu"] == "Intel Core i5-8500T"
    assert json.loads(second) == {
        **dict.fromkeys(["cpu", "gpu", "ram_gb", "ram_type", "screen_in", "os", "model", "form_factor", "condition"]),
        "storage": [],
        "flags": [],
        "brand": "HP",
    }


def test_a_file_has_one_answer_for_each_line(tmp_path: Path) -> None:
    path = tmp_path / "titles.txt"
    path.write_bytes("\ufeffDell 8365U\r\n\r\nHP Ordinateur 8 Go RAM".encode())
    answers = [json.loads(line) for line in run("--json", "--file", str(path)).splitlines()]
    assert [(answer["cpu"], answer["ram_gb"]) for answer in answers] == [
        ("Intel Core i5-8365U", None),
        (None, None),
        (None, 8),
    ]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Dell i5-8500T\n")))
    assert json.loads(run("--file", "-", "--json"))["cpu"] == "Intel Core i5-8500T"


@pytest.mark.django_db
def test_with_the_catalogs_names(django_assert_num_queries: object) -> None:
    Cpu.objects.create(name="Intel Core i5-8365U @ 1.60GHz")
    assert "cpu: Intel Core i5-8365U @ 1.60GHz" in run("--catalog", "Dell 8365U")
    assert "nearest in the catalog: Intel Core i5-8365U @ 1.60GHz" in run("--catalog", "Dell i5-8365 8GB")


@pytest.mark.parametrize(("arguments", "message"), [((), "Give titles"), (("a", "--file", "b"), "not both")])
def test_titles_or_a_file(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.txt cannot be read"):
        run("--file", str(tmp_path / "nothing.txt"))
    path = tmp_path / "latin.txt"
    path.write_bytes(b"fine\nPr\xe4zise\n")
    with pytest.raises(CommandError, match="line 2: not UTF-8"):
        run("--file", str(path))


def test_a_line_without_an_end_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("é" * 100_000)
    assert len(run("--json", "--file", str(path)).splitlines()) == 4
