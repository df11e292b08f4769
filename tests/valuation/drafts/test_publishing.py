"""Drafts: what they are made of, that they count nowhere, merging, publishing once and whole, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from listings.models import Listing
from tests.baselines.worlds import totals
from tests.factories import RulesetFactory, StaffFactory
from tests.valuation.drafts.worlds import (
    add_rule,
    draft_of,
    example,
    group,
    market,
    reprice,
    rule,
    ruleset_with_rules,
    told,
)
from valuation.drafts.comparing import compare_draft
from valuation.drafts.publishing import CannotPublish, Collides, ExamplesDisagree, Published, publish
from valuation.drafts.starting import CannotDraft, start_draft
from valuation.history.restoring import put_back, ruleset_at
from valuation.models import AuditEntry, Draft, Release, Rule, Ruleset, RulesetOverride, RuleVersion
from valuation.overrides import Override, set_override
from valuation.recalculation.rulebook import active_specs
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruleset() -> Ruleset:
    market()
    return ruleset_with_rules()


def published(draft: Ruleset, **options: Any) -> Published:
    return publish(draft_id=draft.pk, note="Because.", **options)


def test_a_draft_is_a_copy_that_counts_nowhere(ruleset: Ruleset) -> None:
    example(ruleset, 20)
    draft = draft_of(ruleset)
    assert (draft.name, draft.draft_of, draft.is_active) == ("Mine (draft)", ruleset, False)
    assert told(draft) == told(ruleset)
    assert [row.expected for row in draft.examples.all()] == [{"total_usd": 20}]
    assert [spec.id for spec in active_specs()] == [ruleset.pk]
    assert draft_of(ruleset).name == "Mine (draft 2)"


def test_no_switch_makes_a_draft_count(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    draft.is_active = True
    with pytest.raises(ValidationError, match="counts nowhere until it is published"):
        draft.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ruleset.objects.filter(pk=draft.pk).update(is_active=True)


def test_what_cannot_be_drafted(ruleset: Ruleset) -> None:
    with pytest.raises(CannotDraft, match="is a draft itself"):
        start_draft(ruleset_id=draft_of(ruleset).pk)
    for _ in range(19):
        start_draft(ruleset_id=ruleset.pk)
    with pytest.raises(CannotDraft, match="has 20 drafts"):
        start_draft(ruleset_id=ruleset.pk)


def test_no_listing_is_assigned_to_a_draft(ruleset: Ruleset) -> None:
    draft, listing = draft_of(ruleset), Listing.objects.first()
    assert listing is not None
    for override in (Override(draft.pk), Override(None, (draft.pk,))):
        with pytest.raises(ValidationError, match="is a draft"):
            set_override(listing=listing, override=override)


def test_the_original_takes_on_the_draft(ruleset: Ruleset) -> None:
    """What corresponds keeps its id and its history, and what was chosen for the ruleset stays chosen."""
    ids = {name: rule(ruleset, name).pk for name in ("8 GB", "32 GB")}
    listing = Listing.objects.order_by("pk")[0]
    set_override(listing=listing, override=Override(ruleset.pk))
    versions = RuleVersion.objects.filter(rule_id=ids["8 GB"]).count()
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    rule(draft, "Fast").delete()
    renamed = rule(draft, "32 GB")
    renamed.name, renamed.group = "32 GB and more", group(draft, "Other")
    renamed.save()
    add_rule(group(draft, "Memory"), "16 GB", 16, 5)
    draft.priority = 7
    draft.save()
    assert published(draft).changed == 5
    ruleset = Ruleset.objects.get(pk=ruleset.pk)
    assert (ruleset.name, ruleset.priority, ruleset.is_active) == ("Mine", 7, True)
    assert told(ruleset) == {"Memory": [("8 GB", 15), ("16 GB", 5)], "Other": [("32 GB and more", 10)]}
    assert rule(ruleset, "8 GB").pk == ids["8 GB"]
    assert rule(ruleset, "32 GB and more").pk == ids["32 GB"]
    assert RuleVersion.objects.filter(rule_id=ids["8 GB"]).count() == versions + 1
    assert RulesetOverride.objects.get().static_ruleset == ruleset
    assert not Ruleset.objects.filter(pk=draft.pk).exists()
    assert not Draft.objects.exists()
    release = Release.objects.get()
    assert (release.number, release.note, release.ruleset) == (1, "Because.", ruleset)
    entry = AuditEntry.objects.get(action="ruleset.published")
    assert (entry.target_id, entry.after["note"]) == (ruleset.pk, "Because.")


def test_what_was_published_can_be_taken_back(ruleset: Ruleset) -> None:
    before = told(ruleset)
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    rule(draft, "Fast").delete()
    add_rule(group(draft, "Memory"), "16 GB", 16, 5)
    at = AuditEntry.objects.order_by("-pk")[0].at
    published(draft)
    put_back(ruleset_at(ruleset.pk, at))
    assert told(ruleset) == before


def test_shown_is_done(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    rule(draft, "Fast").delete()
    add_rule(group(draft, "Memory"), "16 GB", 16, "2.5")
    recalculate(scope=Scope(), trigger="test")
    before = totals()
    shown = compare_draft(draft_id=draft.pk)
    assert totals() == before
    assert told(ruleset)["Memory"] == [("8 GB", 10), ("32 GB", 10)]
    published(draft)
    recalculate(scope=Scope(), trigger="test")
    moved = {pk: after - before[pk] for pk, after in totals().items() if after != before[pk]}
    assert {mover.id: mover.delta_cents for mover in shown.impact.movers} == moved
    assert (shown.impact.moved, shown.impact.total) == (len(moved), sum(moved.values()) / 100)
    assert sum(bar.count for bar in shown.impact.bars) == shown.impact.moved
    lines = {
        line.name: (line.done, line.before and line.before.cents, line.after and line.after.cents)
        for line in shown.lines
    }
    assert lines == {
        "8 GB": ("changed", 4000, 6000),
        "16 GB": ("added", None, 750),
        "Fast": ("removed", 1000, None),
    }


def test_what_only_one_side_changed_is_merged(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    add_rule(group(draft, "Memory"), "new in the draft", 16)
    reprice(ruleset, "32 GB", 20)
    add_rule(group(ruleset, "Other"), "new in the original", 16)
    rule(ruleset, "Fast").delete()
    published(draft)
    assert told(ruleset) == {
        "Memory": [("8 GB", 15), ("32 GB", 20), ("new in the draft", 10)],
        "Other": [("new in the original", 10)],
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "draft_wins", "original_wins"),
    [
        (lambda d: reprice(d, "8 GB", 15), lambda o: reprice(o, "8 GB", 20), 15, 20),
        (lambda d: reprice(d, "8 GB", 15), lambda o: rule(o, "8 GB").delete(), 15, None),
        (lambda d: rule(d, "8 GB").delete(), lambda o: reprice(o, "8 GB", 20), None, 20),
        (
            lambda d: group(d, "Memory").delete(),
            lambda o: reprice(o, "8 GB", 20),
            None,
            20,
        ),
        (
            lambda d: reprice(d, "8 GB", 15),
            lambda o: group(o, "Memory").delete(),
            15,
            None,
        ),
    ],
)
def test_what_both_changed_is_chosen(
    ruleset: Ruleset, ours: Any, theirs: Any, draft_wins: float | None, original_wins: float | None
) -> None:
    for side, wanted in (("draft", draft_wins), ("original", original_wins)):
        with transaction.atomic():
            draft = draft_of(ruleset)
            ours(draft)
            theirs(ruleset)
            with pytest.raises(Collides) as refused:
                published(draft)
            [collision] = refused.value.collisions
            assert (collision.kind, collision.name) == ("rule", "8 GB")
            published(draft, choices={collision.key: side})
            found = Rule.objects.filter(group__ruleset=ruleset, name="8 GB").first()
            assert (found and float(found.actions.get().value_usd)) == wanted
            transaction.set_rollback(True)


def test_rules_that_both_added_under_one_name_are_one(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    add_rule(group(draft, "Memory"), "16 GB", 16, 5)
    theirs = add_rule(group(ruleset, "Memory"), "16 GB", 16, 6)
    with pytest.raises(Collides) as refused:
        published(draft)
    assert [found.key for found in refused.value.collisions] == [f"rule:{theirs.pk}"]
    published(draft, choices={f"rule:{theirs.pk}": "draft"})
    assert float(rule(ruleset, "16 GB").actions.get().value_usd) == 5


def test_two_rules_of_one_name_are_refused_whole(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    renamed = rule(draft, "8 GB")
    renamed.name = "16 GB"
    renamed.save()
    add_rule(group(ruleset, "Memory"), "16 GB", 16)
    before = told(ruleset)
    with pytest.raises(CannotPublish, match="would have one name"):
        published(draft)
    assert told(ruleset) == before


def test_names_may_be_exchanged(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    for was, becomes in (("8 GB", "x"), ("32 GB", "8 GB"), ("x", "32 GB")):
        row = rule(draft, was)
        row.name = becomes
        row.save()
    ids = {name: rule(ruleset, name).pk for name in ("8 GB", "32 GB")}
    published(draft)
    assert (rule(ruleset, "8 GB").pk, rule(ruleset, "32 GB").pk) == (ids["32 GB"], ids["8 GB"])


def test_a_rule_that_went_to_another_ruleset_stays_there(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    moved, other = rule(ruleset, "8 GB"), ruleset_with_rules("Other")
    moved.group, moved.name = group(other, "Memory"), "moved"
    moved.save()
    published(draft, choices={f"rule:{moved.pk}": "draft"})
    assert rule(ruleset, "8 GB").pk != moved.pk
    assert rule(other, "moved").pk == moved.pk


def test_examples_that_do_not_hold_stop_it(ruleset: Ruleset) -> None:
    example(ruleset, 20)
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    with pytest.raises(ExamplesDisagree, match=r"expected \$20\.00 in total, got \$25\.00"):
        published(draft)
    assert told(ruleset)["Memory"][0] == ("8 GB", 10)
    assert published(draft, override_reason="The test is wrong.").examples.counts["failed"] == 1
    entry = AuditEntry.objects.get(action="ruleset.published")
    assert entry.after["override_reason"] == "The test is wrong."
    assert entry.after["examples"][0]["name"] == "A"


def test_examples_are_published_too(ruleset: Ruleset) -> None:
    example(ruleset, 20)
    kept = ruleset.examples.get().pk
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 15)
    row = draft.examples.get()
    row.expected = {"total_usd": 25}
    row.save()
    example(draft, 25, name="B")
    published(draft)
    found = [(row.name, row.expected["total_usd"]) for row in ruleset.examples.order_by("name")]
    assert (found, ruleset.examples.get(name="A").pk) == ([("A", 25), ("B", 25)], kept)


def test_the_second_is_told(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    published(draft)
    with pytest.raises(CannotPublish, match=r'published already, as release 1 of "Mine"'):
        published(draft)
    with pytest.raises(CannotPublish, match="only drafts are published"):
        published(ruleset)


def test_a_draft_whose_original_is_gone_is_an_inactive_ruleset(ruleset: Ruleset) -> None:
    draft = draft_of(ruleset)
    ruleset.delete()
    with pytest.raises(CannotPublish, match="was deleted"):
        published(draft)
    assert not Ruleset.objects.get(pk=draft.pk).is_active


def test_a_baseline_takes_its_permission(ruleset: Ruleset) -> None:
    Ruleset.objects.filter(pk=ruleset.pk).update(is_baseline=True)
    draft = draft_of(ruleset)
    assert not draft.is_baseline
    reprice(draft, "8 GB", 15)
    with pytest.raises(PermissionDenied, match="system baseline"):
        published(draft, user=StaffFactory(group="Editors"))
    published(draft, user=StaffFactory(group="Analysts"))
    ruleset.refresh_from_db()
    assert ruleset.is_baseline


def test_strange_choices_are_refused(ruleset: Ruleset) -> None:
    with pytest.raises(CannotPublish, match="chooses nothing"):
        published(draft_of(ruleset), choices={"rule:1": "mine"})


def test_an_empty_draft_changes_nothing(ruleset: Ruleset) -> None:
    assert published(draft_of(RulesetFactory(name="Empty"))).changed == 0
