"""A candidate's selected changes become a new version; everything else stays as it is, to the row."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.adopting import Adoption, adopt, compare_with_current
from baselines.drift import edited_fields
from baselines.models import BaselineImport
from baselines.overriding import Amount, set_override
from baselines.reading import BaselineError, canonical_hash, read_document
from baselines.services import import_baseline
from tests.baselines.documents import MEMORY, at_least, changed, document, is_, legacy, tier
from tests.factories import CpuFactory, ListingFactory
from valuation.explaining.breakdown import explain_listing
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.rulebook import baseline_field
from valuation.registry import field_registry

pytestmark = pytest.mark.django_db


def take(content: dict[str, Any], **options: Any) -> Adoption:
    return adopt(candidate=read_document(content, field_registry()), **options)


def rules(ruleset_id: int) -> dict[str, list[tuple[str, Any, str]]]:
    """By field: the name, condition and amount of each rule."""
    found: dict[str, list[tuple[str, Any, str]]] = {}
    for action in RuleAction.objects.filter(rule__group__ruleset=ruleset_id).select_related("rule"):
        amount = action.formula or f"{float(action.value_usd):g}"
        found.setdefault(baseline_field(action.rule), []).append((action.rule.name, action.rule.conditions, amount))
    return {key: sorted(value) for key, value in found.items()}


def refused(content: dict[str, Any], **options: Any) -> list[str]:
    before = list(Ruleset.objects.values_list("pk", "is_active"))
    with pytest.raises(BaselineError) as error:
        take(content, **options)
    assert list(Ruleset.objects.values_list("pk", "is_active")) == before
    return [problem.path for problem in error.value.problems]


def test_one_change_and_nothing_else() -> None:
    first = import_baseline(content=document())
    done = take(changed(), selected=["RamSpec.memory"])
    old, new = rules(first.ruleset_id), rules(done.new_ruleset_id)
    assert {key for key in {**old, **new} if old.get(key) != new.get(key)} == {"RamSpec.memory"}
    assert new["RamSpec.memory"] == [
        ("Memory: 16 GB", at_least(16, 32), "60"),
        ("Memory: 32 GB+", at_least(32), "90"),
        ("Memory: 8 GB", at_least(8, 16), "15"),
    ]
    assert (done.adopted_fields, done.skipped_fields, done.previous_ruleset_id) == (
        ("RamSpec.memory",),
        ("Listing.wear", "StorageProfile.drive"),
        first.ruleset_id,
    )
    assert list(Ruleset.objects.filter(is_active=True).values_list("pk", flat=True)) == [done.new_ruleset_id]


@pytest.mark.parametrize(
    ("key", "total"),
    [
        # 300 dollars, used, 16 GB, 10,000 marks, 1 TB: wear -30, processor 20, memory 40; 330 in all.
        (None, 30.0),
        ("RamSpec.memory", 50.0),  # 60 instead of 40
        ("Listing.wear", 60.0),  # no -30
        ("StorageProfile.drive", 70.0),  # 40 more
    ],
)
def test_each_change_values_to_the_cent(key: str | None, total: float) -> None:
    import_baseline(content=document())
    listing = ListingFactory(
        price_usd=300, condition="used", ram_gb=16, primary_storage_gb=1000, cpu=CpuFactory(cpu_mark_multi=10_000)
    )
    if key:
        take(changed(), selected=[key])
    assert explain_listing(listing.pk)["total_adjustment"] == total


def test_everything_is_the_candidate_itself() -> None:
    import_baseline(content=document())
    done = take(changed())
    stored = BaselineImport.objects.get(ruleset=done.new_ruleset_id)
    assert (stored.document, stored.source_hash) == (changed(), canonical_hash(changed()))
    assert (done.new_version, done.skipped_fields) == ("1.1.20261120", ())
    assert set(rules(done.new_ruleset_id)) == {"CPU.speed", "RamSpec.memory", "StorageProfile.drive"}
    assert import_baseline(content=changed()).created is False


def test_back_to_what_was_there_before_is_that_again() -> None:
    first = import_baseline(content=document())
    take(changed())
    assert take(document()).new_ruleset_id == first.ruleset_id
    assert BaselineImport.objects.count() == 2


def test_the_first_baseline_may_be_a_part_of_a_file() -> None:
    done = take(document(), selected=["CPU.speed"])
    assert set(rules(done.new_ruleset_id)) == {"CPU.speed"}
    assert done.previous_ruleset_id is None


def test_rules_that_somebody_changed_by_hand_stay_as_they_are() -> None:
    first = import_baseline(content=document())
    edited = Rule.objects.get(name="Wear: used")
    edited.conditions = is_("new")
    edited.save()
    RuleGroup.objects.filter(name="CPU · Baseline").update(weight="0.5")
    own = Rule.objects.create(group=edited.group, name="By hand", evaluation_order=7)
    RuleAction.objects.create(rule=own, action_type="fixed_value", value_usd=3)
    stored = BaselineImport.objects.get(ruleset=first.ruleset_id)
    assert edited_fields(stored, read_document(stored.document, field_registry())) == {"Listing.wear", "CPU.speed"}

    done = take(changed(), selected=["RamSpec.memory"])
    inside = Rule.objects.filter(group__ruleset=done.new_ruleset_id)
    assert inside.get(name="Wear: used").conditions == is_("new")
    assert inside.get(name="By hand").evaluation_order == 7
    assert inside.get(name="Processor").group.weight == pytest.approx(0.5)


def test_what_somebody_configured_by_hand_stays() -> None:
    """The reason to copy rows and not to read the file again."""
    import_baseline(content=legacy("8GB", "Lots"))
    waiting = Rule.objects.get(name="RAM: Lots")
    waiting.conditions, waiting.is_active = at_least(64), True
    waiting.save()
    candidate = legacy("8GB", "Lots")
    candidate["entities"]["CPU"] = document()["entities"]["CPU"]
    done = take(candidate)
    kept = Rule.objects.get(group__ruleset=done.new_ruleset_id, name="RAM: Lots")
    assert (kept.is_active, kept.conditions) == (True, at_least(64))


def test_an_adopted_rule_runs_where_the_old_one_did() -> None:
    """Shares of the running price depend on what was added before them."""
    first = import_baseline(content=document())
    order = dict(Rule.objects.filter(group__ruleset=first.ruleset_id).values_list("name", "evaluation_order"))
    done = take(changed(), selected=["RamSpec.memory"])
    memory = Rule.objects.filter(group__ruleset=done.new_ruleset_id, name__startswith="Memory")
    assert {rule.name: rule.evaluation_order for rule in memory} == {
        name: place for name, place in order.items() if name.startswith("Memory")
    }
    groups = RuleGroup.objects.filter(ruleset=done.new_ruleset_id).order_by("display_order")
    assert [group.name for group in groups] == ["Listing · Baseline", "CPU · Baseline", "RamSpec · Baseline"]


def test_options_of_the_import_stay() -> None:
    import_baseline(content=document(), effect="deduct", bucket_point="high")
    done = take(changed(), selected=["StorageProfile.drive"])
    stored = BaselineImport.objects.select_related("ruleset").get(ruleset=done.new_ruleset_id)
    assert (stored.ruleset.effect, stored.bucket_point) == ("deduct", "high")
    assert rules(done.new_ruleset_id)["RamSpec.memory"][0] == ("Memory: 16 GB", at_least(16, 32), "50")


def test_an_effect_is_adopted_only_where_it_is_selected() -> None:
    import_baseline(content=document())
    candidate = {**changed(), "effect": "deduct"}
    for selected, effect in ((["Listing.wear"], "add"), (["effect"], "deduct")):
        done = take(candidate, selected=selected)
        assert Ruleset.objects.get(pk=done.new_ruleset_id).effect == effect


def test_overrides_move_along() -> None:
    first = import_baseline(content=document())
    override, _ = set_override(entity="RamSpec", field="memory", amount=Amount(value=5))
    assert override.ruleset_id == first.ruleset_id
    done = take(changed(), selected=["Listing.wear"])
    assert Rule.objects.get(pk=override.rule_id).group.ruleset_id == done.new_ruleset_id
    listing = ListingFactory(price_usd=300, ram_gb=16, cpu=None)
    assert explain_listing(listing.pk)["total_adjustment"] == 5.0


def test_it_is_written_down() -> None:
    first = import_baseline(content=document())
    done = take(changed(), selected=["RamSpec.memory"], actor="eve")
    entry = AuditEntry.objects.get(pk=done.audit_log_id)
    assert (entry.action, entry.actor, entry.ruleset_id) == ("baseline.adopted", "eve", done.new_ruleset_id)
    assert entry.before == {"ruleset_id": first.ruleset_id, "source_hash": first.source_hash}
    assert (entry.after["adopted"], entry.after["skipped"]) == (
        ["RamSpec.memory"],
        ["Listing.wear", "StorageProfile.drive"],
    )
    switched = AuditEntry.objects.get(target_kind="ruleset", target_id=first.ruleset_id, action="updated")
    assert (switched.before, switched.after) == ({"is_active": True}, {"is_active": False})


@pytest.mark.parametrize(
    ("selected", "paths"),
    [
        ([], ["selected_changes"]),
        (["RamSpec.memory", "RamSpec.none"], ["selected_changes[1]"]),
        (["CPU.speed"], ["selected_changes[0]"]),
        (["effect"], ["selected_changes[0]"]),
    ],
)
def test_selections_that_are_refused(selected: list[str], paths: list[str]) -> None:
    import_baseline(content=document())
    assert refused(changed(), selected=selected) == paths


def test_nothing_to_adopt() -> None:
    import_baseline(content=document())
    assert refused({**document(), "generated_at": "2026-11-25T00:00:00Z"}) == ["candidate_json"]


def test_a_baseline_that_changed_since_it_was_compared() -> None:
    import_baseline(content=document())
    seen = compare_with_current(read_document(changed(), field_registry())).state
    take(changed(), selected=["Listing.wear"])
    assert refused(changed(), selected=["RamSpec.memory"], state=seen) == ["state"]


def test_fields_that_need_configuration_are_named() -> None:
    import_baseline(content=document())
    content = legacy("8GB", "Lots")
    done = take(content, selected=["RamSpec.ram_capacity"])
    assert done.needs_configuration == ("RamSpec.ram_capacity",)
    assert not Rule.objects.filter(group__ruleset=done.new_ruleset_id, name="RAM: 8GB", is_active=True).exists()


def test_a_name_that_a_rule_made_by_hand_has() -> None:
    first = import_baseline(content=document())
    group = RuleGroup.objects.get(ruleset=first.ruleset_id, name="RamSpec · Baseline")
    Rule.objects.create(group=group, name="Drive: 1 TB+")
    extra = {**MEMORY, "id": "drive", "proper_name": "Drive", "valuation_buckets": [tier("1 TB+", at_least(1), 4)]}
    content = document()
    content["entities"]["RamSpec"].append(extra)
    done = take(content)
    names = Rule.objects.filter(group__ruleset=done.new_ruleset_id, name__startswith="Drive").values_list(
        "name", flat=True
    )
    assert sorted(names) == ["Drive: 1 TB+", "Drive: 1 TB+ (drive)"]
