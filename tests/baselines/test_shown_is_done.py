"""Shown is done: what a preview or a comparison shows is what saving or adopting then does, for every listing, to the
cent.

Each seed is a world of its own (`worlds.py`), which is made once; what is tried on it is taken back for the next trial.
`WORLDS=20000` looks at more of them than the usual 300.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from baselines.adopting import adopt, compare_with_current
from baselines.exporting import export_document
from baselines.impact import impact_of_adopting
from baselines.reading import read_document
from listings.models import Listing
from tests.baselines.worlds import World, make_processors, totals, touched_by
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.run import Scope, recalculate
from valuation.registry import field_registry
from valuation.trying import impact as impacts
from valuation.trying.preview import Draft, preview_rule

pytestmark = pytest.mark.django_db

WORLDS = int(os.environ.get("WORLDS", "300"))
CHUNKS = 20
CHOOSES_THE_WHOLE = {"effect", "order"}


@pytest.fixture(autouse=True)
def _processors(db: None) -> None:
    make_processors()  # once: each of the worlds is taken back


@pytest.fixture(autouse=True)
def _all_movers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons name every listing that moves, and not ten."""
    usual = impacts.compare_worlds.__kwdefaults__ or {}
    monkeypatch.setattr(impacts.compare_worlds, "__kwdefaults__", {**usual, "movers": 1_000})


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_shown_is_done(chunk: int) -> None:
    for seed in range(chunk * WORLDS // CHUNKS, (chunk + 1) * WORLDS // CHUNKS):
        with taken_back():
            world = World(random.Random(f"world {seed}")).build()
            for trial in (
                a_preview_is_what_saving_does,
                an_impact_is_what_adopting_does,
                adopting_touches_what_is_selected_and_can_be_taken_back,
            ):
                world.rng = random.Random(f"{trial.__name__} {seed}")
                with taken_back():
                    trial(world, f"seed {seed}")


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def a_preview_is_what_saving_does(world: World, name: str) -> None:
    draft = world.draft()
    switch_on(draft)
    recalculate(scope=Scope(everything=True), trigger="test")
    shown = preview_rule(draft=draft, listings=Listing.objects.active(), sample_size=50)
    before = places()
    prices = totals()
    save(draft)
    recalculate(scope=Scope(everything=True), trigger="test")
    assert_shown(shown, before, prices, name)


def switch_on(draft: Draft) -> None:
    """What is switched off is tried as if it were on, so it is."""
    group = draft.group
    assert group is not None
    if group.ruleset.is_baseline:
        Ruleset.objects.filter(is_baseline=True).exclude(pk=group.ruleset_id).update(is_active=False)
    Ruleset.objects.filter(pk=group.ruleset_id).update(is_active=True)
    RuleGroup.objects.filter(pk=group.pk).update(is_active=True)


def save(draft: Draft) -> None:
    rule = Rule.objects.get(pk=draft.replaces) if draft.replaces else Rule(name="Saved")
    assert draft.group is not None
    rule.name = f"Saved {draft.replaces}"  # names are unique in a group
    rule.group, rule.conditions, rule.is_active = draft.group, draft.conditions, draft.is_active
    rule.evaluation_order, rule.priority = draft.evaluation_order, draft.priority
    rule.save()
    rule.actions.all().delete()
    for position, action in enumerate(draft.actions):
        value = None if action.value_usd is None else Decimal(repr(action.value_usd))
        given = {name: getattr(action, name) for name in ("action_type", "metric", "formula")}
        RuleAction.objects.create(rule=rule, position=position, value_usd=value, **given)


def places() -> dict[int, int]:
    """The place of each listing by dollars per point, as the pages order them."""
    rows = Listing.objects.active().filter(valuation__adjusted_cents__isnull=False, valuation__score_cpu_multi__gt=0)
    figures = rows.values_list("pk", "valuation__adjusted_cents", "valuation__score_cpu_multi")
    order = sorted(figures, key=lambda row: (row[1] > 0, row[1] if row[1] <= 0 else row[1] / row[2], row[0]))
    return {pk: place for place, (pk, _, _) in enumerate(order, start=1)}


def assert_shown(shown: dict[str, Any], before: dict[int, int], prices: dict[int, int | None], name: str) -> None:
    after, moved = places(), totals()
    matched = {row["id"]: row for row in shown["sample_matched_listings"]}
    assert {pk: round(row["adjusted_price"] * 100) for pk, row in matched.items()} == {
        pk: moved[pk] for pk in matched
    }, name
    others = {row["id"] for row in shown["sample_non_matched_listings"]}
    assert matched.keys() | others == moved.keys(), name
    movers = {row["id"]: row for row in shown["rank_changes"]}
    expected = {pk for pk in after if moved[pk] != prices[pk] and after[pk] != before[pk]}
    assert movers.keys() == expected, name
    for pk, row in movers.items():
        assert (row["rank_before"], row["rank_after"]) == (before[pk], after[pk]), name
        assert round(row["adjusted_price_before"] * 100) == prices[pk], name
        assert round(row["adjusted_price_after"] * 100) == moved[pk], name


def an_impact_is_what_adopting_does(world: World, name: str) -> None:
    candidate = world.candidate()
    selected = world.selection(candidate)
    if not selected:
        return
    world.correct_by_hand(except_for=[])
    comparison = compare_with_current(read_document(candidate, field_registry()))
    shown, _ = impact_of_adopting(comparison, selected)
    before = totals()
    adopt(candidate=comparison.new, selected=selected, state=comparison.state)
    after = totals()
    moved = {pk: (before[pk], after[pk]) for pk in before if before[pk] != after[pk]}
    told = {mover.id: (mover.before_cents, mover.after_cents) for mover in shown.movers}
    assert told == moved, f"{name}, {selected}"


def adopting_touches_what_is_selected_and_can_be_taken_back(world: World, name: str) -> None:
    candidate, original = world.candidate(), export_document(world.current)
    selected = world.selection(candidate, orders=False)
    if not selected:
        return
    world.correct_by_hand(except_for=selected)
    before, keys = totals(), set(selected)
    touched = touched_by(keys)
    adopt(candidate=read_document(candidate, field_registry()), selected=selected)
    after = totals()
    touched |= touched_by(keys)
    if not keys & CHOOSES_THE_WHOLE:
        moved = {pk for pk in before if before[pk] != after[pk]}
        assert moved <= touched, f"{name}, {selected}"
    adopt(candidate=read_document(original, field_registry()))
    assert totals() == before, f"{name}, {selected}"
