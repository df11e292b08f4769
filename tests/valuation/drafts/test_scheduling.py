"""Drafts that are to be published at a moment: by cron, once, by whoever scheduled them; and told where not."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.factories import StaffFactory
from tests.valuation.drafts.worlds import draft_of, example, market, reprice, ruleset_with_rules, told
from valuation.drafts.publishing import CannotPublish, Collides, publish, schedule, unschedule
from valuation.drafts.scheduling import publish_due
from valuation.models import Draft, Release, Ruleset

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


@pytest.fixture
def ruleset() -> Ruleset:
    return ruleset_with_rules()


@pytest.fixture
def draft(ruleset: Ruleset) -> Ruleset:
    made = draft_of(ruleset)
    reprice(made, "8 GB", 15)
    return made


def scheduled(draft: Ruleset, user: Any = None, **options: Any) -> None:
    user = user or StaffFactory(group="Analysts", username="ada")
    schedule(draft_id=draft.pk, at=timezone.now() + SOON, note="Monday", user=user, **options)


def moment_comes() -> None:
    Draft.objects.filter(publish_at__isnull=False).update(publish_at=timezone.now())


def test_cron_publishes_what_is_due_once(ruleset: Ruleset, draft: Ruleset) -> None:
    scheduled(draft)
    assert publish_due() == []
    moment_comes()
    assert [str(due) for due in publish_due()] == ['Published the draft "Mine (draft)" as "Mine".']
    assert publish_due() == []
    assert told(ruleset)["Memory"][0] == ("8 GB", 15)
    release = Release.objects.get()
    assert (release.actor, release.note) == ("ada", "Monday")


def test_the_command_that_cron_calls(ruleset: Ruleset, draft: Ruleset) -> None:
    market()
    scheduled(draft)
    moment_comes()
    out = StringIO()
    call_command("recalculate", "--dry-run", stdout=out)
    assert not Release.objects.exists()
    call_command("recalculate", stdout=out)
    assert 'Published the draft "Mine (draft)" as "Mine".' in out.getvalue()
    assert Release.objects.count() == 1


def lose_the_original(ruleset: Ruleset, draft: Ruleset) -> None:
    ruleset.delete()


def collide(ruleset: Ruleset, draft: Ruleset) -> None:
    reprice(ruleset, "8 GB", 20)


def fail(ruleset: Ruleset, draft: Ruleset) -> None:
    example(draft, 1)


def leave(ruleset: Ruleset, draft: Ruleset) -> None:
    user = draft.draft.scheduled_by
    assert user is not None
    user.is_active = False
    user.save()


def lose_permission(ruleset: Ruleset, draft: Ruleset) -> None:
    user = draft.draft.scheduled_by
    assert user is not None
    user.groups.clear()


@pytest.mark.parametrize(
    ("meanwhile", "text"),
    [
        (lose_the_original, '"Mine", of which this was a draft, was deleted.'),
        (collide, "Choose for each whether the draft or the original counts."),
        (fail, "1 of 1 examples does not hold"),
        (leave, "may not publish any more"),
        (lose_permission, "may not publish any more"),
    ],
)
def test_what_cannot_be_published_is_told_and_left(ruleset: Ruleset, draft: Ruleset, meanwhile: Any, text: str) -> None:
    scheduled(draft)
    meanwhile(ruleset, Ruleset.objects.get(pk=draft.pk))
    moment_comes()
    [due] = publish_due()
    assert text in due.failure
    assert text in Draft.objects.get().failure
    assert publish_due() == []
    assert told(draft)["Memory"][0] == ("8 GB", 15)
    assert not Release.objects.exists()


def test_what_cannot_be_scheduled(ruleset: Ruleset, draft: Ruleset) -> None:
    user = StaffFactory(group="Analysts")
    with pytest.raises(CannotPublish, match="This moment is over"):
        schedule(draft_id=draft.pk, at=timezone.now(), note="x", user=user)
    collide(ruleset, draft)
    with pytest.raises(Collides):
        scheduled(draft, user)


def test_it_can_be_put_off_or_published_before(ruleset: Ruleset, draft: Ruleset) -> None:
    scheduled(draft)
    unschedule(draft_id=draft.pk)
    moment_comes()
    assert publish_due() == []
    scheduled(draft, StaffFactory(group="Analysts"))
    publish(draft_id=draft.pk, note="Now.")
    assert publish_due() == []
