"""A new version takes the place of what it follows; and what people chose for one counts for the next."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from baselines.adopting import Adoption, adopt, compare_with_current
from baselines.exporting import export_document
from baselines.impact import impact_of_adopting
from baselines.models import BaselineImport
from baselines.overriding import Amount, ensure_basic, list_overrides, set_override
from baselines.reading import read_document
from baselines.services import activate_baseline, import_baseline, reactivate_baseline
from listings.models import Listing
from tests.baselines.documents import MEMORY, SPEED, WEAR, at_least, document, is_, legacy, tier
from tests.factories import CpuFactory, ListingFactory, RuleActionFactory, RulesetFactory
from valuation.examples.running import run_examples
from valuation.examples.storing import store_examples
from valuation.explaining.breakdown import explain_listing
from valuation.models import Example, Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride
from valuation.recalculation.marking import mark_rules
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


def take(content: dict[str, Any], **options: Any) -> Adoption:
    return adopt(candidate=read_document(content, field_registry()), **options)


def shown(content: dict[str, Any], *selected: str) -> dict[int, tuple[int, int]]:
    """Of each listing that would move its adjusted price before and after, in cents."""
    comparison = compare_with_current(read_document(content, field_registry()))
    impact, _ = impact_of_adopting(comparison, selected or comparison.diff.selectable())
    return {mover.id: (mover.before_cents, mover.after_cents) for mover in impact.movers}


def price(listing: Listing) -> float:
    mark_rules()
    return float(explain_listing(listing.pk)["adjusted_price_usd"])


@pytest.fixture
def used() -> Listing:
    """300 dollars, used, 16 GB, 10,000 marks."""
    return ListingFactory(price_usd=300, condition="used", ram_gb=16, cpu=CpuFactory(cpu_mark_multi=10_000))


def with_wear(used: float, refurb: Any, **changes: Any) -> dict[str, Any]:
    """The standard document with these factors."""
    wear = {**WEAR, "valuation_buckets": [tier("used", is_("used"), used), tier("refurb", is_("refurb"), refurb)]}
    return {**document(Listing=[wear], CPU=[SPEED], RamSpec=[MEMORY]), **changes}


# -- Examples --------------------------------------------------------------------------------------------------


def told(ruleset_id: int) -> tuple[list[Any], dict[str, int]]:
    """The examples of a ruleset, and how many hold."""
    rows = Example.objects.filter(ruleset=ruleset_id).order_by("name").values_list("name", "facts", "expected")
    return list(rows), run_examples(Ruleset.objects.get(pk=ruleset_id)).counts


@pytest.mark.parametrize(
    "follow",
    [
        lambda content: take(content).new_ruleset_id,
        lambda content: take(content, selected=["Listing.wear"]).new_ruleset_id,
        lambda content: import_baseline(content=content).ruleset_id,
    ],
)
def test_examples_go_along_as_they_are(follow: Any) -> None:
    """With the facts that they froze and what they expect: where the new version says otherwise, they say so."""
    first = import_baseline(content=document()).ruleset_id
    facts = {"price_usd": 300, "condition": "used", "ram_gb": 16}
    examples = [
        {"name": "A", "facts": facts, "expected": {"low_usd": -500}},
        {"name": "B", "facts": facts, "expected": {"total_usd": 10}},  # 300 x -0.1, and the middle of 30 to 50
    ]
    store_examples(Ruleset.objects.get(pk=first), examples)
    before = told(first)
    assert before[1] == {"passed": 2, "failed": 0, "broken": 0}
    second = follow(with_wear(0.5, 0.5))
    rows, counts = told(second)
    assert (rows, counts) == (before[0], {"passed": 1, "failed": 1, "broken": 0})
    assert told(first) == before
    store_examples(Ruleset.objects.get(pk=second), examples[:1])
    reactivate_baseline(BaselineImport.objects.get(ruleset=first))
    assert (told(first), len(told(second)[0])) == (before, 1)


# -- Places ----------------------------------------------------------------------------------------------------


def test_the_group_of_an_adopted_field_stays_in_its_place(used: Listing) -> None:
    """At the end it would take a share of another price: 300 x 0.9 + 60 is 330, (300 + 60) x 0.9 is 324."""
    import_baseline(content=document())
    assert price(used) == 330.0
    done = take(with_wear(0.9, 0.5))
    assert price(used) == 330.0
    groups = RuleGroup.objects.filter(ruleset=done.new_ruleset_id).values_list("name", "display_order")
    assert dict(groups) == {"Listing · Baseline": 1, "CPU · Baseline": 2, "RamSpec · Baseline": 3}


@pytest.mark.parametrize(
    ("changes", "before"),
    [
        ({"name": "Ours by hand"}, 330.0),
        ({"weight": "0.5"}, 345.0),  # half the wear
        ({"is_active": False}, 360.0),
        ({"entity_key": ""}, 330.0),
        ({"display_order": 9}, 324.0),
        ({"match_policy": "first", "metadata": {"note": "mine"}}, 330.0),
    ],
    ids=str,
)
def test_what_was_set_on_a_group_stays(used: Listing, changes: dict[str, Any], before: float) -> None:
    import_baseline(content=document())
    RuleGroup.objects.filter(entity_key="Listing").update(**changes)
    assert price(used) == before
    candidate = with_wear(0.9, 0.5)
    assert shown(candidate) == {}
    done = take(candidate)
    assert price(used) == before
    kept = RuleGroup.objects.get(rules__name="Wear: refurb", ruleset=done.new_ruleset_id)
    for name, value in changes.items():
        if name != "entity_key":
            assert str(getattr(kept, name)).rstrip("0") == str(value).rstrip("0")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_active": False}, 360.0),
        ({"name": "Worn"}, 330.0),
        ({"evaluation_order": 70, "priority": 3}, 330.0),
        ({"conditions": is_("new")}, 360.0),
    ],
    ids=str,
)
def test_what_was_set_on_a_rule_stays_where_the_file_says_nothing_new(
    used: Listing, changes: dict[str, Any], expected: float
) -> None:
    """Another explanation, and another factor for refurbished ones, are no reason to touch the rule of used ones."""
    import_baseline(content=document())
    Rule.objects.filter(name="Wear: used").update(**changes)
    candidate = with_wear(0.9, 0.5)
    candidate["entities"]["Listing"][0]["explanation"] = "Because."
    done = take(candidate)
    assert price(used) == expected
    kept = Rule.objects.get(group__ruleset=done.new_ruleset_id, metadata__label="used")
    assert {name: getattr(kept, name) for name in changes} == changes


def test_a_tier_that_was_deleted_by_hand_does_not_come_back(used: Listing) -> None:
    import_baseline(content=document())
    Rule.objects.filter(name="Wear: used").delete()
    take(with_wear(0.9, 0.5))
    assert price(used) == 360.0
    take(with_wear(0.8, 0.5))  # but the candidate says something new of it
    assert price(used) == 300.0


def test_a_new_field_stands_where_the_file_has_it(used: Listing) -> None:
    """Adopted and imported, the same file does the same."""
    candidate = document(Listing=[BONUS, WEAR], CPU=[SPEED], RamSpec=[MEMORY])
    import_baseline(content=document())
    take(candidate)
    adopted = price(used)
    Ruleset.objects.all().delete()
    import_baseline(content=candidate)
    assert price(used) == adopted == 420.0  # (300 + 100) x 0.9 + 60


def test_the_ruleset_stays_among_its_equals(used: Listing) -> None:
    """A ruleset of the same priority that was made later runs later, and goes on doing so."""
    first = import_baseline(content=document())
    Ruleset.objects.filter(pk=first.ruleset_id).update(conditions=at_least(2), priority=50)
    own = RulesetFactory(priority=50)
    RuleActionFactory(action_type="multiplier", value_usd=10, rule__group__ruleset=own, rule__conditions=None)
    assert price(used) == 363.0  # 330 and a tenth
    candidate = with_wear(0.9, 0.5)
    assert shown(candidate) == {}
    done = take(candidate)
    assert price(used) == 363.0
    new = Ruleset.objects.get(pk=done.new_ruleset_id)
    assert (new.priority, new.conditions, new.place) == (50, at_least(2), first.ruleset_id)
    again = take(with_wear(0.9, 0.6))
    assert Ruleset.objects.get(pk=again.new_ruleset_id).place == first.ruleset_id


# -- The order of fields ---------------------------------------------------------------------------------------

BONUS: dict[str, Any] = {
    "id": "bonus",
    "proper_name": "Bonus",
    "valuation_buckets": [tier("any", at_least(1), 100)],
}


def test_the_order_of_fields_is_a_change(used: Listing) -> None:
    import_baseline(content=document(Listing=[BONUS, WEAR]))
    assert price(used) == 360.0  # (300 + 100) x 0.9
    candidate = document(Listing=[WEAR, BONUS])
    comparison = compare_with_current(read_document(candidate, field_registry()))
    assert comparison.diff.selectable() == ["order"]
    assert comparison.diff.order is not None
    assert (comparison.diff.order.old, comparison.diff.order.new) == (
        ["Listing.bonus", "Listing.wear"],
        ["Listing.wear", "Listing.bonus"],
    )
    assert shown(candidate) == {used.pk: (36_000, 37_000)}
    take(candidate)
    assert price(used) == 370.0  # 300 x 0.9 + 100
    stored = BaselineImport.objects.active()
    assert stored is not None
    assert [item["id"] for item in stored.document["entities"]["Listing"]] == ["wear", "bonus"]


def test_the_order_stays_where_it_is_not_selected(used: Listing) -> None:
    import_baseline(content=document(Listing=[BONUS, WEAR]))
    take(document(Listing=[WEAR, {**BONUS, "explanation": "Because."}]), selected=["Listing.bonus"])
    assert price(used) == 360.0


# -- The same file again ---------------------------------------------------------------------------------------


def test_a_file_that_was_adopted_before_keeps_the_effect_that_counts(used: Listing) -> None:
    file = legacy("8GB", "16GB")
    import_baseline(content=file)
    other = legacy("8GB", "32GB")
    import_baseline(content=other, effect="deduct")
    told = shown(file)
    take(file)
    assert price(used) == told[used.pk][1] / 100 == 287.5
    stored = BaselineImport.objects.active()
    assert stored is not None
    assert (stored.ruleset.effect, BaselineImport.objects.count()) == ("deduct", 3)


def test_a_rule_by_hand_stays_when_an_earlier_file_is_adopted_again(used: Listing) -> None:
    import_baseline(content=document())
    take(with_wear(0.8, 0.9))
    RuleActionFactory(
        value_usd="4.3",
        rule__name="By hand",
        rule__conditions=None,
        rule__group=RuleGroup.objects.get(name="RamSpec · Baseline", ruleset__is_active=True),
    )
    told = shown(document())
    take(document())
    assert price(used) == told[used.pk][1] / 100 == 334.3


def test_the_same_file_with_another_meaning_is_another_baseline(used: Listing) -> None:
    first = import_baseline(content=document())
    other = import_baseline(content=document(), effect="deduct")
    assert (first.created, other.created, price(used)) == (True, True, 270.0)  # 300 + 30 - 60
    low = import_baseline(content=document(), effect="deduct", bucket_point="low")
    assert low.created
    again = import_baseline(content=document(), effect="deduct")
    assert (again.created, again.ruleset_id) == (False, low.ruleset_id)  # which point was not said: the one in force
    assert import_baseline(content=document(), effect="deduct", bucket_point="mid").ruleset_id == other.ruleset_id
    assert import_baseline(content=document(), effect="add").ruleset_id == first.ruleset_id


@pytest.mark.parametrize("options", [{"effect": "deduct"}, {"bucket_point": "low"}, {}])
def test_an_export_means_what_was_imported(used: Listing, options: dict[str, str]) -> None:
    import_baseline(content=document(), **options)
    before, stored = price(used), BaselineImport.objects.active()
    assert stored is not None
    exported = export_document(stored)
    Ruleset.objects.all().delete()
    import_baseline(content=exported)
    assert price(used) == before
    assert (exported == document()) == (not options)


# -- What people chose -----------------------------------------------------------------------------------------


def test_an_assigned_listing_stays_with_the_baseline(used: Listing) -> None:
    first = import_baseline(content=document())
    own = RulesetFactory(priority=100)
    RuleActionFactory(value_usd=1_000, rule__group__ruleset=own, rule__conditions=None)
    RulesetOverride.objects.create(listing=used, static_ruleset_id=first.ruleset_id)
    assert price(used) == 330.0
    candidate = with_wear(0.8, 0.9)
    assert shown(candidate) == {used.pk: (33_000, 30_000)}
    done = take(candidate)
    assert price(used) == 300.0
    assert RulesetOverride.objects.get().static_ruleset_id == done.new_ruleset_id
    reactivate_baseline(BaselineImport.objects.get(ruleset=first.ruleset_id))
    assert price(used) == 330.0
    assert RulesetOverride.objects.get().static_ruleset_id == first.ruleset_id


@pytest.mark.parametrize("way", ["adopt", "import", "reactivate"])
def test_a_baseline_that_is_switched_off_for_a_listing_stays_off(used: Listing, way: str) -> None:
    first = import_baseline(content=document())
    candidate = with_wear(0.8, 0.9)
    if way == "reactivate":
        first = import_baseline(content=candidate)
    chosen = RulesetOverride.objects.create(listing=used)
    chosen.disabled_rulesets.add(first.ruleset_id, *Ruleset.objects.filter(is_baseline=True))
    assert price(used) == 300.0
    if way == "adopt":
        assert shown(candidate) == {}
        take(candidate)
    elif way == "import":
        import_baseline(content=candidate)
    else:
        reactivate_baseline(BaselineImport.objects.order_by("pk")[0])
    assert price(used) == 300.0
    assert list(chosen.disabled_rulesets.values_list("is_active", flat=True)) == [True]


def test_overrides_move_into_a_group_that_is_there_already(used: Listing) -> None:
    import_baseline(content=document())
    set_override(entity="RamSpec", field="memory", amount=Amount(value=5))
    RuleGroup.objects.filter(name="Basic · Adjustments").update(weight="0.5")
    assert price(used) == 292.5  # 270 + 20 and half of 5
    second = import_baseline(content=with_wear(0.9, 0.5), activate=False)
    ensure_basic(ruleset=Ruleset.objects.get(pk=second.ruleset_id))
    reactivate_baseline(BaselineImport.objects.get(ruleset=second.ruleset_id))
    assert [found.key for found in list_overrides()] == ["RamSpec.memory"]
    assert price(used) == 292.5


def test_going_back_writes_nothing_that_was_read_before_the_lock() -> None:
    first = import_baseline(content=document())
    import_baseline(content=with_wear(0.8, 0.9))
    read_early = BaselineImport.objects.select_related("ruleset").get(ruleset=first.ruleset_id)
    Ruleset.objects.filter(pk=first.ruleset_id).update(priority=77, description="A colleague's.")
    reactivate_baseline(read_early)
    stored = Ruleset.objects.get(pk=first.ruleset_id)
    assert (stored.priority, stored.description, stored.is_active) == (77, "A colleague's.", True)


def test_activating_what_is_active_changes_nothing() -> None:
    first = import_baseline(content=document())
    before = Ruleset.objects.values().get(pk=first.ruleset_id)
    assert activate_baseline(ruleset=Ruleset.objects.get(pk=first.ruleset_id)) is None
    assert Ruleset.objects.values().get(pk=first.ruleset_id) == before


# -- Names -----------------------------------------------------------------------------------------------------


def test_long_names_stay_apart() -> None:
    """Unique after they are cut, and not before."""
    long = "N" * 100
    fields = [
        {
            "id": "f" * 60 + letter,
            "proper_name": long,
            "valuation_buckets": [tier("L" * 100, at_least(2), 1), tier("L" * 99 + "M", at_least(4), 2)],
        }
        for letter in "abc"
    ]
    outcome = import_baseline(content=document(RamSpec=fields))
    names = list(Rule.objects.filter(group__ruleset=outcome.ruleset_id).values_list("name", flat=True))
    assert len(set(names)) == len(names) == 6
    assert max(map(len, names)) <= 255


def test_a_group_whose_key_was_emptied_is_followed_all_the_same(used: Listing) -> None:
    import_baseline(content=document())
    RuleGroup.objects.update(entity_key="")
    candidate = deepcopy(document())
    candidate["entities"]["RamSpec"].append({**BONUS, "proper_name": "Memory"})
    done = take(candidate)
    assert price(used) == 430.0
    assert RuleGroup.objects.filter(ruleset=done.new_ruleset_id).count() == 3


def test_actions_by_hand_stay_with_an_unchanged_tier(used: Listing) -> None:
    import_baseline(content=document())
    RuleAction.objects.filter(rule__name="Memory: 16 GB").update(value_usd=41)
    candidate = document()
    candidate["entities"]["RamSpec"][0]["valuation_buckets"][2]["value_usd"] = 95  # 32 GB
    assert shown(candidate) == {}
    take(candidate)
    assert price(used) == 331.0
