"""Rules over the inventory, held against the interpreter that values one listing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.valuation import reference
from tests.valuation.strategies import REGISTRY, facts, rulesets
from valuation.analytics.amounts import MOST_DIFFERENT, Amounts, Spread
from valuation.analytics.apart import Apart
from valuation.analytics.surveying import Analytics, survey
from valuation.engine import ActionSpec, Batch, GroupSpec, Matcher, RulesetSpec, RuleSpec, compile_rulesets


def over(specs: Sequence[RulesetSpec], rows: Sequence[dict[str, Any]], size: int, asked: int | None) -> Analytics:
    """The analytics of these listings, read in pages of `size`."""
    pages = (Batch.from_rows(rows[first : first + size], REGISTRY) for first in range(0, len(rows), size))
    return survey(compile_rulesets(specs, REGISTRY), ((batch, Matcher(batch)) for batch in pages), asked)


@settings(max_examples=60, deadline=None)
@given(rulesets(), st.lists(facts(), max_size=7), st.integers(1, 7), st.booleans())
def test_figures_are_those_of_each_listing_by_itself(
    specs: list[RulesetSpec], rows: list[dict[str, Any]], size: int, one: bool
) -> None:
    on = [spec for spec in specs if spec.is_active]
    asked = on[0].id if one and on else None
    found = over(on, rows, size, asked)
    outcomes = [outcome for row in rows if (outcome := reference.value_listing(on, row)).price_cents is not None]
    owner = {rule.id: spec.id for spec in on for group in spec.groups for rule in group.rules}
    for rule in found.rules:
        amounts = sorted(outcome.rules[rule.rule_id] for outcome in outcomes if rule.rule_id in outcome.rules)
        assert (rule.standing.matched, rule.standing.cents) == (len(amounts), sum(amounts))
        assert rule.moved_cents == sum(map(abs, amounts))
        assert rule.spread == (Spread(*(ranked(amounts, share) for share in (10, 25, 50, 75, 90))) if amounts else None)
        assert asked in (None, rule.ruleset_id)
    told = [outcome.rules.keys() for outcome in outcomes]
    mine = {pk for pk in owner if asked in (None, owner[pk])}
    assert found.touched == sum(1 for rules in told if mine & rules)
    assert found.listings == len(outcomes)
    for share in found.rulesets:
        assert share.cents == sum(
            cents for outcome in outcomes for pk, cents in outcome.rules.items() if owner[pk] == share.id
        )
    assert sum(layer.cents for layer in found.layers) == sum(sum(outcome.rules.values()) for outcome in outcomes)
    matching = {pk: frozenset(at for at, rules in enumerate(told) if pk in rules) for pk in mine}
    some = [rule.rule_id for rule in found.rules if 0 < rule.standing.matched < rule.standing.applies]
    pairs = {frozenset(pair) for pair in combinations(some, 2) if matching[pair[0]] == matching[pair[1]]}
    assert {frozenset(pair) for ids in found.together for pair in combinations(ids, 2)} == pairs


def ranked(amounts: list[int], share: int) -> int:
    """The lowest amount that so many percent do not exceed."""
    return next(amount for at, amount in enumerate(amounts, 1) if 100 * at >= share * len(amounts))


def leaf(operator: str, value: int) -> dict[str, Any]:
    return {"field_name": "ram_gb", "operator": operator, "value": value}


def rule(pk: int, condition: Any = None, **options: Any) -> RuleSpec:
    return RuleSpec(
        id=pk, name=f"R{pk}", conditions=condition, actions=(ActionSpec("fixed_value", value_usd=pk),), **options
    )


def group(pk: int, *rules: RuleSpec, **options: Any) -> GroupSpec:
    return GroupSpec(id=pk, name=f"G{pk}", rules=rules, display_order=pk, **options)


MACHINES = [{"price_usd": 100, "ram_gb": ram} for ram in (4, 8, 8, 16, 32, None)] + [{"price_usd": None, "ram_gb": 8}]


def test_what_says_nothing_and_what_goes_together() -> None:
    specs = [
        RulesetSpec(
            id=1,
            name="Own",
            groups=(
                group(1, rule(1, leaf("lt", 10)), rule(2, leaf("lte", 8)), rule(3, leaf("gt", 8)), rule(4)),
                group(2, rule(5, leaf("gt", 100)), rule(6, leaf("gte", 32))),
                group(3, rule(7, leaf("gte", 4)), rule(8, leaf("gte", 8)), rule(9), match_policy="first"),
            ),
        ),
        RulesetSpec(id=2, name="Other", groups=(group(4, rule(10, leaf("lt", 10)), layer="basic"),)),
    ]
    for size in (2, 100):
        found = over(specs, MACHINES, size, None)
        assert [told.rule_id for told in found.never] == [5]
        assert [told.rule_id for told in found.always] == [4]
        assert [(told.rule_id, told.standing.behind) for told in found.hidden] == [(8, 4)]
        assert found.rules[8].standing.behind == 5
        assert set(found.together) == {(1, 2, 10)}
        assert found.apart[0] in {(1, 3), (2, 3), (3, 10)}
        little, much, unknown = (1, 2, 10), (3, 6), (9,)
        never = {pair for sides in combinations((little, much, unknown), 2) for pair in product(*sides)}
        assert set(map(frozenset, found.apart)) == set(map(frozenset, never))
        assert (found.listings, found.touched, found.apart_count, found.together_count) == (6, 6, 11, 1)
        assert {share.name: share.cents for share in found.layers} == {"advanced": 8_900, "basic": 3_000}
        own = over(specs, MACHINES, size, 1)
        assert set(own.together) == {(1, 2)}
        assert {told.ruleset_id for told in own.rules} == {1}
        assert [round(share.share, 3) for share in own.rulesets] == [0.748, 0.252]


def test_listings_that_no_rule_touches() -> None:
    specs = [RulesetSpec(id=1, name="R", conditions=leaf("gte", 8), groups=(group(1, rule(1, leaf("gt", 8))),))]
    found = over(specs, MACHINES, 3, 1)
    assert (found.listings, found.applies, found.touched, found.untouched) == (6, 4, 2, 2)
    everything = over(specs, MACHINES, 3, None)
    assert (everything.applies, everything.untouched) == (6, 4)


def test_no_listing_and_no_rule() -> None:
    specs = [RulesetSpec(id=1, name="R", groups=(group(1, rule(1)),)), RulesetSpec(id=2, name="Empty")]
    nowhere = over(specs, [], 1, 1)
    assert (nowhere.listings, nowhere.never, nowhere.always, nowhere.apart) == (0, [], [], ())
    nothing = over(specs, MACHINES, 9, 2)
    assert (nothing.rules, nothing.applies, nothing.untouched, nothing.cents) == ((), 6, 6, 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 900), st.integers(2, 9), st.integers(1, 3))
def test_pairs_that_never_meet(seed: int, listings: int, rules: int, pages: int) -> None:
    chance = np.random.default_rng(seed)
    found, masks = Apart(rules), []
    for _ in range(pages):
        mask = chance.random((rules, listings)) < chance.choice([0.001, 0.01, 0.5], size=(rules, 1))
        masks.append(mask)
        found.add(np.packbits(mask, axis=1))
    whole = np.concatenate(masks, axis=1)
    expected = {(one, other) for one, other in combinations(range(rules), 2) if not (whole[one] & whole[other]).any()}
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == expected


def test_many_amounts_are_counted_in_steps() -> None:
    amounts = Amounts()
    for page in np.array_split(np.arange(-100_000, 300_000, 2), 7):
        amounts.add(page)
    found = amounts.spread()
    assert found is not None
    expected = np.array([-60_000, 0, 100_000, 200_000, 260_000])
    got = np.array([found.p10, found.p25, found.p50, found.p75, found.p90])
    assert (np.abs(got - expected) <= 2 * 400_000 / MOST_DIFFERENT).all()
