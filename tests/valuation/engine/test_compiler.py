"""Specs into a program: everything that is wrong is said at once, and what is right runs all the same."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import (
    ActionSpec,
    Batch,
    FieldRegistry,
    GroupSpec,
    Problem,
    RuleError,
    RuleProblem,
    RulesetSpec,
    RuleSpec,
    check_group,
    check_rule,
    compile_formula,
    compile_rulesets,
    evaluate,
)

REGISTRY = FieldRegistry()
FIXED = ActionSpec("fixed_value", value_usd=10)
BROKEN = {"field_name": "ramm_gb", "operator": "gte", "value": 16}


def leaf(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field_name": name, "operator": operator, "value": value}


def test_every_problem_of_a_rule_at_once() -> None:
    rule = RuleSpec(
        1,
        "r",
        {
            "logical_operator": "or",
            "conditions": [
                leaf("ramm_gb", "gte", 16),
                leaf("ram_gb", "atleast", 16),
                {"logical_operator": "not", "conditions": [leaf("ram_gb", "gte", "abc")]},
            ],
        },
        (
            FIXED,
            ActionSpec("per_unit", "per_gig"),
            ActionSpec("fixed", value_usd=1, modifiers={"brand_multiplier": {}}),
            ActionSpec("formula", formula="ram_gb * (cores + sqrtt(2)"),
            ActionSpec("formula", formula="ramm_gb + sqrtt(2)"),
        ),
    )
    found = [(problem.path, problem.code, problem.position) for problem in check_rule(rule, REGISTRY)]
    assert found == [
        ("conditions[0].field_name", "unknown_field", None),
        ("conditions[1].operator", "unknown_operator", None),
        ("conditions[2].conditions[0].value", "type", None),
        ("actions[1].value_usd", "required", None),
        ("actions[1].metric", "unknown_field", None),
        ("actions[2].action_type", "action_type", None),
        ("actions[2].modifiers.brand_multiplier", "modifier", None),
        ("actions[3].formula", "syntax", 9),
        ("actions[4].formula", "unknown_field", 0),
        ("actions[4].formula", "function", 10),
    ]


def test_a_problem_of_a_stored_rule_says_where_what_and_what_instead() -> None:
    rules = (RuleSpec(31, "Much RAM", BROKEN, (FIXED,)),)
    program = compile_rulesets([RulesetSpec(1, "Mine", (GroupSpec(2, "Memory", rules),))], REGISTRY)
    assert program.problems == (
        RuleProblem(
            ruleset_id=1,
            ruleset_name="Mine",
            group_id=2,
            group_name="Memory",
            rule_id=31,
            rule_name="Much RAM",
            problem=Problem(
                path="conditions.field_name",
                message='unknown field "ramm_gb": did you mean "ram_gb"?',
                code="unknown_field",
                suggestion="ram_gb",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("rulesets", "whose"),
    [
        ([RulesetSpec(1, "s", conditions=BROKEN)], (1, None, None)),
        ([RulesetSpec(1, "s", effect="divide")], (1, None, None)),
        ([RulesetSpec(1, "s", (GroupSpec(2, "g", weight=1.5),))], (1, 2, None)),
        ([RulesetSpec(1, "s", (GroupSpec(2, "g", (RuleSpec(3, "r", BROKEN),)),))], (1, 2, 3)),
        # What is not active is not looked at.
        ([RulesetSpec(1, "s", conditions=BROKEN, is_active=False)], None),
        ([RulesetSpec(1, "s", (GroupSpec(2, "g", weight=1.5, is_active=False),))], None),
        ([RulesetSpec(1, "s", (GroupSpec(2, "g", (RuleSpec(3, "r", BROKEN, is_active=False),)),))], None),
    ],
)
def test_whose_problem_it_is(rulesets: list[RulesetSpec], whose: tuple[int | None, ...] | None) -> None:
    found = [
        (problem.ruleset_id, problem.group_id, problem.rule_id)
        for problem in compile_rulesets(rulesets, REGISTRY).problems
    ]
    assert found == ([] if whose is None else [whose])


def test_a_rule_with_one_broken_action_does_nothing_at_all() -> None:
    """Half of a rule would be a wrong price that looks right."""
    half = RuleSpec(1, "half", None, (FIXED, ActionSpec("formula", formula="nope")))
    whole = RuleSpec(2, "whole", None, (FIXED,))
    program = compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", (half, whole)),))], REGISTRY)
    assert [problem.rule_name for problem in program.problems] == ["half"]
    result = evaluate(program, Batch.from_rows([{"price_usd": 100}], REGISTRY))
    assert (result.total_cents.tolist(), result.matched_rules.tolist()) == ([1_000], [1])


def test_a_broken_rule_does_not_end_its_group() -> None:
    rules = (RuleSpec(1, "broken", BROKEN, (FIXED,)), RuleSpec(2, "second", None, (FIXED,)), RuleSpec(3, "third"))
    program = compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", rules, match_policy="first"),))], REGISTRY)
    result = evaluate(program, Batch.from_rows([{"price_usd": 100}], REGISTRY))
    assert (result.total_cents.tolist(), result.matched_rules.tolist()) == ([1_000], [1])


def test_warnings_stop_nothing() -> None:
    rule = RuleSpec(1, "r", leaf("condition", "not_equals", "uset"), (ActionSpec("multiplier", value_usd=115),))
    assert [(problem.path, problem.severity) for problem in check_rule(rule, REGISTRY)] == [
        ("conditions.value", "warning"),
        ("actions[0].value_usd", "warning"),
    ]
    program = compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", (rule,)),))], REGISTRY)
    assert program.problems == ()
    result = evaluate(program, Batch.from_rows([{"price_usd": 100, "condition": "used"}], REGISTRY))
    assert result.total_cents.tolist() == [11_500]


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"weight": 0}, []),
        ({"weight": 1}, []),
        ({"weight": 0.5, "match_policy": "first"}, []),
        ({"weight": -0.01}, ["weight"]),
        ({"weight": 1.01}, ["weight"]),
        ({"weight": float("nan")}, ["weight"]),
        ({"weight": float("inf")}, ["weight"]),
        ({"match_policy": "any"}, ["match_policy"]),
        ({"match_policy": "", "weight": 2}, ["match_policy", "weight"]),
    ],
)
def test_groups(values: dict[str, Any], paths: list[str]) -> None:
    assert [problem.path for problem in check_group(GroupSpec(1, "g", **values))] == paths


def test_the_program_names_every_fact_it_reads() -> None:
    """In conditions of rulesets and rules, metrics, formulas and modifiers; those of broken rules are of no use."""
    actions = (
        ActionSpec("per_unit", "per_tb", 40),
        ActionSpec("benchmark_based", "cpu.cpu_mark_multi", 1),
        ActionSpec(
            "formula",
            formula="(cores if seller == 'x' else 1) + coalesce(gpu_mark, 1)",
            modifiers={
                "multipliers": [{"field": "ram_type", "conditions": [{"value": "ddr5", "multiplier": 1.2}]}],
                "condition_multipliers": {"used": 0.6},
                "age_curve": {"rate_per_year": 0.1},
                "brand_multipliers": {"Apple": 1.2},
            },
        ),
    )
    groups = (
        GroupSpec(1, "g", (RuleSpec(1, "r", [leaf("listing.ram_gb", "gte", 16)], actions),)),
        GroupSpec(2, "h", (RuleSpec(2, "broken", [leaf("status", "equals", "active"), BROKEN], (FIXED,)),)),
    )
    program = compile_rulesets([RulesetSpec(1, "s", groups, conditions=leaf("title", "contains", "nuc"))], REGISTRY)
    assert program.fields == {
        "title",
        "ram_gb",
        "primary_storage_gb",
        "cpu.cpu_mark_multi",
        "cpu.cores",
        "seller",
        "gpu.gpu_mark",
        "ram_type",
        "condition",
        "age_years",
        "manufacturer",
    }


def test_an_error_says_everything_in_one_line() -> None:
    with pytest.raises(RuleError) as caught:
        compile_formula("ramm_gb + sqrtt(2)", REGISTRY)
    assert str(caught.value) == (
        'unknown field "ramm_gb": did you mean "ram_gb"?; unknown function "sqrtt" (did you mean "sqrt"?)'
    )
    assert str(caught.value.problems[1].under("formula").under("actions[0]")) == (
        'actions[0].formula: unknown function "sqrtt" (did you mean "sqrt"?)'
    )
