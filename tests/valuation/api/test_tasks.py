"""Recalculations as tasks, and the figures for operators."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError
from django.test import Client, RequestFactory
from django.utils import timezone

from dealbrain.views import metrics as metrics_module
from tests.factories import ListingFactory, RuleActionFactory
from valuation.choices import RunScope, RunState
from valuation.models import ListingValuation, RecalculationRun
from valuation.recalculation.marking import anything_stale, mark_rules
from valuation.recalculation.run import Scope, recalculate

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client: Client, settings: Any) -> Client:
    user = User.objects.create_user("analyst")
    user.groups.add(Group.objects.get(name="Analysts"))
    client.force_login(user)
    return client


@pytest.mark.parametrize("action", ["recalculate-valuations", "recalculate-metrics"])
def test_a_task_without_workers_is_done_at_once(analyst: Client, action: str) -> None:
    RuleActionFactory(value_usd=5)
    listing = ListingFactory(price_usd=100)
    answer = analyst.post(f"/v1/admin/tasks/{action}")
    assert answer.status_code == 202
    run = RecalculationRun.objects.get(trigger="api")
    assert answer["Location"] == f"/v1/admin/tasks/{run.pk}"
    document = analyst.get(answer["Location"]).json()
    assert {name: document[name] for name in ("id", "action", "status", "progress", "error", "scope")} == {
        "id": run.pk,
        "action": "recalculate-valuations",
        "status": "done",
        "progress": 1.0,
        "error": None,
        "scope": "all",
    }
    assert (document["result"]["processed"], document["result"]["failed"]) == (1, 0)
    assert ListingValuation.objects.get(pk=listing.pk).adjusted_cents == 10_500
    newest, *_ = analyst.get("/v1/admin/tasks").json()["items"]
    assert newest["id"] == run.pk


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("post", "/v1/admin/tasks/import-nothing", 404),
        ("get", "/v1/admin/tasks/999", 404),
        ("get", "/v1/admin/tasks/recalculate-valuations", 404),
        ("post", "/v1/admin/tasks", 405),
        ("get", "/v1/admin/tasks?stat=done", 400),
    ],
)
def test_what_is_refused(analyst: Client, method: str, path: str, status: int) -> None:
    answer = getattr(analyst, method)(path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_who_may(client: Client, settings: Any) -> None:
    settings.DEALBRAIN_PUBLIC_READ = True  # tasks are internal all the same
    assert client.get("/v1/admin/tasks").status_code == 401
    user = User.objects.create_user("viewer")
    client.force_login(user)
    assert client.get("/v1/admin/tasks").status_code == 403
    user.groups.add(Group.objects.get(name="Viewers"))
    assert client.get("/v1/admin/tasks").status_code == 200
    assert client.post("/v1/admin/tasks/recalculate-valuations").status_code == 403
    assert not RecalculationRun.objects.exists()


def scrape() -> dict[str, float]:
    """Name with labels -> value."""
    text = metrics_module.metrics(RequestFactory().get("/metrics")).content.decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("dealbrain_")]
    return {name: float(value) for name, value in lines}


def test_metrics_say_how_things_are(settings: Any) -> None:
    assert scrape()["dealbrain_stale_listings"] == 0
    ruleset = RuleActionFactory(value_usd=5).rule.group.ruleset
    ListingFactory.create_batch(2, price_usd=100)
    found = scrape()
    assert found["dealbrain_stale_listings"] == 2
    assert 0 <= found["dealbrain_oldest_stale_seconds"] < 60
    recalculate(scope=Scope(everything=True), trigger="test")
    found = scrape()
    assert found["dealbrain_stale_listings"] == 0
    assert found["dealbrain_oldest_stale_seconds"] == 0
    assert found['dealbrain_recalculation_runs{state="done"}'] == 1
    assert found["dealbrain_last_run_listings"] == 2
    assert found['dealbrain_last_run_layer_dollars{layer="advanced"}'] == 10.0
    assert found[f'dealbrain_last_run_ruleset_seconds{{ruleset="{ruleset.pk}"}}'] >= 0
    assert {f'dealbrain_last_run_phase_seconds{{phase="{phase}"}}' for phase in ("read", "evaluate", "write")} <= set(
        found
    )
    assert found['dealbrain_rulebook_cache_total{outcome="miss"}'] >= 1
    mark_rules()
    assert scrape()["dealbrain_stale_listings"] == 2


def test_metrics_without_redis_and_without_a_database(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.RQ_QUEUES = {"default": {"URL": "redis://127.0.0.1:1/0?socket_connect_timeout=1"}}
    assert scrape()["dealbrain_queue_up"] == 0

    def refuse(_registry: Any) -> bytes:
        raise DatabaseError("down")

    generate = metrics_module.generate_latest
    monkeypatch.setattr(
        metrics_module, "generate_latest", lambda r: refuse(r) if r is metrics_module.STORED else generate(r)
    )
    found = scrape()
    assert "dealbrain_stale_listings" not in found, "what the database says is left out"


def test_a_cancelled_run_is_left_and_the_next_goes_on(client: Client, settings: Any) -> None:
    ListingFactory()
    run = RecalculationRun.objects.create(trigger="test", scope=RunScope.STALE, active_at=timezone.now())
    client.force_login(User.objects.create_superuser("boss"))
    sent = {"action": "cancel_selected", "_selected_action": [run.pk]}
    client.post("/admin/valuation/recalculationrun/", sent)
    run.refresh_from_db()
    assert (run.state, run.error) == (RunState.CANCELLED, "Cancelled by boss.")
    recalculate(scope=Scope(), trigger="test")
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert not anything_stale()
