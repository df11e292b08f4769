"""The engine knows nothing of Django, so its closed lists stand twice: here they are held to be the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

import pytest
from django.db import models

from catalog.choices import DdrGeneration, PortType, ScoreMetric, StorageMedium
from listings.choices import Condition, Marketplace, Status
from valuation.choices import ActionType, Effect, Layer, MatchPolicy, UnitType
from valuation.engine import (
    ACTIONS,
    METRIC_KEYS,
    STANDARD_FIELDS,
    UNIT_DIVISORS,
    GroupSpec,
    RulesetSpec,
    RuleSpec,
)
from valuation.engine.compiler import EFFECTS, MATCH_POLICIES
from valuation.engine.fields import PORT_LABELS
from valuation.models import Rule, RuleGroup, Ruleset

OPTIONS = {
    "condition": Condition,
    "status": Status,
    "marketplace": Marketplace,
    "ram_type": DdrGeneration,
    "ram_spec.ddr_generation": DdrGeneration,
    "primary_storage_type": StorageMedium,
    "secondary_storage_type": StorageMedium,
    "storage.primary.medium": StorageMedium,
    "storage.secondary.medium": StorageMedium,
}


def test_the_options_of_fields() -> None:
    assert {field.path: field.options for field in STANDARD_FIELDS if field.options} == {
        path: tuple(choices.values) for path, choices in OPTIONS.items()
    }


@pytest.mark.parametrize(
    ("engine", "model"),
    [
        (PORT_LABELS, PortType),
        (ACTIONS, ActionType),
        (UNIT_DIVISORS, UnitType),
        (METRIC_KEYS, ScoreMetric),
        (EFFECTS, Effect),
        (MATCH_POLICIES, MatchPolicy),
    ],
    ids=["ports", "actions", "units", "metrics", "effects", "match policies"],
)
def test_tables(engine: Collection[str], model: type[models.TextChoices]) -> None:
    assert list(engine) == model.values


def test_labels_of_actions() -> None:
    assert {name: kind.label for name, kind in ACTIONS.items()} == dict(ActionType.choices)


@pytest.mark.parametrize(
    ("spec", "model", "shared"),
    [
        (RulesetSpec, Ruleset, {"priority", "effect", "is_active"}),
        (GroupSpec, RuleGroup, {"display_order", "weight", "match_policy", "is_active"}),
        (RuleSpec, Rule, {"evaluation_order", "priority", "is_active", "description"}),
    ],
)
def test_defaults(spec: type, model: type[models.Model], shared: set[str]) -> None:
    of_spec = {field.name: field.default for field in fields(spec) if field.name in shared}
    assert of_spec == {name: model._meta.get_field(name).get_default() for name in shared}


def test_layers() -> None:
    assert {RulesetSpec(1, "s").layer, GroupSpec(1, "g").layer} == {Layer.ADVANCED}
