"""What adopting changes would do to all listings, before anybody adopts them: the same as what it then does."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.adopting import adopt, compare_with_current
from baselines.impact import FieldEffect, impact_of_adopting
from baselines.overriding import Amount, set_override
from baselines.reading import read_document
from baselines.services import import_baseline
from listings.models import Listing
from tests.baselines.documents import at_least, changed, document
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory, RulesetFactory
from valuation.models import Rule, RulesetOverride, RulesRevision
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


def market() -> list[Listing]:
    cpu = CpuFactory(cpu_mark_multi=10_000)
    return [
        # Today: wear -30, processor 20, memory 40.
        ListingFactory(price_usd=300, condition="used", ram_gb=16, primary_storage_gb=1000, cpu=cpu),
        # Today: memory 15.
        ListingFactory(price_usd=100, condition="new", ram_gb=8, primary_storage_gb=2000, cpu=None),
        # Today: nothing, and then nothing.
        ListingFactory(price_usd=100, condition="new", ram_gb=2, cpu=None),
        ListingFactory(price_usd=None, condition="used", ram_gb=16, cpu=cpu),
        ListingFactory(price_usd=300, condition="used", ram_gb=16, cpu=cpu, status="pending"),
    ]


def candidate(**changes: Any) -> Any:
    return compare_with_current(read_document(changed(**changes), field_registry()))


def test_each_field_and_all_together() -> None:
    import_baseline(content=document())
    first, second, *_ = market()
    impact, effects = impact_of_adopting(candidate(), candidate().diff.selectable())
    # 300 - 30 + 20 + 40 = 330 becomes 300 + 20 + 60 + 40 = 420; 115 becomes 100 + 15 + 40 = 155.
    assert [(mover.id, mover.before_cents, mover.after_cents) for mover in impact.movers] == [
        (first.pk, 33_000, 42_000),
        (second.pk, 11_500, 15_500),
    ]
    assert (impact.checked, impact.moved, impact.total, impact.mean) == (3, 2, 130.0, 65.0)
    assert effects == {
        "Listing.wear": FieldEffect(1, 0, -30.0, 0.0),
        "CPU.speed": FieldEffect(1, 1, 20.0, 20.0),
        "RamSpec.memory": FieldEffect(2, 2, 55.0, 75.0),
        "StorageProfile.drive": FieldEffect(0, 2, 0.0, 80.0),
    }


def test_only_what_is_chosen_counts() -> None:
    import_baseline(content=document())
    market()
    impact, _ = impact_of_adopting(candidate(), ["RamSpec.memory"])
    assert (impact.moved, impact.total) == (1, 20.0)
    nothing, _ = impact_of_adopting(candidate(), [])
    assert (nothing.moved, nothing.total, nothing.mean, nothing.movers) == (0, 0.0, None, ())


def test_an_effect_turns_every_amount() -> None:
    import_baseline(content=document())
    market()
    impact, effects = impact_of_adopting(candidate(effect="deduct"), ["effect"])
    # 330 becomes 300 + 30 - 20 - 40 = 270, and 115 becomes 85.
    assert [(mover.before_cents, mover.after_cents) for mover in impact.movers] == [(33_000, 27_000), (11_500, 8_500)]
    assert effects["RamSpec.memory"] == FieldEffect(2, 2, 55.0, -55.0)


def test_it_is_what_adopting_then_does() -> None:
    """With overrides, rulesets of other people and listings that are assigned to the baseline."""
    first = import_baseline(content=document())
    listings = market()
    set_override(entity="CPU", field="speed", amount=Amount(value=11))
    RuleActionFactory(action_type="multiplier", value_usd=-10, rule__conditions=at_least(4))
    assigned = RulesetOverride.objects.create(listing=listings[0], static_ruleset_id=first.ruleset_id)
    other = RulesetFactory(priority=1)
    RulesetOverride.objects.create(listing=listings[1]).disabled_rulesets.add(other)
    recalculate(scope=Scope(), trigger="test")
    before = dict(Listing.objects.values_list("pk", "valuation__adjusted_cents"))
    selected = ["Listing.wear", "StorageProfile.drive"]
    impact, _ = impact_of_adopting(candidate(), selected)

    done = adopt(candidate=read_document(changed(), field_registry()), selected=selected)
    assigned.static_ruleset_id = done.new_ruleset_id
    assigned.save()
    recalculate(scope=Scope(), trigger="test")
    after = dict(Listing.objects.values_list("pk", "valuation__adjusted_cents"))
    moved = {pk for pk in after if after[pk] != before[pk] and Listing.objects.active().filter(pk=pk).exists()}
    assert {mover.id: (mover.before_cents, mover.after_cents) for mover in impact.movers} == {
        pk: (before[pk], after[pk]) for pk in moved
    }
    assert moved == {listings[0].pk, listings[1].pk}


def test_nothing_is_saved(django_assert_max_num_queries: Any) -> None:
    import_baseline(content=document())
    market()
    comparison = candidate()
    before = (Rule.objects.count(), RulesRevision.objects.get().revision)
    with django_assert_max_num_queries(70):
        impact_of_adopting(comparison, comparison.diff.selectable())
    assert (Rule.objects.count(), RulesRevision.objects.get().revision) == before


def test_without_a_baseline() -> None:
    market()
    comparison = compare_with_current(read_document(document(), field_registry()))
    impact, effects = impact_of_adopting(comparison, comparison.diff.selectable())
    assert (impact.moved, impact.total) == (2, 45.0)
    assert effects["CPU.speed"] == FieldEffect(0, 1, 0.0, 20.0)
