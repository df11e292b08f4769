"""Importing: what needs configuration, what goes wrong half way, and what happens once and not twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from baselines import storing
from baselines.drift import edited_fields
from baselines.models import BaselineImport
from baselines.overriding import Amount, set_override
from baselines.reading import read_document
from baselines.services import activate_baseline, import_baseline
from catalog.models import RamSpec, StorageProfile
from tests.baselines.documents import MEMORY, at_least, changed, document, legacy, tier
from tests.factories import CpuFactory, ListingFactory, PortFactory, PortsProfileFactory, RulesetFactory
from tests.samples import BASELINE_1_0, MISSING
from valuation.explaining.breakdown import explain_listing
from valuation.models import AuditEntry, RecalculationRun, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_what_cannot_be_read_waits_and_counts_nothing() -> None:
    outcome = import_baseline(content=legacy("8GB", "Lots", unit="USD"))
    assert [item.key for item in outcome.needs_configuration] == ["RamSpec.ram_capacity"]
    rules = Rule.objects.order_by("evaluation_order")
    assert [(rule.name, rule.is_active, rule.conditions) for rule in rules] == [
        ("RAM: 8GB", False, None),
        ("RAM: Lots", False, None),
    ]
    # The amounts are kept for whoever says when they apply.
    assert list(RuleAction.objects.order_by("pk").values_list("value_usd", flat=True)) == [
        Decimal("2.5"),
        Decimal("12.5"),
    ]
    assert rules[0].needs_configuration == outcome.needs_configuration[0].reason
    assert rules[0].metadata["original"] == legacy("8GB", "Lots", unit="USD")["entities"]["RamSpec"][0]
    listing = ListingFactory(price_usd=100, ram_gb=8)
    assert explain_listing(listing.pk)["adjustments"] == []


def test_it_cannot_be_switched_on_before_somebody_says_when_it_applies() -> None:
    import_baseline(content=legacy("Lots"))
    rule = Rule.objects.get()
    rule.is_active = True
    with pytest.raises(ValidationError, match="needs configuration"):
        rule.save()
    rule.conditions = at_least(64)
    rule.save()
    assert Rule.objects.get().needs_configuration == ""
    del rule.metadata["needs_configuration"]
    rule.conditions = None
    rule.save()


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ({"unit": "EUR"}, [("RAM", False)]),  # an amount in another unit is no amount
        ({"valuation_buckets": None, "Formula": "lots"}, [("RAM", False)]),
        ({"valuation_buckets": None}, [("RAM", False)]),
        ({"dependencies": ["ram_spec.colour"]}, [("RAM: 8GB", True)]),
    ],
)
def test_what_is_kept_of_a_field_that_cannot_be_read(field: dict[str, Any], kept: list[tuple[str, bool]]) -> None:
    import_baseline(content=legacy("8GB", **field))
    assert [(rule.name, rule.actions.exists()) for rule in Rule.objects.all()] == kept


def test_names_of_rules_differ_within_an_entity() -> None:
    twin = {**MEMORY, "id": "memory_too"}
    import_baseline(content=document(RamSpec=[MEMORY, twin]))
    assert sorted(Rule.objects.values_list("name", flat=True))[:2] == ["Memory: 16 GB", "Memory: 16 GB (memory_too)"]


def test_the_order_of_entities_does_not_matter() -> None:
    """A database may keep the keys of an object in an order of its own, and a share of the price depends on it."""
    content = document()
    backwards = {**content, "entities": dict(reversed(content["entities"].items()))}
    import_baseline(content=backwards)
    assert list(RuleGroup.objects.order_by("display_order").values_list("name", flat=True)) == [
        "Listing · Baseline",
        "CPU · Baseline",
        "RamSpec · Baseline",
    ]


@pytest.mark.parametrize("moment", ["groups", "rules", "activation"])
def test_a_crash_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    first = import_baseline(content=document())
    entries = AuditEntry.objects.count()

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power is gone")

    target = {"groups": (storing.Rule.objects, "bulk_create"), "rules": (storing.RuleAction.objects, "bulk_create")}
    where = target.get(moment)
    if where:
        monkeypatch.setattr(*where, crash)
    else:
        monkeypatch.setattr("baselines.services.activate_baseline", crash)
    with pytest.raises(RuntimeError):
        import_baseline(content=changed())
    assert list(Ruleset.objects.values_list("pk", "is_active")) == [(first.ruleset_id, True)]
    assert (RuleGroup.objects.count(), Rule.objects.count(), BaselineImport.objects.count()) == (3, 6, 1)
    assert AuditEntry.objects.count() == entries


def test_one_recalculation_and_few_statements(
    django_capture_on_commit_callbacks: Any, django_assert_max_num_queries: Any
) -> None:
    ListingFactory(price_usd=300, ram_gb=16)
    tiers = [tier(f"{number} GB", at_least(number, number + 1), number) for number in range(1, 150)]
    content = document(RamSpec=[{"id": "memory", "proper_name": "Memory", "valuation_buckets": tiers}])
    with django_capture_on_commit_callbacks() as callbacks, django_assert_max_num_queries(60):
        import_baseline(content=content)
    runs = RecalculationRun.objects.count()
    for callback in callbacks:
        callback()
    assert RecalculationRun.objects.count() == runs + 1


def test_every_rule_has_a_version_and_an_entry() -> None:
    outcome = import_baseline(content=document(), actor="eve")
    assert RuleVersion.objects.filter(actor="eve").count() == 6
    entries = AuditEntry.objects.filter(actor="eve", ruleset_id=outcome.ruleset_id)
    kinds = [entries.filter(target_kind=kind, action="created").count() for kind in ("ruleset", "group", "rule")]
    assert kinds == [1, 3, 6]
    entry = entries.get(action="baseline.imported")
    assert entry.after["rules"] == 6
    assert entry.after["source_hash"] == outcome.source_hash


def test_the_database_itself_keeps_one_baseline_active() -> None:
    first = import_baseline(content=document())
    import_baseline(content=changed())
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruleset.objects.filter(pk=first.ruleset_id).update(is_active=True)


def test_activating_an_older_one_takes_overrides_along() -> None:
    first = import_baseline(content=document())
    import_baseline(content=changed())
    override, _ = set_override(entity="RamSpec", field="memory", amount=Amount(value=5))
    assert activate_baseline(ruleset=Ruleset.objects.get(pk=first.ruleset_id)) != first.ruleset_id
    assert Rule.objects.get(pk=override.rule_id).group.ruleset_id == first.ruleset_id
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [first.ruleset_id]


def test_a_group_for_adjustments_is_made_once() -> None:
    own = RulesetFactory()
    import_baseline(content=document(), basic_for=own)
    import_baseline(content=document(), basic_for=own)
    import_baseline(content=changed(), with_adjustments=True)
    assert list(RuleGroup.objects.filter(name="Basic · Adjustments").values_list("ruleset", flat=True)) == [own.pk]


def test_which_fields_were_changed_by_hand() -> None:
    outcome = import_baseline(content=document())
    stored = BaselineImport.objects.get(ruleset=outcome.ruleset_id)

    def edited() -> set[str]:
        return edited_fields(stored, read_document(stored.document, field_registry()))

    assert edited() == set()
    Rule.objects.filter(name="Processor").update(name="CPU", description="x")
    assert edited() == set(), "what a rule is called does not matter"
    RuleAction.objects.filter(rule__name="Memory: 8 GB").update(value_usd=14)
    assert edited() == {"RamSpec.memory"}
    Rule.objects.filter(name="CPU").delete()
    assert edited() == {"RamSpec.memory", "CPU.speed"}
    RuleGroup.objects.filter(name="Listing · Baseline").update(match_policy="first")
    assert edited() == {"RamSpec.memory", "CPU.speed", "Listing.wear"}


def test_two_processes_and_one_file(tmp_path: Path) -> None:
    """On SQLite, where the whole database is one lock; two connections on PostgreSQL are among the tests of the API."""
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps(document()))
    environment = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path}/both.sqlite3", "SECRET_KEY": "x" * 50, "LOG_LEVEL": "ERROR"}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True, capture_output=True)
    both = [
        subprocess.Popen(
            [*manage, "import_baseline", str(file), "--json"], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(found["created"] for found in said) == [False, True]
    assert len({found["ruleset_id"] for found in said}) == 1


@pytest.mark.skipif(not BASELINE_1_0.exists(), reason=MISSING)
def test_an_existing_baseline_values_a_known_machine_to_the_cent() -> None:
    """$300 used, 8 cores, marks 12,000 and 3,000, 16 GB DDR4-3200, 512 GB NVMe, Thunderbolt, 5 USB ports in all.

    Base 22.50: 322.50. Used, x 0.675: -32.5 % of that is -104.8125, so -104.81. Multi: 12 x 3.6 = 43.20, raised to 160.
    Single: 30 x 5.2 = 156, at most 80. Cores 17.50. Memory 10, its speed 2.50. Capacity 10, NVMe 17.50. Thunderbolt
    22.50. USB 2.50. Together 240.19.
    """
    outcome = import_baseline(content=BASELINE_1_0.read_bytes())
    assert [item.key for item in outcome.needs_configuration] == ["GPU.igpu_uplift"]
    ports = PortsProfileFactory()
    PortFactory(ports_profile=ports, type="usb_a", count=4)
    PortFactory(ports_profile=ports, type="thunderbolt", count=1)
    listing = ListingFactory(
        price_usd=300,
        condition="used",
        cpu=CpuFactory(cores=8, cpu_mark_multi=12_000, cpu_mark_single=3_000, igpu_mark=5_000),
        ram_spec=RamSpec.objects.get_or_make(ddr_generation="ddr4", speed_mhz=3200, total_capacity_gb=16)[0],
        primary_storage_profile=StorageProfile.objects.get_or_make(medium="nvme", capacity_gb=512)[0],
        ports_profile=ports,
    )
    found = explain_listing(listing.pk)
    assert {line["rule_name"]: line["adjustment_amount"] for line in found["adjustments"]} == {
        "Base Adjustment: Default": 22.5,
        "Condition Multiplier: Used": -104.81,
        "CPU Mark (Multi-Thread)": 160.0,
        "CPU Mark (Single-Thread)": 80.0,
        "Core Count Adjustment: 8-12 cores": 17.5,
        "RAM Capacity: 16GB": 10.0,
        "RAM Speed: DDR4 >= 3200MHz": 2.5,
        "Storage Capacity: 512GB": 10.0,
        "Storage Medium: NVMe SSD": 17.5,
        "Thunderbolt Port: Thunderbolt Present": 22.5,
        "USB Port Count: 4-6 ports": 2.5,
    }
    assert (found["total_adjustment"], found["adjusted_price_usd"]) == (240.19, 540.19)
    assert import_baseline(content=BASELINE_1_0.read_bytes()).created is False
