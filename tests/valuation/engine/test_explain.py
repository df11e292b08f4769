"""One listing's explanation, whole: every line, every reason, and sums that come out.

That it adds up for random rules is in `test_reference`; the reasons why a rule did not run are in `test_evaluate`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from valuation.engine import (
    ActionLine,
    ActionSpec,
    Batch,
    ConditionLine,
    Explanation,
    Field,
    FieldRegistry,
    GroupSpec,
    Kind,
    RuleLine,
    RulesetLine,
    RulesetSpec,
    RuleSpec,
    UnmatchedRule,
    compile_rulesets,
    explain,
)

REGISTRY = FieldRegistry(
    [
        Field("custom.battery_wh", Kind.NUMBER, "Battery", "Wh"),
        Field("custom.tested", Kind.BOOLEAN, "Tested"),
        Field("custom.sold_on", Kind.DATE, "Sold on"),
    ]
)
LISTING = {
    "price_usd": 400,
    "title": "ThinkCentre M75q",
    "condition": "refurb",
    "manufacturer": "Lenovo",
    "age_years": 3,
    "ram_gb": 16,
    "cpu.cpu_mark_multi": 12_400,
    "custom.tested": True,
    "custom.sold_on": "2026-10-31",
}


def leaf(name: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field_name": name, "operator": operator, "value": value}


def explained(*rulesets: RulesetSpec, trace: bool = False, **facts: Any) -> Explanation:
    batch = Batch.from_rows([{**LISTING, **facts}], REGISTRY)
    return explain(compile_rulesets(rulesets, REGISTRY), batch, trace=trace)


def one(*rules: RuleSpec, **options: Any) -> RulesetSpec:
    return RulesetSpec(1, "s", (GroupSpec(1, "g", rules, **options),))


MEMORY = GroupSpec(
    10,
    "Memory",
    (
        RuleSpec(
            100,
            "RAM",
            leaf("ram_gb", "gte", 8),
            (
                ActionSpec("per_unit", "per_gb", 2.5, modifiers={"condition_multipliers": {"refurb": 0.8}}),
                ActionSpec("benchmark_based", "gpu.gpu_mark", 3),
            ),
            description="What a gigabyte is worth",
        ),
        RuleSpec(
            101,
            "Little RAM",
            {
                "logical_operator": "or",
                "conditions": [
                    leaf("ram_gb", "less_than", 8),
                    {"logical_operator": "and", "conditions": [leaf("seller", "equals", "x")]},
                ],
            },
            (ActionSpec("fixed_value", value_usd=-20),),
        ),
    ),
    weight=0.5,
    layer="basic",
)
MARKET = GroupSpec(20, "Market", (RuleSpec(200, "Fees", None, (ActionSpec("multiplier", value_usd=10),)),))
PARTS = RulesetSpec(1, "Parts", (MEMORY,), priority=5, effect="deduct", layer="baseline")
FEES = RulesetSpec(2, "Fees", (MARKET,))

TAKEN_OFF = "taken off the price, for the ruleset deducts"


def group_line(path: str, logic: str, *children: ConditionLine, matched: bool = False) -> ConditionLine:
    return ConditionLine(path, "", "", None, None, matched, logic=logic, children=children)


# $400 - 16 GB x $2.50 x 0.80 x 0.5 = $384; + 10 % of that = $422.40
EXPECTED = Explanation(
    price_cents=40_000,
    total_cents=2_240,
    adjusted_cents=42_240,
    rulesets=(RulesetLine(1, "Parts", "baseline", 5, -1_600, "deduct"), RulesetLine(2, "Fees", "advanced", 100, 3_840)),
    rules=(
        RuleLine(
            ruleset_id=1,
            ruleset_name="Parts",
            group_id=10,
            group_name="Memory",
            rule_id=100,
            rule_name="RAM",
            rule_description="What a gigabyte is worth",
            layer="basic",
            cents=-1_600,
            actions=(
                ActionLine(
                    "per_unit",
                    "per_gb",
                    -1_600,
                    f"16 GB × $2.50, condition × 0.80, group weight × 0.50, {TAKEN_OFF}",
                    "",
                ),
                ActionLine(
                    "benchmark_based",
                    "gpu.gpu_mark",
                    0,
                    f"group weight × 0.50, {TAKEN_OFF}",
                    "gpu.gpu_mark is unknown",
                ),
            ),
        ),
        RuleLine(
            ruleset_id=2,
            ruleset_name="Fees",
            group_id=20,
            group_name="Market",
            rule_id=200,
            rule_name="Fees",
            rule_description="",
            layer="advanced",
            cents=3_840,
            actions=(ActionLine("multiplier", "", 3_840, "$384.00 × 10 %", ""),),
        ),
    ),
    problems=(),
    notes=(),
)
UNMATCHED = UnmatchedRule(
    ruleset_id=1,
    ruleset_name="Parts",
    group_id=10,
    group_name="Memory",
    rule_id=101,
    rule_name="Little RAM",
    reason="the conditions do not match",
    conditions=(
        group_line(
            "conditions",
            "or",
            ConditionLine("conditions[0]", "ram_gb", "less_than", 8, 16.0, False),
            group_line(
                "conditions[1]",
                "and",
                ConditionLine("conditions[1].conditions[0]", "seller", "equals", "x", None, False),
            ),
        ),
    ),
)


def test_a_whole_explanation() -> None:
    assert explained(PARTS, FEES) == EXPECTED


def test_a_trace_adds_the_rules_that_did_not_count_and_changes_nothing() -> None:
    assert explained(PARTS, FEES, trace=True) == replace(EXPECTED, unmatched=(UNMATCHED,))


def test_what_stands_under_a_not_is_no_reason_by_itself() -> None:
    """The rule for Wi-Fi 6 that leaves Wi-Fi 7 out, and a machine that has both in its title."""
    six = leaf("title", "contains", "Wi-Fi 6")
    seven = leaf("title", "contains", "Wi-Fi 7")
    rule = RuleSpec(
        1, "Wi-Fi 6", [six, {"logical_operator": "not", "conditions": [seven]}], (ActionSpec("additive", value_usd=1),)
    )
    batch = Batch.from_rows([{"price_usd": 100, "title": "NUC, Wi-Fi 6 and Wi-Fi 7"}], REGISTRY)
    program = compile_rulesets([one(rule)], REGISTRY)
    (line,) = explain(program, batch, trace=True).unmatched
    first, negation = line.conditions
    assert (first.expected, first.matched) == ("Wi-Fi 6", True)
    assert (negation.logic, negation.matched) == ("not", False)
    assert [(child.expected, child.matched) for child in negation.children] == [("Wi-Fi 7", True)]
    assert negation.deciding() == (negation.children[0], True)


@pytest.mark.parametrize(
    ("action", "cents", "details"),
    [
        (ActionSpec("fixed_value", value_usd=-12.5), -1_250, "fixed -$12.50"),
        (ActionSpec("additive", value_usd=0.005), 1, "fixed $0.005"),
        (ActionSpec("per_unit", "quantity", 3), 300, "1 × $3.00"),
        (ActionSpec("per_unit", "per_tb", 40), 0, "0 TB × $40.00"),
        (ActionSpec("per_unit", "custom.battery_wh", 2), 0, "0 Wh × $2.00"),
        (
            ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 3.6),
            4_464,
            "12,400 points / 1,000 × $3.60",
        ),
        (ActionSpec("multiplier", value_usd=-2.5), -1_000, "$400.00 × -2.5 %"),
        (ActionSpec("multiplier"), 0, "$400.00 × 0 %"),
        (ActionSpec("formula", formula="ram_gb * 0.7"), 1_120, "ram_gb * 0.7 = $11.20"),
        (
            ActionSpec(
                "fixed_value",
                value_usd=100,
                modifiers={
                    "max_usd": 30,
                    "min_usd": -5,
                    "brand_multipliers": {"lenovo": 1.5},
                    "age_curve": {"rate_per_year": 0.125},
                    "condition_multipliers": {"refurb": 0.8},
                    "multipliers": [
                        {"name": "Size", "field": "ram_gb", "conditions": [{"value": 16, "multiplier": 0.5}]},
                        {"field": "title", "conditions": [{"value": "nuc", "multiplier": 9}]},
                    ],
                },
            ),
            3_000,  # 100 x 0.5 x 0.8 x 0.625 x 1.5 = 37.5
            "fixed $100.00, Size × 0.50, condition × 0.80, age × 0.625, brand × 1.50, at least -$5.00, at most $30.00",
        ),
    ],
)
def test_details(action: ActionSpec, cents: int, details: str) -> None:
    (line,) = explained(one(RuleSpec(1, "r", None, (action,)))).rules
    assert line.actions == (ActionLine(action.action_type, action.metric, cents, details, ""),)


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (ActionSpec("formula", formula="gpu_mark * 2"), "gpu.gpu_mark is unknown"),
        (ActionSpec("formula", formula="1 / (ram_gb - 16)"), "division by zero"),
        (ActionSpec("formula", formula="ram_gb * 1e9"), "the result is beyond 1,000,000,000"),
        (ActionSpec("benchmark_based", "gpu.metal_score", 1), "gpu.metal_score is unknown"),
        (ActionSpec("per_unit", "per_gb", 1e9), "the amount is beyond 1,000,000,000 dollars"),
        (
            ActionSpec("fixed_value", value_usd=1e9, modifiers={"brand_multipliers": {"Lenovo": 2}}),
            "the amount is beyond 1,000,000,000 dollars",
        ),
    ],
)
def test_an_action_that_gives_nothing_says_why_and_the_next_one_runs(action: ActionSpec, error: str) -> None:
    (line,) = explained(one(RuleSpec(1, "r", None, (action, ActionSpec("fixed_value", value_usd=5))))).rules
    assert [(action.cents, action.error) for action in line.actions] == [(0, error), (500, "")]
    assert line.cents == 500


def test_a_missing_result_is_not_made_known_by_a_bound() -> None:
    action = ActionSpec("formula", formula="gpu_mark * 2", modifiers={"min_usd": 50})
    assert explained(one(RuleSpec(1, "r", None, (action,)))).total_cents == 0


def test_a_field_that_was_deleted() -> None:
    """Its rule contributes nothing and is named; the others go on."""
    rules = (
        RuleSpec(1, "Battery", leaf("custom.batery_wh", "gte", 50), (ActionSpec("fixed_value", value_usd=99),)),
        RuleSpec(2, "RAM", None, (ActionSpec("per_unit", "per_gb", 1),)),
    )
    found = explained(one(*rules), trace=True)
    assert (found.total_cents, [line.rule_name for line in found.rules]) == (1_600, ["RAM"])
    assert found.unmatched == ()
    ((name, problem),) = [(problem.rule_name, problem.problem) for problem in found.problems]
    assert name == "Battery"
    assert str(problem).startswith(
        'conditions.field_name: unknown field "custom.batery_wh": did you mean "custom.battery_wh"'
    )


@pytest.mark.parametrize(
    ("condition", "actual"),
    [
        (leaf("title", "equals", "nuc"), "ThinkCentre M75q"),
        (leaf("cpu.cpu_mark_multi", "lt", 1), 12_400.0),
        (leaf("custom.tested", "equals", False), True),
        # What the field is decides, not what was written.
        (leaf("custom.tested", "equals", "no"), True),
        (leaf("custom.tested", "equals", 0), True),
        (leaf("custom.tested", "in", [False]), True),
        (leaf("custom.tested", "is_null"), True),
        (leaf("custom.sold_on", "equals", "2020-01-01"), "2026-10-31"),
        (leaf("seller", "is_not_null"), None),
        (leaf("gpu.gpu_mark", "gte", 1), None),
    ],
)
def test_a_trace_shows_what_the_listing_has(condition: dict[str, Any], actual: Any) -> None:
    (rule,) = explained(one(RuleSpec(1, "r", condition)), trace=True).unmatched
    ((shown, matched),) = [(line.actual, line.matched) for line in rule.conditions]
    assert (shown, type(shown), matched) == (actual, type(actual), False)


def test_a_trace_says_which_leaves_held() -> None:
    conditions = [leaf("ram_gb", "gte", 8), leaf("condition", "eq", "new"), leaf("seller", "is_null")]
    (rule,) = explained(one(RuleSpec(1, "r", conditions)), trace=True).unmatched
    assert [(line.operator, line.matched) for line in rule.conditions] == [
        ("gte", True),
        ("equals", False),
        ("is_null", True),
    ]


def test_rules_without_actions_and_rulesets_without_matches_are_still_said() -> None:
    found = explained(one(RuleSpec(1, "r"), RuleSpec(2, "never", leaf("ram_gb", "lt", 0))))
    assert [(line.rule_id, line.cents, line.actions) for line in found.rules] == [(1, 0, ())]
    assert [(line.id, line.cents) for line in found.rulesets] == [(1, 0)]
