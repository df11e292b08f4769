"""Baselines over HTTP: whole documents, refusals with their places, and two who import one file at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from baselines.models import BaselineImport
from baselines.reading import canonical_hash
from baselines.services import import_baseline
from tests.api import Api, at_once, problems, race
from tests.baselines.documents import GENERATED_AT, at_least, changed, document, legacy, tier
from tests.factories import CpuFactory, ListingFactory
from valuation.models import AuditEntry, RecalculationRun, Rule, RuleGroup, Ruleset

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/baseline"


@pytest.fixture
def api() -> Api:
    return Api("Analysts")


def test_instantiate(api: Api) -> None:
    found = api.got("POST", f"{ROOT}/instantiate", {"baseline_json": document()}, status=201)
    ruleset = Ruleset.objects.get()
    assert found == {
        "ruleset_id": ruleset.pk,
        "version": "1.1.20261101",
        "created": True,
        "hash_match": False,
        "source_hash": canonical_hash(document()),
        "ruleset_name": "System: Baseline v1.1.20261101",
        "created_groups": 3,
        "created_rules": 6,
        "needs_configuration": [],
        "warnings": [],
        "skipped_reason": None,
    }
    assert (ruleset.is_active, ruleset.priority, ruleset.is_baseline) == (True, 5, True)
    assert AuditEntry.objects.get(action="baseline.imported").actor.startswith("staff-")
    again = api.got("POST", f"{ROOT}/instantiate", {"baseline_json": document()})
    assert (again["created"], again["hash_match"], again["created_rules"]) == (False, True, 0)
    assert again["skipped_reason"].startswith("this file was imported as System: Baseline v1.1.20261101 on ")


def test_instantiate_names_what_it_cannot_read(api: Api) -> None:
    found = api.got("POST", f"{ROOT}/instantiate", {"baseline_json": legacy("8GB", "Lots")}, status=201)
    [waiting] = found["needs_configuration"]
    assert (waiting["entity_key"], waiting["field_name"], waiting["label"]) == ("RamSpec", "ram_capacity", "")
    assert "Lots" in waiting["reason"]
    assert waiting["original"]["valuation_buckets"][1]["label"] == "Lots"


@pytest.mark.parametrize(
    ("options", "check"),
    [
        ({"effect": "deduct"}, lambda: Ruleset.objects.get().effect == "deduct"),
        ({"bucket_point": "high"}, lambda: BaselineImport.objects.get().bucket_point == "high"),
        ({"activate": False}, lambda: not Ruleset.objects.get().is_active),
        ({"create_adjustments_group": True}, lambda: RuleGroup.objects.filter(name="Basic · Adjustments").exists()),
    ],
)
def test_options_of_instantiate(api: Api, options: dict[str, Any], check: Any) -> None:
    api.got("POST", f"{ROOT}/instantiate", {"baseline_json": document(), **options}, status=201)
    assert check()


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.IMPORT_ROOT = tmp_path / "imports"
    settings.IMPORT_ROOT.mkdir()
    (tmp_path / "secret.json").write_text(json.dumps(document()))
    return Path(settings.IMPORT_ROOT)


def test_a_path_below_the_import_root(api: Api, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "base.json").write_text(json.dumps(document()))
    found = api.got("POST", f"{ROOT}/instantiate", {"baseline_path": "sub/base.json"}, status=201)
    assert found["source_hash"] == canonical_hash(document())


@pytest.mark.parametrize(
    "path",
    [
        "../secret.json",
        "sub/../../secret.json",
        "{tmp}/secret.json",
        "link.json",
        "links/secret.json",
        "loop",
        "none.json",
        ".",
        "a" * 900,
        "/etc/passwd",
    ],
)
def test_paths_that_lead_elsewhere(api: Api, folder: Path, path: str) -> None:
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    (folder / "links").symlink_to(folder.parent)
    (folder / "loop").symlink_to(folder / "loop")
    answer = api.send("POST", f"{ROOT}/instantiate", {"baseline_path": path.replace("{tmp}", str(folder.parent))})
    assert problems(answer) == {"baseline_path": "not_found"}
    assert "secret" not in json.dumps(answer.json()["errors"])
    assert not Ruleset.objects.exists()


def broken(**changes: Any) -> dict[str, Any]:
    return {**document(), **changes}


BAD_FILES: dict[str, tuple[Any, str]] = {
    "no object": ([], ""),
    "a text": ("{}", ""),
    "empty": ({}, ".schema_version"),
    "another shape": ({"rules": []}, ".schema_version"),
    "unknown entity": (broken(entities={"Toaster": []}), ".entities.Toaster"),
    "twice a field": (
        document(RamSpec=[document()["entities"]["RamSpec"][0]] * 2),
        ".entities.RamSpec[1].id",
    ),
    "low above high": (
        document(RamSpec=[{"id": "a", "proper_name": "A", "valuation_buckets": [tier("x", at_least(8), (2, 1))]}]),
        ".entities.RamSpec[0].valuation_buckets[0].min_usd",
    ),
    "unknown field": (
        document(CPU=[{"id": "a", "proper_name": "A", "formula": "cpu_cors * 2"}]),
        ".entities.CPU[0].formula",
    ),
    "too many digits": (
        document(CPU=[{"id": "a", "proper_name": "A", "formula": "1", "min_value": 10**40}]),
        ".entities.CPU[0].min_value",
    ),
    "deep": (broken(name=json.loads("[" * 60 + "]" * 60)), ".name" + "[0]" * 39),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("call", ["instantiate", "diff", "adopt"])
def test_bad_files_and_their_places(api: Api, name: str, call: str) -> None:
    content, place = BAD_FILES[name]
    member = "baseline_json" if call == "instantiate" else "candidate_json"
    answer = api.send("POST", f"{ROOT}/{call}", {member: content})
    found = problems(answer)
    assert f"{member}{place}" in found
    assert not Ruleset.objects.exists()


@pytest.mark.parametrize(
    ("call", "body", "places"),
    [
        ("instantiate", {}, {"baseline_json"}),
        ("instantiate", {"baseline_json": {}, "baseline_path": "x"}, {"baseline_json"}),
        ("instantiate", {"baseline_json": {}, "effect": "x", "bucket_point": 1}, {"effect", "bucket_point"}),
        ("instantiate", {"baseline_jsn": {}}, {"baseline_jsn"}),
        ("diff", {}, {"candidate_json"}),
        ("adopt", {"candidate_json": {}, "selected_changes": "all"}, {"selected_changes"}),
        ("adopt", {"candidate_json": {}, "selected_changes": [{}]}, {"selected_changes[0]"}),
        ("validate", {"candidate_json": None}, {"candidate_json"}),
        ("overrides", {}, {"entity_key", "field_name"}),
        ("overrides", {"entity_key": "CPU", "field_name": "x", "override_value": "NaN"}, {"override_value"}),
        ("overrides", {"entity_key": "CPU", "field_name": "x", "override_value": []}, {"override_value"}),
        ("overrides", {"entity_key": "CPU", "field_name": "x", "override_formula": "1" * 1001}, {"override_formula"}),
    ],
)
def test_bad_bodies(api: Api, call: str, body: Any, places: set[str]) -> None:
    assert places <= set(problems(api.send("POST", f"{ROOT}/{call}", body)))


def test_a_file_of_fifty_megabytes(api: Api) -> None:
    answer = api.client.post(
        f"{ROOT}/instantiate", b'{"baseline_json": "' + b"x" * 50_000_000 + b'"}', content_type="application/json"
    )
    assert answer.status_code == 413


def test_meta(api: Api) -> None:
    content = document()
    content["entities"]["RamSpec"][0]["dependencies"] = ["ram_gb"]
    outcome = import_baseline(content=content)
    found = api.read(f"{ROOT}/meta")
    rules = {rule.name: rule for rule in Rule.objects.all()}
    memory = found["entities"][2]["fields"][0]
    tiers = memory.pop("valuation_buckets")
    assert [entity["entity_key"] for entity in found.pop("entities")] == ["Listing", "CPU", "RamSpec"]
    assert found == {
        "version": "1.1.20261101",
        "source_hash": outcome.source_hash,
        "is_active": True,
        "schema_version": "1.1",
        "generated_at": GENERATED_AT,
        "ruleset_id": outcome.ruleset_id,
        "ruleset_name": "System: Baseline v1.1.20261101",
        "effect": "add",
    }
    assert memory == {
        "field_name": "memory",
        "field_type": "scalar",
        "proper_name": "Memory",
        "description": None,
        "explanation": "More is better.",
        "unit": "USD",
        "min_value": 10.0,
        "max_value": 90.0,
        "formula": None,
        "dependencies": ["ram_gb"],
        "nullable": False,
        "notes": None,
        "status": "active",
        "needs_configuration": None,
    }
    assert tiers[1] == {
        "label": "16 GB",
        "value_usd": None,
        "min_usd": 30.0,
        "max_usd": 50.0,
        "formula": None,
        "condition": at_least(16, 32),
        "applies_when": "RAM >= 16 GB and RAM < 32 GB",
        "rule_id": rules["Memory: 16 GB"].pk,
        "is_active": True,
    }


def test_the_status_of_a_field(api: Api) -> None:
    content = legacy("8GB", "Lots")
    content["entities"]["CPU"] = [
        {"id": "a", "proper_name": "A", "Formula": "cpu_cores"},
        {"id": "b", "proper_name": "B", "Formula": "lots of cores"},
        {"id": "c", "proper_name": "C", "Formula": "cpu_cores"},
        {"id": "d", "proper_name": "D", "Formula": "cpu_cores"},
    ]
    import_baseline(content=content)
    Rule.objects.filter(name="C").update(is_active=False)
    api.got("POST", f"{ROOT}/overrides", {"entity_key": "CPU", "field_name": "d", "override_value": 1}, status=201)
    waiting = Rule.objects.get(name="RAM: 8GB")
    waiting.conditions, waiting.is_active = at_least(8), True
    waiting.save()
    found = {
        field["field_name"]: field["status"]
        for entity in api.read(f"{ROOT}/meta")["entities"]
        for field in entity["fields"]
    }
    assert found == {
        "a": "active",
        "b": "needs_configuration",
        "c": "inactive",
        "d": "overridden",
        "ram_capacity": "partial",
    }


@pytest.mark.parametrize("path", ["meta", "export"])
def test_without_a_baseline(api: Api, path: str) -> None:
    assert problems(api.send("GET", f"{ROOT}/{path}"), 404) == {}


def test_diff(api: Api) -> None:
    import_baseline(content=document())
    found = api.got("POST", f"{ROOT}/diff", {"candidate_json": changed()})
    assert found["summary"] == {
        "added_count": 1,
        "changed_count": 1,
        "removed_count": 1,
        "unchanged_count": 1,
        "total_changes": 3,
    }
    assert (found["added_fields"], found["changed_fields"], found["removed_fields"]) == (
        ["StorageProfile.drive"],
        ["RamSpec.memory"],
        ["Listing.wear"],
    )
    assert (found["current_version"], found["candidate_version"], found["effect"]) == (
        "1.1.20261101",
        "1.1.20261120",
        None,
    )
    [memory] = found["changed"]
    old, new = (content["entities"]["RamSpec"][0] for content in (document(), changed()))
    assert memory == {
        "key": "RamSpec.memory",
        "entity_key": "RamSpec",
        "field_name": "memory",
        "proper_name": "Memory",
        "change_type": "changed",
        "old_value": old,
        "new_value": new,
        "value_diff": {
            "valuation_buckets[16 GB]": {
                "old": tier("16 GB", at_least(16, 32), (30, 50)),
                "new": tier("16 GB", at_least(16, 32), 60),
            }
        },
    }
    assert BaselineImport.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_adopt(transactional_db: None) -> None:
    api = Api("Analysts")
    first = import_baseline(content=document())
    listing = ListingFactory(price_usd=300, condition="used", ram_gb=16, cpu=CpuFactory(cpu_mark_multi=10_000))
    runs = RecalculationRun.objects.count()
    body = {"candidate_json": changed(), "selected_changes": ["RamSpec.memory"]}
    found = api.got("POST", f"{ROOT}/adopt", body, status=201)
    assert RecalculationRun.objects.count() == runs + 1, "one recalculation"
    assert found == {
        "new_ruleset_id": Ruleset.objects.get(is_active=True).pk,
        "new_version": found["new_version"],
        "changes_applied": 1,
        "adopted_fields": ["RamSpec.memory"],
        "skipped_fields": ["Listing.wear", "StorageProfile.drive"],
        "needs_configuration": [],
        "warnings": [],
        "previous_ruleset_id": first.ruleset_id,
        "recalculation_task_id": RecalculationRun.objects.latest("pk").pk,
        "audit_log_id": AuditEntry.objects.get(action="baseline.adopted").pk,
    }
    assert api.read(f"/v1/admin/tasks/{found['recalculation_task_id']}")["status"] == "done"
    assert api.read(f"/v1/listings/{listing.pk}")["total_adjustment"] == 50.0
    assert api.read(f"/v1/listings/{listing.pk}")["stale"] is False


@pytest.mark.parametrize(
    ("content", "valid", "readable", "unreadable", "warnings"),
    [
        (document(), True, ["Listing.wear", "CPU.speed", "RamSpec.memory"], [], 0),
        (legacy("8GB", "Lots"), True, [], ["RamSpec.ram_capacity"], 0),
        (legacy("8GB", "32GB - 64GB"), True, ["RamSpec.ram_capacity"], [], 0),
        (legacy("4-8 GB", "32GB+"), True, ["RamSpec.ram_capacity"], [], 1),
        ({"schema_version": "7"}, False, [], [], 0),
    ],
)
def test_validate(
    api: Api, content: Any, valid: bool, readable: list[str], unreadable: list[str], warnings: int
) -> None:
    found = api.got("POST", f"{ROOT}/validate", {"candidate_json": content})
    assert (found["valid"], found["readable_fields"], found["unreadable_fields"]) == (valid, readable, unreadable)
    assert (len(found["warnings"]), bool(found["errors"])) == (warnings, not valid)
    assert not Ruleset.objects.exists()


def test_an_export_is_taken_back_under_the_same_hash(api: Api) -> None:
    outcome = import_baseline(content=document())
    answer = api.send("GET", f"{ROOT}/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="baseline-1.1.20261101.json"'
    Ruleset.objects.all().delete()
    found = api.got("POST", f"{ROOT}/instantiate", {"baseline_json": answer.json()}, status=201)
    assert found["source_hash"] == outcome.source_hash


def test_overrides(api: Api) -> None:
    import_baseline(content=document())
    body = {"entity_key": "RamSpec", "field_name": "memory", "override_min": 10, "override_max": 20}
    made = api.got("POST", f"{ROOT}/overrides", body, status=201)
    rule = Rule.objects.get(group__name="Basic · Adjustments")
    times = {made.pop(name)[-1] for name in ("created_at", "updated_at")}
    assert times == {"Z"}
    assert made == {
        "entity_key": "RamSpec",
        "field_name": "memory",
        "proper_name": "Memory",
        "override_value": None,
        "override_min": 10.0,
        "override_max": 20.0,
        "override_formula": "",
        "is_enabled": True,
        "is_orphan": False,
        "rule_id": rule.pk,
        "ruleset_id": rule.group.ruleset_id,
    }
    again = api.got("POST", f"{ROOT}/overrides", {**body, "override_min": 15})
    assert (again["rule_id"], again["override_min"]) == (rule.pk, 15.0)
    found = api.read(f"{ROOT}/overrides/RamSpec")
    assert (found["entity_key"], found["overrides"]) == ("RamSpec", [again])
    assert api.read(f"{ROOT}/overrides/CPU") == {"entity_key": "CPU", "overrides": []}
    api.got("DELETE", f"{ROOT}/overrides/RamSpec/memory", status=204)
    assert api.read(f"{ROOT}/overrides/RamSpec")["overrides"] == []
    assert "RamSpec.memory" in api.got("DELETE", f"{ROOT}/overrides/RamSpec/memory", status=404)["detail"]
    api.got("DELETE", f"{ROOT}/overrides/RamSpec", status=204)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_entity_is_told_with_the_nearest(api: Api, method: str) -> None:
    assert 'Did you mean "RamSpec"?' in api.got(method, f"{ROOT}/overrides/RamSpek", status=404)["detail"]


def test_an_override_without_a_baseline_is_a_conflict(api: Api) -> None:
    body = {"entity_key": "RamSpec", "field_name": "memory", "override_value": 1}
    assert problems(api.send("POST", f"{ROOT}/overrides", body), 409) == {}


def test_preview(api: Api) -> None:
    import_baseline(content=document())
    listing = ListingFactory(title="A machine", price_usd=200, condition="new", ram_gb=16, cpu=None)
    ListingFactory(price_usd=200, condition="new", ram_gb=4, cpu=None)
    api.got(
        "POST", f"{ROOT}/overrides", {"entity_key": "RamSpec", "field_name": "memory", "override_value": 5}, status=201
    )
    found = api.read(f"{ROOT}/preview?entity_key=RamSpec")
    assert found["generated_at"].endswith("Z")
    assert found["statistics"] == {
        "total_listings": 2,
        "matched_count": 1,
        "match_percentage": 50.0,
        "total_delta": -35.0,
        "avg_delta": -35.0,
        "min_delta": -35.0,
        "max_delta": -35.0,
        "median_delta": -35.0,
        "std_dev_delta": 0.0,
    }
    assert found["samples"] == [
        {
            "id": listing.pk,
            "title": "A machine",
            "current_price": 200.0,
            "baseline_price": 240.0,
            "override_price": 205.0,
            "delta": -35.0,
            "delta_pct": -17.5,
        }
    ]
    assert api.read(f"{ROOT}/preview?entity_key=CPU")["statistics"]["matched_count"] == 0
    assert problems(api.send("GET", f"{ROOT}/preview?entity_key=Toaster")) == {"entity_key": "invalid"}


def test_health(api: Api) -> None:
    assert api.read("/api/v1/health/baseline")["status"] == "error"
    outcome = import_baseline(content=document())
    found = api.read(f"/api/v1/health/baseline?expected_hash={outcome.source_hash}")
    assert found["timestamp"].endswith("Z")
    assert found["checks"]["hash_match"] is True
    assert found["errors"] == []


def test_only_one_baseline_is_active_whoever_asks(api: Api) -> None:
    first = import_baseline(content=document())
    import_baseline(content=changed())
    answer = api.send("PATCH", f"/api/v1/rulesets/{first.ruleset_id}", {"is_active": True})
    assert answer.status_code == 409
    assert "Another baseline is active" in answer.json()["detail"]
    assert Ruleset.objects.filter(is_active=True).count() == 1


@race
def test_one_file_imported_twice_at_the_same_moment() -> None:
    people = [Api("Analysts"), Api("Analysts")]
    body = {"baseline_json": document()}
    answers = at_once(*(lambda who=who: who.send("POST", f"{ROOT}/instantiate", body) for who in people))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["ruleset_id"] for answer in answers}) == 1
    assert Ruleset.objects.count() == 1


@race
def test_two_adoptions_at_the_same_moment_lose_nothing() -> None:
    import_baseline(content=document())
    bodies = [
        {"candidate_json": changed(), "selected_changes": [key]} for key in ("RamSpec.memory", "StorageProfile.drive")
    ]
    people = [Api("Analysts"), Api("Analysts")]
    tasks = [
        (lambda who=who, body=body: who.send("POST", f"{ROOT}/adopt", body).status_code)
        for who, body in zip(people, bodies, strict=True)
    ]
    assert at_once(*tasks) == [201, 201]
    active = Rule.objects.filter(group__ruleset__is_active=True)
    assert active.filter(name="Drive: 1 TB+").exists()
    assert active.get(name="Memory: 16 GB").actions.get().value_usd == 60
    assert Ruleset.objects.filter(is_active=True).count() == 1


@race
def test_two_overrides_of_one_field_at_the_same_moment() -> None:
    import_baseline(content=document())
    people = [Api("Analysts"), Api("Analysts")]
    body = {"entity_key": "RamSpec", "field_name": "memory"}
    tasks = [
        (
            lambda who=who, value=value: (
                who.send("POST", f"{ROOT}/overrides", {**body, "override_value": value}).status_code
            )
        )
        for value, who in enumerate(people)
    ]
    assert sorted(at_once(*tasks)) == [200, 201]
    assert Rule.objects.filter(group__name="Basic · Adjustments").count() == 1
