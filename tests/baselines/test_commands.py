"""`import_baseline`, `diff_baseline` and `export_baseline` as staff type them, with their exit codes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from baselines.reading import canonical_hash
from baselines.services import import_baseline
from tests.baselines.documents import changed, document, legacy
from tests.factories import ListingFactory, RulesetFactory
from valuation.models import RuleAction, RuleGroup, Ruleset

pytestmark = pytest.mark.django_db
OURS = Path(__file__).resolve().parents[2] / "baselines" / "data" / "baseline-1.1.json"


def file(folder: Path, content: Any) -> str:
    path = folder / "file.json"
    path.write_text(json.dumps(content))
    return str(path)


def run(*words: str) -> tuple[int, str, str]:
    """The exit code, and what was written to standard output and error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as stopped:
        return int(stopped.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_import_says_what_it_made(tmp_path: Path) -> None:
    code, out, _ = run("import_baseline", file(tmp_path, document()))
    assert code == 0
    assert out.splitlines() == [
        "  Listing         Wear: used      -10 %",
        "  Listing         Wear: refurb    -5 %",
        "  CPU             Processor       cpu_mark_multi / 1000 * 2",
        "  RamSpec         Memory: 8 GB    $15.00",
        "  RamSpec         Memory: 16 GB   $40.00",
        "  RamSpec         Memory: 32 GB+  $90.00",
        "Created System: Baseline v1.1.20261101: 6 rules in 3 groups.",
    ]
    code, out, _ = run("import_baseline", file(tmp_path, document()))
    assert (code, out[:60]) == (0, "Skipped: this file was imported as System: Baseline v1.1.202")


def test_fields_that_need_configuration_are_an_exit_code_of_their_own(tmp_path: Path) -> None:
    code, out, _ = run("import_baseline", file(tmp_path, legacy("8GB", "Lots")), "--dry-run")
    assert code == 3
    assert "RAM: Lots  $12.50  (inactive)" in out
    assert "Needs configuration: RamSpec.ram_capacity: " in out
    assert out.splitlines()[-1].startswith("Would create")
    assert not Ruleset.objects.exists()
    code, out, _ = run("import_baseline", file(tmp_path, legacy("8GB", "Lots")), "--json")
    assert code == 3
    [waiting] = json.loads(out)["needs_configuration"]
    assert waiting["field"] == "RamSpec.ram_capacity"
    assert run("import_baseline", file(tmp_path, legacy("8GB", "Lots")))[0] == 0, "nothing was imported"


def test_options(tmp_path: Path) -> None:
    own = RulesetFactory(name="Ours", effect="deduct")
    path = file(tmp_path, document())
    run("import_baseline", path, "--effect", "deduct", "--bucket-point", "low", "--ensure-basic-for", "Ours")
    assert Ruleset.objects.get(is_baseline=True).effect == "deduct"
    assert RuleAction.objects.get(rule__name="Memory: 8 GB").value_usd == 10
    assert RuleGroup.objects.get(name="Basic · Adjustments").ruleset == own
    run("import_baseline", file(tmp_path, changed()), "--no-activate", "--ensure-basic-for", str(own.pk))
    assert [ruleset.is_active for ruleset in Ruleset.objects.filter(is_baseline=True).order_by("pk")] == [True, False]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ({**document(), "effect": "x"}, [], "1 problem in .*\n  effect: must be one of add, deduct"),
        (document(), ["--ensure-basic-for", "nobody"], 'There is no ruleset "nobody"'),
    ],
)
def test_import_refuses(tmp_path: Path, content: Any, options: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("import_baseline", file(tmp_path, content), *options)
    assert not Ruleset.objects.filter(is_baseline=True).exists()


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, code in ((("import_baseline", "-"), 0), (("diff_baseline", "-"), 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(document()).encode())))
        assert run(*words)[0] == code


def test_diff(tmp_path: Path) -> None:
    import_baseline(content=document())
    ListingFactory(title="A machine", price_usd=300, condition="used", ram_gb=16, cpu=None)
    code, out, _ = run("diff_baseline", file(tmp_path, {**changed(), "effect": "deduct"}))
    assert code == 3
    assert out.splitlines() == [
        "  effect: add becomes deduct: every amount turns its sign",
        "  removed  Listing.wear: 1 -> 0 listings, -30.00 -> 0.00 dollars",
        "  changed  RamSpec.memory: 1 -> 1 listings, 40.00 -> -60.00 dollars",
        "           16 GB: $30.00 to $50.00 if RAM >= 16 GB and RAM < 32 GB -> $60.00 if RAM >= 16 GB and RAM < 32 GB",
        "  added    StorageProfile.drive: 0 -> 0 listings, 0.00 -> 0.00 dollars",
        "1 of 1 listings would change by -70.00 dollars, -70.00 on average.",
        f"      -70.00  A machine (listing {ListingFactory._meta.model.objects.get().pk})",
    ]
    code, out, _ = run("diff_baseline", file(tmp_path, changed()), "--json")
    found = json.loads(out)
    assert (code, found["summary"]["total_changes"], found["impact"]["statistics"]["total_delta"]) == (3, 3, 50.0)
    assert found["impact"]["fields"]["RamSpec.memory"]["total_after"] == 60.0
    assert run("diff_baseline", file(tmp_path, document()))[:2] == (0, "Nothing differs from the active baseline.\n")
    with pytest.raises(CommandError, match="Nothing was compared"):
        run("diff_baseline", file(tmp_path, {"schema_version": 1}))


@pytest.mark.parametrize("content", [document(), legacy("8GB", "Lots"), json.loads(OURS.read_text())])
def test_an_export_imports_back_to_the_same_hash(tmp_path: Path, content: Any) -> None:
    outcome = import_baseline(content=content)
    path = tmp_path / "out.json"
    _, out, _ = run("export_baseline", str(path))
    assert out == f"Wrote {outcome.ruleset_name}, sha256 {outcome.source_hash}.\n"
    assert canonical_hash(json.loads(path.read_text())) == outcome.source_hash
    before = list(RuleAction.objects.order_by("pk").values_list("rule__name", "value_usd", "formula"))
    Ruleset.objects.all().delete()
    assert import_baseline(content=path.read_bytes()).source_hash == outcome.source_hash
    assert list(RuleAction.objects.order_by("pk").values_list("rule__name", "value_usd", "formula")) == before
    assert json.loads(run("export_baseline")[1]) == content


def test_our_own_file_is_written_as_it_is() -> None:
    import_baseline(content=OURS.read_bytes())
    assert run("export_baseline")[1] == OURS.read_text()


def test_an_export_says_what_it_does_not_hold() -> None:
    import_baseline(content=document(), effect="deduct")
    RuleAction.objects.filter(rule__name="Memory: 8 GB").update(value_usd=1)
    _, _, err = run("export_baseline")
    assert err.splitlines() == [
        "Note: it came without this, and says so now: effect deduct.",
        "Note: changed by hand since, and not in the file: RamSpec.memory.",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export_baseline"], "There is no active baseline"),
        (["export_baseline", "--ruleset", "7"], "Ruleset 7 is no baseline"),
        (["diff_baseline", "none.json"], "none.json cannot be read"),
    ],
)
def test_refusals(words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*words)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    import_baseline(content=document())
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_baseline", str(tmp_path / "none" / "file.json"))
