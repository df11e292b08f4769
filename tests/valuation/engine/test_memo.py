"""What is kept of compiled rules: bounded, shared by threads, and never that of another rule or registry."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from valuation.engine import (
    ActionSpec,
    Batch,
    Field,
    FieldRegistry,
    GroupSpec,
    Kind,
    Program,
    RulesetSpec,
    RuleSpec,
    compile_rulesets,
    evaluate,
)
from valuation.engine.compiler import COMPILED
from valuation.engine.memo import Memo, key_of


def colour(kind: Kind = Kind.STRING, **more: Any) -> FieldRegistry:
    return FieldRegistry([Field("custom.colour", kind, "Colour", **more)])


REGISTRY = colour()
RULE = RuleSpec(
    1,
    "r",
    conditions={"field_name": "custom.colour", "operator": "equals", "value": "1"},
    actions=(ActionSpec("fixed_value", value_usd=10.0),),
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    COMPILED.clear()


def program(rule: RuleSpec = RULE, registry: FieldRegistry = REGISTRY) -> Program:
    return compile_rulesets([RulesetSpec(1, "s", (GroupSpec(1, "g", (rule,)),))], registry)


def rule_of(found: Program) -> Any:
    return next((rule for ruleset in found.rulesets for group in ruleset.groups for rule in group.rules), None)


def test_a_rule_is_compiled_once() -> None:
    assert rule_of(program()) is rule_of(program(replace(RULE, conditions=dict(RULE.conditions)), colour()))
    assert len(COMPILED) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(RULE, id=2),
        replace(RULE, name="other"),
        replace(RULE, description="other"),
        replace(RULE, evaluation_order=1),
        replace(RULE, overrides="Entity.field"),
        replace(RULE, conditions={**RULE.conditions, "value": "2"}),
        replace(RULE, conditions={**RULE.conditions, "value": ["1"], "operator": "in"}),
        replace(RULE, actions=(ActionSpec("fixed_value", value_usd=11.0),)),
        replace(RULE, actions=(ActionSpec("fixed_value", value_usd=10.0, modifiers={"max_usd": 5}),)),
    ],
)
def test_another_rule_is_another(other: RuleSpec) -> None:
    program()
    assert rule_of(program(other)).spec == other


@pytest.mark.parametrize(
    ("registry", "runs"),
    [(colour(Kind.NUMBER), True), (FieldRegistry(), False), (colour(options=("1", "2")), True)],
    ids=["kind", "gone", "options"],
)
def test_other_fields_are_another_program(registry: FieldRegistry, runs: bool) -> None:
    before = rule_of(program())
    after = rule_of(program(registry=registry))
    assert after is not before
    assert (after is not None) is runs
    assert rule_of(program()) is before


def test_what_is_wrong_with_a_rule_is_said_every_time() -> None:
    wrong = replace(RULE, conditions={"field_name": "custom.color", "operator": "equals", "value": "1"})
    first, second = program(wrong).problems, program(wrong).problems
    assert first == second != ()
    assert len(COMPILED) == 0


def test_numbers_of_another_type_are_another_key() -> None:
    keys = {key_of(value) for value in (1, 1.0, True, "1", [1], {"a": 1}, {"a": 1.0})}
    assert len(keys) == 7


def test_what_is_nested_too_deep_has_no_key_and_is_compiled_all_the_same() -> None:
    deep: Any = RULE.conditions
    for _ in range(5_000):
        deep = [deep]
    assert key_of(deep) is None
    assert program(replace(RULE, conditions=deep)) is not None
    assert len(COMPILED) == 0


def test_the_memo_keeps_what_was_asked_for_last() -> None:
    memo: Memo[int] = Memo(30)
    for number in range(3):
        memo.put(bytes([number]) * 10, number)
    assert memo.get(b"\0" * 10) == 0
    memo.put(b"\3" * 10, 3)
    assert [memo.get(bytes([number]) * 10) for number in range(4)] == [0, None, 2, 3]
    memo.put(b"\4" * 31, 4)
    assert memo.get(b"\4" * 31) is None
    assert len(memo) == 3


def test_threads_share_it() -> None:
    """Each compiles rules that the others compile and throw out meanwhile, and gets its own figures."""
    rules = [replace(RULE, id=number, actions=(ActionSpec("fixed_value", value_usd=number),)) for number in range(40)]
    batch = Batch.from_rows([{"price_usd": 100, "custom.colour": "1"}], REGISTRY)

    def cents(number: int) -> int:
        if number % 7 == 0:
            COMPILED.clear()
        return int(evaluate(program(rules[number % 40]), batch).total_cents[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(cents, range(400))) == [number % 40 * 100 for number in range(400)]
