"""An edit of rules values what it touches, and then every figure is as if it had been computed from scratch."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from baselines.services import activate_baseline
from catalog.models import CustomField, Profile
from listings.models import Listing
from tests.baselines.worlds import CONDITIONS, World, totals
from tests.factories import ListingFactory, RuleActionFactory, RulesetFactory
from valuation.deleting import delete_trees
from valuation.models import (
    CoveredRules,
    ListingValuation,
    RecalculationRun,
    Rule,
    RuleAction,
    Ruleset,
    RulesetOverride,
)
from valuation.recalculation import covering
from valuation.recalculation.covering import touched_listings
from valuation.recalculation.marking import anything_stale, mark_rules, revision_row
from valuation.recalculation.run import RunSummary, Scope, recalculate

pytestmark = pytest.mark.django_db


def run(**options: Any) -> RunSummary:
    return recalculate(scope=Scope(**options), trigger="test")


@pytest.fixture
def rule() -> Rule:
    """Ten dollars off for 16 GB and more: two listings of five."""
    action = RuleActionFactory(value_usd=-10, rule__conditions=CONDITIONS[1])
    for ram in (4, 8, 16, 32, None):
        ListingFactory(price_usd=100, ram_gb=ram, cpu=None)
    run()
    return action.rule


def touched() -> list[int | None] | None:
    """The memory of the listings that the rules' moving on touches; None: all of them are looked at."""
    ids = touched_listings(revision_row())
    if ids is None:
        return None
    return sorted(Listing.objects.filter(pk__in=ids.tolist()).values_list("ram_gb", flat=True), key=lambda gb: gb or 0)


def give(rule: Rule, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.save()


# what is done -> the memory of the listings that are looked at (None: all are)
TOUCHES: dict[str, tuple[Callable[[Rule], object], list[int | None] | None]] = {
    "saved unchanged": (lambda rule: rule.save(), []),
    "another name": (lambda rule: give(rule, name="New", description="Because."), []),
    "another name of its group": (lambda rule: give(rule.group, name="New"), []),
    "metadata": (lambda rule: give(rule, metadata={"why": "so"}), []),
    "another amount": (lambda rule: rule.actions.update(value_usd=5), [16, 32]),
    "another condition": (lambda rule: give(rule, conditions=CONDITIONS[2]), None),  # 4, 8 and 16, 32: most of them
    "a narrower condition": (
        lambda rule: give(rule, conditions=[{"field_name": "ram_gb", "operator": "gte", "value": 32}]),
        [16, 32],
    ),
    "no condition": (lambda rule: give(rule, conditions=None), None),
    "switched off": (lambda rule: give(rule, is_active=False), [16, 32]),
    "its group switched off": (lambda rule: give(rule.group, is_active=False), [16, 32]),
    "another weight": (lambda rule: give(rule.group, weight="0.5"), [16, 32]),
    "another policy": (lambda rule: give(rule.group, match_policy="first"), [16, 32]),
    "another order": (lambda rule: give(rule, evaluation_order=3), [16, 32]),
    "another effect": (lambda rule: give(rule.group.ruleset, effect="deduct"), [16, 32]),
    "another scope": (lambda rule: give(rule.group.ruleset, conditions=CONDITIONS[3]), [16, 32]),
    "deleted": (lambda rule: rule.delete(), [16, 32]),
    "broken": (lambda rule: RuleAction.objects.update(formula="nonsense(", action_type="formula"), [16, 32]),
    "a ruleset without rules": (lambda _: RulesetFactory(), []),
    "another profile": (lambda _: Profile.objects.create(name="New", weights={"cpu_mark_multi": 1}), None),
    "another year": (lambda _: mark_rules(year=1999), None),
    "a field of one's own": (
        lambda _: CustomField.objects.create(entity="listing", key="extra", label="Extra", data_type="number"),
        None,
    ),
    "rules that were not kept": (lambda _: CoveredRules.objects.all().delete(), None),
    "rules kept of another revision": (lambda _: CoveredRules.objects.update(revision=1), None),
    "rules kept by another version": (lambda _: CoveredRules.objects.update(document='{"specs": [{"what": 1}]}'), None),
}


@pytest.mark.parametrize(("edit", "expected"), TOUCHES.values(), ids=TOUCHES)
def test_what_an_edit_touches(rule: Rule, edit: Callable[[Rule], object], expected: list[int | None] | None) -> None:
    edit(rule)
    mark_rules()
    assert touched() == expected
    run()
    assert not anything_stale()
    assert figures() == totals()


def test_nothing_touched_is_covered_without_a_run(rule: Rule) -> None:
    before = RecalculationRun.objects.count()
    rule.save()
    assert anything_stale()
    assert run().done == 0
    assert not anything_stale()
    assert RecalculationRun.objects.count() == before
    kept = CoveredRules.objects.get()
    assert kept.revision == revision_row().covered_revision == revision_row().revision


def test_what_is_stale_by_itself_is_looked_at_too(rule: Rule) -> None:
    Listing.objects.get(ram_gb=4).save()
    new = ListingFactory(price_usd=50, ram_gb=2, cpu=None)
    rule.actions.update(value_usd=5)
    mark_rules()
    assert run().done == 4
    assert ListingValuation.objects.filter(listing=new).exists()
    assert figures() == totals()


def test_an_override_touches_what_it_replaces() -> None:
    world = World(random.Random("override")).build()
    run()
    assert figures() == totals()
    world.override()
    run()
    assert figures() == totals()


def test_ids_are_valued_by_name_in_chunks(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("valuation.recalculation.run.MOST_NAMED", 1)
    monkeypatch.setattr(covering, "PAGE", 2)
    rule.actions.update(value_usd=5)
    mark_rules()
    assert run().done == 2
    assert figures() == totals()


def test_keeping_and_covering_are_one(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in between, neither has happened: what is kept is of the covered revision, or there is nothing."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    rule.actions.update(value_usd=5)
    mark_rules()
    before = revision_row().covered_revision
    monkeypatch.setattr(covering, "_document", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        covering.cover(revision_row().revision)
    assert revision_row().covered_revision == before == CoveredRules.objects.get().revision
    monkeypatch.undo()
    run()
    assert figures() == totals()


# -- From scratch ----------------------------------------------------------------------------------------------


def figures() -> dict[int, int | None]:
    return dict(Listing.objects.active().values_list("pk", "valuation__adjusted_cents"))


# -- Choices that rulesets' coming and going changes --------------------------------------------------------------


def switch_off(own: Ruleset, _: RulesetOverride) -> None:
    give(own, is_active=False)


def another_baseline(_: Ruleset, chosen: RulesetOverride) -> None:
    """The listing is assigned to a version that does not count, and so to none, until its successor does."""
    first, second = (RulesetFactory(is_baseline=True, is_active=False) for _ in range(2))
    give(chosen, static_ruleset=first)
    run()
    assert figures() == totals()
    activate_baseline(ruleset=second)


# what is done with the ruleset of the first listing
CHOICES: dict[str, Callable[[Ruleset, RulesetOverride], object]] = {
    "switched off": switch_off,
    "deleted": lambda own, _: own.delete(),
    "deleted with all in it": lambda own, _: delete_trees([own]),
    "its successor": another_baseline,
    "switched off for it": lambda _, chosen: Ruleset.objects.get(name="Of all").disabled_for.add(chosen),
    "switched off for it alone": lambda _, chosen: Ruleset.objects.get(name="Of all").disabled_for.set([chosen]),
    "on again for all": lambda *_: Ruleset.objects.get(name="Of all").disabled_for.clear(),
}


@pytest.mark.parametrize("edit", CHOICES.values(), ids=CHOICES)
def test_listings_that_no_changed_rule_matches_but_whose_ruleset_changes(
    edit: Callable[[Ruleset, RulesetOverride], object],
) -> None:
    """The one that it is assigned to does nothing to it, and keeps the others off."""
    listings = [ListingFactory(price_usd=100, ram_gb=8, cpu=None) for _ in range(5)]
    own = RuleActionFactory(value_usd=5, rule__conditions=CONDITIONS[1]).rule.group.ruleset
    of_all = RuleActionFactory(value_usd=7, rule__group__ruleset__name="Of all").rule.group.ruleset
    assigned = edit not in list(CHOICES.values())[4:]
    chosen = RulesetOverride.objects.create(listing=listings[0], static_ruleset=own if assigned else None)
    RulesetOverride.objects.create(listing=listings[1]).disabled_rulesets.add(of_all)
    run()
    before = figures()
    assert before == totals()
    edit(own, chosen)
    recalculate(scope=Scope(hinted=True), trigger="test")
    assert figures() == totals()
    assert edit is another_baseline or figures() != before  # there it had changed in between
    assert not anything_stale()
