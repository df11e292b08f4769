"""A draft looked at in the place of its original is what publishing it gives: for a rule, and for the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from listings.models import Listing
from tests.baselines.worlds import totals
from tests.factories import RuleActionFactory
from tests.valuation.drafts.worlds import draft_of, market, reprice, rule, ruleset_with_rules
from valuation.drafts.publishing import publish
from valuation.engine import ActionSpec
from valuation.models import Ruleset
from valuation.overrides import Override, set_override
from valuation.trying.impact import compare_worlds
from valuation.trying.preview import Draft, rehearse_draft
from valuation.trying.standing import RuleStanding, standing_of
from valuation.trying.standing_in import world_with

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["usual", "switched off", "a baseline", "of a place"])
def draft(request: Any) -> Ruleset:
    """Of a ruleset that one listing is assigned to and another has switched off; behind it, a share of its price."""
    market()
    original = ruleset_with_rules()
    columns = {"a baseline": {"is_baseline": True}, "of a place": {"place": 10**6}}.get(request.param, {})
    Ruleset.objects.filter(pk=original.pk).update(**columns)
    original.refresh_from_db()
    RuleActionFactory(action_type="multiplier", value_usd=10, rule__group__ruleset__name="Share")
    if request.param == "a baseline":
        ruleset_with_rules("Older")
        Ruleset.objects.filter(name="Older").update(is_active=False, is_baseline=True)
    first, second, *_ = Listing.objects.filter(ram_gb__gte=16).order_by("pk")
    set_override(listing=first, override=Override(original.pk))
    set_override(listing=second, override=Override(None, (original.pk,)))
    made = draft_of(original)
    reprice(made, "32 GB", 25)
    if request.param == "switched off":
        Ruleset.objects.filter(pk=original.pk).update(is_active=False)
    return draft_again(made)


def draft_again(draft: Ruleset) -> Ruleset:
    return Ruleset.objects.select_related("draft_of").get(pk=draft.pk)


def rows() -> list[Any]:
    overrides = Listing.objects.values_list("ruleset_override__static_ruleset", "ruleset_override__disabled_rulesets")
    return [*Ruleset.objects.order_by("pk").values_list(), *overrides.order_by("pk")]


def published(draft: Ruleset) -> Ruleset:
    original = draft.draft_of
    assert original is not None
    publish(draft_id=draft.pk, note="x")
    if not original.is_baseline:
        Ruleset.objects.filter(pk=original.pk).update(is_active=True)
    return Ruleset.objects.get(pk=original.pk)


def moved(before: dict[int, int | None], after: dict[int, int | None]) -> dict[int, int]:
    return {pk: (after[pk] or 0) - (cents or 0) for pk, cents in before.items() if after[pk] != cents}


def test_a_rule_of_a_draft(draft: Ruleset) -> None:
    edited, was = rule(draft, "8 GB"), rows()
    action = ActionSpec("fixed_value", value_usd=17.5)
    tried = Draft(edited.conditions, (action,), edited.group, replaces=edited.pk)
    rehearsal = rehearse_draft(tried)
    assert rows() == was
    shown = compare_worlds(rehearsal.before, rehearsal.after)
    original = published(draft)
    before = totals()
    reprice(original, "8 GB", 17.5)
    assert {mover.id: mover.delta_cents for mover in shown.movers} == moved(before, totals())


def test_the_whole_of_a_draft(draft: Ruleset) -> None:
    today, was = totals(), rows()
    shown = compare_worlds(world_with(None), world_with(draft))
    assert rows() == was
    published(draft)
    assert {mover.id: mover.delta_cents for mover in shown.movers} == moved(today, totals())


def by_name(ruleset: Ruleset) -> tuple[Any, dict[str, RuleStanding]]:
    found = standing_of(ruleset)
    names = {row.pk: row.name for group in ruleset.groups.all() for row in group.rules.all()}
    rules = {names[pk]: replace(told, together=()) for pk, told in found.rules.items()}
    return (found.listings, found.applies, found.touched, found.cents), rules


def test_how_the_rules_of_a_draft_stand(draft: Ruleset) -> None:
    shown = by_name(draft)
    assert shown == by_name(published(draft))
