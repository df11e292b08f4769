"""What layers and rules weigh, how overrides come and go, and whether the baseline is well."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from baselines.health import check_baseline
from baselines.models import BaselineImport
from baselines.overriding import Amount, ensure_basic, remove_overrides, set_override
from baselines.reports import layer_influence, override_churn, rule_weights, top_rules
from baselines.services import import_baseline
from tests.baselines.documents import GENERATED_AT, changed, document, legacy
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory
from valuation.history.audit import recording
from valuation.models import AuditEntry, Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def market() -> None:
    """Two used ones of 300 dollars, 16 GB and 10,000 marks: wear -30, processor 20, memory 40 each."""
    import_baseline(content=document())
    for _ in range(2):
        ListingFactory(price_usd=300, condition="used", ram_gb=16, cpu=CpuFactory(cpu_mark_multi=10_000))
    ListingFactory(price_usd=300, status="archived", ram_gb=16)


def test_layers(market: None) -> None:
    set_override(entity="CPU", field="speed", amount=Amount(value=5))
    RuleActionFactory(value_usd=-25)
    layers = {row["layer"]: row for row in layer_influence(rule_weights())}
    # Baseline: 2 x (-30 + 40); basic: 2 x 5; advanced: 2 x -25. Moved in all: 140 + 10 + 50.
    assert layers == {
        "baseline": {
            "layer": "baseline",
            "rules": 6,
            "matches": 4,
            "total_adjustment": 20.0,
            "absolute_adjustment": 140.0,
            "share": 0.7,
        },
        "basic": {
            "layer": "basic",
            "rules": 1,
            "matches": 2,
            "total_adjustment": 10.0,
            "absolute_adjustment": 10.0,
            "share": 0.05,
        },
        "advanced": {
            "layer": "advanced",
            "rules": 1,
            "matches": 2,
            "total_adjustment": -50.0,
            "absolute_adjustment": 50.0,
            "share": 0.25,
        },
    }


def test_layers_without_listings() -> None:
    assert [row["share"] for row in layer_influence(rule_weights())] == [0.0, 0.0, 0.0]


def test_top_rules(market: None) -> None:
    found = top_rules(rule_weights(), limit=2)
    assert [(row["rule_name"], row["matches"], row["total_adjustment"], row["mean_adjustment"]) for row in found] == [
        ("Memory: 16 GB", 2, 80.0, 40.0),
        ("Wear: used", 2, -60.0, -30.0),
    ]
    last = top_rules(rule_weights(), limit=100)[-1]
    assert (last["matches"], last["total_adjustment"], last["mean_adjustment"]) == (0, 0.0, None)


def test_what_a_rule_moves_is_not_what_is_left_of_it() -> None:
    """Ten dollars more for one listing and ten less for another are twenty dollars moved, and nothing in sum."""
    RuleActionFactory(value_usd=3)
    swing = RuleActionFactory(action_type="formula", value_usd=None, formula="10 if ram_gb > 8 else -10").rule
    for ram in (8, 16):
        ListingFactory(ram_gb=ram)
    advanced = next(row for row in layer_influence(rule_weights()) if row["layer"] == "advanced")
    assert (advanced["total_adjustment"], advanced["absolute_adjustment"], advanced["share"]) == (6.0, 26.0, 1.0)
    first = top_rules(rule_weights(), limit=1)[0]
    assert (first["rule_id"], first["total_adjustment"]) == (swing.pk, 0.0)


@pytest.mark.parametrize("recorded", [False, True])
def test_churn_of_overrides_that_change_as_rules(market: None, recorded: bool) -> None:
    """In the admin an override is a rule like any other: changing and deleting it there counts too, and once."""
    found, _ = set_override(entity="CPU", field="speed", amount=Amount(value=5))
    set_override(entity="CPU", field="speed", amount=Amount(value=5))  # the same again is no change
    rule = Rule.objects.get(pk=found.rule_id)
    for field, value in (("description", "Mine"), ("is_active", False)):
        setattr(rule, field, value)
        with recording() if recorded else nullcontext():
            rule.save()
    action = rule.actions.get()
    action.value_usd = 6
    action.save()
    rule.delete()
    (row,) = override_churn(days=30)["fields"]
    assert {name: row[name] for name in ("key", "created", "changed", "removed", "changes")} == {
        "key": "CPU.speed",
        "created": 1,
        "changed": 3,
        "removed": 1,
        "changes": 5,
    }


def test_going_along_with_a_new_baseline_is_no_churn(market: None) -> None:
    set_override(entity="CPU", field="speed", amount=Amount(value=5))
    import_baseline(content=changed())
    assert override_churn(days=30)["changes"] == 1


def test_churn(market: None) -> None:
    for value in (1, 2, 3):
        set_override(entity="CPU", field="speed", amount=Amount(value=value))
    set_override(entity="RamSpec", field="memory", amount=Amount(value=1))
    remove_overrides(entity="CPU")
    long_ago = timezone.now() - timedelta(days=40)
    set_override(entity="Listing", field="wear", amount=Amount(value=1))
    AuditEntry.objects.filter(target_name="Listing.wear").update(at=long_ago)
    churn = override_churn(days=30)
    assert (churn["days"], churn["changes"]) == (30, 5)
    assert [{name: row[name] for name in ("key", "created", "changed", "removed")} for row in churn["fields"]] == [
        {"key": "CPU.speed", "created": 1, "changed": 2, "removed": 1},
        {"key": "RamSpec.memory", "created": 1, "changed": 0, "removed": 0},
    ]
    assert override_churn(days=60)["changes"] == 6


def test_health_without_a_baseline() -> None:
    found = check_baseline()
    assert (found.status, found.checks["baseline_exists"], found.checks["hash_match"]) == ("error", False, None)


@pytest.mark.parametrize(
    ("days", "expected", "status"),
    [(0, None, "healthy"), (90, None, "healthy"), (91, None, "warning"), (0, "other", "error")],
)
def test_health(days: int, expected: str | None, status: str, settings: Any) -> None:
    content = document()
    content["generated_at"] = (timezone.now() - timedelta(days=days, hours=1)).isoformat()
    outcome = import_baseline(content=content)
    found = check_baseline(expected_hash=expected)
    assert (found.status, found.checks["baseline_age_days"]) == (status, days)
    assert found.checks["baseline_version"] == outcome.version
    assert found.checks["hash_match"] is (None if expected is None else False)
    assert check_baseline(expected_hash=outcome.source_hash).checks["hash_match"] is True


def test_health_names_what_waits() -> None:
    import_baseline(content=legacy("8GB", "Lots", generated_at=GENERATED_AT))
    BaselineImport.objects.update(generated_at=timezone.now())
    assert check_baseline().warnings == ["2 rules of the baseline need configuration."]


def test_health_knows_of_adjustments() -> None:
    import_baseline(content=document())
    assert check_baseline().checks["adjustments_group_exists"] is False
    ensure_basic()
    assert check_baseline().checks["adjustments_group_exists"] is True
