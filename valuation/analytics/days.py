"""One row a day and rule: what it gave. A pass over everything writes today's, and cron does where no pass has.

A day written twice is the same rows once more; a process that is killed in between leaves the rows of before, and the
next one writes them. What is kept is bounded by days and by rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from valuation.analytics.looking import analytics_of
from valuation.models import Rule, RuleDay

KEPT = timedelta(days=400)
MOST_RULES = 2_000  # a day: of more, those that move most
COLUMNS = ("ruleset_id", "matched", "cents")


@dataclass(frozen=True, slots=True)
class Point:
    """What a rule, or several together, gave on one day."""

    day: date
    matched: int
    cents: int


def record_day_if_due() -> int:
    """Write today's rows where there are none and a rule could have one. Two queries where there is nothing to do."""
    if RuleDay.objects.filter(day=timezone.localdate()).exists():
        return 0
    in_force = Rule.objects.filter(is_active=True, group__is_active=True, group__ruleset__is_active=True)
    return record_day() if in_force.exists() else 0


def record_day() -> int:
    """Write today's rows in the place of those there are, and drop those that are too old. How many were written."""
    found, today = analytics_of(None), timezone.localdate()
    most = sorted(found.rules, key=lambda rule: -rule.moved_cents)[:MOST_RULES]
    rows = [
        RuleDay(
            day=today,
            rule_id=rule.rule_id,
            ruleset_id=rule.ruleset_id,
            matched=rule.standing.matched,
            cents=rule.standing.cents,
        )
        for rule in sorted(most, key=lambda rule: rule.rule_id)  # in one order, so that two who write cannot deadlock
    ]
    with transaction.atomic():
        RuleDay.objects.filter(day__lte=today - KEPT).delete()
        RuleDay.objects.filter(day=today).exclude(rule_id__in=[row.rule_id for row in rows]).delete()
        RuleDay.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["day", "rule_id"], update_fields=COLUMNS
        )
    return len(rows)


def lines_of(ruleset_id: int, rules: Collection[int]) -> dict[int, list[Point]]:
    """What each of these rules gave while it was in this ruleset, day by day; without a day, it is not in there."""
    found: dict[int, list[Point]] = defaultdict(list)
    rows = RuleDay.objects.filter(ruleset_id=ruleset_id, rule_id__in=rules).order_by("day")
    for rule_id, day, matched, cents in rows.values_list("rule_id", "day", "matched", "cents"):
        found[rule_id].append(Point(day, matched, cents))
    return found


def days_together(**only: int) -> list[Point]:
    """What rules gave together, day by day, those that are deleted by now too. `only`: of a ruleset_id or a rule_id."""
    rows = RuleDay.objects.filter(**only).order_by("day").values("day")
    summed = rows.annotate(matched_=Sum("matched"), cents_=Sum("cents"))
    return [Point(*row) for row in summed.values_list("day", "matched_", "cents_")]
