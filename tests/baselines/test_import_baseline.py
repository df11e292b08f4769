"""A baseline file becomes rules that do something, once, or nothing at all."""

from __future__ import annotations

import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from baselines.models import BaselineImport
from baselines.reading import BaselineError, canonical_hash, read_document
from baselines.reading.buckets import read_label
from baselines.services import import_baseline
from catalog.models import RamSpec
from listings.models import Listing
from tests.factories import CpuFactory, ListingFactory, PortFactory, PortsProfileFactory
from valuation.engine import leaves, parse_conditions
from valuation.explaining.breakdown import explain_listing
from valuation.models import Rule, RuleAction, Ruleset
from valuation.recalculation.rulebook import load_rulebook
from valuation.registry import STANDARD_REGISTRY, field_registry

pytestmark = pytest.mark.django_db
DATA = Path(settings.BASE_DIR) / "baselines" / "data"
OURS = DATA / "baseline-1.1.json"
SCHEMA = json.loads((DATA / "baseline-1.1.schema.json").read_text())


USED = [{"field_name": "condition", "operator": "eq", "value": "used"}]


def field(**changes: Any) -> dict[str, Any]:
    return {"id": "ram", "proper_name": "Memory", "formula": "ram_gb * 2", **changes}


def bucket(**changes: Any) -> dict[str, Any]:
    condition = {"field_name": "ram_gb", "operator": "gte", "value": 8}
    return {"label": "8 GB+", "condition": condition, "value_usd": 10, **changes}


def buckets(*items: Any, **changes: Any) -> dict[str, Any]:
    return {"id": "ram", "proper_name": "Memory", "valuation_buckets": list(items), **changes}


def document(*fields: Any, **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "1.1",
        "generated_at": "2026-11-01T00:00:00Z",
        "entities": {"RamSpec": list(fields) or [field()]},
        **changes,
    }


def raw(content: Any) -> bytes:
    return json.dumps(content).encode()


BROKEN = {
    "version": (document(schema_version="9"), "schema_version"),
    "no time": (document(generated_at="yesterday"), "generated_at"),
    "effect": (document(effect="multiply"), "effect"),
    "unknown key": (document(efect="add"), "efect"),
    "unknown entity": (document(entities={"Ram": [field()]}), "entities.Ram"),
    "no field": (document(entities={"RamSpec": []}), "entities.RamSpec"),
    "field id": (document(field(id="RAM size")), "entities.RamSpec[0].id"),
    "no name": (document(field(proper_name="")), "entities.RamSpec[0].proper_name"),
    "unit": (document(field(unit="EUR")), "entities.RamSpec[0].unit"),
    "neither": (document({"id": "ram", "proper_name": "Memory"}), "entities.RamSpec[0]"),
    "both": (document(buckets(bucket(), formula="ram_gb")), "entities.RamSpec[0]"),
    "no bucket": (document(buckets()), "entities.RamSpec[0].valuation_buckets"),
    "no label": (document(buckets(bucket(label=""))), "entities.RamSpec[0].valuation_buckets[0].label"),
    "no condition": (document(buckets(bucket(condition=[]))), "entities.RamSpec[0].valuation_buckets[0].condition"),
    "text value": (document(buckets(bucket(value_usd="10"))), "entities.RamSpec[0].valuation_buckets[0].value_usd"),
    "value and range": (document(buckets(bucket(min_usd=1, max_usd=2))), "entities.RamSpec[0].valuation_buckets[0]"),
}
# What only the loader can know: the schema does not hold the registry of fields.
MEANINGLESS = {
    "unknown field": (document(field(formula="ramgb * 2")), "entities.RamSpec[0].formula"),
    "constant overflow": (document(field(formula="9**9**9")), "entities.RamSpec[0].formula"),
    "duplicate id": (document(field(), field()), "entities.RamSpec[1].id"),
    "dependency": (document(field(dependencies=["ram"])), "entities.RamSpec[0].dependencies[0]"),
    "twice a label": (document(buckets(bucket(), bucket())), "entities.RamSpec[0].valuation_buckets"),
    "min above max": (
        document(buckets({"label": "x", "condition": bucket()["condition"], "min_usd": 5, "max_usd": 1})),
        "entities.RamSpec[0].valuation_buckets[0].min_usd",
    ),
    "wrong kind": (
        document(buckets(bucket(condition={"field_name": "ram_gb", "operator": "contains", "value": "8"}))),
        "entities.RamSpec[0].valuation_buckets[0].condition.operator",
    ),
}


@pytest.mark.parametrize(("content", "path"), [*BROKEN.values(), *MEANINGLESS.values()], ids=[*BROKEN, *MEANINGLESS])
def test_broken_documents_are_refused_with_their_place(content, path) -> None:
    with pytest.raises(BaselineError) as refused:
        import_baseline(content=raw(content))
    assert path in [problem.path for problem in refused.value.problems]
    assert not Ruleset.objects.exists()


# A plain validator does not check the format of a time.
@pytest.mark.parametrize("name", [name for name in BROKEN if name != "no time"])
def test_the_published_schema_refuses_them_too(name) -> None:
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(BROKEN[name][0]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "JSON object"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b" " * 5_000_001, "bytes"),
    ],
)
def test_what_is_no_baseline_at_all(content, message) -> None:
    with pytest.raises(BaselineError, match=message):
        import_baseline(content=content)


def test_every_field_becomes_rules_that_do_something() -> None:
    outcome = import_baseline(
        content=raw(
            document(
                field(dependencies=["ram_gb"], explanation="More is better."),
                {**buckets(bucket(value_usd=7), unit="USD"), "id": "tier", "proper_name": "Tier"},
                {
                    **buckets({"label": "used", "condition": USED, "min_usd": 0.7, "max_usd": 0.9}),
                    "id": "wear",
                    "proper_name": "Wear",
                    "unit": "multiplier",
                },
            )
        )
    )
    assert (outcome.created, outcome.created_groups, outcome.created_rules) == (True, 1, 3)
    rules = Rule.objects.order_by("evaluation_order")
    assert [(rule.name, rule.group.name) for rule in rules] == [
        ("Memory", "RamSpec · Baseline"),
        ("Tier: 8 GB+", "RamSpec · Baseline"),
        ("Wear: used", "RamSpec · Baseline"),
    ]
    assert rules[0].conditions == [{"field_name": "ram_gb", "operator": "is_not_null"}]
    assert rules[0].description == "More is better."
    actions = RuleAction.objects.order_by("rule__evaluation_order").values_list("action_type", "value_usd", "formula")
    assert list(actions) == [
        ("formula", None, "ram_gb * 2"),
        ("fixed_value", Decimal(7), ""),
        ("multiplier", Decimal(-20), ""),  # the middle of 0.7 and 0.9 is a factor of 0.8
    ]


@pytest.mark.parametrize(("point", "value"), [("low", 10), ("mid", 15), ("high", 20)])
def test_the_value_of_a_range(point, value) -> None:
    ranged = {"label": "x", "condition": bucket()["condition"], "min_usd": 10, "max_usd": 20}
    import_baseline(content=raw(document(buckets(ranged))), bucket_point=point)
    assert RuleAction.objects.get().value_usd == value


def test_the_same_file_twice_is_skipped_whatever_its_layout() -> None:
    first = import_baseline(content=raw(document()))
    again = import_baseline(content=json.dumps(dict(reversed(document().items())), indent=4).encode())
    assert (again.created, again.ruleset_id, again.source_hash) == (False, first.ruleset_id, first.source_hash)
    assert Ruleset.objects.count() == 1


def test_one_baseline_is_active() -> None:
    first = import_baseline(content=raw(document()))
    second = import_baseline(content=raw(document(field(formula="ram_gb * 3"))))
    assert [first.ruleset_name, second.ruleset_name] == [
        "System: Baseline v1.1.20261101",
        "System: Baseline v1.1.20261101-2",
    ]
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [second.ruleset_id]
    import_baseline(content=raw(document()))
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [first.ruleset_id]


def test_without_activation_nothing_else_changes() -> None:
    first = import_baseline(content=raw(document()))
    import_baseline(content=raw(document(field(formula="ram_gb * 3"))), activate=False)
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [first.ruleset_id]


def test_a_dry_run_changes_nothing() -> None:
    assert import_baseline(content=raw(document()), dry_run=True).created_rules == 1
    assert not Ruleset.objects.exists()
    assert not BaselineImport.objects.exists()


def test_our_own_baseline_is_sound() -> None:
    content = json.loads(OURS.read_text())
    assert not list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(content))
    document = read_document(OURS.read_bytes(), field_registry())
    assert document.source_hash == canonical_hash(content)
    assert all(item.explanation for item in document.fields)
    outcome = import_baseline(content=OURS.read_bytes())
    assert 35 <= outcome.created_rules <= 45
    assert (document.warnings, load_rulebook().program.problems) == ((), ())


def numbers(condition: Any) -> set[str]:
    """The capacities and marks that a condition looks at."""
    read, _ = parse_conditions(condition, STANDARD_REGISTRY)
    assert read is not None
    facts = [STANDARD_REGISTRY.resolve(leaf.field) for leaf in leaves(read)]
    return {fact.path for fact in facts if fact.unit in ("GB", "points")}


def test_our_labels_can_be_held_against_their_conditions() -> None:
    """Labels that say other numbers are warnings, and ours have none; so all that is left is that each can be read."""
    unread = []
    fields = read_document(OURS.read_bytes(), STANDARD_REGISTRY).fields
    for bucket in (bucket for item in fields for bucket in item.buckets):
        for path in numbers(bucket.condition):
            reading = read_label(bucket.label, facts=(STANDARD_REGISTRY.resolve(path),), registry=STANDARD_REGISTRY)
            unread += [bucket.label] if reading.span is None or reading.is_plain else []
    assert unread == []


def test_our_baseline_names_what_it_assumes() -> None:
    """16 GB of unstated generation 28, as DDR4; 500 GB SSD of unstated kind 24, as SATA; of the condition nothing."""
    import_baseline(content=OURS.read_bytes())
    listing = ListingFactory(condition="", ram_gb=16, primary_storage_gb=500, primary_storage_type="ssd")
    found = {line["rule_name"]: line["adjustment_amount"] for line in explain_listing(listing.pk)["adjustments"]}
    assert found == {
        "Memory, generation not stated, counted as DDR4: 16-31 GB": -28.0,
        "Main drive, SSD of unstated kind, counted as SATA: 480-999 GB": -24.0,
    }


def test_our_baseline_values_a_known_machine_to_the_cent() -> None:
    """16 GB DDR5 46, 1 TB NVMe 55, 2 TB more 60, Thunderbolt 20, 2.5G 10, Windows Pro 22, Wi-Fi 6E 7, used -25."""
    import_baseline(content=OURS.read_bytes())
    ports = PortsProfileFactory()
    PortFactory(ports_profile=ports, type="thunderbolt", count=2)
    PortFactory(ports_profile=ports, type="rj45_2_5g", count=1)
    listing = ListingFactory(
        title="Small PC with Wi-Fi 6E",
        price_usd=Decimal("600.00"),
        condition="used",
        os_license="Windows 11 Pro",
        cpu=CpuFactory(),
        ram_spec=RamSpec.objects.get_or_make(ddr_generation="ddr5", total_capacity_gb=16)[0],
        primary_storage_gb=1000,
        primary_storage_type="nvme",
        secondary_storage_gb=2000,
        ports_profile=ports,
    )
    breakdown = explain_listing(listing.pk)
    assert breakdown["total_adjustment"] == -195.0
    assert breakdown["adjusted_price_usd"] == 405.0
    assert breakdown["matched_rules_count"] == 8
    assert {line["layer"] for line in breakdown["adjustments"]} == {"baseline"}
    assert Listing.objects.get().secondary_storage_gb == 2000


def test_the_command_reports_and_fails_clearly(capsys, tmp_path, monkeypatch) -> None:
    call_command("import_baseline", str(OURS))
    assert "Created System: Baseline v1.1.20261126: 40 rules" in capsys.readouterr().out
    call_command("import_baseline", str(OURS), "--json")
    assert json.loads(capsys.readouterr().out)["created"] is False
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_baseline", str(tmp_path / "none.json"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    with pytest.raises(CommandError, match="no JSON"):
        call_command("import_baseline", "-")
