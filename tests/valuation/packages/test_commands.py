"""The two commands: files, standard input and output, what they say, and how they end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.valuation.packages.helpers import OLDER, document, encoded, export, install
from valuation.models import AuditEntry, Ruleset

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_to_a_file_and_from_it(tmp_path: Path) -> None:
    install(OLDER.read_bytes())
    pk = str(Ruleset.objects.get().pk)
    file = tmp_path / "pack.dbrs"
    assert "2 rules" in said("export_ruleset", pk, str(file))
    assert file.read_text() == export() == said("export_ruleset", pk) == said("export_ruleset", pk, "-")
    Ruleset.objects.get().delete()
    told = said("install_ruleset", str(file), "--actor", "ada")
    assert "Desk machines: created" in told
    assert AuditEntry.objects.filter(action="package.installed").latest("pk").actor == "ada"


def test_what_a_package_says_of_itself() -> None:
    install(document())
    pk = str(Ruleset.objects.get().pk)
    options = ("--name", "Mine", "--package-version", "2.1.0", "--author", "Ada", "--tag", "desk", "--tag", "home")
    about = json.loads(said("export_ruleset", pk, *options, "--min-app-version", "0.1"))["metadata"]
    assert (about["name"], about["version"], about["author"], about["tags"]) == (
        "Mine",
        "2.1.0",
        "Ada",
        ["desk", "home"],
    )
    assert about["compatibility"]["min_app_version"] == "0.1"


def test_from_standard_input_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(encoded(document()))

    monkeypatch.setattr("sys.stdin", Input)
    told = json.loads(said("install_ruleset", "-", "--json"))
    assert (told["rulesets_created"], told["rules_created"], told["changed"]) == (1, 1, True)
    assert [(one["name"], one["done"]) for one in told["rulesets"]] == [("Ours", "created")]


def test_a_look_ends_with_3_where_something_differs(tmp_path: Path) -> None:
    file = tmp_path / "pack.dbrs"
    file.write_bytes(encoded(document()))
    with pytest.raises(SystemExit) as ended:
        said("install_ruleset", str(file), "--dry-run")
    assert ended.value.code == 3
    assert not Ruleset.objects.exists()
    said("install_ruleset", str(file))
    said("install_ruleset", str(file), "--dry-run")  # and with 0 where nothing does


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export_ruleset",), "Which rulesets"),
        (("export_ruleset", "7"), "no ruleset with the id 7"),
        (("export_ruleset", "x", "7"), '"x" is no id'),
        (("export_ruleset", "--all", "/nowhere/at/all"), "cannot be written"),
        (("export_ruleset", "7", "--all", "/tmp"), "leave the ids out"),
        (("install_ruleset", "/nowhere"), "cannot be read"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        said(*arguments)


def test_every_problem_of_a_file_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "pack.dbrs"
    wrong: dict[str, Any] = {"name": "A", "conditions": [{"field_name": "nothing", "operator": "eq", "value": 1}]}
    file.write_bytes(encoded(document(wrong, {**wrong, "name": ""})))
    with pytest.raises(CommandError) as error:
        said("install_ruleset", str(file))
    assert str(error.value).startswith("Nothing was installed, 3 problems in")
    assert "rules[1].conditions[0].field_name" in str(error.value)
