"""Rules and rulesets as they were: versions, deleted rows, whole rulesets at a moment, and one change taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dealbrain.actor import acting
from tests.factories import (
    CustomFieldFactory,
    RuleActionFactory,
    RuleFactory,
    RuleGroupFactory,
    RulesetFactory,
    StaffFactory,
)
from valuation.history.audit import recording
from valuation.history.restoring import CannotRestore, Past, change_undone, deleted, put_back, ruleset_at, version_of
from valuation.history.states import load_states
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion, TargetKind

pytestmark = pytest.mark.django_db
DDR3 = {"field_name": "ram_type", "operator": "equals", "value": "ddr3"}


@pytest.fixture
def rule() -> Rule:
    with recording():
        rule = RuleFactory(name="DDR3", conditions=DDR3, group__name="RAM", group__ruleset__name="Mine")
        RuleActionFactory(rule=rule, value_usd=Decimal("-15"))
    return Rule.objects.get(pk=rule.pk)


def told(ruleset_id: int) -> dict[Any, Any]:
    """All that a ruleset says, without the numbers of its versions."""
    return {target: state.content for target, state in load_states(rulesets=[ruleset_id]).items()}


def newest() -> list[AuditEntry]:
    last = AuditEntry.objects.order_by("-pk")[0]
    return list(AuditEntry.objects.filter(at=last.at))


def change(rule: Rule, **values: Any) -> None:
    with recording():
        for name, value in values.items():
            setattr(rule, name, value)
        rule.save()
        rule.actions.update(value_usd=Decimal("99"))


def test_a_version_is_a_new_version(rule: Rule) -> None:
    before = told(rule.group.ruleset_id)
    change(rule, name="Other", conditions=None, evaluation_order=7)
    with acting("ann"):
        put_back(version_of(rule.pk, 1))
    assert told(rule.group.ruleset_id) == before
    versions = RuleVersion.objects.filter(rule_id=rule.pk).order_by("number")
    assert [(version.number, version.snapshot["name"]) for version in versions] == [
        (1, "DDR3"),
        (2, "Other"),
        (3, "DDR3"),
    ]
    assert AuditEntry.objects.order_by("-pk")[0].actor == "ann"
    assert Rule.objects.get(pk=rule.pk).version == 3


def test_what_is_so_already_is_no_change(rule: Rule) -> None:
    count = AuditEntry.objects.count()
    assert put_back(version_of(rule.pk, 1)) == []
    assert AuditEntry.objects.count() == count


def test_a_deleted_rule_comes_back_under_its_id(rule: Rule) -> None:
    before, number = told(rule.group.ruleset_id), rule.pk
    rule.delete()
    put_back(deleted(TargetKind.RULE, number))
    assert told(rule.group.ruleset_id) == before
    assert RuleVersion.objects.filter(rule_id=number).order_by("-number")[0].number == 2


def test_a_deleted_group_comes_back_with_its_rules(rule: Rule) -> None:
    before, group = told(rule.group.ruleset_id), rule.group
    number = group.pk
    group.delete()
    assert not Rule.objects.exists()
    put_back(deleted(TargetKind.GROUP, number))
    assert told(rule.group.ruleset_id) == before


def test_into_another_home(rule: Rule) -> None:
    number, ruleset = rule.pk, rule.group.ruleset
    ruleset.delete()
    with pytest.raises(CannotRestore, match="choose another rule group"):
        put_back(deleted(TargetKind.RULE, number))
    other = RuleGroupFactory(name="Elsewhere")
    put_back(deleted(TargetKind.RULE, number, into=other.pk))
    assert Rule.objects.get(pk=number).group == other
    assert RuleAction.objects.get(rule=number).value_usd == -15


def test_a_deleted_ruleset_as_it_stood(rule: Rule) -> None:
    ruleset = rule.group.ruleset
    before, number, at = told(ruleset.pk), ruleset.pk, timezone.now()
    ruleset.delete()
    put_back(ruleset_at(number, at))
    assert told(number) == before


def _rename(rule: Rule) -> None:
    change(rule, name="Renamed")


def _exchange_names(rule: Rule) -> None:
    twin = RuleFactory(name="Twin", group=rule.group)
    change(rule, name="free for a moment")
    change(twin, name="DDR3")
    change(rule, name="Twin")


def _delete_and_make_another_of_its_name(rule: Rule) -> None:
    group = rule.group
    rule.delete()
    RuleFactory(name="DDR3", group=group)


def _move_to_another_ruleset(rule: Rule) -> None:
    rule.group = RuleGroupFactory(ruleset__name="Theirs")
    rule.save()


def _move_the_group(rule: Rule) -> None:
    rule.group.ruleset = RulesetFactory(name="Theirs")
    rule.group.save()


def _move_the_group_and_change_the_rule(rule: Rule) -> None:
    _move_the_group(rule)
    change(rule, name="Changed there")


def _change_everything(rule: Rule) -> None:
    with recording(rulesets=[rule.group.ruleset_id]):
        Rule.objects.update(priority=1)
        RuleGroup.objects.update(weight=Decimal("0.5"), name="G")
        Ruleset.objects.update(priority=3, effect="deduct", conditions=DDR3, is_active=False)
        RuleAction.objects.all().delete()


@pytest.mark.parametrize(
    "edit",
    [
        _rename,
        _exchange_names,
        _delete_and_make_another_of_its_name,
        _move_to_another_ruleset,
        _move_the_group,
        _move_the_group_and_change_the_rule,
        _change_everything,
    ],
)
def test_a_ruleset_at_a_moment(rule: Rule, edit: Callable[[Rule], None]) -> None:
    ruleset = rule.group.ruleset
    before, at = told(ruleset.pk), timezone.now()
    edit(rule)
    assert told(ruleset.pk) != before
    put_back(ruleset_at(ruleset.pk, at))
    assert told(ruleset.pk) == before
    assert put_back(ruleset_at(ruleset.pk, at)) == []


def test_undo_is_the_change_taken_back(rule: Rule) -> None:
    before = told(rule.group.ruleset_id)
    change(rule, name="Other")
    undone = newest()
    put_back(change_undone(undone))
    assert told(rule.group.ruleset_id) == before
    with pytest.raises(CannotRestore, match='"DDR3" was changed again by somebody'):
        change_undone(undone)


def test_undo_takes_back_what_was_made(rule: Rule) -> None:
    before = told(rule.group.ruleset_id)
    with recording():
        made = RuleFactory(group=rule.group)
        RuleActionFactory(rule=made)
    put_back(change_undone(newest()))
    assert told(rule.group.ruleset_id) == before


REFUSED: list[tuple[str, Callable[[Rule], Past], type[Exception], str]] = [
    ("no such version", lambda rule: version_of(rule.pk, 9), CannotRestore, "no version 9: the newest is 1"),
    ("not deleted", lambda rule: deleted(TargetKind.RULE, rule.pk), CannotRestore, "no deleted rule"),
    ("nothing to undo", lambda rule: change_undone([]), CannotRestore, "nothing to undo"),
    (
        "before it was there",
        lambda rule: ruleset_at(rule.group.ruleset_id, datetime(2020, 1, 1, tzinfo=UTC)),
        CannotRestore,
        "was not there at 2020-01-01",
    ),
]


@pytest.mark.parametrize(("name", "past", "error", "text"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_there_is_no_way_back_to(
    rule: Rule, name: str, past: Callable[[Rule], Past], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        past(rule)


def test_a_name_that_is_taken(rule: Rule) -> None:
    number, group = rule.pk, rule.group
    rule.delete()
    RuleFactory(group=group, name="DDR3")
    before = told(group.ruleset_id)
    with pytest.raises(CannotRestore, match="has the name by now"):
        put_back(deleted(TargetKind.RULE, number))
    assert told(group.ruleset_id) == before


def test_a_field_that_is_gone(rule: Rule) -> None:
    field = CustomFieldFactory(entity="listing", key="colour", data_type="string")
    with recording():
        rule.conditions = {"field_name": "custom.colour", "operator": "equals", "value": "red"}
        rule.save()
    number = rule.version + 1
    change(rule, conditions=None)
    field.delete()
    with pytest.raises(ValidationError, match=r"custom\.colour"):
        put_back(version_of(rule.pk, number))


def test_baselines_are_for_those_who_may(rule: Rule) -> None:
    change(rule, name="Other")
    Ruleset.objects.update(is_baseline=True)
    with pytest.raises(PermissionDenied, match="system baseline"):
        put_back(version_of(rule.pk, 1), user=StaffFactory(group="Editors"))
    assert Rule.objects.get(pk=rule.pk).name == "Other"


def test_which_baseline_counts_is_not_restored() -> None:
    with recording():
        old = RulesetFactory(is_baseline=True, is_active=True)
    at = timezone.now()
    with recording(rulesets=[old.pk]):
        Ruleset.objects.update(is_active=False, priority=9)
    put_back(ruleset_at(old.pk, at))
    assert Ruleset.objects.values_list("is_active", "priority").get() == (False, old.priority)


def test_queries_do_not_grow_with_what_stays(rule: Rule) -> None:
    def cost() -> int:
        at = timezone.now()
        change(rule, evaluation_order=rule.evaluation_order + 1)
        with CaptureQueriesContext(
            connection,
        ) as found:
            put_back(ruleset_at(rule.group.ruleset_id, at))
        rule.refresh_from_db()
        return len(found)

    few = cost()
    RuleFactory.create_batch(20, group=rule.group)
    assert cost() <= few


class Steps(TestCase):
    """Whatever was done to a ruleset, the way back to any moment gives what it was then."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=8))
    def test_any_way_back(self, steps: list[tuple[int, int]]) -> None:
        with recording():
            ruleset = RulesetFactory()
            groups = [RuleGroupFactory(ruleset=ruleset) for _ in range(2)]
            for group in groups:
                RuleActionFactory(rule__group=group)
        moments = [(timezone.now(), told(ruleset.pk))]
        for kind, number in steps:
            self._step(ruleset, kind, number)
            moments.append((timezone.now(), told(ruleset.pk)))
        for at, was in reversed(moments):
            put_back(ruleset_at(ruleset.pk, at))
            assert told(ruleset.pk) == was
        at, was = moments[-1]
        put_back(ruleset_at(ruleset.pk, at))
        assert told(ruleset.pk) == was

    def _step(self, ruleset: Ruleset, kind: int, number: int) -> None:
        groups = list(RuleGroup.objects.filter(ruleset=ruleset).order_by("pk"))
        rules = list(Rule.objects.filter(group__ruleset=ruleset).order_by("pk"))
        group = groups[number % len(groups)] if groups else RuleGroupFactory(ruleset=ruleset)
        if kind == 0:
            RuleActionFactory(rule__group=group)
        elif kind == 1 and rules:
            rules[number % len(rules)].delete()
        elif kind == 2 and rules:
            change(rules[number % len(rules)], name=f"name {number} {len(rules)}", evaluation_order=number)
        elif kind == 3:
            group.delete()
        elif kind == 4 and rules:
            rule = rules[number % len(rules)]
            rule.group = group
            rule.save()
        elif kind == 5:
            RuleGroupFactory(ruleset=ruleset)
        else:
            ruleset.priority = number
            ruleset.save()
