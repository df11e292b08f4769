"""The small posts by which the lines of a ruleset are edited, and what each of them did to the listings.

What to do stands in one field, as a button sends it: `on:12`, `up:12`, `into:12:3`. A page from before somebody else's
change of that very row is refused and shown anew, so nobody overwrites what he has not seen. Scripts get the lines back
as JSON, browsers without one are led to the page; both do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from dealbrain.deadlines import DeadlinePassed, deadline
from dealbrain.text import row_id
from valuation.admin.board import board_context, board_of
from valuation.admin.effect import ON_PUBLISHING
from valuation.admin.history import offer_undo
from valuation.admin.shared import warn_of_examples
from valuation.arranging import (
    CannotArrange,
    add_group,
    copy_rule,
    place_group,
    place_rule,
    set_amount,
    switch_group,
    switch_rule,
)
from valuation.deleting import delete_trees
from valuation.engine.money import format_usd, to_cents
from valuation.history.audit import recording
from valuation.models import AuditEntry, Rule, RuleAction, RuleGroup, Ruleset, TargetKind
from valuation.permissions import refuse_writing
from valuation.trying.impact import Impact, compare_worlds
from valuation.trying.rehearsal import World
from valuation.trying.standing_in import world_with

MOST_LOOKED_AT = 50  # newer changes of a row
LONGEST_WISH = 100
FIRST, LAST = "It is the first already.", "It is the last already."
NOTHING_MOVES = "No price moves by it."
UNSEEN = "Nothing was changed. The page shows it as it is now: do it again if you still want to."
ORDERS = {"evaluation_order", "display_order"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: the ruleset, the row it is about, and what else was sent."""

    user: Any
    ruleset: Ruleset
    row: Any
    other: str
    post: Any


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words, and the control that the page goes on with: `up:12`."""

    said: str
    focus: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of edit: whose row it is about, what one must be allowed, and how it is made."""

    model: type[Rule] | type[RuleGroup] | type[Ruleset]
    permission: str
    make: Callable[[Wish], Done]


def edit_view(request: HttpRequest, object_id: str, context: dict[str, Any]) -> HttpResponse:
    """One edit, and the lines as they are then. Not in a transaction of the request: counting locks nothing."""
    ruleset = Ruleset.objects.filter(pk=_whole(unquote(object_id))).first()
    if ruleset is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(_page(request, ruleset))
    by_script = "application/json" in request.headers.get("Accept", "")
    try:
        done, before, after = _made(request, ruleset)
        told = _told(before, after, on_publishing=ruleset.draft_of_id is not None)
        messages.success(request, " ".join(part for part in (done.said, told) if part))
        warn_of_examples(request, ruleset)
        offer_undo(request, back=_page(request, ruleset))
        status = HTTPStatus.OK
    except Overtaken as error:
        done, status = Done("", _focus(request)), HTTPStatus.CONFLICT
        messages.error(request, f"{error} {UNSEEN}")
    except CannotArrange as error:
        done, status = Done("", _focus(request)), HTTPStatus.BAD_REQUEST
        messages.error(request, str(error))
    except ValidationError as error:
        done, status = Done("", _focus(request)), HTTPStatus.BAD_REQUEST
        messages.error(request, " ".join(error.messages))
    except PermissionDenied as error:
        if not by_script:
            raise
        done, status = Done("", _focus(request)), HTTPStatus.FORBIDDEN
        messages.error(request, str(error))
    if not by_script:
        return HttpResponseRedirect(_page(request, ruleset))
    board = board_of(ruleset, request.user, only=_only(request, ruleset))
    shown = render_to_string("admin/valuation/_board.html", {**context, **board_context(board, request.user)}, request)
    told = render_to_string("admin/valuation/_messages.html", {"messages": messages.get_messages(request)}, request)
    return JsonResponse({"board": shown, "messages": told, "focus": done.focus}, status=status)


class Overtaken(Exception):
    """Who has changed the row since the page was made."""


def _made(request: HttpRequest, ruleset: Ruleset) -> tuple[Done, World, World]:
    """The edit in one transaction, with what counted before and after it. Others who write rules wait meanwhile."""
    verb, pk, other = _wish(request)
    edit = EDITS.get(verb)
    if edit is None:
        raise CannotArrange("This page does not know what was asked for: open it anew.")
    if not request.user.has_perm(f"valuation.{edit.permission}"):
        raise PermissionDenied("Rules are changed by people who may change them: ask an analyst.")
    with recording():
        row = _row(edit.model, pk, ruleset)
        refuse_writing(request.user, row)
        _refuse_unseen(row, request.POST.get("saw", ""))
        before = world_with(ruleset)
        done = edit.make(Wish(request.user, ruleset, row, other, request.POST))
        after = world_with(ruleset)
    return done, before, after


def _row(model: type[Any], pk: int, ruleset: Ruleset) -> Any:
    """A row of this ruleset and of no other. Raises CannotArrange where it is gone."""
    if model is Ruleset:
        return ruleset
    found: Any
    if model is Rule:
        rules = Rule.objects.filter(pk=pk, group__ruleset=ruleset.pk)
        found = rules.select_related("group__ruleset").prefetch_related("actions").first()
    else:
        found = RuleGroup.objects.filter(pk=pk, ruleset=ruleset.pk).select_related("ruleset").first()
    if found is None:
        raise CannotArrange(
            f"This {model._meta.verbose_name} is not in the ruleset any more: somebody has moved or deleted it."
        )
    return found


def _refuse_unseen(row: Any, saw: str) -> None:
    """A page that says nothing of what it saw, as a script's, overwrites nothing unseen: it has seen nothing."""
    if isinstance(row, Ruleset) or not saw:
        return
    kind = TargetKind.RULE if isinstance(row, Rule) else TargetKind.GROUP
    newer = AuditEntry.objects.filter(target_kind=kind, target_id=row.pk, pk__gt=_whole(saw)).order_by("-pk")
    for entry in newer[:MOST_LOOKED_AT]:
        if entry.action == "updated" and set(entry.after or ()) <= ORDERS:
            continue  # another row was moved past this one
        raise Overtaken(
            f"{entry.actor or 'Somebody'} {entry.action} the {entry.target_kind} “{entry.target_name}” at "
            f"{entry.at:%Y-%m-%d %H:%M:%S} UTC, after you opened this page."
        )


def _told(before: World, after: World, *, on_publishing: bool) -> str:
    """What the edit did to all listings, or does once its draft is published, in one sentence."""
    if before.specs == after.specs:
        return NOTHING_MOVES
    try:
        with deadline():
            words = effect_in_words(compare_worlds(before, after, movers=0))
            return f"{ON_PUBLISHING}: {words}" if on_publishing and words != NOTHING_MOVES else words
    except DeadlinePassed:
        return "Figures follow: counting what moves takes too long just now."


def effect_in_words(impact: Impact) -> str:
    """`17 of 93 listings, -$255.00 together.`"""
    if not impact.moved:
        return NOTHING_MOVES
    total = format_usd(to_cents(impact.total))
    return f"{impact.moved:,} of {impact.checked:,} listings, {total} together."


# -- What can be done ------------------------------------------------------------------------------------------


def _switch(on: bool) -> Callable[[Wish], Done]:
    def make(wish: Wish) -> Done:
        switch = switch_rule if isinstance(wish.row, Rule) else switch_group
        switch(wish.row, on=on)
        there = "" if isinstance(wish.row, Rule) else "group-"
        return Done(f"“{wish.row}” is {'on' if on else 'off'}.", f"{there}switch:{wish.row.pk}")

    return make


def _step(by: int) -> Callable[[Wish], Done]:
    """One place up or down. At the end of its group a rule stays where it is."""

    def make(wish: Wish) -> Done:
        rule: Rule = wish.row
        rules = list(rule.group.rules.all())
        at = next(place for place, other in enumerate(rules) if other.pk == rule.pk)
        wanted = at + by
        if not 0 <= wanted < len(rules):
            raise CannotArrange(FIRST if by < 0 else LAST)
        rest = [other for other in rules if other.pk != rule.pk]
        place = place_rule(rule, rule.group, before=rest[wanted] if wanted < len(rest) else None)
        return Done(_place(rule, place, len(rules), rule.group), f"{'up' if by < 0 else 'down'}:{rule.pk}")

    return make


def _group_step(by: int) -> Callable[[Wish], Done]:
    def make(wish: Wish) -> Done:
        group: RuleGroup = wish.row
        ids = list(RuleGroup.objects.filter(ruleset=group.ruleset_id).values_list("pk", flat=True))
        wanted = ids.index(group.pk) + by
        if not 0 <= wanted < len(ids):
            raise CannotArrange(FIRST if by < 0 else LAST)
        place = place_group(group, wanted)
        said = f"“{group}” is group {place} of {len(ids)} now."
        return Done(said, f"group-{'up' if by < 0 else 'down'}:{group.pk}")

    return make


def _into(wish: Wish) -> Done:
    """Last in the group that was chosen."""
    rule: Rule = wish.row
    group = _row(RuleGroup, _whole(wish.other or wish.post.get("group", "")), wish.ruleset)
    refuse_writing(wish.user, group)
    place = place_rule(rule, group)
    return Done(_place(rule, place, place, group), f"up:{rule.pk}")


def _before(wish: Wish) -> Done:
    """In front of another rule, in that one's group."""
    rule: Rule = wish.row
    other = _row(Rule, _whole(wish.other), wish.ruleset)
    if other.pk == rule.pk:
        raise CannotArrange("It stands there already.")
    refuse_writing(wish.user, other)
    place = place_rule(rule, other.group, before=other)
    count = other.group.rules.count()
    return Done(_place(rule, place, count, other.group), f"up:{rule.pk}")


def _place(rule: Rule, place: int, count: int, group: RuleGroup) -> str:
    return f"“{rule}” is {place} of {count} in “{group}” now."


def _copy(wish: Wish) -> Done:
    if not wish.user.has_perm("valuation.add_ruleaction"):
        raise PermissionDenied("Actions are added by people who may add them: ask an analyst.")
    made = copy_rule(wish.row)
    return Done(f"“{made}” is a copy, switched off: change it, and switch it on.", f"page:{made.pk}")


def _delete(wish: Wish) -> Done:
    rule: Rule = wish.row
    ids = list(rule.group.rules.values_list("pk", flat=True))
    at = ids.index(rule.pk)
    beside = next(iter([*ids[at + 1 : at + 2], *ids[max(at - 1, 0) : at]]), None)
    focus = f"page:{beside}" if beside else f"new:{rule.group_id}"
    delete_trees([rule])
    return Done(f"“{rule}” is deleted.", focus)


def _amount(wish: Wish) -> Done:
    if not wish.user.has_perm("valuation.change_ruleaction"):
        raise PermissionDenied("Amounts are changed by people who may change actions: ask an analyst.")
    typed = wish.post.get("amount", "").strip().replace("\u2212", "-").replace("$", "")
    column: Any = RuleAction._meta.get_field("value_usd")
    if not typed:
        raise ValidationError("Type the amount in dollars, such as -15 or 2.50.")
    try:
        value: Decimal = column.formfield().clean(typed)
    except ValidationError as error:
        said = " ".join(error.messages)
        raise ValidationError(f"“{typed[:40]}” is no amount: {said} Write dollars, such as -15 or 2.50.") from error
    set_amount(wish.row, value)
    return Done(f"“{wish.row}” gives {typed} now.", f"amount:{wish.row.pk}")


def _new_group(wish: Wish) -> Done:
    name = wish.post.get("name", "").strip()
    if not name:
        raise ValidationError("Give the group a name.")
    group = add_group(wish.ruleset, name)
    return Done(f"The group “{group}” is added.", f"new:{group.pk}")


EDITS = {
    "on": Edit(Rule, "change_rule", _switch(on=True)),
    "off": Edit(Rule, "change_rule", _switch(on=False)),
    "up": Edit(Rule, "change_rule", _step(-1)),
    "down": Edit(Rule, "change_rule", _step(1)),
    "into": Edit(Rule, "change_rule", _into),
    "before": Edit(Rule, "change_rule", _before),
    "copy": Edit(Rule, "add_rule", _copy),
    "delete": Edit(Rule, "delete_rule", _delete),
    "amount": Edit(Rule, "change_rule", _amount),
    "group-on": Edit(RuleGroup, "change_rulegroup", _switch(on=True)),
    "group-off": Edit(RuleGroup, "change_rulegroup", _switch(on=False)),
    "group-up": Edit(RuleGroup, "change_rulegroup", _group_step(-1)),
    "group-down": Edit(RuleGroup, "change_rulegroup", _group_step(1)),
    "new-group": Edit(Ruleset, "add_rulegroup", _new_group),
}

# -- What was sent ---------------------------------------------------------------------------------------------


def _wish(request: HttpRequest) -> tuple[str, int, str]:
    verb, _, rest = request.POST.get("do", "")[:LONGEST_WISH].partition(":")
    pk, _, other = rest.partition(":")
    return verb, _whole(pk), other


def _whole(text: str) -> int:
    """An id; 0, which no row has, for anything else."""
    return row_id(text) or 0


def _focus(request: HttpRequest) -> str:
    verb, pk, _ = _wish(request)
    switch = {"on": "switch", "off": "switch", "group-on": "group-switch", "group-off": "group-switch"}
    return f"{switch.get(verb, verb)}:{pk}"


def _only(request: HttpRequest, ruleset: Ruleset) -> RuleGroup | None:
    return ruleset.groups.filter(pk=_whole(request.GET.get("group", ""))).first()


def _page(request: HttpRequest, ruleset: Ruleset) -> str:
    """The page that was posted from: the ruleset's, or that of one of its groups."""
    group = _only(request, ruleset)
    if group is not None:
        return reverse("admin:valuation_rulegroup_change", args=[group.pk])
    return reverse("admin:valuation_ruleset_change", args=[ruleset.pk])
