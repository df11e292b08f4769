"""Beside the form of a ruleset or a group: what saving it now would do. (What an edit of a line did is said by it.)"""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms.widgets import Media
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from valuation.admin.effect import effect_answer, effect_media, note_of_draft, problems_of_form
from valuation.admin.workshop import NEEDED, PREFIX, answering
from valuation.models import Rule, RuleGroup, Ruleset
from valuation.registry import field_registry
from valuation.trying.rehearsal import rehearse
from valuation.trying.standing_in import as_if_on, switch_on

GONE = "This has been deleted meanwhile, so there is nothing to try."
OFF = "It is switched off, so it counts for nothing."


class SettingsEffectMixin:
    """The page of a ruleset or a group that is there, with the panel below its form."""

    @property
    def media(self) -> Media:
        return super().media + effect_media()  # type: ignore[misc]  # ModelAdmin's

    def get_urls(self) -> list[URLPattern]:
        effect = path("effect/", answering("POST")(self.effect), name=self._effect_name())
        return [effect, *super().get_urls()]  # type: ignore[misc]  # ModelAdmin's

    def _effect_name(self) -> str:
        return f"valuation_{self.opts.model_name}_effect"  # type: ignore[attr-defined]  # ModelAdmin's

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        may = row is not None and self.has_change_permission(request, row)  # type: ignore[attr-defined]  # ModelAdmin's
        if may and row is not None and request.user.has_perms(NEEDED):
            ask = f"{reverse(f'admin:{self._effect_name()}')}?row={row.pk}"
            context["effect"] = {"ask": ask, "listings": reverse(f"admin:{PREFIX}_listings")}
        page: HttpResponse = super().render_change_form(request, context, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        return page

    def effect(self, request: HttpRequest) -> dict[str, Any]:
        """The panel for the form as it is typed, `?row=ID`. Raises PermissionDenied."""
        row = self.get_object(request, request.GET.get("row", ""))  # type: ignore[attr-defined]  # ModelAdmin's
        if row is None:
            return {"html": "", "problems": [{"where": "", "text": GONE}]}
        if not self.has_change_permission(request, row):  # type: ignore[attr-defined]  # ModelAdmin's
            raise PermissionDenied("You may look at this and not change it, so there is nothing to try.")
        name = row.name
        form: Any = self.get_form(request, row, change=True)(request.POST, instance=row)  # type: ignore[attr-defined]
        form.is_valid()
        if problems := problems_of_form(form):
            return {"html": "", "problems": problems}
        if "name" in form.errors:
            row.name = name  # what it is called is nothing to its effect
        note, first = "" if row.is_active else OFF, None
        ruleset = row if isinstance(row, Ruleset) else row.ruleset
        if ruleset.draft_of_id is not None:
            note, first = note_of_draft(ruleset), partial(switch_on, copy(ruleset))
            for column, value in as_if_on(ruleset).items() if row is ruleset else ():
                setattr(row, column, value)
        rehearsal = rehearse(row.save, first=first)
        return effect_answer(
            rehearsal.before,
            rehearsal.after,
            list(_rules_in(row)),
            field_registry(),
            listing=request.POST.get("effect-listing", ""),
            note=note,
        )


def _rules_in(row: Ruleset | RuleGroup) -> Any:
    place = {"group__ruleset": row.pk} if isinstance(row, Ruleset) else {"group": row.pk}
    return Rule.objects.filter(**place).values_list("pk", flat=True)
