"""A ruleset at a glance: its groups and rules as lines, each with what it does to the inventory.

The lines are shown by the server and edited by small posts (`board_edits`), so a page of 300 rules sends one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.urls import reverse

from dealbrain.deadlines import DeadlinePassed, deadline
from valuation.admin.careful import newest_change
from valuation.admin.shared import rule_problems, when
from valuation.arranging import ONE_NUMBER, amount_of, why_not_on
from valuation.engine import FieldRegistry
from valuation.explaining.summaries import ALWAYS, NO_ACTION, summarise_action
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.permissions import BASELINE_PERMISSION, may_write, why_not
from valuation.registry import field_registry
from valuation.trying.standing import RuleStanding, Standing, standing_of

LONGEST_LINE = 400
MOST_NAMED = 3
MOST_ASKED = 5
TOO_LONG = "Counting the listings takes too long just now, so the rules are shown without what they match."
VIEW_LISTINGS = "listings.view_listing"


@dataclass(frozen=True, slots=True)
class Badge:
    """A word or two about a rule. `kind` is how it looks: "", "warning" or "wrong"."""

    text: str
    kind: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Amount:
    """The one number of a rule, as it is typed, and the words behind it."""

    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    condition: str
    then: str
    badges: list[Badge]
    problems: list[str]
    amount: Amount | None
    why_not_on: str


@dataclass(frozen=True, slots=True)
class GroupLines:
    """A group with its rules. `may_change`: whether this person may edit its rules; `why_not` says why not."""

    group: RuleGroup
    rules: list[RuleLine]
    may_change: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Board:
    """`saw` is the newest change when the rows were read: what is edited is compared with it."""

    ruleset: Ruleset
    groups: list[GroupLines]
    others: list[RuleGroup]
    standing: Standing | None
    trouble: str
    saw: int
    why_not: str
    only: int | None

    @property
    def rule_count(self) -> int:
        return sum(len(group.rules) for group in self.groups)


def board_of(ruleset: Ruleset, user: Any, *, only: RuleGroup | None = None) -> Board:
    """The whole ruleset, or one group of it. As many queries for any number of rules."""
    saw, registry = newest_change(), field_registry()
    groups: QuerySet[RuleGroup] = ruleset.groups.prefetch_related("rules__actions")
    found = list(groups)
    standing, trouble = _standing(ruleset) if user.has_perm(VIEW_LISTINGS) else (None, "")
    names = {rule.pk: rule.name for group in found for rule in group.rules.all()}
    lines = []
    for group in found:
        group.ruleset = ruleset
        if only is None or group.pk == only.pk:
            may = may_write(user, group)
            rules = [_line(rule, group, registry, standing, names) for rule in group.rules.all()]
            lines.append(GroupLines(group, rules, may, "" if may else why_not(group)))
    allowed = may_write(user, ruleset)
    return Board(
        ruleset=ruleset,
        groups=lines,
        others=[group for group in found if may_write(user, group)],
        standing=standing,
        trouble=trouble,
        saw=saw,
        why_not="" if allowed else f"{why_not(ruleset)} {whom_to_ask()}",
        only=only.pk if only else None,
    )


def whom_to_ask() -> str:
    """Some of those who may change baselines. One query."""
    model = get_user_model()
    if not hasattr(model.objects, "with_perm"):
        return ""
    people = model.objects.with_perm(BASELINE_PERMISSION, backend="django.contrib.auth.backends.ModelBackend")
    names = list(people.order_by("is_superuser", "username").values_list("username", flat=True)[:MOST_ASKED])
    return f"Ask {' or '.join(names)}." if names else "Nobody has it yet: ask whoever runs this installation."


def board_context(board: Board, user: Any) -> dict[str, Any]:
    """What the template needs beside the lines: what this person may do, and where it is sent."""
    writes = not isinstance(user, AnonymousUser) and not board.why_not
    may = {
        "change": user.has_perm("valuation.change_rule"),
        "add": user.has_perm("valuation.add_rule"),
        "delete": user.has_perm("valuation.delete_rule"),
        "arrange": writes and user.has_perm("valuation.change_rulegroup"),
        "add_group": writes and user.has_perm("valuation.add_rulegroup"),
    }
    address = reverse("admin:valuation_ruleset_edit", args=[board.ruleset.pk])
    page = f"{address}?group={board.only}" if board.only else address
    return {"board": board, "may": may, "edit": page}


def _standing(ruleset: Ruleset) -> tuple[Standing | None, str]:
    try:
        with deadline():
            return standing_of(ruleset), ""
    except DeadlinePassed:
        return None, TOO_LONG


def _line(
    rule: Rule, group: RuleGroup, registry: FieldRegistry, standing: Standing | None, names: dict[int, str]
) -> RuleLine:
    rule.group = group
    actions = list(rule.actions.all())
    action = amount_of(rule)
    problems = [str(found) for found in rule_problems(rule, registry) if found.severity == "error"]
    condition = when(rule, registry)
    return RuleLine(
        rule=rule,
        condition="" if condition == ALWAYS else _clipped(condition),
        then=_clipped(" and ".join(summarise_action(a.spec, registry) for a in actions) or NO_ACTION),
        badges=list(_badges(rule, problems, standing, names)),
        problems=problems,
        amount=_amount(action, registry) if action is not None else None,
        why_not_on=why_not_on(rule),
    )


def _amount(action: RuleAction, registry: FieldRegistry) -> Amount:
    assert action.action_type in ONE_NUMBER
    words = summarise_action(action.spec, registry)
    unit = words.partition(" ")[2].partition(", ")[0] if action.action_type == "per_unit" else ""
    return Amount("" if action.value_usd is None else f"{action.value_usd.normalize():f}", unit)


def _badges(rule: Rule, problems: list[str], standing: Standing | None, names: dict[int, str]) -> Iterator[Badge]:
    if reason := rule.needs_configuration:
        yield Badge("needs configuration", "warning", reason)
    if problems:
        yield Badge("cannot run", "wrong")
    if not rule.group.is_active and rule.is_active:
        yield Badge("its group is off")
    told = standing.rules.get(rule.pk) if standing else None
    if told is None or problems:
        return
    if told.is_never:
        yield Badge("never matches", "warning", "Its conditions hold for none of the listings that the ruleset is for.")
    elif told.is_always:
        yield Badge(f"always: all {told.matched:,}")
    elif told.applies:
        yield Badge(f"matches {told.matched:,} ({percent(told.matched, told.applies)})")
    yield from _hidden(told)
    if told.together:
        shown = [names[pk] for pk in told.together if pk in names]
        more = len(shown) - MOST_NAMED
        ending = f" and {more} more" if more > 0 else ""
        named = ", ".join(_clipped(name, 60) for name in shown[:MOST_NAMED])
        yield Badge(f"always together with {named}{ending}")


def _hidden(told: RuleStanding) -> Iterator[Badge]:
    if told.replaced:
        yield Badge(f"replaced by an override on {told.replaced:,}")
    if told.behind:
        yield Badge(f"an earlier rule counts instead on {told.behind:,}")
    if told.empty:
        yield Badge(f"no amount for {told.empty:,}", "warning", "A fact that the amount is made of is missing there.")


def percent(part: int, whole: int) -> str:
    """`18 %`; what is neither none nor all is not rounded to it."""
    share = 100 * part / whole
    if 0 < share < 1:
        return "under 1 %"
    if 99 < share < 100:
        return "over 99 %"
    return f"{share:.0f} %"


def _clipped(text: str, most: int = LONGEST_LINE) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
