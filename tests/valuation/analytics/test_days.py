"""One row a day and rule, whoever writes it and however often."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.api import at_once, race
from tests.factories import ListingFactory, RuleActionFactory, RuleGroupFactory
from valuation.analytics import days
from valuation.analytics.days import KEPT, Point, days_together, lines_of, record_day, record_day_if_due
from valuation.jobs import start_full_run
from valuation.models import Rule, RuleDay

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 26)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    on(TODAY, monkeypatch)


def on(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: day)


@pytest.fixture
def rule() -> Rule:
    ListingFactory.create_batch(2, price_usd=100)
    return RuleActionFactory(value_usd=5).rule


def kept() -> list[tuple[Any, ...]]:
    return list(RuleDay.objects.values_list("day", "rule_id", "matched", "cents"))


def test_twice_a_day_is_one_row(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    assert record_day() == 1
    first = RuleDay.objects.get().pk
    ListingFactory(price_usd=100)
    record_day()
    assert kept() == [(TODAY, rule.pk, 3, 1500)]
    assert RuleDay.objects.get().pk == first
    on(TODAY + timedelta(days=1), monkeypatch)
    record_day()
    assert lines_of(rule.group.ruleset_id, [rule.pk]) == {
        rule.pk: [Point(TODAY, 3, 1500), Point(TODAY + timedelta(days=1), 3, 1500)]
    }


def test_rows_are_kept_for_400_days_and_those_of_deleted_rules_too(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset, pk = rule.group.ruleset_id, rule.pk
    record_day()
    other = RuleActionFactory(rule__group=rule.group, value_usd=1).rule
    on(TODAY + KEPT - timedelta(days=1), monkeypatch)
    record_day()
    rule.delete()
    assert [point.cents for point in days_together(ruleset_id=ruleset)] == [1000, 1200]
    record_day()  # what is gone is not of today any more
    assert [row[:2] for row in kept()] == [(TODAY, pk), (TODAY + KEPT - timedelta(days=1), other.pk)]
    on(TODAY + KEPT, monkeypatch)
    record_day()
    assert {row[0] for row in kept()} == {TODAY + KEPT - timedelta(days=1), TODAY + KEPT}


def test_a_day_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    ListingFactory(price_usd=100)
    group = RuleGroupFactory()
    rules = [RuleActionFactory(rule__group=group, value_usd=dollars).rule for dollars in (1, -9, 5)]
    record_day()
    monkeypatch.setattr(days, "MOST_RULES", 2)
    record_day()
    assert [row[1] for row in kept()] == [rules[1].pk, rules[2].pk]


def test_a_pass_over_everything_writes_the_day(rule: Rule, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        start_full_run(trigger="test")
    assert kept() == [(TODAY, rule.pk, 2, 1000)]


def test_cron_writes_it_where_nobody_has(rule: Rule) -> None:
    call_command("recalculate", dry_run=True, verbosity=0)
    assert kept() == []
    call_command("recalculate", json=True)
    assert kept() == [(TODAY, rule.pk, 2, 1000)]
    ListingFactory(price_usd=100)
    call_command("recalculate", json=True)
    assert kept() == [(TODAY, rule.pk, 2, 1000)]
    with CaptureQueriesContext(connection) as seen:
        assert record_day_if_due() == 0
    assert len(seen) == 1


@race
def test_two_who_write_the_same_day() -> None:
    """Whoever comes second replaces what the first has written; nobody waits for ever."""
    group = RuleGroupFactory()
    rules = [RuleActionFactory(rule__group=group, value_usd=5).rule.pk for _ in range(50)]
    ListingFactory(price_usd=100)
    assert at_once(*([record_day] * 4)) == [50] * 4
    assert [row[1] for row in kept()] == rules


def test_without_a_rule_there_is_nothing_to_write() -> None:
    RuleActionFactory(rule__group__ruleset__is_active=False)
    with CaptureQueriesContext(connection) as seen:
        assert record_day_if_due() == 0
    assert len(seen) == 2


def test_what_goes_wrong_leaves_what_was_there(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    record_day()
    before = kept()
    RuleActionFactory(rule__group=rule.group, value_usd=1)

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(type(RuleDay.objects), "bulk_create", killed)
    with pytest.raises(SystemExit):
        record_day()
    assert kept() == before
