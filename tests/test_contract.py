"""The HTTP contract, line by line: each path and method exists, answers with its status and shape, to whom it should.

One table. A meta-test holds it against the URLs, so that no endpoint is left out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from baselines.overriding import Amount, set_override
from baselines.services import import_baseline
from catalog.models import RamSpec
from imports.models import ImportSession
from imports.sessions import service as imports
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    GpuFactory,
    ListingFactory,
    PortFactory,
    ProfileFactory,
    RamSpecFactory,
    RuleActionFactory,
    StaffFactory,
    StorageProfileFactory,
)
from tests.valuation.market.canned import canned_model
from valuation.drafts.starting import start_draft
from valuation.models import Example, RecalculationRun
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "Viewers", "Editors", "Analysts")
EVERYONE = frozenset(ROLES)
VIEWERS = frozenset({"Viewers", "Editors", "Analysts"})
EDITORS = frozenset({"Editors"})
ANALYSTS = frozenset({"Analysts"})

LIST = {"items", "total", "limit", "next_cursor", "has_next"}
HEALTH = {"status", "checks"}
LISTING = {"id", "title", "price_usd", "cpu", "components", "adjusted_price_usd", "dollar_per_cpu_mark", "stale"}
CPU = {"id", "name", "manufacturer", "cores", "cpu_mark_multi", "attributes"}
GPU = {"id", "name", "gpu_mark", "metal_score"}
PROFILE = {"id", "name", "weights", "is_default"}
KIT = {"total_capacity_gb": 48, "module_count": None}
RAM = {"id", "label", "ddr_generation", "total_capacity_gb"}
DRIVE = {"id", "label", "medium", "capacity_gb"}
PORTS = {"id", "name", "ports"}
RULESET = {"id", "name", "version", "effect", "priority", "conditions", "is_active", "metadata"}
GROUP = {"id", "ruleset_id", "name", "display_order", "weight", "match_policy", "entity_key"}
RULE = {"id", "group_id", "name", "evaluation_order", "conditions", "actions", "version"}
BREAKDOWN = {
    "listing_id",
    "base_price_usd",
    "adjusted_price_usd",
    "total_adjustment",
    "rulesets",
    "adjustments",
    "errors",
}
FIELD = {"id", "entity", "key", "label", "data_type", "required", "default", "options", "validation"}
TASK = {"id", "action", "status", "progress", "result", "error"}
PACKAGE = {"rulesets_count", "rule_groups_count", "rules_count", "custom_fields_count", "dependencies", "readme"}
ANALYTICS = {"total_listings", "rules", "never_matching", "always_together", "never_together", "layers"}
INSTALLED = {"rulesets_created", "rulesets_updated", "rule_groups_created", "rules_created", "warnings", "examples"}
IMPORT = {"id", "state", "kind", "detection", "questions", "preview", "counts", "revision"}
UPLOAD, MARKS, PACKAGE_FILE = "a file", "a list of marks", "a package"  # in place of a body
MARKET = {"fair_value_usd", "low", "high", "grade", "reason", "target_price_usd", "comparables", "parts", "model"}
OVERRIDE = {"mode", "ruleset_id", "disabled_rulesets"}
THRESHOLDS = {"good_deal", "great_deal", "premium_warning"}

DIFF = {"added", "changed", "removed", "added_fields", "summary", "current_version", "candidate_version"}

COMPARISON = {"draft_id", "original_id", "changes", "collisions", "impact", "examples"}
EXAMPLE = {"id", "name", "facts", "expected"}
EXAMPLE_BODY = {"name": "E", "facts": {"price_usd": 1}, "expected": {"low_usd": 0}}
CONDITION = {"field_name": "ram_gb", "operator": "gte", "value": 8}
ACTION = {"action_type": "fixed_value", "value_usd": 5}
MEMORY = {"label": "8 GB", "condition": [CONDITION], "value_usd": 10}
BASELINE = {
    "schema_version": "1.1",
    "generated_at": "2026-11-01T00:00:00Z",
    "entities": {"RamSpec": [{"id": "memory", "proper_name": "Memory", "valuation_buckets": [MEMORY]}]},
}
OTHER_BASELINE = {
    **BASELINE,
    "entities": {
        "RamSpec": [{"id": "memory", "proper_name": "Memory", "valuation_buckets": [{**MEMORY, "value_usd": 12}]}]
    },
}


@dataclass(frozen=True)
class Line:
    """`may` get `status` and a document with at least the keys of `shape`; others 403, nobody known 401.

    `{...}` in paths and bodies stand for the ids of `world`. `private` reads stay closed where reads are public.
    """

    method: str
    path: str
    may: frozenset[str] = VIEWERS
    status: int = 200
    shape: set[str] = field(default_factory=set)
    body: Any = None
    private: bool = False
    hidden: bool = False  # from those who may not: there is no such thing, to them


def crud(
    path: str, pk: str, shape: set[str], new: Any, change: Any, may: frozenset[str], extra: str = ""
) -> list[Line]:
    """The six lines of a resource."""
    return [
        Line("GET", path, shape=LIST),
        Line("POST", path, may, 201, shape, new),
        Line("GET", f"{path}/{pk}", shape=shape),
        Line("PUT", f"{path}/{pk}", may, 200, shape, {**new, **change}),
        Line("PATCH", f"{path}/{pk}", may, 200, shape, change),
        Line("DELETE", f"{path}/{extra or pk}", may, 204),
    ]


# What makes a row of each entity with custom fields.
# Entities without custom fields: what a path names, what a new row needs, who may write it.
PLAIN_RECORDS: dict[str, tuple[str, Any, frozenset[str]]] = {
    "ram_spec": ("ram", {"total_capacity_gb": 96}, EDITORS),
    "storage_profile": ("drive", {"capacity_gb": 91}, EDITORS),
    "ports_profile": ("ports", {"name": "Fresh"}, EDITORS),
    "profile": ("profile", {"name": "Fresh", "weights": {"gpu_score": 1}}, ANALYSTS),
}
RECORDS = {"listing": {"title": "abc"}, "cpu": {"name": "i9"}, "gpu": {"name": "x"}}

CONTRACT = [
    # Service
    Line("GET", "/health", EVERYONE, shape=HEALTH | {"environment"}),
    Line("GET", "/livez", EVERYONE, shape={"status"}),
    Line("GET", "/readyz", EVERYONE, shape=HEALTH),
    Line("GET", "/openapi.json", EVERYONE, shape={"openapi", "paths", "components"}),
    Line("GET", "/docs", EVERYONE),
    Line("GET", "/redoc", EVERYONE),
    # Listings
    *crud("/v1/listings", "{listing}", LISTING, {"title": "Mini PC"}, {"title": "Mini PC 2"}, EDITORS),
    Line("GET", "/v1/listings/schema", shape={"core_fields", "custom_fields"}),
    Line("GET", "/v1/listings/export?format=csv"),
    Line("GET", "/v1/listings/export?format=jsonl"),
    Line("GET", "/v1/listings/{listing}/valuation-breakdown?trace=true", shape=BREAKDOWN | {"unmatched"}),
    Line("GET", "/v1/listings/{listing}/valuation-overrides", shape=OVERRIDE),
    Line("PATCH", "/v1/listings/{listing}/valuation-overrides", ANALYSTS, 200, OVERRIDE, {"disabled_rulesets": []}),
    Line("POST", "/v1/listings/{listing}/recalculate-metrics", EDITORS, 200, LISTING),
    Line("POST", "/v1/listings/bulk-recalculate-metrics", EDITORS, 200, {"updated_count", "message"}, {}),
    Line(
        "POST",
        "/v1/listings/bulk-update",
        EDITORS,
        200,
        {"updated", "updated_count"},
        {"listing_ids": ["{listing}"], "fields": {"seller": "shop"}},
    ),
    Line("POST", "/v1/listings/bulk", EDITORS, 201, {"listings", "created_ids"}, {"listings": [{"title": "Mini PC"}]}),
    Line("GET", "/v1/listings/{listing}/ports", shape={"ports"}),
    Line("POST", "/v1/listings/{listing}/ports", EDITORS, 200, {"ports"}, {"ports": []}),
    Line("GET", "/v1/listings/{listing}/history", shape=LIST),
    Line("GET", "/v1/listings/{listing}/prices", shape=LIST),
    # Catalog
    *crud("/v1/catalog/cpus", "{cpu}", CPU, {"name": "i3"}, {"name": "i5"}, EDITORS, "{unused_cpu}"),
    *crud("/v1/catalog/gpus", "{gpu}", GPU, {"name": "RTX"}, {"gpu_mark": 5}, EDITORS),
    *crud("/v1/catalog/profiles", "{profile}", PROFILE, {"name": "P", "weights": {"gpu_score": 1}}, {}, ANALYSTS),
    *crud(
        "/v1/catalog/ram-specs",
        "{ram}",
        RAM,
        {"total_capacity_gb": 48, "module_count": None},
        {"speed_mhz": 5600},
        EDITORS,
    ),
    *crud("/v1/catalog/storage-profiles", "{drive}", DRIVE, {"capacity_gb": 77}, {"capacity_gb": 78}, EDITORS),
    *crud("/v1/catalog/ports-profiles", "{ports}", PORTS, {"name": "N"}, {"description": "x"}, EDITORS),
    Line("POST", "/v1/catalog/ram-specs", EDITORS, 200, RAM, {"total_capacity_gb": 24, "ddr_generation": "ddr5"}),
    *(
        Line("GET", f"/v1/catalog/{kind}/{{{name}}}/listings", shape=LIST)
        for kind, name in {
            "cpus": "cpu",
            "gpus": "gpu",
            "profiles": "profile",
            "ram-specs": "ram",
            "storage-profiles": "drive",
            "ports-profiles": "ports",
        }.items()
    ),
    Line("GET", "/v1/cpus", shape=LIST),
    Line("GET", "/v1/cpus/{cpu}", shape=CPU | {"price_targets", "performance_value", "price_distribution"}),
    Line("GET", "/v1/cpus/statistics/global", shape={"total_count", "listings_count", "adjusted_price_usd"}),
    # Rules
    *crud("/api/v1/rulesets", "{ruleset}", RULESET, {"name": "R"}, {"priority": 3}, ANALYSTS),
    *crud("/api/v1/rule-groups", "{group}", GROUP, {"name": "G", "ruleset_id": "{ruleset}"}, {"weight": 0.5}, ANALYSTS),
    *crud(
        "/api/v1/valuation-rules",
        "{rule}",
        RULE,
        {"name": "New", "group_id": "{group}", "conditions": [CONDITION], "actions": [ACTION]},
        {"priority": 3},
        ANALYSTS,
    ),
    Line("GET", "/api/v1/valuation-rules/{rule}/versions", shape=LIST, private=True),
    Line("POST", "/api/v1/valuation-rules/{rule}/restore", ANALYSTS, 200, RULE, {"version": 1}),
    Line("POST", "/api/v1/rulesets/{ruleset}/package", shape={"schema_version", "metadata", "rulesets"}, body={}),
    Line("POST", "/api/v1/rulesets/{ruleset}/package/preview", shape=PACKAGE, body={"name": "Mine", "tags": None}),
    Line("POST", "/api/v1/rulesets/install", ANALYSTS, 200, INSTALLED, PACKAGE_FILE),
    Line("POST", "/api/v1/rulesets/{ruleset}/restore", ANALYSTS, 200, RULESET, {"at": "2100-01-01T00:00:00Z"}),
    Line("POST", "/api/v1/rulesets/{ruleset}/drafts", ANALYSTS, 201, RULESET),
    Line("GET", "/api/v1/rulesets/{draft}/comparison", shape=COMPARISON),
    Line("POST", "/api/v1/rulesets/{draft}/publish", ANALYSTS, 200, {"ruleset_id", "release"}, {"note": "Because."}),
    Line("GET", "/api/v1/rulesets/{ruleset}/releases", shape=LIST, private=True),
    *crud("/api/v1/rulesets/{ruleset}/examples", "{example}", EXAMPLE, EXAMPLE_BODY, {"name": "E2"}, ANALYSTS),
    Line("POST", "/api/v1/rulesets/{ruleset}/examples/run", VIEWERS, 200, {"passed", "failed", "broken", "examples"}),
    Line("GET", "/api/v1/valuation-rules/audit-log", shape=LIST, private=True),
    Line("GET", "/api/v1/valuation-rules/analytics?ruleset_id={ruleset}", shape=ANALYTICS),
    Line("GET", "/api/v1/valuation-rules/analytics/days?ruleset_id={ruleset}"),
    Line(
        "POST",
        "/api/v1/valuation-rules/preview",
        shape={"statistics", "histogram", "rank_changes", "sample_matched_listings", "sample_non_matched_listings"},
        body={"conditions": [CONDITION], "actions": [ACTION]},
    ),
    Line("POST", "/api/v1/valuation-rules/evaluate/{listing}?ruleset_id={ruleset}", shape=BREAKDOWN | {"breakdown"}),
    Line("POST", "/api/v1/valuation-rules/apply", ANALYSTS, 200, {"processed", "succeeded", "failed", "errors"}, {}),
    Line(
        "POST",
        "/api/v1/valuation-rules/validate-formula",
        shape={"valid", "errors", "preview", "used_fields", "available_fields"},
        body={"formula": "ram_gb * 2"},
    ),
    # Baselines
    Line(
        "GET", "/api/v1/health/baseline?expected_hash=x", shape={"status", "checks", "warnings", "errors", "timestamp"}
    ),
    Line("GET", "/api/v1/baseline/metadata", shape={"version", "entities", "source_hash", "ruleset_id"}),
    Line("GET", "/api/v1/baseline/meta", shape={"version", "entities", "source_hash", "ruleset_id", "generated_at"}),
    Line(
        "POST",
        "/api/v1/baseline/instantiate",
        ANALYSTS,
        201,
        {"ruleset_id", "version", "created", "hash_match", "needs_configuration", "skipped_reason"},
        {"baseline_json": OTHER_BASELINE},
    ),
    Line("POST", "/api/v1/baseline/diff", shape=DIFF, body={"candidate_json": OTHER_BASELINE}),
    Line(
        "POST",
        "/api/v1/baseline/adopt",
        ANALYSTS,
        201,
        {"new_ruleset_id", "new_version", "changes_applied", "adopted_fields", "skipped_fields", "audit_log_id"},
        {"candidate_json": OTHER_BASELINE, "selected_changes": ["RamSpec.memory"]},
    ),
    Line(
        "POST",
        "/api/v1/baseline/validate",
        shape={"valid", "errors", "warnings", "readable_fields", "unreadable_fields"},
        body={"candidate_json": OTHER_BASELINE},
    ),
    Line("GET", "/api/v1/baseline/export", shape={"schema_version", "generated_at", "entities"}),
    Line("GET", "/api/v1/baseline/overrides/RamSpec", shape={"entity_key", "overrides"}),
    Line(
        "POST",
        "/api/v1/baseline/overrides",
        ANALYSTS,
        200,
        {"entity_key", "field_name", "override_value", "rule_id", "is_enabled"},
        {"entity_key": "RamSpec", "field_name": "memory", "override_value": 5},
    ),
    Line("DELETE", "/api/v1/baseline/overrides/RamSpec/memory", ANALYSTS, 204),
    Line("DELETE", "/api/v1/baseline/overrides/RamSpec", ANALYSTS, 204),
    Line("GET", "/api/v1/baseline/preview?entity_key=RamSpec", shape={"statistics", "samples", "generated_at"}),
    Line("GET", "/api/v1/baseline/metrics", shape={"layer_influence", "top_rules", "override_churn"}),
    Line("GET", "/api/v1/baseline/metrics/layer-influence", shape={"layers"}),
    Line("GET", "/api/v1/baseline/metrics/top-rules", shape={"rules"}),
    Line("GET", "/api/v1/baseline/metrics/override-churn", shape={"days", "changes", "fields"}),
    # The rest
    Line("GET", "/v1/dashboard?budget=400", shape={"best_value", "best_perf_per_watt", "best_under_budget"}),
    Line("GET", "/v1/rankings?metric=discount&include_implausible=true", shape=LIST),
    # The market
    Line("GET", "/v1/listings/{listing}/market", shape=MARKET),
    Line(
        "POST",
        "/v1/appraisals",
        shape={"recognised", "facts", "valuation", "market", "ranking", "nearest", "warnings"},
        body={"title": "Dell OptiPlex 7060 i5-8500T 16GB 256GB SSD", "facts": {"condition": "used"}, "price_usd": 200},
    ),
    Line("GET", "/v1/market/model", shape={"rules", "errors", "covered", "warnings"}),
    Line("GET", "/v1/market/calibrations", shape=LIST, private=True),
    Line("GET", "/v1/market/calibrations/{calibration}", shape={"id", "state", "error"}, private=True),
    Line("GET", "/v1/market/calibrations/{calibration}/candidate", shape={"schema_version"}, private=True),
    Line("POST", "/v1/market/calibrations", ANALYSTS, 202, {"id", "state", "error"}),
    Line("GET", "/v1/rankings?metric=score_composite&limit=10&profile_id={profile}", shape=LIST),
    *(
        line
        for path in ("/v1/reference/custom-fields", "/v1/fields")
        for line in (
            *crud(path, "{field}", FIELD, {"key": "weight", "label": "Weight"}, {"label": "Kilos"}, EDITORS)[:-1],
            Line("DELETE", f"{path}/{{field}}?force=true", EDITORS, 200, {"archived", "rules"}),
            Line("POST", f"{path}/{{list_field}}/options", EDITORS, 201, FIELD, {"value": "blue"}),
        )
    ),
    Line("GET", "/v1/fields/{field}/history", shape=LIST, private=True),
    Line("GET", "/v1/fields/usage", shape={"usage"}),
    Line("GET", "/v1/fields/{field}/usage", shape={"rows", "rules"}),
    Line("GET", "/v1/fields/listing.note/values", shape=LIST),
    Line("GET", "/v1/fields-data/entities", shape={"entities"}),
    *(
        line
        for entity, new in RECORDS.items()
        for line in (
            Line("GET", f"/v1/fields-data/{entity}/schema", shape={"entity", "fields"}),
            Line("GET", f"/v1/fields-data/{entity}/records", shape=LIST),
            Line("POST", f"/v1/fields-data/{entity}/records", EDITORS, 201, {"id"}, {"fields": new, "attributes": {}}),
            Line("GET", f"/v1/fields-data/{entity}/records/{{{entity}}}", shape={"id"}),
            Line("PATCH", f"/v1/fields-data/{entity}/records/{{{entity}}}", EDITORS, 200, {"id"}, {"attributes": {}}),
        )
    ),
    *(
        line
        for entity, (pk, new, may) in PLAIN_RECORDS.items()
        for line in (
            Line("GET", f"/v1/fields-data/{entity}/schema", shape={"entity", "fields", "primary_key"}),
            Line("GET", f"/v1/fields-data/{entity}/records", shape=LIST),
            Line("POST", f"/v1/fields-data/{entity}/records", may, 201, {"id"}, {"fields": new, "attributes": {}}),
            Line("GET", f"/v1/fields-data/{entity}/records/{{{pk}}}", shape={"id"}),
            Line("PATCH", f"/v1/fields-data/{entity}/records/{{{pk}}}", may, 200, {"id"}, {"attributes": {}}),
        )
    ),
    Line("GET", "/entities/metadata", shape={"entities", "operators"}),
    Line("GET", "/settings/valuation_thresholds", shape=THRESHOLDS),
    Line("GET", "/settings/valuation_thresholds/default", shape=THRESHOLDS),
    Line("PUT", "/settings/valuation_thresholds", ANALYSTS, 200, THRESHOLDS, dict.fromkeys(sorted(THRESHOLDS), 5)),
    Line("GET", "/settings/cpu_mark_thresholds", shape={"excellent", "good"}),
    Line("GET", "/v1/tokens", shape=LIST, private=True),
    Line("DELETE", "/v1/tokens", VIEWERS, 204),
    Line("GET", "/v1/tokens/1", VIEWERS, 404, private=True),  # everybody's own alone: tests/dealbrain/test_tokens.py
    Line("DELETE", "/v1/tokens/1", VIEWERS, 404),
    Line("GET", "/v1/admin/tasks", shape=LIST, private=True),
    Line("GET", "/v1/admin/tasks/{run}", shape=TASK, private=True),
    Line("POST", "/v1/admin/tasks/recalculate-valuations", ANALYSTS, 202, TASK),
    Line("POST", "/v1/admin/tasks/recalculate-metrics", ANALYSTS, 202, TASK),
    Line("POST", "/v1/admin/tasks/import-benchmarks", EDITORS, 202, TASK, MARKS),
    # Imports
    Line("GET", "/v1/imports/sessions", shape=LIST, private=True),
    Line("POST", "/v1/imports/sessions", EDITORS, 201, IMPORT, UPLOAD),
    Line("GET", "/v1/imports/sessions/{import}", EDITORS, shape=IMPORT, private=True, hidden=True),
    Line("POST", "/v1/imports/sessions/{import}/mappings", EDITORS, 200, IMPORT, {"columns": {"price_usd": "-"}}),
    Line("POST", "/v1/imports/sessions/{import}/answers", EDITORS, 200, IMPORT, {"answers": {}}),
    Line("POST", "/v1/imports/sessions/{import}/conflicts", EDITORS, 200, IMPORT, {"choices": {"2": "keep"}}),
    Line("POST", "/v1/imports/sessions/{import}/commit", EDITORS, 200, IMPORT),
    Line("POST", "/v1/imports/sessions/{committed_import}/undo", EDITORS, 200, IMPORT),
    Line("GET", "/v1/imports/sessions/{import}/rows", EDITORS, shape=LIST, private=True, hidden=True),
    Line("GET", "/v1/imports/sessions/{import}/report.csv", EDITORS, private=True, hidden=True),
]


PACKED = b'{"schema_version": "1.1", "rulesets": [{"name": "From elsewhere"}]}'
OFFERS = b"title,price_usd,vendor_item_id\nDell OptiPlex 7050,199.50,1\n"
FILES = {
    UPLOAD: OFFERS,
    MARKS: b"CPU Name,CPU Mark,Thread Mark\nIntel Core i5-8500T,7456,2094\n",
    PACKAGE_FILE: PACKED,
}


def opened() -> ImportSession:
    return imports.open_session(file=BytesIO(OFFERS), name="offers.csv", actor="")


@pytest.fixture(scope="module")
def made_once(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, int], Path]]:
    """One row of everything, and where its files lie. Each test takes back what it does, and none commits."""
    files = tmp_path_factory.mktemp("uploads")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(REDIS_URL="", UPLOAD_ROOT=files):
            made = one_of_everything()
        yield made, files
        transaction.set_rollback(True)


@pytest.fixture
def world(made_once: tuple[dict[str, int], Path], db: None, settings: Any) -> dict[str, int]:
    made, settings.UPLOAD_ROOT = made_once
    return dict(made)


def one_of_everything() -> dict[str, int]:
    """{name: id}, by the names that the table has."""
    cpu, ports = CpuFactory(), PortFactory().ports_profile
    listing = ListingFactory(cpu=cpu, ram_gb=16)
    action = RuleActionFactory(rule__name="Rule", rule__conditions=[CONDITION])
    import_baseline(content=BASELINE)
    set_override(entity="RamSpec", field="memory", amount=Amount(value=3))
    run = recalculate(scope=Scope(everything=True), trigger="test")
    RamSpec.objects.get_or_make(total_capacity_gb=24, ddr_generation="ddr5")
    return {
        "calibration": canned_model().pk,
        "listing": listing.pk,
        "cpu": cpu.pk,
        "unused_cpu": CpuFactory().pk,
        "gpu": GpuFactory().pk,
        "profile": ProfileFactory().pk,
        "ram": RamSpecFactory().pk,
        "drive": StorageProfileFactory().pk,
        "ports": ports.pk,
        "ruleset": action.rule.group.ruleset_id,
        "group": action.rule.group_id,
        "draft": start_draft(ruleset_id=action.rule.group.ruleset_id).pk,
        "example": Example.objects.create(ruleset=action.rule.group.ruleset, **{**EXAMPLE_BODY, "name": "A"}).pk,
        "rule": action.rule_id,
        "field": CustomFieldFactory(key="note").pk,
        "list_field": CustomFieldFactory(key="colour", data_type="enum", options=["red"]).pk,
        "import": opened().pk,
        "committed_import": imports.commit(opened(), actor="").pk,
        "run": run.run_id or RecalculationRun.objects.latest("pk").pk,
    }


def filled(template: Any, world: Mapping[str, int]) -> Any:
    """`{name}` as the id of that name; a text that is nothing else becomes the number."""
    if isinstance(template, dict):
        return {key: filled(value, world) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, world) for value in template]
    if not isinstance(template, str):
        return template
    if (whole := re.fullmatch(r"\{(\w+)\}", template)) is not None:
        return world[whole[1]]
    return re.sub(r"\{(\w+)\}", lambda found: str(world[found[1]]), template)


def ask(client: Client, line: Line, world: Mapping[str, int]) -> Any:
    if isinstance(line.body, str):
        return client.post(line.path, {"file": SimpleUploadedFile("offers.csv", FILES[line.body])})
    body = json.dumps(filled({} if line.body is None else line.body, world))
    extra = {} if line.method == "GET" else {"data": body, "content_type": "application/json"}
    return client.generic(line.method, filled(line.path, world), **extra)


def known(role: str) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(StaffFactory(group=role))
    return client


@pytest.mark.parametrize("line", CONTRACT, ids=lambda line: f"{line.method} {line.path}")
def test_each_line_for_each_role(line: Line, world: dict[str, int], settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = False
    for role in ROLES:
        client = known(role)
        with transaction.atomic():  # each role finds the same world
            answer = ask(client, line, world)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        refused = 404 if line.hidden else 403
        expected = line.status if role in line.may else 401 if role == "anonymous" else refused
        assert (role, answer.status_code) == (role, expected), content[:500]
        if expected >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert {"type", "title", "status", "detail", "instance", "errors"} == json.loads(content).keys()
        elif line.shape:
            assert line.shape <= json.loads(content).keys()
        assert answer["X-Request-ID"]


READS = [line for line in CONTRACT if line.method == "GET" and line.status == 200]


@pytest.mark.parametrize("line", READS, ids=lambda line: line.path)
def test_reads_where_they_are_public(line: Line, world: dict[str, int], settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    assert ask(Client(), line, world).status_code == (401 if line.private else 200)


def api_patterns(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from api_patterns(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith(("v1/", "api/", "settings/", "entities/")):
            yield path, pattern.callback


def test_no_endpoint_is_left_out() -> None:
    """Each method of each URL of the API is a line of the table."""
    told = {(line.method, re.sub(r"\{\w+\}", "1", line.path.partition("?")[0]).strip("/")) for line in CONTRACT}
    missing = []
    for path, view in api_patterns(get_resolver().url_patterns):
        shape = re.compile(re.sub(r"<int:\w+>", r"\\d+", re.sub(r"<str:\w+>", r"[^/]+", path)) + r"\Z")
        cls = getattr(view, "cls", None) or view.view_class
        methods = set(getattr(view, "actions", None) or cls.http_method_names) & {
            "get",
            "post",
            "put",
            "patch",
            "delete",
        }
        for method in methods:
            if hasattr(cls, "list") or hasattr(cls, method):
                matching = any(verb == method.upper() and shape.match(known_path) for verb, known_path in told)
                missing += [] if matching else [f"{method.upper()} /{path}"]
    assert missing == []


def test_a_slash_at_the_end_changes_nothing(world: dict[str, int], settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True
    for line in READS:
        path, question, query = filled(line.path, world).partition("?")
        assert Client().get(f"{path}/{question}{query}").status_code in (200, 401), line.path
