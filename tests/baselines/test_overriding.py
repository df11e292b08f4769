"""Overrides are rules of one's own that count instead of the baseline's for one field, wherever their ruleset runs."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.impact import impact_of_overrides
from baselines.overriding import Amount, ensure_basic, list_overrides, remove_overrides, set_override
from baselines.reading import BaselineError
from baselines.services import import_baseline
from catalog.models import CustomField
from listings.models import Listing
from tests.baselines.documents import MEMORY, at_least, changed, document, legacy, tier
from tests.factories import (
    CpuFactory,
    CustomFieldFactory,
    ListingFactory,
    RuleActionFactory,
    RuleGroupFactory,
    RulesetFactory,
)
from valuation.choices import BASIC_GROUP_NAME
from valuation.explaining.breakdown import explain_listing
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RulesetOverride
from valuation.recalculation.marking import mark_rules
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def listing() -> Listing:
    """300 dollars, used, 16 GB, 10,000 marks: wear -30, processor 20, memory 40."""
    import_baseline(content=document())
    return ListingFactory(price_usd=300, condition="used", ram_gb=16, cpu=CpuFactory(cpu_mark_multi=10_000))


def amounts(listing: Listing) -> dict[str, float]:
    document = explain_listing(listing.pk)
    total = sum(line["adjustment_amount"] for line in document["adjustments"])
    assert total == pytest.approx(document["total_adjustment"])
    return {line["rule_name"]: line["adjustment_amount"] for line in document["adjustments"]}


def memory(**amount: Any) -> Any:
    return set_override(entity="RamSpec", field="memory", amount=Amount(**amount))[0]


BASELINE = {"Wear: used": -30.0, "Processor": 20.0, "Memory: 16 GB": 40.0}


@pytest.mark.parametrize(
    ("entity", "field", "amount", "expected"),
    [
        ("RamSpec", "memory", {"value": 12.5}, {"Wear: used": -30.0, "Processor": 20.0, "RamSpec · Memory": 12.5}),
        ("RamSpec", "memory", {"value": 0}, {"Wear: used": -30.0, "Processor": 20.0, "RamSpec · Memory": 0.0}),
        ("RamSpec", "memory", {"low": 10, "high": 20}, {**BASELINE, "Memory: 16 GB": None, "RamSpec · Memory": 15.0}),
        ("RamSpec", "memory", {"formula": "ram_gb * 3"}, {**BASELINE, "Memory: 16 GB": None, "RamSpec · Memory": 48.0}),
        ("CPU", "speed", {"value": 7}, {**BASELINE, "Processor": None, "CPU · Processor": 7.0}),
        # A share of the price at that moment, which nothing has been added to yet: half of 300.
        ("Listing", "wear", {"value": 0.5}, {**BASELINE, "Wear: used": None, "Listing · Wear": -150.0}),
    ],
)
def test_it_counts_instead(
    listing: Listing, entity: str, field: str, amount: dict[str, Any], expected: dict[str, float | None]
) -> None:
    set_override(entity=entity, field=field, amount=Amount(**amount))
    assert amounts(listing) == {name: value for name, value in expected.items() if value is not None}


def test_a_value_applies_where_the_baseline_would_have() -> None:
    import_baseline(content=document())
    memory(value=5)
    assert amounts(ListingFactory(price_usd=300, condition="new", ram_gb=4, cpu=None)) == {}
    assert amounts(ListingFactory(price_usd=300, condition="new", ram_gb=64, cpu=None)) == {"RamSpec · Memory": 5.0}


def test_a_formula_says_itself_when_it_applies() -> None:
    import_baseline(content=document())
    memory(formula="ram_gb * 2")
    assert amounts(ListingFactory(price_usd=300, condition="new", ram_gb=4, cpu=None)) == {"RamSpec · Memory": 8.0}


def test_deleting_it_has_the_baseline_back(listing: Listing) -> None:
    memory(value=5)
    assert remove_overrides(entity="RamSpec", field="memory") == 1
    assert amounts(listing) == BASELINE
    assert remove_overrides(entity="RamSpec", field="memory") == 0


@pytest.mark.parametrize("way", ["delete", "switch off", "delete the group", "switch the group off"])
def test_so_does_whatever_is_done_in_the_admin(listing: Listing, way: str) -> None:
    rule = Rule.objects.get(pk=memory(value=5).rule_id)
    row = rule.group if "group" in way else rule
    if way.startswith("delete"):
        row.delete()
    else:
        row.is_active = False
        row.save()
    assert amounts(listing) == BASELINE


def test_figures_follow(listing: Listing, django_capture_on_commit_callbacks: Any) -> None:
    recalculate(scope=Scope(), trigger="test")
    for change, total in ((lambda: memory(value=5), -500), (lambda: remove_overrides(entity="RamSpec"), 3_000)):
        with django_capture_on_commit_callbacks(execute=True):
            change()
        listing.refresh_from_db()
        assert Listing.objects.select_related("valuation").get(pk=listing.pk).valuation.total_cents == total


def test_one_override_for_a_field() -> None:
    import_baseline(content=document())
    first, is_new = set_override(entity="RamSpec", field="memory", amount=Amount(value=5))
    again, is_still_new = set_override(entity="RamSpec", field="memory", amount=Amount(low=1, high=3))
    assert (is_new, is_still_new, first.rule_id) == (True, False, again.rule_id)
    [found] = list_overrides("RamSpec")
    assert found == again
    assert (found.amount, found.proper_name, found.is_enabled, found.is_orphan) == (
        Amount(low=1, high=3),
        "Memory",
        True,
        False,
    )
    assert list_overrides("CPU") == []


def test_each_runs_behind_the_group_of_what_it_replaces(listing: Listing) -> None:
    """Two in one group, the later one a share of what the earlier ones made; and one that replaces nothing, last."""
    set_override(entity="RamSpec", field="memory", amount=Amount(value=100))
    set_override(entity="Listing", field="wear", amount=Amount(value=0.5))
    group = RuleGroup.objects.get(name=BASIC_GROUP_NAME)
    own = Rule.objects.create(group=group, name="Ten percent of all")
    RuleAction.objects.create(rule=own, action_type="multiplier", value_usd=10)
    # 300 - 150 + 20 + 100 = 270, and a tenth of that.
    assert amounts(listing) == {
        "Listing · Wear": -150.0,
        "Processor": 20.0,
        "RamSpec · Memory": 100.0,
        "Ten percent of all": 27.0,
    }


def test_a_group_that_ends_with_its_first_match_stays_whole(listing: Listing) -> None:
    memory(value=100)
    set_override(entity="Listing", field="wear", amount=Amount(value=0.5))
    RuleGroup.objects.filter(name=BASIC_GROUP_NAME).update(match_policy="first")
    Rule.objects.filter(name="Listing · Wear").update(evaluation_order=1)
    mark_rules()
    assert amounts(listing) == {"Processor": 20.0, "Listing · Wear": -160.0}  # half of 320


def test_it_shows_what_the_rule_gives_today() -> None:
    import_baseline(content=document())
    action = Rule.objects.get(pk=memory(low=1, high=3).rule_id).actions.get()
    action.value_usd = 9
    action.save()
    assert list_overrides()[0].amount == Amount(value=9)


def test_another_ruleset_can_keep_them(listing: Listing) -> None:
    own = RulesetFactory(name="Ours", priority=50)
    ensure_basic(ruleset=own)
    assert memory(value=5).ruleset_id == own.pk
    assert amounts(listing) == {"Wear: used": -30.0, "Processor": 20.0, "RamSpec · Memory": 5.0}


def test_where_that_ruleset_does_not_run_the_baseline_counts(listing: Listing) -> None:
    """By its conditions, because the listing has switched it off, and because another one is assigned."""
    own = RulesetFactory(name="Ours", priority=50, conditions=at_least(64))
    ensure_basic(ruleset=own)
    memory(value=5)
    assert amounts(listing) == BASELINE
    own.conditions = None
    own.save()
    assert "RamSpec · Memory" in amounts(listing)
    override = RulesetOverride.objects.create(listing=listing)
    override.disabled_rulesets.add(own)
    assert amounts(listing) == BASELINE
    override.disabled_rulesets.clear()
    override.static_ruleset = Ruleset.objects.get(is_baseline=True)
    override.save()
    assert amounts(listing) == BASELINE


def test_the_trace_says_why_a_rule_does_not_count(listing: Listing) -> None:
    memory(value=5)
    unmatched = {line["rule_name"]: line["reason"] for line in explain_listing(listing.pk, trace=True)["unmatched"]}
    assert unmatched["Memory: 16 GB"] == "an override counts instead"
    assert unmatched["Wear: refurb"] == "the conditions do not match"


@pytest.mark.parametrize("effect", ["add", "deduct"])
def test_its_sign_is_the_baselines_whatever_ruleset_it_lies_in(effect: str) -> None:
    import_baseline(content={**document(), "effect": effect})
    sign = -1 if effect == "deduct" else 1
    for other in ("add", "deduct"):
        own = RulesetFactory(name=f"Ours, {other}", effect=other)
        ensure_basic(ruleset=own)
        assert memory(value=5).ruleset_id == own.pk
        found = amounts(ListingFactory(price_usd=300, condition="new", ram_gb=16, cpu=None))
        assert found == {"RamSpec · Memory": sign * 5.0}
        own.delete()


@pytest.mark.parametrize(
    ("entity", "field", "amount", "path"),
    [
        ("RamSpec", "none", {"value": 1}, "field_name"),
        ("Toaster", "memory", {"value": 1}, "entity_key"),
        ("RamSpec", "memory", {}, "override_value"),
        ("RamSpec", "memory", {"value": 1, "formula": "1"}, "override_value"),
        ("RamSpec", "memory", {"value": 1, "low": 1, "high": 2}, "override_value"),
        ("RamSpec", "memory", {"low": 1}, "override_max"),
        ("RamSpec", "memory", {"high": 1}, "override_min"),
        ("RamSpec", "memory", {"low": 2, "high": 1}, "override_min"),
        ("RamSpec", "memory", {"value": float("nan")}, "override_value"),
        ("RamSpec", "memory", {"value": 1e10}, "override_value"),
        ("RamSpec", "memory", {"formula": "ramgb * 2"}, "override_formula"),
        ("RamSpec", "memory", {"formula": "9**9**9"}, "override_formula"),
        ("Listing", "wear", {"formula": "ram_gb"}, "override_formula"),
        ("Listing", "wear", {"value": -1}, "override_value"),
        ("Listing", "wear", {"low": 0.5, "high": 101}, "override_max"),
    ],
)
def test_what_is_refused(entity: str, field: str, amount: dict[str, Any], path: str) -> None:
    import_baseline(content=document())
    with pytest.raises(BaselineError) as error:
        set_override(entity=entity, field=field, amount=Amount(**amount))
    assert [problem.path for problem in error.value.problems] == [path]
    assert not Rule.objects.filter(group__name=BASIC_GROUP_NAME).exists()


def test_without_a_baseline_there_is_nothing_to_override() -> None:
    with pytest.raises(BaselineError, match="no active baseline"):
        memory(value=1)


def test_a_field_that_needs_configuration_takes_a_formula_only() -> None:
    import_baseline(content=legacy("Lots"))
    with pytest.raises(BaselineError, match="needs configuration"):
        set_override(entity="RamSpec", field="ram_capacity", amount=Amount(value=1))
    set_override(entity="RamSpec", field="ram_capacity", amount=Amount(formula="ram_gb"))
    assert amounts(ListingFactory(price_usd=300, ram_gb=16)) == {"RamSpec · RAM": 16.0}


def test_one_of_a_field_that_is_no_more_is_an_orphan() -> None:
    import_baseline(content=document())
    set_override(entity="Listing", field="wear", amount=Amount(value=0.5))
    import_baseline(content=changed())
    [orphan] = list_overrides()
    assert (orphan.key, orphan.is_orphan, orphan.proper_name) == ("Listing.wear", True, "wear")


def test_every_step_is_written_down() -> None:
    import_baseline(content=document())
    memory(value=5)
    memory(formula="ram_gb")
    remove_overrides(entity="RamSpec")
    entries = AuditEntry.objects.filter(target_kind="baseline", action__startswith="baseline.override").order_by("pk")
    nothing = {"value": None, "min": None, "max": None, "formula": None}
    assert [(entry.action, entry.target_name, entry.before, entry.after) for entry in entries] == [
        ("baseline.override_set", "RamSpec.memory", None, {**nothing, "value": 5.0}),
        ("baseline.override_set", "RamSpec.memory", {**nothing, "value": 5.0}, {**nothing, "formula": "ram_gb"}),
        ("baseline.override_removed", "RamSpec.memory", {**nothing, "formula": "ram_gb"}, None),
    ]


def test_what_they_do_to_all_listings(listing: Listing) -> None:
    ListingFactory(price_usd=100, condition="new", ram_gb=8, cpu=None)  # memory 15
    ListingFactory(price_usd=100, condition="new", ram_gb=4, cpu=None)  # nothing
    ListingFactory(price_usd=None, ram_gb=16)
    ListingFactory(price_usd=100, ram_gb=16, status="archived")
    memory(value=5)
    set_override(entity="CPU", field="speed", amount=Amount(value=50))
    both, of_memory = impact_of_overrides(), impact_of_overrides("RamSpec")
    assert (of_memory.checked, of_memory.moved, of_memory.total, of_memory.mean) == (3, 2, -45.0, -22.5)
    assert (of_memory.low, of_memory.high, of_memory.median, of_memory.deviation) == (-35.0, -10.0, -22.5, 12.5)
    assert (both.moved, both.total) == (2, -15.0)  # -35 + 30, and -10
    [first, _] = of_memory.movers
    assert (first.id, first.price_cents, first.before_cents, first.after_cents) == (listing.pk, 30_000, 36_000, 32_500)


# -- What an override means ------------------------------------------------------------------------------------


def test_it_follows_the_baselines_tiers(listing: Listing) -> None:
    """A value applies wherever the baseline's own rules do, also once these are others."""
    small = ListingFactory(price_usd=300, condition="new", ram_gb=4, cpu=None)
    memory(value=5)
    assert amounts(small) == {}
    content = document()
    content["entities"]["RamSpec"][0]["valuation_buckets"].append(tier("4 GB", at_least(4, 8), 2))
    import_baseline(content=content)
    assert amounts(small) == {"RamSpec · Memory": 5.0}
    remove_overrides(entity="RamSpec")
    assert amounts(small) == {"Memory: 4 GB": 2.0}


def test_one_that_is_broken_leaves_the_baselines_rules_in_force(listing: Listing) -> None:
    field = CustomFieldFactory(entity="listing", key="extra", data_type="number")
    memory(formula="coalesce(custom.extra, 1)")
    assert amounts(listing)["RamSpec · Memory"] == 1.0
    CustomField.objects.filter(pk=field.pk).delete()
    mark_rules()
    assert amounts(listing) == BASELINE
    [error] = explain_listing(listing.pk)["errors"]
    assert error["rule_name"] == "RamSpec · Memory"


def test_a_rule_by_hand_beside_the_baselines_moves_no_adjustment(listing: Listing) -> None:
    memory(value=40)
    basic = RuleGroup.objects.get(name=BASIC_GROUP_NAME)
    own = Rule.objects.create(group=basic, name="Ten percent of all")
    RuleAction.objects.create(rule=own, action_type="multiplier", value_usd=10)
    before = amounts(listing)
    worthless = Rule.objects.create(group=RuleGroup.objects.get(name="Listing · Baseline"), name="Nothing")
    RuleAction.objects.create(rule=worthless, action_type="fixed_value", value_usd=0)
    assert amounts(listing) == {**before, "Nothing": 0.0}


def test_a_field_of_many_and_deep_tiers() -> None:
    """Whatever the baseline may hold can be overridden."""
    tiers = [tier(f"{n} GB", at_least(n, n + 1), 1) for n in range(1, 151)]
    deep: Any = {"field_name": "condition", "operator": "equals", "value": "used"}
    for _ in range(9):
        deep = {"logical_operator": "and", "conditions": [deep]}
    import_baseline(content=document(RamSpec=[{**MEMORY, "valuation_buckets": [*tiers, tier("deep", deep, 1)]}]))
    memory(value=5)
    assert amounts(ListingFactory(price_usd=300, condition="new", ram_gb=120, cpu=None)) == {"RamSpec · Memory": 5.0}
    assert amounts(ListingFactory(price_usd=300, condition="used", ram_gb=None, cpu=None)) == {"RamSpec · Memory": 5.0}
    assert amounts(ListingFactory(price_usd=300, condition="new", ram_gb=None, cpu=None)) == {}


def test_what_people_write_makes_no_override(listing: Listing) -> None:
    """The name of a group and metadata can be written by whoever writes rules; the column cannot."""
    group = RuleGroupFactory(name=BASIC_GROUP_NAME, ruleset__name="Mine")
    RuleActionFactory(
        value_usd=1,
        rule__group=group,
        rule__name="Not an override",
        rule__conditions=None,
        rule__metadata={"entity": "RamSpec", "field": "memory", "override": None},
    )
    assert amounts(listing) == {**BASELINE, "Not an override": 1.0}
    assert list_overrides() == []
    assert memory(value=5).ruleset_id == Ruleset.objects.get(is_baseline=True).pk


def test_long_names_that_are_cut_to_one_are_told_apart() -> None:
    """Names are cut before they are looked for: three fields whose rules share the first 255 characters."""
    name, label = "N" * 100, "L" * 100
    fields = [
        {
            "id": f"{'x' * 60}{number}",
            "proper_name": name,
            "valuation_buckets": [tier(label, at_least(8), 5)],
        }
        for number in range(3)
    ]
    outcome = import_baseline(content=document(RamSpec=fields))
    names = list(Rule.objects.filter(group__ruleset=outcome.ruleset_id).values_list("name", flat=True))
    assert len(set(names)) == 3
    for field in fields:
        set_override(entity="RamSpec", field=field["id"], amount=Amount(value=1))
