"""What each way of changing rules leaves behind: audit entries, and versions of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
import structlog
from django.core import serializers
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from dealbrain.actor import acting
from tests.factories import RuleActionFactory, RuleFactory, RuleGroupFactory, RulesetFactory
from valuation.history.audit import record, recording
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, RuleVersion, TargetKind

pytestmark = pytest.mark.django_db

ACTION = {
    "position": 0,
    "action_type": "fixed_value",
    "metric": "",
    "value_usd": "2.5",
    "unit_type": "",
    "formula": "",
    "modifiers": {},
}


def entries() -> list[tuple[str, str, str, Any, Any]]:
    """(action, kind, name, before, after), oldest first."""
    rows = AuditEntry.objects.order_by("pk")
    return list(rows.values_list("action", "target_kind", "target_name", "before", "after"))


def changes() -> list[tuple[str, str, str]]:
    return [entry[:3] for entry in entries()]


def versions(rule: Rule) -> list[int]:
    """Its numbers, oldest first; the newest is always the rule's own, as long as there is one."""
    numbers = list(RuleVersion.objects.filter(rule_id=rule.pk).order_by("number").values_list("number", flat=True))
    stored = Rule.objects.filter(pk=rule.pk).values_list("version", flat=True).first()
    assert stored in (None, numbers[-1] if numbers else 1)
    return numbers


def snapshot(rule: Rule, number: int) -> dict[str, Any]:
    return RuleVersion.objects.get(rule_id=rule.pk, number=number).snapshot


@pytest.fixture
def rule() -> Rule:
    """A rule with one action, and an empty log."""
    action = RuleActionFactory(
        value_usd=Decimal("2.50"),
        rule__name="RAM",
        rule__group__name="Memory",
        rule__group__ruleset__name="Mine",
    )
    AuditEntry.objects.all().delete()
    RuleVersion.objects.all().delete()
    Rule.objects.update(version=1)
    return Rule.objects.get(pk=action.rule_id)


def resave(row: Any, **changed: Any) -> None:
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()


# name -> (what is done with the rule, the entries that this leaves, how many versions it then has)
WAYS: dict[str, tuple[Callable[[Rule], Any], list[tuple[Any, ...]], int]] = {
    "rule saved": (
        lambda rule: resave(rule, name="RAM 2", is_active=False),
        [("updated", "rule", "RAM 2", {"name": "RAM", "is_active": True}, {"name": "RAM 2", "is_active": False})],
        2,
    ),
    "one and true differ": (
        lambda rule: resave(rule, metadata={"x": 1}) or resave(rule, metadata={"x": True}),
        [
            ("updated", "rule", "RAM", {"metadata": {}}, {"metadata": {"x": 1}}),
            ("updated", "rule", "RAM", {"metadata": {"x": 1}}, {"metadata": {"x": True}}),
        ],
        3,
    ),
    "nothing changed": (lambda rule: rule.save(), [], 0),
    "group saved": (
        lambda rule: resave(rule.group, weight=Decimal("0.5")),
        [("updated", "group", "Memory", {"weight": "1"}, {"weight": "0.5"})],
        0,
    ),
    "ruleset saved": (
        lambda rule: resave(rule.group.ruleset, effect="deduct"),
        [("updated", "ruleset", "Mine", {"effect": "add"}, {"effect": "deduct"})],
        0,
    ),
    "action saved": (
        lambda rule: resave(rule.actions.get(), value_usd=Decimal(7)),
        [("updated", "rule", "RAM", {"actions": [ACTION]}, {"actions": [ACTION | {"value_usd": "7"}]})],
        2,
    ),
    "action added": (
        lambda rule: RuleActionFactory(rule=rule, value_usd=Decimal("-0.0001"), position=1),
        [
            (
                "updated",
                "rule",
                "RAM",
                {"actions": [ACTION]},
                {"actions": [ACTION, ACTION | {"value_usd": "-0.0001", "position": 1}]},
            )
        ],
        2,
    ),
    "action deleted": (
        lambda rule: rule.actions.get().delete(),
        [("updated", "rule", "RAM", {"actions": [ACTION]}, {"actions": []})],
        2,
    ),
    "actions deleted by a query": (
        lambda rule: RuleAction.objects.all().delete(),
        [("updated", "rule", "RAM", {"actions": [ACTION]}, {"actions": []})],
        2,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_saving_is_written_down(rule: Rule, way: str) -> None:
    change, expected, count = WAYS[way]
    change(rule)
    assert entries() == expected
    assert versions(rule) == list(range(1, count + 1))


@pytest.mark.parametrize("way", WAYS)
def test_the_same_within_a_recording_is_one_entry(rule: Rule, way: str) -> None:
    change, expected, count = WAYS[way]
    with recording():
        change(rule)
        assert entries() == []
    first, last = expected[:1], expected[-1:]
    assert entries() == [(*a[:3], a[3], z[4]) for a, z in zip(first, last, strict=True)]
    assert versions(rule) == list(range(1, min(count, 2) + 1))


def test_what_is_created_is_kept_whole() -> None:
    ruleset = RulesetFactory(name="Mine")
    group = RuleGroupFactory(ruleset=ruleset, name="Memory", weight=Decimal("0.25"))
    condition = {"field_name": "ram_gb", "operator": "gte", "value": 16}
    rule = RuleFactory(group=group, name="RAM", conditions=condition, metadata={"why": "much"})
    assert changes() == [("created", "ruleset", "Mine"), ("created", "group", "Memory"), ("created", "rule", "RAM")]
    expected = {
        "name": "RAM",
        "description": "",
        "priority": 100,
        "evaluation_order": 100,
        "is_active": True,
        "conditions": condition,
        "overrides": "",
        "metadata": {"why": "much"},
        "actions": [],
        "group_id": group.pk,
        "group_name": "Memory",
        "ruleset_id": ruleset.pk,
    }
    assert snapshot(rule, 1) == expected
    entry = AuditEntry.objects.get(target_kind="rule")
    assert (entry.before, entry.after, entry.ruleset_id, entry.rule_id) == (None, expected, ruleset.pk, rule.pk)
    made = AuditEntry.objects.get(target_kind="group")
    assert (made.target_id, made.ruleset_id, made.rule_id, made.after["weight"]) == (group.pk, ruleset.pk, None, "0.25")
    assert versions(rule) == [1]


def test_a_rule_from_before_there_were_versions_keeps_what_it_was(rule: Rule) -> None:
    Rule.objects.filter(pk=rule.pk).update(version=4)
    with acting("ada"):
        resave(rule, name="RAM 2")
    assert versions(rule) == [4, 5]
    assert (snapshot(rule, 4)["name"], snapshot(rule, 5)["name"]) == ("RAM", "RAM 2")
    assert list(RuleVersion.objects.order_by("number").values_list("actor", flat=True)) == ["", "ada"]
    assert RuleVersion.objects.get(number=4).at < RuleVersion.objects.get(number=5).at


@pytest.mark.parametrize("model", [Ruleset, RuleGroup, Rule])
@pytest.mark.parametrize("by_query", [True, False])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_deletion_takes_what_is_inside_along(rule: Rule, model: Any, by_query: bool, recorded: bool) -> None:
    RuleActionFactory(rule=RuleFactory(group=rule.group, name="Second"), value_usd=1)
    AuditEntry.objects.all().delete()
    which = model.objects.all() if by_query else model.objects.order_by("pk").first()
    if recorded:
        with recording():
            which.delete()
    else:
        which.delete()
    rules = [("deleted", "rule", "RAM"), ("deleted", "rule", "Second")]
    outer = [("deleted", "ruleset", "Mine"), ("deleted", "group", "Memory")]
    expected = {Ruleset: outer + rules, RuleGroup: outer[1:] + rules, Rule: rules if by_query else rules[:1]}
    assert changes() == expected[model]
    last = AuditEntry.objects.get(target_name="RAM")
    assert (last.before["actions"], last.after) == ([ACTION], None)
    assert snapshot(rule, 1)["actions"] == [ACTION]


def test_a_rule_that_comes_back_counts_on(rule: Rule) -> None:
    resave(rule, name="RAM 2")
    pk, group = rule.pk, rule.group
    rule.delete()
    again = Rule.objects.create(pk=pk, group=group, name="RAM")
    assert versions(again) == [1, 2, 3]
    assert changes()[-1] == ("created", "rule", "RAM")


def test_an_action_that_moves_changes_both_rules(rule: Rule) -> None:
    other = RuleFactory(group=rule.group, name="Other")
    AuditEntry.objects.all().delete()
    resave(rule.actions.get(), rule=other)
    assert entries() == [
        ("updated", "rule", "RAM", {"actions": [ACTION]}, {"actions": []}),
        ("updated", "rule", "Other", {"actions": []}, {"actions": [ACTION]}),
    ]


def test_an_old_instance_does_not_turn_the_number_back(rule: Rule) -> None:
    old = Rule.objects.get(pk=rule.pk)
    resave(rule, name="RAM 2")
    resave(old, name="RAM 3")
    assert versions(rule) == [1, 2, 3]


@pytest.mark.parametrize("rows", [True, False])
def test_bulk_writes_that_are_named(rule: Rule, rows: bool) -> None:
    named: dict[str, Any] = {} if rows else {"rulesets": [rule.group.ruleset_id]}
    with recording(*([Rule.objects.all()] if rows else []), **named):
        Rule.objects.update(is_active=False)
        RuleAction.objects.update(value_usd=3)
        if not rows:
            Rule.objects.bulk_create([Rule(group=rule.group, name="Second")])
    expected = [("updated", "rule", "RAM")] + ([] if rows else [("created", "rule", "Second")])
    assert changes() == expected
    assert versions(rule) == [1, 2]
    assert (snapshot(rule, 2)["is_active"], snapshot(rule, 2)["actions"]) == (False, [ACTION | {"value_usd": "3"}])


@pytest.mark.parametrize("old_ruleset", [True, False])
def test_what_is_made_in_bulk_inside_of_what_is_new_needs_no_name(old_ruleset: bool) -> None:
    ruleset = RulesetFactory(name="Mine") if old_ruleset else None
    AuditEntry.objects.all().delete()
    with recording():
        group = RuleGroupFactory(ruleset=ruleset or RulesetFactory(name="Mine"), name="Memory")
        rules = Rule.objects.bulk_create([Rule(group=group, name=name) for name in ("A", "B")])
        RuleAction.objects.bulk_create([RuleAction(rule=rule, value_usd=Decimal("2.5")) for rule in rules])
    made = [("created", "group", "Memory"), ("created", "rule", "A"), ("created", "rule", "B")]
    assert changes() == [*([] if old_ruleset else [("created", "ruleset", "Mine")]), *made]
    assert [snapshot(rule, 1)["actions"] for rule in rules] == [[ACTION], [ACTION]]
    assert [versions(rule) for rule in rules] == [[1], [1]]


def test_an_inner_recording_joins_the_outer(rule: Rule) -> None:
    with recording():
        resave(rule, name="A")
        with recording(Ruleset.objects.all()):
            Ruleset.objects.update(priority=7)
            resave(rule, name="B")
        assert entries() == []
    assert entries() == [
        ("updated", "ruleset", "Mine", {"priority": 100}, {"priority": 7}),
        ("updated", "rule", "B", {"name": "RAM"}, {"name": "B"}),
    ]


def test_what_was_rolled_back_is_not_written_down(rule: Rule) -> None:
    with pytest.raises(IntegrityError), recording():  # noqa: PT012 - the first save is what must be forgotten
        resave(rule, name="A")
        RulesetFactory(name="Mine")
    with transaction.atomic():
        resave(rule, name="B")
        transaction.set_rollback(True)
    with recording():
        resave(rule, name="C")
        transaction.set_rollback(True)
    with recording():
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleFactory(group=rule.group, name="RAM")
        Rule.objects.get(pk=rule.pk).save()
    assert entries() == []
    resave(rule, name="D")  # and nothing is left over that would join it
    assert changes() == [("updated", "rule", "D")]
    assert versions(rule) == [1, 2]


def test_a_save_that_failed_leaves_nothing_behind(rule: Rule) -> None:
    other = RuleFactory(group=rule.group, name="Other")
    resave(rule, description="meanwhile")
    AuditEntry.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        resave(other, name="RAM")
    resave(other, name="Mine")
    assert entries() == [("updated", "rule", "Mine", {"name": "Other"}, {"name": "Mine"})]


def test_a_save_that_failed_leaves_nothing_behind_in_a_recording(rule: Rule) -> None:
    """The instance carries the ledger of a save of its own: an open one takes its place."""
    other = RuleFactory(group=rule.group, name="Other")
    AuditEntry.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        resave(other, name="RAM")
    with recording():
        resave(other, name="Mine")
    assert entries() == [("updated", "rule", "Mine", {"name": "Other"}, {"name": "Mine"})]
    assert versions(other) == [1, 2]


@pytest.mark.parametrize("recorded", [False, True])
def test_what_could_not_be_saved_can_be_deleted_and_the_other_way_round(rule: Rule, recorded: bool) -> None:
    other = RuleFactory(group=rule.group, name="Other")
    AuditEntry.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        resave(other, name="RAM")
    other.refresh_from_db()
    with refused_deletions(), pytest.raises(RuntimeError), transaction.atomic():
        other.delete()
    with recording() if recorded else nullcontext():
        resave(other, description="still there")
    with recording() if recorded else nullcontext():
        other.delete()
    assert [(entry.action, entry.target_name) for entry in AuditEntry.objects.order_by("pk")] == [
        ("updated", "Other"),
        ("deleted", "Other"),
    ]


@contextmanager
def refused_deletions() -> Iterator[None]:
    """Somebody who lets nothing go, after the audit log has been told."""

    def refuse(**_: Any) -> None:
        raise RuntimeError

    pre_delete.connect(refuse, sender=Rule)
    try:
        yield
    finally:
        pre_delete.disconnect(refuse, sender=Rule)


def test_fixtures_are_nobodys_change(rule: Rule) -> None:
    text = serializers.serialize("json", [rule.group.ruleset, rule.group, rule, rule.actions.get()])
    for loaded in serializers.deserialize("json", text.replace('"RAM"', '"Loaded"')):
        loaded.save()
    assert Rule.objects.get().name == "Loaded"
    assert entries() == []
    assert not RuleVersion.objects.exists()


def test_every_entry_is_signed(rule: Rule) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"), acting("ada"):
        resave(rule, name="A")
    assert AuditEntry.objects.values_list("actor", "request_id").get() == ("ada", "r-1")
    assert RuleVersion.objects.get(number=2).actor == "ada"


def test_an_entry_by_hand() -> None:
    with acting("ada"):
        made = record(
            action="baseline.imported",
            target_kind=TargetKind.BASELINE,
            target_id=5,
            target_name="v1.1",
            ruleset_id=7,
            after={"rules": 3},
        )
    stored = AuditEntry.objects.get()
    assert stored == made
    assert (stored.actor, stored.action, stored.target_id, stored.ruleset_id) == ("ada", "baseline.imported", 5, 7)
    assert (stored.before, stored.after) == (None, {"rules": 3})


def queries_of_the_audit(work: Callable[[], Any]) -> int:
    """The reads of rules, and everything about the log; not the writes that the work consists of."""
    with CaptureQueriesContext(connection) as seen, recording():
        work()
    texts = [query["sql"] for query in seen]
    log = ("valuation_auditentry", "valuation_ruleversion")
    return sum(
        ("SELECT" in text and 'FROM "valuation_rule' in text) or any(name in text for name in log) for text in texts
    )


WORK: dict[str, Callable[[list[Rule]], Any]] = {
    "rules saved": lambda rules: [resave(rule, description="new") for rule in rules],
    "actions saved": lambda rules: [resave(action, value_usd=9) for rule in rules for action in rule.actions.all()],
    "ruleset deleted": lambda rules: rules[0].group.ruleset.delete(),
    "actions added": lambda rules: [RuleAction.objects.create(rule=rule, value_usd=1) for rule in rules],
}


@pytest.mark.parametrize("work", WORK)
def test_queries_do_not_grow_with_the_rules(work: str) -> None:
    counts = []
    for count in (3, 30):
        group = RuleGroupFactory()
        for _ in range(count):
            RuleActionFactory(rule__group=group)
        rules = list(Rule.objects.filter(group=group).select_related("group__ruleset").prefetch_related("actions"))
        counts.append(queries_of_the_audit(lambda rules=rules: WORK[work](rules)))
    assert 5 < counts[0] == counts[1] < 25


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time by itself")
def test_two_writers_at_once_get_two_numbers_and_each_its_own_change() -> None:
    pk = RuleActionFactory(rule__name="RAM").rule_id
    AuditEntry.objects.all().delete()
    before, together = Rule.objects.get(pk=pk).version, Barrier(4)

    def write(number: int) -> None:
        try:
            together.wait(timeout=20)
            for turn in range(5):
                mine = Rule.objects.get(pk=pk)
                resave(mine, description=f"{number} {turn}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    rule = Rule.objects.get(pk=pk)
    assert versions(rule)[-20:] == list(range(before + 1, before + 21))
    told = [(row[3]["description"], row[4]["description"]) for row in entries()]
    assert [old for old, _ in told] == ["", *(new for _, new in told[:-1])]


def test_the_database_refuses_a_number_twice(rule: Rule) -> None:
    resave(rule, name="A")
    with pytest.raises(DatabaseError), transaction.atomic():
        RuleVersion.objects.create(rule_id=rule.pk, number=2, snapshot={})
