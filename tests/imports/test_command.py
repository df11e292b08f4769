"""`import_listings`, `import_benchmarks` and `undo_import` as staff type them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Cpu
from imports.models import ImportSession
from listings.models import Listing

pytestmark = pytest.mark.django_db

FILE = "Name,Price,RAM,listing_url\nDell OptiPlex 7070,$199.99,16 GB,\nHP Mini,$99.99,8 GB,here\n"
MAP = ("--map", "Price=price")
DONE, ASKED, SOME_REFUSED = 0, 2, 3


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    return tmp_path / "uploads"


def run(text: str, folder: Path, *options: str, command: str = "import_listings") -> tuple[int, str]:
    """The exit code and all that was said."""
    path = folder / "offers.csv"
    path.write_text(text)
    out = StringIO()
    try:
        call_command(command, str(path), *options, stdout=out, stderr=out)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue()
    return DONE, out.getvalue()


def test_good_rows_go_in_and_bad_ones_are_named(tmp_path: Path) -> None:
    code, said = run(FILE, tmp_path, *MAP)
    assert code == SOME_REFUSED
    assert "2 records, 1 new" in said
    assert "1 refused" in said
    assert 'line 3, listing_url: "here"' in said
    assert list(Listing.objects.values_list("title", "ram_gb")) == [("Dell OptiPlex 7070", 16)]
    assert "1 unchanged" in run(FILE, tmp_path, *MAP)[1]


def test_all_rows_go_in_and_are_taken_back(tmp_path: Path) -> None:
    code, said = run("title,price\nDell OptiPlex 7070,$199.99\n", tmp_path)
    assert (code, Listing.objects.count()) == (DONE, 1)
    number = ImportSession.objects.get().pk
    assert f"undo_import {number}" in said
    out = StringIO()
    call_command("undo_import", str(number), stdout=out)
    assert "Taken back: 1 rows" in out.getvalue()
    assert not Listing.objects.exists()
    with pytest.raises(CommandError, match="taken back already"):
        call_command("undo_import", str(number))
    with pytest.raises(CommandError, match="no import"):
        call_command("undo_import", "0")


def test_a_dry_run_writes_nothing(tmp_path: Path, uploads: Path) -> None:
    code, said = run(FILE, tmp_path, *MAP, "--dry-run")
    assert (code, "Would import: 2 records, 1 new" in said) == (SOME_REFUSED, True)
    assert not Listing.objects.exists()
    assert not ImportSession.objects.exists()


def test_json(tmp_path: Path) -> None:
    document = json.loads(run(FILE, tmp_path, *MAP, "--json")[1])
    assert (document["counts"]["new"], document["counts"]["refused"]) == (1, 1)
    (row,) = (row for row in document["rows"] if row["outcome"] == "refused")
    assert (row["line"], row["messages"][0]["column"], row["messages"][0]["value"]) == (3, "listing_url", "here")


OPEN = "Name,Preis\nDell OptiPlex 7070,1.299\n"


def test_questions_are_asked_and_answered(tmp_path: Path) -> None:
    code, said = run(OPEN, tmp_path)
    assert code == ASKED
    assert "decimal_sign:1" in said
    assert "currency" in said
    assert not Listing.objects.exists()
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"decimal_sign:1": ","}))
    assert run(OPEN, tmp_path, "--answers", str(answers), "--currency", "USD")[0] == DONE
    assert Listing.objects.get().price_usd == 1299


def test_nothing_known_is_a_question_and_no_success(tmp_path: Path) -> None:
    """One known header by accident, in a file that says neither what is offered nor for how much."""
    text = "ram_gb,color,x\n8,red,1\n16,blue,2\n"
    code, said = run(text, tmp_path)
    assert (code, Listing.objects.exists()) == (ASKED, False)
    assert "title" in said
    assert run(text, tmp_path, "--yes")[0] == ASKED


def test_yes_takes_what_is_sure_alone(tmp_path: Path) -> None:
    """`item` is likely the title and `cost` likely the price, which somebody has to say."""
    text = "item,cost\nDell OptiPlex 7070,$199.99\nDell OptiPlex 7080,$299.99\nHP EliteDesk,$99.99\n"
    assert run(text, tmp_path)[0] == ASKED
    assert run(text, tmp_path, "--map", "item=title", "cost=price")[0] == DONE


def test_values_for_every_row(tmp_path: Path) -> None:
    run("title,price\nDell OptiPlex 7070,$5\n", tmp_path, "--set", "condition=refurb", "--source", "../../etc")
    listing = Listing.objects.get()
    assert (listing.condition, listing.source) == ("refurb", "../../etc")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--map", "Nope=title"), "Nope"),
        (("--map", "Name=titel"), "titel"),
        (("--map", "Name"), "Name"),
        (("--set", "colour=red"), "colour"),
        (("--currency", "EURO"), "EURO"),
        (("--answers", "none.json"), "none.json"),
        (("--source", "x" * 101), "100"),
    ],
)
def test_options_that_say_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(FILE, tmp_path, *options)
    assert not Listing.objects.exists()
    assert not ImportSession.objects.exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv"):
        call_command("import_listings", str(tmp_path / "none.csv"))


def test_benchmarks(tmp_path: Path) -> None:
    text = "name,mark\nIntel Core i5-8500T @ 2.10GHz,7500\n"
    code, said = run(
        text, tmp_path, "--kind", "cpu", "--yes", "--map", "mark=cpu_mark_multi", command="import_benchmarks"
    )
    assert (code, Cpu.objects.get().cpu_mark_multi) == (DONE, 7500), said
    with pytest.raises(CommandError, match="import_benchmarks"):
        run("CPU Name,CPU Mark,Cores\nIntel Core i5-8500T,7500,6\n", tmp_path)
    with pytest.raises(CommandError, match="--kind"):
        run(FILE, tmp_path, command="import_benchmarks")
