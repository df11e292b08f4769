"""`manage.py import_listings` as staff type it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listings.models import Listing

pytestmark = pytest.mark.django_db

FILE = "Name,Price,RAM\nDell OptiPlex 7070,199.99,16 GB\nHP Mini,cheap,8 GB\n"
MAP = ("--map", "Name=title", "Price=price_usd", "RAM=ram_gb")


def run(path: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:  # a row of the file is bad
        call_command("import_listings", str(path), *options, stdout=out, stderr=err)
    assert stopped.value.code == 3
    return out.getvalue(), err.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "offers.csv"
    path.write_text(FILE)
    return path


def test_good_rows_go_in_and_bad_ones_are_named(file: Path) -> None:
    out, err = run(file, *MAP)
    assert "2 rows: 1 created" in out
    assert "1 rejected" in out
    assert 'line 3, price_usd: "cheap"' in out + err
    assert list(Listing.objects.values_list("title", "ram_gb")) == [("Dell OptiPlex 7070", 16)]
    assert "1 unchanged" in run(file, *MAP)[0]


def test_a_dry_run_writes_nothing(file: Path) -> None:
    out, _ = run(file, *MAP, "--dry-run")
    assert "created" in out
    assert not Listing.objects.exists()


def test_json(file: Path) -> None:
    document = json.loads(run(file, *MAP, "--json")[0])
    assert (document["created"], document["rejected"]) == (1, 1)
    (error,) = document["errors"]
    assert {name: error[name] for name in ("line", "column", "value")} == {
        "line": 3,
        "column": "price_usd",
        "value": "cheap",
    }
    assert error["message"]


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--map", "Nope=title"), "Nope"), (("--map", "Name=titel"), "titel"), (("--map", "Name"), "Name"), ((), "title")],
)
def test_columns_that_cannot_be_mapped(file: Path, options: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("import_listings", str(file), *options)
    assert not Listing.objects.exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv"):
        call_command("import_listings", str(tmp_path / "none.csv"))
