"""Beside the form: what saving now would do to all active listings, from what is typed. After a save: what it did.

The page of a rule has it of its own form. Another page needs three things: `effect_answer` of its two worlds, the
template `admin/valuation/_effect_frame.html` in its form, and `effect.js` in its media; for the message, `ToldMixin`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms.widgets import Media, Script
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from dealbrain.deadlines import DeadlinePassed, deadline
from dealbrain.text import row_id
from valuation.admin.pictures import histogram_of
from valuation.admin.workshop import NEEDED, PREFIX
from valuation.engine import FieldRegistry
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.permissions import ruleset_of
from valuation.registry import field_registry
from valuation.trying.panel import panel_of, told_of
from valuation.trying.preview import Draft, rehearse_draft
from valuation.trying.rehearsal import World
from valuation.trying.standing_in import world_with

EFFECT = f"{PREFIX}_effect"  # the name of the address that is asked
PANEL = "admin/valuation/_effect.html"
# What keeps a rule from being saved and is nothing to its effect: names, words, and what somebody else saved.
IDLE = frozenset({"name", "description", "saw"})
IDLE_CODES = frozenset({"unique_together", "unique", "overtaken", "only_shown"})
MOST_PROBLEMS = 20
ON_PUBLISHING = "Once the draft is published"
Problems = list[dict[str, str]]


def effect_media() -> Media:
    """What a page needs that includes the frame."""
    module: Any = Script("admin/effect.js", type="module")  # the stubs know texts only
    return Media(css={"all": ["admin/effect.css"]}, js=[module])


def effect_answer(
    before: World, after: World, about: Iterable[int], registry: FieldRegistry, *, listing: str = "", note: str = ""
) -> dict[str, Any]:
    """The panel as HTML. `listing` is the id of one to look closely at, `note` what stands in the way of the effect."""
    panel = panel_of(before, after, about, registry, listing_id=row_id(listing))
    context = {"panel": panel, "histogram": histogram_of(panel.bars), "note": note}
    return {"html": render_to_string(PANEL, context), "problems": []}


# -- A rule --------------------------------------------------------------------------------------------------------


def rule_effect(form: Any, formset: Any, *, listing: str = "") -> dict[str, Any]:
    """The answer for the bound forms of a rule and its actions; what is wrong with them, where they say no rule."""
    problems = problems_of_form(form) + _problems_of_actions(formset)
    if problems:
        return {"html": "", "problems": problems[:MOST_PROBLEMS]}
    draft = draft_of(form, formset)
    try:
        rehearsal = rehearse_draft(draft)
    except (Rule.DoesNotExist, RuleGroup.DoesNotExist) as error:
        return {"html": "", "problems": [{"where": "", "text": str(error)}]}
    if draft.group is None:
        return {
            "html": "",
            "problems": [{"where": "Group", "text": "Choose a group, to see what the rule does there."}],
        }
    note = _note(draft)
    return effect_answer(
        rehearsal.before, rehearsal.after, [rehearsal.result], field_registry(), listing=listing, note=note
    )


def draft_of(form: Any, formset: Any) -> Draft:
    """The rule of forms without errors."""
    rule, typed = form.instance, form.cleaned_data
    return Draft(
        conditions=rule.conditions,
        actions=tuple(action.spec for action in _actions(formset)),
        group=typed.get("group"),
        evaluation_order=rule.evaluation_order,
        priority=rule.priority,
        replaces=rule.pk,
        is_active=rule.is_active,
    )


def _note(draft: Draft) -> str:
    """What stands between saving and the effect that is shown."""
    assert draft.group is not None
    if not draft.is_active:
        return "The rule is switched off, so it counts for nothing."
    ruleset = draft.group.ruleset
    if ruleset.draft_of is not None:
        return note_of_draft(ruleset)
    what = f"ruleset “{ruleset}”" if not ruleset.is_active else f"group “{draft.group}”"
    if ruleset.is_active and draft.group.is_active:
        return ""
    return f"The {what} is switched off, so saving changes nothing yet. This is what the rule would do if it were on."


def note_of_draft(draft: Ruleset) -> str:
    return f"Nothing counts yet: this is what publishing the draft does of it, in the place of “{draft.draft_of}”."


def _actions(formset: Any) -> list[RuleAction]:
    """The actions that a save would leave: those of the form, and stored ones that it does not name."""
    named = {row.instance.pk for row in formset.forms}
    left = [action for action in formset.get_queryset() if action.pk not in named]
    return sorted([row.instance for row in _kept(formset)] + left, key=lambda action: action.position)


def _kept(formset: Any) -> list[Any]:
    """The rows that a save would write: none that is taken out, and none that claims to be a row of another rule."""
    known = [row for row in formset.initial_forms if row.instance.pk is not None]
    new = [row for row in formset.extra_forms if row.has_changed()]
    return [row for row in [*known, *new] if row not in formset.deleted_forms]


def problems_of_form(form: Any) -> Problems:
    """What is wrong with a form, but for what has no effect on listings."""
    found = []
    for name, errors in form.errors.as_data().items():
        if name in IDLE:
            continue
        label = str(form.fields[name].label or name).capitalize() if name in form.fields else ""
        found += [
            {"where": label, "text": " ".join(error.messages)} for error in errors if error.code not in IDLE_CODES
        ]
    return found[:MOST_PROBLEMS]


def _problems_of_actions(formset: Any) -> Problems:
    found = [{"where": "Actions", "text": text} for text in formset.non_form_errors()]
    for number, row in enumerate(_kept(formset), start=1):
        for name, errors in row.errors.items():
            label = str(row.fields[name].label or name) if name in row.fields else ""
            where = f"Action {number}: {label}" if label else f"Action {number}"
            found += [{"where": where, "text": str(text)} for text in errors]
    return found


PREVIEW = "_preview"  # the button of those who have no script
GONE = "This rule has been deleted meanwhile. What you typed is still here: save, and it is a new one."
ONLY_TRIED = "This is a preview: nothing has been saved yet."


class RuleEffectMixin:
    """The page of a rule, with the panel beside its form."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "POST" and PREVIEW in request.POST:
            request.only_shown = ONLY_TRIED  # type: ignore[attr-defined]  # for the form
        page: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        return page

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        rule = kwargs.get("obj")
        may = self.has_add_permission(request) if rule is None else self.has_change_permission(request, rule)  # type: ignore[attr-defined]
        if may and request.user.has_perms(NEEDED):
            asked = f"?rule={rule.pk}" if rule else ""
            listings = reverse(f"admin:{PREFIX}_listings")
            context["effect"] = {"ask": reverse(f"admin:{EFFECT}") + asked, "listings": listings, "tries": True}
            if getattr(request, "only_shown", "") == ONLY_TRIED:
                formset = context["inline_admin_formsets"][0].formset
                context["effect"]["shown"] = rule_effect(context["adminform"].form, formset)["html"]
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return page

    def effect(self, request: HttpRequest) -> dict[str, Any]:
        """The panel for the form as it is typed: `?rule=ID`, or a new one. Raises PermissionDenied."""
        given = request.GET.get("rule", "")
        rule = None
        if given:
            rule = self.get_object(request, given)  # type: ignore[attr-defined]  # ModelAdmin's
            if rule is None:
                return {"html": "", "problems": [{"where": "", "text": GONE}]}
        if rule is not None:
            request.POST = self.chosen(request, rule)  # type: ignore[attr-defined]  # MergingMixin's
        forms = self.bound_forms(request, rule)
        return rule_effect(*forms, listing=request.POST.get("effect-listing", ""))

    def bound_forms(self, request: HttpRequest, rule: Rule | None) -> tuple[Any, Any]:
        """The forms of the page with what is typed, as a save would read them. Nothing is saved."""
        may = self.has_add_permission(request) if rule is None else self.has_change_permission(request, rule)  # type: ignore[attr-defined]
        if not may:
            raise PermissionDenied("You may look at this rule and not change it, so there is nothing to try.")
        made: Any = self.get_form(request, rule, change=rule is not None)  # type: ignore[attr-defined]  # ModelAdmin's
        form = made(request.POST, instance=rule)
        form.is_valid()
        formsets, _ = self._create_formsets(request, form.instance, change=rule is not None)  # type: ignore[attr-defined]
        formsets[0].is_valid()
        return form, formsets[0]


# -- After a save --------------------------------------------------------------------------------------------------


class ToldMixin:
    """The message after a save says what the save did. Looked at after the commit: nobody waits for that."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        request.world_before = world_with(ruleset_of(obj))  # type: ignore[attr-defined]  # for `save_related`
        super().save_model(request, obj, form, change)  # type: ignore[misc]  # ModelAdmin's

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # ModelAdmin's
        ruleset, about = ruleset_of(form.instance), self.told_about(form.instance)
        before, after = request.world_before, world_with(ruleset)  # type: ignore[attr-defined]  # of `save_model`
        on_publishing = ruleset is not None and ruleset.draft_of_id is not None
        transaction.on_commit(partial(tell, request, before, after, about, on_publishing), robust=True)

    def told_about(self, row: Any) -> list[int]:
        """The rules that the message is about by themselves: those of which it is said that they match nothing."""
        return []


def tell(request: HttpRequest, before: World, after: World, about: Iterable[int], on_publishing: bool) -> None:
    try:
        with deadline():
            told = told_of(before, after, about, field_registry())
    except DeadlinePassed:
        return
    messages.info(request, f"{ON_PUBLISHING}: {told.text}" if on_publishing else told.text)
    for warning in told.warnings:
        messages.warning(request, warning)
