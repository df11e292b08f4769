"""Runs in the admin: what a row says, the button that starts one, and the action that stops one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dealbrain import queue
from tests.factories import ListingFactory, ProfileFactory, RuleActionFactory, RulesetFactory, StaffFactory
from valuation.choices import RunState
from valuation.models import ListingValuation, RecalculationRun
from valuation.recalculation.marking import anything_stale
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db
LIST = "/admin/valuation/recalculationrun/"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(StaffFactory(username="ann", group="Analysts"))
    return client


def page_of(client: Client, run: RecalculationRun) -> str:
    return client.get(f"{LIST}{run.pk}/change/").content.decode()


def test_the_button_values_everything_and_names_who_pressed_it(analyst: Client) -> None:
    listing = ListingFactory(price_usd=100)
    RuleActionFactory(value_usd=-5)
    recalculate(scope=Scope(), trigger="test")
    ListingValuation.objects.update(adjusted_cents=1)  # wrong, and not stale by any stamp
    answer = analyst.post(f"{LIST}start/", follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["A recalculation of every listing is done."]
    run = RecalculationRun.objects.first()
    assert run is not None
    assert (run.trigger, run.state, run.total) == ("admin: ann", RunState.DONE, 1)
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 9_500


@pytest.mark.parametrize(
    ("group", "status", "offered"), [("Viewers", 403, False), ("Editors", 403, False), ("Analysts", 302, True)]
)
def test_who_may_start_and_cancel(client: Client, group: str, status: int, offered: bool) -> None:
    client.force_login(StaffFactory(group=group))
    run = RecalculationRun.objects.create(trigger="test")
    page = client.get(LIST)
    assert ("Start a recalculation" in page.content.decode()) is offered
    assert (page.context["action_form"] is not None) is offered
    client.post(LIST, {"action": "cancel_selected", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert (run.state == RunState.CANCELLED) is offered
    assert client.get(f"{LIST}start/").status_code == 405
    assert client.post(f"{LIST}start/").status_code == status


def test_the_button_needs_the_pages_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(StaffFactory(group="Analysts"))
    assert client.post(f"{LIST}start/").status_code == 403
    assert not RecalculationRun.objects.exists()


def test_only_open_runs_are_cancelled(analyst: Client) -> None:
    done = RecalculationRun.objects.create(trigger="one", state=RunState.DONE, finished_at=timezone.now())
    running = RecalculationRun.objects.create(trigger="two")
    sent = {"action": "cancel_selected", "_selected_action": [done.pk, running.pk]}
    answer = analyst.post(LIST, sent, follow=True)
    assert "1 cancelled" in str(next(iter(answer.context["messages"])))
    states = dict(RecalculationRun.objects.values_list("trigger", "state"))
    assert states == {"one": RunState.DONE, "two": RunState.CANCELLED}
    assert RecalculationRun.objects.get(trigger="two").error == "Cancelled by ann."


@pytest.mark.parametrize(
    ("redis_url", "answers", "said"),
    [
        ("", False, "No Redis is set: recalculations run in process."),
        ("redis://127.0.0.1:1/0", True, "A worker is running."),
        ("redis://127.0.0.1:1/0", False, "No worker is running: start one"),
    ],
)
def test_the_list_says_who_works(
    analyst: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, redis_url: str, answers: bool, said: str
) -> None:
    monkeypatch.setattr(queue, "worker_seen", lambda: answers)
    settings.REDIS_URL = redis_url
    assert said in analyst.get(LIST).content.decode()


def test_a_run_says_what_was_changed_and_where_its_time_went(
    analyst: Client, django_capture_on_commit_callbacks: Any
) -> None:
    ListingFactory(price_usd=100)
    recalculate(scope=Scope(), trigger="test")
    with django_capture_on_commit_callbacks(execute=True):
        rule = RuleActionFactory(value_usd=-5).rule
    run = RecalculationRun.objects.get(trigger="change")
    page = page_of(analyst, run)
    assert f'<a href="/admin/valuation/rule/{rule.pk}/change/">rule {rule.pk}</a>' in page
    assert f"{rule.group.ruleset} 0.0" in page, "seconds of the ruleset, by its name"
    assert "advanced -$5.00" in page
    assert '<progress max="1" value="1"></progress> 1 of 1' in page


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("", '<div class="readonly">–</div>'),
        ("catalog.profile:7", '<a href="/admin/catalog/profile/7/change/">profile 7</a>'),
        ("gone.model:7", "gone.model:7"),
    ],
)
def test_the_change_behind_a_run(analyst: Client, cause: str, said: str) -> None:
    assert said in page_of(analyst, RecalculationRun.objects.create(trigger="change", cause=cause))


def test_a_ruleset_that_is_gone_keeps_its_seconds(analyst: Client) -> None:
    kept = RulesetFactory(name="Kept")
    run = RecalculationRun.objects.create(trigger="test", rulesets={str(kept.pk): 0.5, "999999": 0.25})
    assert "Kept 0.500 s, 999999 0.250 s" in page_of(analyst, run)


def test_listings_that_could_not_be_valued_are_linked(analyst: Client) -> None:
    failures = [{"listing_id": 7, "reason": "<too> large"}]
    run = RecalculationRun.objects.create(trigger="test", state=RunState.FAILED, error="x" * 200, failures=failures)
    assert '<a href="/admin/listings/listing/7/change/">Listing 7</a>: &lt;too&gt; large' in page_of(analyst, run)
    assert "x" * 119 + "…" in analyst.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("state", "done", "total", "bar"),
    [
        (RunState.RUNNING, 250, 1000, '<progress max="1000" value="250"></progress> 250 of 1,000'),
        (RunState.RUNNING, 0, 0, '<progress max="1" value="0"></progress> 0 of 0'),
        (RunState.DONE, 0, 0, '<progress max="1" value="1"></progress> 0 of 0'),
    ],
)
def test_the_bar_of_a_run(analyst: Client, state: str, done: int, total: int, bar: str) -> None:
    RecalculationRun.objects.create(trigger="test", state=state, done=done, total=total)
    assert bar in analyst.get(LIST).content.decode()


def test_figures_in_dollars(client: Client) -> None:
    client.force_login(StaffFactory(group="Viewers"))
    ProfileFactory(is_default=True)
    listing = ListingFactory(price_usd=1234.5)
    RuleActionFactory(value_usd=-34.5)
    recalculate(scope=Scope(), trigger="test", snapshot=True)
    assert not anything_stale()
    snapshot = listing.score_snapshots.get()
    for path in (f"listingvaluation/{listing.pk}", f"listingscoresnapshot/{snapshot.pk}"):
        page = client.get(f"/admin/valuation/{path}/change/").content.decode()
        for shown in ("$1,234.50", "-$34.50", "$1,200.00"):
            assert f'<div class="readonly">{shown}</div>' in page
