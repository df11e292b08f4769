"""Actions and modifiers: metrics and points, the order of factors and bounds, and what is refused with which place.

What the common cases give to the cent is in `test_reference`, where the naive interpreter is held to it as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import (
    ACTIONS,
    METRICS,
    UNIT_DIVISORS,
    ActionSpec,
    Batch,
    FieldRegistry,
    GroupSpec,
    RulesetSpec,
    RuleSpec,
    check_action,
    compile_rulesets,
    explain,
)

REGISTRY = FieldRegistry()
FACTS = {
    "price_usd": 100,
    "condition": "used",
    "manufacturer": "Dell",
    "age_years": 4,
    "ram_gb": 16,
    "ram_spec.total_capacity_gb": 32,
    "ram_speed_mhz": 3200,
    "primary_storage_gb": 512,
    "secondary_storage_gb": 1000,
    "cpu.cores": 6,
    "cpu.threads": 12,
    "cpu.cpu_mark_multi": 12_345,
    "ports.usb_total": 5,
    "ports.has_thunderbolt": True,
}


def line(action: ActionSpec, **facts: Any) -> Any:
    """The explained action of a listing with the facts above."""
    rules = [RulesetSpec(1, "s", (GroupSpec(1, "g", (RuleSpec(1, "r", None, (action,)),)),))]
    program = compile_rulesets(rules, REGISTRY)
    assert program.problems == ()
    (rule,) = explain(program, Batch.from_rows([{**FACTS, **facts}], REGISTRY)).rules
    return rule.actions[0]


# metric -> cents at $1 a unit
QUANTITIES = {
    "per_gb": 1_600,
    "per_tb": 51,
    "per_ram_spec_gb": 3_200,
    "per_ram_speed": 320_000,
    "per_primary_storage_gb": 51_200,
    "per_secondary_storage_gb": 100_000,
    "per_core": 600,
    "per_thread": 1_200,
    "quantity": 100,
    "PER_GB": 1_600,
    "ports.usb_total": 500,
    "ports.has_thunderbolt": 100,
    "cpu.cores": 600,
}


@pytest.mark.parametrize(("metric", "cents"), QUANTITIES.items())
def test_quantities(metric: str, cents: int) -> None:
    assert line(ActionSpec("per_unit", metric, 1)).cents == cents


def test_every_quantity_is_in_the_table() -> None:
    assert set(METRICS) <= set(QUANTITIES)


@pytest.mark.parametrize(
    ("unit", "cents"),
    [
        ("", 1_235),
        ("per_1000_points", 1_235),
        ("per_100_points", 12_345),
        ("per_10_points", 123_450),
        ("per_point", 1_234_500),
    ],
)
def test_points(unit: str, cents: int) -> None:
    assert line(ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 1, unit)).cents == cents


def test_every_unit_is_in_the_table() -> None:
    assert set(UNIT_DIVISORS) == {"per_1000_points", "per_100_points", "per_10_points", "per_point"}


BRAND = {"multipliers": [{"name": "RAM", "field": "ram_gb", "conditions": [{"value": 16, "multiplier": 0.5}]}]}


@pytest.mark.parametrize(
    ("modifiers", "cents"),
    [
        ({}, 10_000),
        ({"explanation": "x", "formula_notes": "y", "unit": "z", "original_multiplier": 3}, 10_000),
        (BRAND, 5_000),
        ({"multipliers": BRAND["multipliers"] * 2}, 2_500),
        ({"multipliers": [{"field": "ram_gb", "conditions": [{"value": 8, "multiplier": 0.5}]}]}, 10_000),
        (
            {
                "multipliers": [
                    {
                        "field": "manufacturer",
                        "conditions": [{"value": "DELL", "multiplier": 2}, {"value": "dell", "multiplier": 3}],
                    }
                ]
            },
            20_000,
        ),
        ({"multipliers": [{"field": "seller", "conditions": [{"value": "x", "multiplier": 2}]}]}, 10_000),
        ({"condition_multipliers": {"used": 0.6}}, 6_000),
        ({"condition_multipliers": {"new": 0.6}}, 10_000),
        ({"age_curve": {"rate_per_year": 0.1}}, 6_000),
        ({"age_curve": {"rate_per_year": 0.2}}, 5_000),
        ({"age_curve": {"rate_per_year": 0.2, "max": 0.7}}, 3_000),
        ({"age_curve": {"rate_per_year": 0.2, "max": 1}}, 2_000),
        ({"brand_multipliers": {"DELL": 1.5}}, 15_000),
        ({"brand_multipliers": {"HP": 1.5}}, 10_000),
        ({"min_usd": 120}, 12_000),
        ({"max_usd": 80}, 8_000),
        ({"min_usd": 10, "max_usd": 80}, 8_000),
        ({"min_usd": 120, "clamp": False}, 10_000),
        ({"min_usd": 120, "clamp": True}, 12_000),
        ({"min_usd": 100, "max_usd": 100}, 10_000),
        ({"brand_multipliers": {"dell": 0}}, 0),
        ({"condition_multipliers": {"used": -1}}, -10_000),
        ({"condition_multipliers": {"used": -1}, "min_usd": -40}, -4_000),
        ({"age_curve": {"rate_per_year": 0}}, 10_000),
        ({"age_curve": {"rate_per_year": 0.1, "max": 0}}, 10_000),
        ({"multipliers": [{"field": "listing.cpu.cores", "conditions": [{"value": "6", "multiplier": 2}]}]}, 20_000),
        (
            # The first value that fits counts, in each of them; those that do not fit count 1.
            {
                "multipliers": [
                    {"field": "ram_gb", "conditions": [{"value": 8, "multiplier": 9}, {"value": 16, "multiplier": 2}]},
                    {"field": "condition", "conditions": [{"value": "USED", "multiplier": 0.25}]},
                    {"field": "condition", "conditions": [{"value": "new", "multiplier": 7}]},
                ]
            },
            5_000,
        ),
        ({"min_usd": None, "max_usd": None, "condition_multipliers": None}, 10_000),
        # 100 x 0.5 x 0.6 x 0.6 x 1.5 = 27, and the bounds come last
        (
            {
                **BRAND,
                "condition_multipliers": {"used": 0.6},
                "age_curve": {"rate_per_year": 0.1},
                "brand_multipliers": {"Dell": 1.5},
            },
            2_700,
        ),
        ({**BRAND, "condition_multipliers": {"used": 0.6}, "min_usd": 40}, 4_000),
    ],
)
def test_modifiers(modifiers: Any, cents: int) -> None:
    assert line(ActionSpec("fixed_value", value_usd=100, modifiers=modifiers)).cents == cents


def test_an_unknown_age_changes_nothing() -> None:
    aged = ActionSpec("fixed_value", value_usd=100, modifiers={"age_curve": {"rate_per_year": 0.1}})
    assert line(aged, age_years=None).cents == 10_000


@pytest.mark.parametrize(
    ("action", "path"),
    [
        (ActionSpec("fixed"), "action_type"),
        (ActionSpec("fixed_value"), "value_usd"),
        (ActionSpec("fixed_value", value_usd=float("nan")), "value_usd"),
        (ActionSpec("fixed_value", value_usd=1e10), "value_usd"),
        (ActionSpec("fixed_value", value_usd=10**400), "value_usd"),
        (ActionSpec("fixed_value", value_usd=True), "value_usd"),
        (ActionSpec("fixed_value", value_usd="5"), "value_usd"),
        (ActionSpec("multiplier", value_usd=float("inf")), "value_usd"),
        (ActionSpec("per_unit", value_usd=1), "metric"),
        (ActionSpec("per_unit", "per_gig", 1), "metric"),
        (ActionSpec("per_unit", "title", 1), "metric"),
        (ActionSpec("benchmark_based", "title", 1), "metric"),
        (ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 1, "per_dozen"), "unit_type"),
        (ActionSpec("formula"), "formula"),
        (ActionSpec("formula", formula="nope"), "formula"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"brand": {}}), "modifiers.brand"),
        (ActionSpec("fixed_value", value_usd=1, modifiers=[1]), "modifiers"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"min_usd": "x"}), "modifiers.min_usd"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"min_usd": 2, "max_usd": 1}), "modifiers.min_usd"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"clamp": "no"}), "modifiers.clamp"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"max_usd": 10**400}), "modifiers.max_usd"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"max_usd": True}), "modifiers.max_usd"),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"brand_multipliers": 2}), "modifiers.brand_multipliers"),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"age_curve": {"rate_per_year": -0.1}}),
            "modifiers.age_curve.rate_per_year",
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"multipliers": [{"field": "ram_gb", "conditions": []}]}),
            "modifiers.multipliers[0].conditions",
        ),
        (
            ActionSpec(
                "fixed_value",
                value_usd=1,
                modifiers={"multipliers": [{"field": "ram_gb", "conditions": [{"value": 8}]}]},
            ),
            "modifiers.multipliers[0].conditions[0].multiplier",
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"age_curve": {"max": 1}}),
            "modifiers.age_curve.rate_per_year",
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"age_curve": {"rate_per_year": 0.1, "max": 2}}),
            "modifiers.age_curve.max",
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"condition_multipliers": {"broken": 1}}),
            "modifiers.condition_multipliers.broken",
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"brand_multipliers": {"Dell": "x"}}),
            "modifiers.brand_multipliers.Dell",
        ),
        (ActionSpec("fixed_value", value_usd=1, modifiers={"multipliers": {}}), "modifiers.multipliers"),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"multipliers": [{"field": "nope", "conditions": []}]}),
            "modifiers.multipliers[0].field",
        ),
        (
            ActionSpec(
                "fixed_value",
                value_usd=1,
                modifiers={"multipliers": [{"field": "ram_gb", "conditions": [{"value": "much", "multiplier": 1}]}]},
            ),
            "modifiers.multipliers[0].conditions[0].value",
        ),
    ],
)
def test_what_is_refused(action: ActionSpec, path: str) -> None:
    errors = [problem for problem in check_action(action, REGISTRY) if problem.severity == "error"]
    assert [problem.path for problem in errors] == [path]
    assert errors[0].message


@pytest.mark.parametrize(
    ("percent", "said"),
    [
        (115, "+115 % (did you mean 15?)"),
        (-115, "-115 % (did you mean -15?)"),
        (100.5, "+100.5 % (did you mean 0.5?)"),
        (100, None),
        (-100, None),
        (0, None),
        (None, None),
    ],
)
def test_a_percent_that_looks_like_a_factor_is_a_warning(percent: float | None, said: str | None) -> None:
    problems = check_action(ActionSpec("multiplier", value_usd=percent), REGISTRY)
    assert [str(problem) for problem in problems] == ([] if said is None else [f"value_usd: {said}"])
    assert {problem.severity for problem in problems} <= {"warning"}


@pytest.mark.parametrize(
    ("action", "path", "suggestion"),
    [
        (ActionSpec("fixed_valu", value_usd=1), "action_type", 'did you mean "fixed_value"?'),
        (ActionSpec("xyzzy", value_usd=1), "action_type", f"use one of {', '.join(ACTIONS)}"),
        (ActionSpec("per_unit", "per_gig", 1), "metric", "per_gb"),
        (ActionSpec("per_unit", "ramm_gb", 1), "metric", "per_gb, ram_gb"),
        (ActionSpec("benchmark_based", "", 1), "metric", f"use {', '.join(METRICS)} or a number field"),
        (ActionSpec("benchmark_based", "cpu.cores", 1, "per_points"), "unit_type", 'did you mean "per_point"?'),
        (ActionSpec("formula", formula="sqrtt(1)"), "formula", 'did you mean "sqrt"?'),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"age_curv": {}}),
            "modifiers.age_curv",
            'did you mean "age_curve"?',
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"condition_multipliers": {"refurbished": 1}}),
            "modifiers.condition_multipliers.refurbished",
            'did you mean "refurb"?',
        ),
        (
            ActionSpec("fixed_value", value_usd=1, modifiers={"age_curve": {"rate_per_year": 0.1, "maximum": 1}}),
            "modifiers.age_curve.maximum",
            'did you mean "max"?',
        ),
    ],
)
def test_what_to_write_instead(action: ActionSpec, path: str, suggestion: str) -> None:
    (problem,) = check_action(action, REGISTRY)
    assert problem.path == path
    assert problem.suggestion.startswith(suggestion)


def test_every_type_of_action_is_tried_here_or_by_hand() -> None:
    assert set(ACTIONS) == {"fixed_value", "additive", "per_unit", "benchmark_based", "multiplier", "formula"}
    assert line(ActionSpec("additive", value_usd=3)).cents == 300
