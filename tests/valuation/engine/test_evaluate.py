"""Which rules run, in what order, and what is said about those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from valuation.engine import (
    ActionSpec,
    Batch,
    Explanation,
    FieldRegistry,
    GroupSpec,
    RulesetSpec,
    RuleSpec,
    compile_rulesets,
    evaluate,
    explain,
)

REGISTRY = FieldRegistry([])
MUCH_RAM = {"field_name": "ram_gb", "operator": "gte", "value": 16}
LITTLE_RAM = {"field_name": "ram_gb", "operator": "lt", "value": 16}


def dollars(amount: float) -> ActionSpec:
    return ActionSpec("fixed_value", value_usd=amount)


def percent(amount: float) -> ActionSpec:
    return ActionSpec("multiplier", value_usd=amount)


def rule(number: int, *actions: ActionSpec, conditions: Any = None, **order: Any) -> RuleSpec:
    return RuleSpec(number, f"rule {number}", conditions, actions or (dollars(number),), **order)


def group(number: int, *rules: RuleSpec, **options: Any) -> GroupSpec:
    return GroupSpec(number, f"group {number}", rules, **options)


def ruleset(number: int, *groups: GroupSpec, **options: Any) -> RulesetSpec:
    return RulesetSpec(number, f"ruleset {number}", groups, **options)


def explained(
    rulesets: list[RulesetSpec], *, price: float | None = 100, static: int | None = None, disabled: Any = ()
) -> Explanation:
    batch = Batch.from_rows(
        [{"price_usd": price, "ram_gb": 16}], REGISTRY, static_rulesets=[static], disabled=[set(disabled)]
    )
    return explain(compile_rulesets(rulesets, REGISTRY), batch, trace=True)


def ran(found: Explanation) -> list[int]:
    return [line.rule_id for line in found.rules]


def test_rulesets_run_by_priority_then_id() -> None:
    sets = [
        ruleset(3, group(1, rule(31))),
        ruleset(2, group(2, rule(21))),
        ruleset(1, group(3, rule(11)), priority=200),
    ]
    assert ran(explained(sets)) == [21, 31, 11]


def test_groups_and_rules_run_in_their_order_and_nothing_interleaves() -> None:
    second = group(1, rule(1, evaluation_order=1), display_order=2)
    first = group(
        2,
        rule(2, evaluation_order=9),
        rule(3, evaluation_order=5, priority=2),
        rule(5, evaluation_order=5, priority=1),
        rule(4, evaluation_order=5, priority=1),
        display_order=1,
    )
    assert ran(explained([ruleset(1, second, first)])) == [4, 5, 3, 2, 1]


def test_what_is_not_active_does_not_run() -> None:
    sets = [
        ruleset(1, group(1, rule(1, is_active=False), rule(2)), group(2, rule(3), is_active=False)),
        ruleset(2, group(3, rule(4)), is_active=False),
    ]
    assert ran(explained(sets)) == [2]


@pytest.mark.parametrize(("policy", "expected"), [("collect", [2, 3]), ("first", [2])])
def test_match_policies(policy: str, expected: list[int]) -> None:
    rules = (rule(1, conditions=LITTLE_RAM), rule(2, conditions=MUCH_RAM), rule(3))
    found = explained([ruleset(1, group(1, *rules, match_policy=policy))])
    assert ran(found) == expected
    reasons = {line.rule_id: line.reason for line in found.unmatched}
    assert reasons[1] == "the conditions do not match"
    if policy == "first":
        assert reasons[3] == "an earlier rule of the group matched first"


def test_the_running_price_goes_through_rulesets() -> None:
    sets = [
        ruleset(1, group(1, rule(1, dollars(20), percent(10))), effect="deduct"),
        ruleset(2, group(2, rule(2, percent(50)))),
    ]
    found = explained(sets)
    # 100 - 20 = 80; - 8 = 72; + 36 = 108
    assert [[action.cents for action in line.actions] for line in found.rules] == [[-2_000, -800], [3_600]]
    assert (found.total_cents, found.adjusted_cents) == (800, 10_800)


def test_a_percent_of_a_negative_running_price() -> None:
    found = explained([ruleset(1, group(1, rule(1, dollars(-150), percent(10))))])
    assert (found.total_cents, found.adjusted_cents) == (-15_500, -5_500)


def test_each_action_is_rounded_before_it_is_added() -> None:
    thirds = [dollars(0.333)] * 3
    found = explained([ruleset(1, group(1, rule(1, *thirds), weight=0.5))])
    assert [action.cents for action in found.rules[0].actions] == [17, 17, 17]
    assert found.total_cents == 51


def test_conditions_of_a_ruleset() -> None:
    sets = [ruleset(1, group(1, rule(1)), conditions=LITTLE_RAM), ruleset(2, group(2, rule(2)), conditions=MUCH_RAM)]
    found = explained(sets)
    assert ran(found) == [2]
    assert [line.reason for line in found.unmatched] == ["the ruleset's conditions do not match"]
    assert [line.id for line in found.rulesets] == [2]


def test_an_assigned_ruleset_runs_alone_whatever_its_conditions() -> None:
    sets = [ruleset(1, group(1, rule(1)), conditions=LITTLE_RAM), ruleset(2, group(2, rule(2)))]
    found = explained(sets, static=1, disabled={1})
    assert ran(found) == [1]
    assert [line.reason for line in found.unmatched] == ["another ruleset is assigned to this listing"]
    assert any("assigned ruleset applies" in note for note in found.notes)


def test_an_assigned_ruleset_that_is_not_active_falls_back() -> None:
    sets = [ruleset(1, group(1, rule(1)), is_active=False), ruleset(2, group(2, rule(2)))]
    found = explained(sets, static=1)
    assert ran(found) == [2]
    assert any("not active" in note for note in found.notes)


def test_an_assigned_ruleset_runs_even_if_its_conditions_cannot_be_read() -> None:
    gone = {"field_name": "custom.gone", "operator": "equals", "value": 1}
    sets = [ruleset(1, group(1, rule(1)), conditions=gone), ruleset(2, group(2, rule(2)))]
    assert ran(explained(sets, static=1)) == [1]
    automatic = explained(sets)
    assert ran(automatic) == [2]
    assert [line.reason for line in automatic.unmatched] == ["the ruleset's conditions cannot be read"]


def test_a_ruleset_that_is_switched_off() -> None:
    found = explained([ruleset(1, group(1, rule(1))), ruleset(2, group(2, rule(2)))], disabled={2})
    assert ran(found) == [1]
    assert [line.reason for line in found.unmatched] == ["the ruleset is switched off for this listing"]


def test_an_unknown_price_is_not_valued() -> None:
    found = explained([ruleset(1, group(1, rule(1)))], price=None)
    assert (found.price_cents, found.total_cents, found.adjusted_cents, ran(found)) == (None, None, None, [])
    assert [line.reason for line in found.unmatched] == ["the price is unknown"]


def test_a_price_of_zero_is_a_price() -> None:
    assert explained([ruleset(1, group(1, rule(1)))], price=0).adjusted_cents == 100


def test_what_cannot_run_is_named_and_stops_nothing() -> None:
    gone = {"field_name": "custom.gone", "operator": "equals", "value": 1}
    sets = [
        ruleset(
            1,
            group(1, rule(1, conditions=gone), rule(2), rule(3, ActionSpec("formula", formula="nope + 1/0"))),
            group(2, rule(4), weight=2.0),
            group(3, rule(5), match_policy="last"),
        ),
        ruleset(2, group(4, rule(6)), conditions=[gone]),
        ruleset(3, group(5, rule(7)), effect="subtract"),
    ]
    program = compile_rulesets(sets, REGISTRY)
    assert [(p.ruleset_id, p.group_id, p.rule_id, p.problem.path) for p in program.problems] == [
        (1, 1, 1, "conditions.field_name"),
        (1, 1, 3, "actions[0].formula"),
        (1, 1, 3, "actions[0].formula"),
        (1, 2, None, "weight"),
        (1, 3, None, "match_policy"),
        (2, None, None, "conditions[0].field_name"),
        (3, None, None, "effect"),
    ]
    found = explain(program, Batch.from_rows([{"price_usd": 100}], REGISTRY))
    assert ran(found) == [2]
    assert found.problems == program.problems


def test_fields_are_what_the_facts_must_bring() -> None:
    sets = [ruleset(1, group(1, rule(1, ActionSpec("per_unit", "per_core", 1), conditions=MUCH_RAM)))]
    assert compile_rulesets(sets, REGISTRY).fields == {"ram_gb", "cpu.cores"}


def test_no_listings_and_no_rules() -> None:
    assert len(evaluate(compile_rulesets([], REGISTRY), Batch.from_rows([], REGISTRY)).total_cents) == 0
    found = evaluate(compile_rulesets([], REGISTRY), Batch.from_rows([{"price_usd": 5}], REGISTRY))
    assert found.adjusted_cents.tolist() == [500]


def test_only_one_listing_is_explained() -> None:
    with pytest.raises(ValueError, match="a batch of one"):
        explain(compile_rulesets([], REGISTRY), Batch.from_rows([{}, {}], REGISTRY))
