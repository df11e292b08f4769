"""The engine and the naive interpreter agree to the cent, and every explanation adds up."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.valuation import reference
from tests.valuation.strategies import REGISTRY, facts, rulesets
from valuation.engine import (
    ActionSpec,
    Batch,
    GroupSpec,
    RulesetSpec,
    RuleSpec,
    Scales,
    compile_rulesets,
    evaluate,
    explain,
    score_columns,
)

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "150"))
WEIGHTS = {"cpu_mark_multi": 0.5, "gpu_score": 0.3, "ram_capacity": 0.2, "perf_per_watt": 1.0}
BEST = {
    "cpu_mark_multi": 50_000.0,
    "cpu_mark_single": None,
    "gpu_score": 20_000.0,
    "perf_per_watt": 900.0,
    "ram_capacity": 128.0,
}
thorough = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True
)
selections = st.tuples(st.sampled_from([0, 0, 1, 2, 99]), st.sets(st.sampled_from([1, 2, 3]), max_size=2))


def one_rule(*actions: ActionSpec, **group: Any) -> list[RulesetSpec]:
    effect = group.pop("effect", "add")
    rule = RuleSpec(1, "rule", None, actions)
    return [RulesetSpec(1, "ruleset", (GroupSpec(1, "group", (rule,), **group),), effect=effect)]


FIXED = ActionSpec("fixed_value", value_usd=10)
BY_HAND: dict[str, tuple[list[RulesetSpec], dict[str, Any], int]] = {
    "fixed": (one_rule(FIXED), {}, 1_000),
    "deduct": (one_rule(FIXED, effect="deduct"), {}, -1_000),
    "weight": (one_rule(FIXED, weight=0.25), {}, 250),
    "half a cent goes up": (one_rule(ActionSpec("fixed_value", value_usd=0.005)), {}, 1),
    "half a cent goes down": (one_rule(ActionSpec("fixed_value", value_usd=-0.005)), {}, -1),
    "2.675 is a half in decimal": (one_rule(ActionSpec("fixed_value", value_usd=2.675)), {}, 268),
    "per unit": (one_rule(ActionSpec("per_unit", "per_gb", 2.5)), {"ram_gb": 16}, 4_000),
    "a missing quantity counts 0": (one_rule(ActionSpec("per_unit", "per_gb", 2.5)), {}, 0),
    "per TB": (one_rule(ActionSpec("per_unit", "per_tb", 40)), {"primary_storage_gb": 512}, 2_048),
    "benchmark": (
        one_rule(ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 3.6)),
        {"cpu.cpu_mark_multi": 12_400},
        4_464,
    ),
    "a missing score gives nothing": (one_rule(ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 3.6)), {}, 0),
    "percent of the price": (one_rule(ActionSpec("multiplier", value_usd=15)), {}, 1_500),
    "percent of the running price": (one_rule(FIXED, ActionSpec("multiplier", value_usd=-10)), {}, 1_000 - 1_100),
    "percent after a deduction": (one_rule(FIXED, ActionSpec("multiplier", value_usd=10), effect="deduct"), {}, -1_900),
    "an empty percent": (one_rule(ActionSpec("multiplier")), {}, 0),
    "refurb": (
        one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"condition_multipliers": {"refurb": 0.8}})),
        {"condition": "refurb"},
        800,
    ),
    "age": (
        one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"age_curve": {"rate_per_year": 0.1}})),
        {"age_years": 3},
        700,
    ),
    "age has an end": (
        one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"age_curve": {"rate_per_year": 0.1}})),
        {"age_years": 30},
        500,
    ),
    "brand": (
        one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"brand_multipliers": {"lenovo": 1.5}})),
        {"manufacturer": "LENOVO"},
        1_500,
    ),
    "bounds": (one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"max_usd": 4})), {}, 400),
    "no bounds": (
        one_rule(ActionSpec("fixed_value", value_usd=10, modifiers={"max_usd": 4, "clamp": False})),
        {},
        1_000,
    ),
    "formula": (one_rule(ActionSpec("formula", formula="clamp(ram_gb * 3, 0, 40)")), {"ram_gb": 16}, 4_000),
    "a missing field": (one_rule(ActionSpec("formula", formula="ram_gb * 3")), {}, 0),
    "coalesce": (one_rule(ActionSpec("formula", formula="coalesce(ram_gb, 4) * 3")), {}, 1_200),
    "a division by zero": (one_rule(ActionSpec("formula", formula="5 / ram_gb")), {"ram_gb": 0}, 0),
    "beyond a billion": (one_rule(ActionSpec("formula", formula="ram_gb * 1000000000")), {"ram_gb": 2}, 0),
}


@pytest.mark.parametrize("case", BY_HAND.values(), ids=BY_HAND)
def test_by_hand(case) -> None:
    """Both, against amounts in cents worked out by hand for a price of $100."""
    rules, listing, expected = case
    listing = {"price_usd": 100, **listing}
    assert reference.value_listing(rules, listing).total_cents == expected
    result = evaluate(compile_rulesets(rules, REGISTRY), Batch.from_rows([listing], REGISTRY))
    assert result.total_cents.tolist() == [expected]


@thorough
@given(rulesets(), st.lists(st.tuples(facts(), selections), min_size=1, max_size=6))
def test_the_engine_agrees_with_the_reference(rules, market) -> None:
    program = compile_rulesets(rules, REGISTRY)
    assert program.problems == ()
    batch = batch_of(market)
    result = evaluate(program, batch, keep_rules=True)
    columns = score_columns(batch, result, WEIGHTS, Scales(**BEST))
    for row, (listing, (static, disabled)) in enumerate(market):
        expected = reference.value_listing(rules, listing, static_ruleset=static, disabled=disabled)
        assert bool(result.priced[row]) == (expected.price_cents is not None)
        if expected.price_cents is not None:
            assert int(result.total_cents[row]) == expected.total_cents
            assert int(result.adjusted_cents[row]) == expected.adjusted_cents
        assert {c.rule.id: int(c.cents[row]) for c in result.rules if c.matched[row]} == expected.rules
        assert int(result.matched_rules[row]) == len(expected.rules)
        figures = reference.scores(listing, expected, WEIGHTS, BEST)
        got = {name: None if np.isnan(column[row]) else float(column[row]) for name, column in columns.items()}
        assert got == pytest.approx(figures, abs=1e-9)


@thorough
@given(rulesets(), facts(), selections)
def test_an_explanation_adds_up(rules, listing, selection) -> None:
    lines = explain(compile_rulesets(rules, REGISTRY), batch_of([(listing, selection)]), trace=True)
    expected = reference.value_listing(rules, listing, static_ruleset=selection[0], disabled=selection[1])
    assert (lines.price_cents, lines.total_cents, lines.adjusted_cents) == (
        expected.price_cents,
        expected.total_cents,
        expected.adjusted_cents,
    )
    assert {line.rule_id: [action.cents for action in line.actions] for line in lines.rules} == expected.actions
    for line in lines.rules:
        assert sum(action.cents for action in line.actions) == line.cents
    for ruleset in lines.rulesets:
        assert sum(line.cents for line in lines.rules if line.ruleset_id == ruleset.id) == ruleset.cents
    if lines.price_cents is not None:
        assert sum(ruleset.cents for ruleset in lines.rulesets) == lines.total_cents
        assert lines.price_cents + lines.total_cents == lines.adjusted_cents
    active = [rule for s in rules if s.is_active for g in s.groups if g.is_active for rule in g.rules if rule.is_active]
    assert len(lines.rules) + len(lines.unmatched) == len(active)


@thorough
@given(rulesets(), st.lists(st.tuples(facts(), selections), min_size=2, max_size=5))
def test_a_batch_is_its_rows(rules, market) -> None:
    program = compile_rulesets(rules, REGISTRY)
    together = evaluate(program, batch_of(market))
    alone = [evaluate(program, batch_of([entry])) for entry in market]
    assert together.total_cents.tolist() == [int(result.total_cents[0]) for result in alone]
    assert together.matched_rules.tolist() == [int(result.matched_rules[0]) for result in alone]


def batch_of(market: list[tuple[dict[str, Any], tuple[int, set[int]]]]) -> Batch:
    return Batch.from_rows(
        [listing for listing, _ in market],
        REGISTRY,
        static_rulesets=[static for _, (static, _) in market],
        disabled=[disabled for _, (_, disabled) in market],
    )
