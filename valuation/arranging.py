"""Small edits of a ruleset by its page: order, place, switch, amount, a copy, a new group. Each is one change.

Rules are written by sets where a save would check what is not touched: one that cannot be saved any more, because a
field it names was deleted, can still be moved and switched off. So each edit records, marks and kicks by name. All of
them read what they change after `recording` has taken the lock of the rules, so two at once come one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.utils import timezone

from valuation.choices import ActionType
from valuation.history.audit import recording
from valuation.jobs import kick
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.rules import NEEDS_CONFIGURATION, UNCONFIGURED, WITHOUT_ACTION
from valuation.recalculation.marking import mark_rules

Row = TypeVar("Row", Rule, RuleGroup)

STEP = 10  # between two orders, so that what comes between them later moves alone
MOST_ORDER = 2**31 - 1
AT_ONCE = 200  # rows of one UPDATE
LONGEST_NAME = 255
ONE_NUMBER = frozenset({ActionType.FIXED_VALUE, ActionType.ADDITIVE, ActionType.PER_UNIT})
KEPT_OF_METADATA = (NEEDS_CONFIGURATION, "original")  # of a copy: what says that it is not ready, and why
OVERRIDES_STAY = "An override replaces a baseline's field once. Make a rule of your own, or change the override."


class CannotArrange(ValueError):
    """Why an edit is not made, and what to do instead."""


def amount_of(rule: Rule) -> RuleAction | None:
    """The action whose one number is the rule's amount; None where there is more to it. No query if prefetched."""
    actions = list(rule.actions.all())
    return actions[0] if len(actions) == 1 and actions[0].action_type in ONE_NUMBER else None


def why_not_on(rule: Rule) -> str:
    """Why a rule may not be switched on; "" where it may."""
    if rule.is_unconfigured:
        return UNCONFIGURED
    return "" if rule.actions.all() else WITHOUT_ACTION


def switch_rule(rule: Rule, *, on: bool) -> None:
    """Raises CannotArrange where the rule is not ready to count."""
    if on and (reason := why_not_on(rule)):
        raise CannotArrange(reason)
    _write(Rule.objects.filter(pk=rule.pk), rule, is_active=on)


def switch_group(group: RuleGroup, *, on: bool) -> None:
    _write(RuleGroup.objects.filter(pk=group.pk), group, is_active=on)


def set_amount(rule: Rule, value: Decimal) -> None:
    """Raises CannotArrange where the rule has no one amount, ValidationError for a value that no action may have."""
    with recording():
        action = amount_of(rule)
        if action is None:
            raise CannotArrange(f'"{rule}" has more to it than one amount: change it on its own page.')
        action.value_usd = value
        action.save()


def place_rule(rule: Rule, group: RuleGroup, *, before: Rule | None = None) -> int:
    """Put a rule into a group of its ruleset, before another or last. Returns its place there, counted from 1.

    Raises CannotArrange where the group has a rule of that name.
    """
    with recording(Rule.objects.filter(group__in={rule.group_id, group.pk})):
        if rule.group_id != group.pk and group.rules.filter(name=rule.name).exists():
            raise CannotArrange(f'"{group}" has a rule "{rule}" already: rename one of the two first.')
        others = [other for other in group.rules.all() if other.pk != rule.pk]
        place = next((at for at, other in enumerate(others) if before and other.pk == before.pk), len(others))
        orders = _orders([*others[:place], rule, *others[place:]], place, "evaluation_order")
        _write_orders(Rule.objects.all(), "evaluation_order", orders)
        _write(Rule.objects.filter(pk=rule.pk), rule, group=group.pk)
    return place + 1


def place_group(group: RuleGroup, place: int) -> int:
    """Put a group at this place of its ruleset, counted from 0. Returns it counted from 1."""
    siblings = RuleGroup.objects.filter(ruleset=group.ruleset_id)
    with recording(siblings):
        others = [other for other in siblings if other.pk != group.pk]
        orders = _orders([*others[:place], group, *others[place:]], place, "display_order")
        _write_orders(siblings, "display_order", orders)
        _write(siblings.filter(pk=group.pk), group)
    return place + 1


def copy_rule(rule: Rule) -> Rule:
    """A copy right behind the rule, switched off: two that count would give the amount twice.

    Raises CannotArrange for an override.
    """
    if rule.overrides:
        raise CannotArrange(OVERRIDES_STAY)
    with recording():
        kept = {name: rule.metadata[name] for name in KEPT_OF_METADATA if name in rule.metadata}
        copy = Rule(
            group=rule.group,
            name=_free_name(rule),
            description=rule.description,
            evaluation_order=rule.evaluation_order,
            priority=rule.priority,
            is_active=False,
            conditions=rule.conditions,
            metadata=kept,
        )
        copy.save()
        for action in rule.actions.all():
            action.pk, action.rule = None, copy
            action._state.adding = True
            action.save()
        after = list(rule.group.rules.exclude(pk=copy.pk))
        place = next(at for at, other in enumerate(after) if other.pk == rule.pk) + 1
        place_rule(copy, rule.group, before=after[place] if place < len(after) else None)
    return copy


def add_group(ruleset: Ruleset, name: str) -> RuleGroup:
    """A new group, the last of its ruleset. Raises CannotArrange, ValidationError for a name that cannot be."""
    with recording():
        if ruleset.groups.filter(name=name).exists():
            raise CannotArrange(f'The ruleset has a group "{name}" already: choose another name.')
        last = ruleset.groups.order_by("-display_order").values_list("display_order", flat=True).first()
        order = STEP if last is None else min(last + STEP, MOST_ORDER)
        group = RuleGroup(ruleset=ruleset, name=name, display_order=order)
        group.save()
    return group


def _orders(rows: Sequence[Row], place: int, column: str) -> dict[int, int]:
    """The orders to write, by id, so that the rows come as they stand here; the one at `place` is new there.

    It alone, where a number is free between its neighbours, else all of them, in steps.
    """
    low = getattr(rows[place - 1], column) if place else None
    high = getattr(rows[place + 1], column) if place + 1 < len(rows) else None
    if low is None:
        wanted = STEP if high is None else high - STEP
    elif high is None:
        wanted = low + STEP
    else:
        wanted = (low + high) // 2
    is_between = (low is None or low < wanted) and (high is None or wanted < high)
    if is_between and abs(wanted) <= MOST_ORDER:
        return {rows[place].pk: wanted}
    stepped = {row.pk: (at + 1) * STEP for at, row in enumerate(rows)}
    return {row.pk: stepped[row.pk] for row in rows if getattr(row, column) != stepped[row.pk]}


def _write_orders(rows: QuerySet[Row], column: str, orders: dict[int, int]) -> None:
    ids = list(orders)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        cases = [When(pk=pk, then=Value(orders[pk])) for pk in some]
        found = rows.filter(pk__in=some).order_by()
        found.update(**{column: Case(*cases, default=F(column), output_field=IntegerField())})


def _write(rows: QuerySet[Row], row: Rule | RuleGroup, **values: object) -> None:
    with recording(rows):
        rows.order_by().update(**values, updated_at=timezone.now())
        mark_rules(cause=f"{row._meta.label_lower}:{row.pk}")
        kick()


def _free_name(rule: Rule) -> str:
    taken = set(rule.group.rules.values_list("name", flat=True))
    number, ending = 1, " (copy)"
    while (name := f"{rule.name[: LONGEST_NAME - len(ending)]}{ending}") in taken:
        number += 1
        ending = f" (copy {number})"
    return name
