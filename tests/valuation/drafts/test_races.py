"""Two at once on one draft or its original, each with a connection of its own: one wins, and the other is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from tests.api import Api, at_once, race
from tests.baselines.worlds import totals
from tests.factories import StaffFactory
from tests.valuation.drafts.worlds import draft_of, market, reprice, rule, ruleset_with_rules, told
from valuation.drafts.publishing import CannotPublish, publish, schedule
from valuation.drafts.scheduling import publish_due
from valuation.drafts.starting import CannotDraft, start_draft
from valuation.history.audit import recording
from valuation.models import AuditEntry, Draft, Release, Ruleset, RuleVersion
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import Scope, recalculate

ONCE_MORE = 'This draft was published already, as release 1 of "Mine", by somebody'


@pytest.fixture
def ruleset() -> Ruleset:
    market()
    return ruleset_with_rules()


@pytest.fixture
def draft(ruleset: Ruleset) -> Ruleset:
    made = draft_of(ruleset)
    reprice(made, "8 GB", 15)
    return made


def outcome(work: Callable[[], Any]) -> Callable[[], Any]:
    """What the work gives, or what it is told."""

    def tried() -> Any:
        try:
            return work()
        except (CannotPublish, CannotDraft) as error:
            return str(error)

    return tried


def publishes(draft: Ruleset) -> Callable[[], Any]:
    return outcome(lambda: publish(draft_id=draft.pk, note="Because.").release)


@race
def test_of_two_who_publish_one_draft_one_does(ruleset: Ruleset, draft: Ruleset) -> None:
    first, second = sorted(at_once(publishes(draft), publishes(draft)), key=str)
    assert (first, second.startswith(ONCE_MORE)) == (1, True)
    assert told(ruleset)["Memory"][0] == ("8 GB", 15)
    assert (Release.objects.count(), Draft.objects.count()) == (1, 0)
    assert AuditEntry.objects.filter(action="ruleset.published").count() == 1
    assert RuleVersion.objects.filter(rule_id=rule(ruleset, "8 GB").pk).latest("number").number == 3


@race
def test_of_two_requests_the_second_is_a_conflict(ruleset: Ruleset, draft: Ruleset) -> None:
    people = [Api("Analysts"), Api("Analysts")]
    path = f"/api/v1/rulesets/{draft.pk}/publish"
    answers = at_once(*(lambda api=api: api.send("POST", path, {"note": "Because."}) for api in people))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, won.json()["release"]) == (HTTPStatus.OK, 1)
    assert lost.status_code == HTTPStatus.CONFLICT
    assert "published already, as release 1" in lost.json()["detail"]


@race
def test_of_two_crons_and_a_person_one_publishes(ruleset: Ruleset, draft: Ruleset) -> None:
    user = StaffFactory(group="Analysts")
    schedule(draft_id=draft.pk, at=timezone.now() + timedelta(hours=1), note="Monday", user=user)
    Draft.objects.update(publish_at=timezone.now())
    *crons, person = at_once(publish_due, publish_due, publishes(draft))
    published = [due for cron in crons for due in cron]
    assert [due.failure for due in published] in ([], [""])
    assert (person == 1) != bool(published)
    assert Release.objects.count() == 1


@race
def test_two_drafts_at_once_collide_or_wait(ruleset: Ruleset, draft: Ruleset) -> None:
    """Each is compared with what the other has made of the original, never with what it was."""
    other = draft_of(ruleset)
    reprice(other, "8 GB", 20)
    first, second = sorted(at_once(publishes(draft), publishes(other)), key=str)
    assert (first, "Choose for each" in second) == (1, True)
    assert told(ruleset)["Memory"][0][1] in (15, 20)
    assert Draft.objects.count() == 1


def edits(ruleset: Ruleset, name: str, amount: float) -> Callable[[], None]:
    """As pages and endpoints edit: what is written was read behind the lock."""

    def edit() -> None:
        with recording():
            reprice(ruleset, name, amount)

    return edit


@race
def test_an_edit_meanwhile_is_merged_or_refused(ruleset: Ruleset, draft: Ruleset) -> None:
    at_once(publishes(draft), edits(ruleset, "32 GB", 20))
    assert told(ruleset)["Memory"] == [("8 GB", 15), ("32 GB", 20)]
    draft = draft_of(ruleset)
    reprice(draft, "8 GB", 30)
    _, came = at_once(edits(ruleset, "8 GB", 40), publishes(draft))
    # Either it was first, and the edit came upon it, or the edit was.
    assert told(ruleset)["Memory"][0] == ("8 GB", 40)
    assert came == 2 or "Choose for each" in came


@race
def test_no_more_drafts_than_may_be(ruleset: Ruleset) -> None:
    for _ in range(19):
        start_draft(ruleset_id=ruleset.pk)
    begin = outcome(lambda: start_draft(ruleset_id=ruleset.pk).name)
    assert sorted(at_once(begin, begin)) == ['"Mine" has 20 drafts: publish or delete one first.', "Mine (draft 20)"]


@race
def test_publishing_while_workers_recalculate(ruleset: Ruleset, draft: Ruleset) -> None:
    """What a worker had read before is stale by its stamp, and valued again by one job or the other."""

    def work() -> Any:
        return recalculate(scope=Scope(hinted=True), trigger="test", batch_size=1)

    recalculate(scope=Scope(), trigger="test")
    before = totals()
    reprice(ruleset, "32 GB", 11)
    at_once(work, publishes(draft), work)
    work()
    assert not anything_stale()
    moved = sorted(after - before[pk] for pk, after in totals().items())
    assert moved == [0, 500, 500, 600, 600]
