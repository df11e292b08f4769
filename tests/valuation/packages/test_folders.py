"""A folder of packages and the database, in step both ways; nothing outside of it is read or written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import RuleActionFactory
from tests.valuation.packages.helpers import document, encoded, export, valued, without_rules
from valuation.models import Rule, Ruleset
from valuation.packages.folders import ORDER, file_name

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> int:
    """The exit code."""
    try:
        call_command(*arguments)
    except SystemExit as error:
        return int(error.code or 0)
    return 0


def packages(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.dbrs")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two rulesets of equal priority, of which the later name runs first."""
    for name, value in (("Zebra", 10), ("Ant", 20)):
        RuleActionFactory(rule__group__ruleset__name=name, action_type="multiplier", value_usd=value)
    found = tmp_path / "rules"
    assert run("export_ruleset", "--all", str(found)) == 3
    return found


def test_out_and_in_and_out_again(folder: Path) -> None:
    call_command("demo")
    run("export_ruleset", "--all", str(folder))
    written, before, one = packages(folder), valued(), export()
    assert len(written) == 3
    assert run("export_ruleset", "--all", str(folder)) == 0
    assert run("install_ruleset", str(folder)) == 0
    without_rules()
    assert run("install_ruleset", str(folder), "--dry-run") == 3
    assert not Ruleset.objects.exists()
    assert run("install_ruleset", str(folder)) == 3
    assert (valued(), export()) == (before, one)  # what runs first among equals, too
    assert run("export_ruleset", "--all", str(folder)) == 0
    assert packages(folder) == written


def test_what_is_the_same_is_not_touched(folder: Path) -> None:
    times = {path: path.stat().st_ino for path in folder.iterdir()}
    action = Rule.objects.get(group__ruleset__name="Ant").actions.get()
    action.value_usd = 25
    action.save()
    assert run("export_ruleset", "--all", str(folder)) == 3
    assert [path.name for path in folder.iterdir() if path.stat().st_ino != times.get(path)] == [file_name("Ant")]


def test_a_file_keeps_its_name_and_what_it_says_of_itself(folder: Path) -> None:
    (folder / file_name("Ant")).rename(folder / "by-hand.dbrs")
    said = (folder / "by-hand.dbrs").read_text().replace('"author": ""', '"author": "Ada"')
    (folder / "by-hand.dbrs").write_text(said)
    run("export_ruleset", "--all", str(folder))
    assert set(packages(folder)) == {"by-hand.dbrs", file_name("Zebra")}
    assert '"author": "Ada"' in (folder / "by-hand.dbrs").read_text()


def test_a_ruleset_that_is_gone_takes_its_file_along(folder: Path, capsys: Any) -> None:
    Ruleset.objects.get(name="Ant").delete()
    (folder / "broken.dbrs").write_text("{")
    (folder / "notes.txt").write_text("mine")
    assert run("export_ruleset", "--all", str(folder)) == 3
    assert set(packages(folder)) == {file_name("Zebra"), "broken.dbrs"}
    assert "broken.dbrs was left as it is" in capsys.readouterr().err
    assert (folder / "notes.txt").exists()


def test_a_file_that_somebody_broke_is_not_written_over(folder: Path) -> None:
    broken = folder / file_name("Ant")
    broken.write_text("<<<<<<< HEAD")
    with pytest.raises(CommandError, match="mend or delete it"):
        run("export_ruleset", "--all", str(folder))
    assert broken.read_text() == "<<<<<<< HEAD"


def test_a_ruleset_that_is_in_no_file_stays_and_is_told(folder: Path, capsys: Any) -> None:
    (folder / file_name("Ant")).unlink()
    assert run("install_ruleset", str(folder)) == 0
    assert 'left as it is: "Ant"' in capsys.readouterr().out
    assert Ruleset.objects.count() == 2


def test_links_are_no_files_of_ours(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.dbrs"
    outside.write_bytes(encoded(document()))
    (folder / "link.dbrs").symlink_to(outside)
    place = folder / file_name("Ant")
    place.unlink()
    place.symlink_to(outside)
    os.mkfifo(folder / "pipe.dbrs")
    (folder / "folder.dbrs").mkdir()
    assert run("install_ruleset", str(folder)) == 0
    assert not Ruleset.objects.filter(name="Ours").exists()
    assert run("export_ruleset", "--all", str(folder)) == 3
    assert outside.read_bytes() == encoded(document())
    assert not place.is_symlink()


def test_every_problem_of_every_file_and_nothing_installed(folder: Path) -> None:
    (folder / "a.dbrs").write_text("{")
    twice = document()
    twice["rulesets"][0]["name"] = "Ant"
    (folder / "b.dbrs").write_bytes(encoded(twice))
    with pytest.raises(CommandError) as error:
        run("install_ruleset", str(folder))
    assert "a.dbrs: line 1, column 2" in str(error.value)
    assert 'the ruleset "Ant" is in' in str(error.value)


def test_no_packages_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file"):
        run("install_ruleset", str(tmp_path))


def test_a_hostile_order_decides_nothing_but_the_order(folder: Path) -> None:
    (folder / ORDER).write_text("../../etc/passwd\n\x00\n" + file_name("Ant"))
    assert run("install_ruleset", str(folder)) == 0


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "con", "寸法", "🖥", ".", " ", "a" * 255, "İstanbul", "-rf", "a\nb", "NUL"]
)
def test_names_of_files_are_safe(name: str) -> None:
    found = file_name(name)
    assert found.removesuffix(".dbrs").replace("-", "").isalnum()
    assert found.isascii()
    assert len(found) < 100
    assert found == file_name(name)


def test_names_that_look_alike_have_files_of_their_own() -> None:
    names = ["Größe", "Grosse", "GRÖSSE", "groesse", "寸法", "大小", "a b", "a-b"]
    assert len({file_name(name).casefold() for name in names}) == len(names)
    assert file_name("Gro\u0308ße") == file_name("Größe")
