"""Drafts in the admin: begin one, look at what it would do, choose where both sides changed something, publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from dealbrain.admin import NOTHING, ReadOnlyAdmin
from valuation.drafts.comparing import Comparison, compare_draft
from valuation.drafts.publishing import (
    MOST_NOTE,
    CannotPublish,
    Collides,
    ExamplesDisagree,
    publish,
    schedule,
    unschedule,
)
from valuation.drafts.starting import CannotDraft, start_draft
from valuation.models import Draft, Release, Ruleset
from valuation.permissions import may_write, ruleset_of

CHOICE = "choice:"
SHOWN = 20  # releases on the page of a ruleset's drafts
MAY_DRAFT = ("valuation.add_ruleset", "valuation.add_rulegroup", "valuation.add_rule", "valuation.add_ruleaction")
MAY_PUBLISH = ("valuation.change_ruleset", "valuation.change_rulegroup", "valuation.change_rule")


class PublishForm(forms.Form):
    """With what a draft is published."""

    note = forms.CharField(
        max_length=MOST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why: it stands in the history of the ruleset.",
    )
    at = forms.DateTimeField(
        required=False,
        label="Not before",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="UTC. Empty: at once. Else the next recalculation by cron from then on publishes it.",
    )
    override_reason = forms.CharField(
        required=False,
        max_length=MOST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Publish although examples do not hold",
        help_text="Why not to mind them. It is written down.",
    )


class DraftNotice:
    """For the pages of rulesets, groups and rules: whether what is edited here counts, and the way to what does."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        ruleset = ruleset_of(row) if row is not None else None
        if ruleset is not None:
            context["draft_notice"] = notice_of(ruleset, request.user, is_whole=isinstance(row, Ruleset))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's


def notice_of(ruleset: Ruleset, user: Any, *, is_whole: bool) -> dict[str, Any] | None:
    """What the page of a row says of drafts. Two queries at most."""
    draft = Draft.objects.filter(pk=ruleset.pk).first()
    if draft is not None:
        return {"draft": draft, "original": ruleset.draft_of}
    if not is_whole or not user.has_perms(MAY_DRAFT):
        return None
    return {"of": ruleset, "count": ruleset.drafts.count()}


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """What was published, by whom, and why; and the pages of drafts, which lead there."""

    list_display = ("at", "ruleset", "number", "by", "note", "override_reason")
    list_select_related = ("ruleset",)
    list_filter = (("ruleset", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("ruleset__name", "note", "actor")
    fields = ("ruleset", "number", "at", "by", "note", "override_reason")
    readonly_fields = ("by",)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("drafts/<int:pk>/", view(self.drafts), name="valuation_drafts"),
            path("draft/<int:pk>/", view(self.compare), name="valuation_draft_compare"),
            *super().get_urls(),
        ]

    @admin.display(description="by", ordering="actor")
    def by(self, obj: Release) -> str:
        return obj.actor or NOTHING

    def drafts(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The drafts of a ruleset, what was published of it, and the button that begins one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ruleset = get_object_or_404(Ruleset, pk=pk)
        if request.method == "POST":
            if not request.user.has_perms(MAY_DRAFT):
                raise PermissionDenied
            try:
                draft = start_draft(ruleset_id=pk)
            except CannotDraft as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "This is the draft. Change it as you like: nothing counts until you publish.")
                return HttpResponseRedirect(reverse("admin:valuation_ruleset_change", args=[draft.pk]))
        context = {
            **self._context(request, f"Drafts of {ruleset}", ruleset),
            "drafts": Draft.objects.select_related("ruleset").filter(ruleset__draft_of=ruleset),
            "releases": ruleset.releases.all()[:SHOWN],
            "may_draft": request.user.has_perms(MAY_DRAFT) and ruleset.draft_of_id is None,
        }
        return TemplateResponse(request, "admin/valuation/draft/list.html", context)

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a draft would change and do; with POST it is published, or looked at with what was chosen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ruleset = get_object_or_404(Ruleset.objects.select_related("draft_of"), pk=pk)
        typed = {name: request.POST.get(name, "") for name in PublishForm.base_fields}  # kept while one looks
        form = PublishForm(request.POST if "_publish" in request.POST else None, initial=typed)
        choices = {
            name.removeprefix(CHOICE): str(side)
            for name, side in request.POST.items()
            if name.startswith(CHOICE) and side
        }
        if request.method == "POST" and {"_publish", "_unschedule"} & request.POST.keys():
            answer = self._written(request, ruleset, form, choices)
            if answer is not None:
                return answer
        context = {**self._context(request, f"Compare {ruleset}", ruleset), "form": form, "choices": choices}
        try:
            found = compare_draft(draft_id=pk, choices=choices)
            context |= _shown(found, request.user)
        except CannotPublish as error:
            context["trouble"] = str(error)
        except ValidationError as error:
            context["trouble"] = f"It cannot be published as it is: {' '.join(error.messages)}"
        return TemplateResponse(request, "admin/valuation/draft/compare.html", context)

    def _context(self, request: HttpRequest, title: str, ruleset: Ruleset) -> dict[str, Any]:
        each = self.admin_site.each_context(request)
        return {**each, "opts": Ruleset._meta, "title": title, "ruleset": ruleset}

    def _written(
        self, request: HttpRequest, ruleset: Ruleset, form: PublishForm, choices: Mapping[str, str]
    ) -> HttpResponse | None:
        """The answer to what was published, scheduled or put off; None where the page is to say why it was not."""
        if not request.user.has_perms(MAY_PUBLISH):
            raise PermissionDenied
        here = reverse("admin:valuation_draft_compare", args=[ruleset.pk])
        try:
            if "_unschedule" in request.POST:
                unschedule(draft_id=ruleset.pk)
                messages.success(request, "It is published by hand again.")
                return HttpResponseRedirect(here)
            if not form.is_valid():
                return None
            given = form.cleaned_data
            options = {"draft_id": ruleset.pk, "note": given["note"], "user": request.user, "choices": choices}
            options["override_reason"] = given["override_reason"]
            if given["at"]:
                schedule(at=given["at"], **options)
                messages.success(request, f"It is published from {given['at']:%Y-%m-%d %H:%M} UTC on, by cron.")
                return HttpResponseRedirect(here)
            done = publish(**options)
        except (Collides, ExamplesDisagree) as error:
            form.add_error(None, str(error))
            return None
        except CannotPublish as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:valuation_ruleset_changelist"))
        except ValidationError as error:
            form.add_error(None, " ".join(error.messages))
            return None
        address = reverse("admin:valuation_ruleset_history", args=[done.ruleset_id])
        told = format_html(
            'Published as release {}: {} changed. <a href="{}">Its history</a> leads back. Figures follow.',
            done.release,
            f"{done.changed} row{'' if done.changed == 1 else 's'}",
            address,
        )
        messages.success(request, told)
        return HttpResponseRedirect(reverse("admin:valuation_ruleset_change", args=[done.ruleset_id]))


def _shown(found: Comparison, user: Any) -> dict[str, Any]:
    return {
        "comparison": found,
        "draft": found.draft,
        "original": found.original,
        "impact": found.impact,
        "widest": max((mover.moved_cents for mover in found.impact.movers), default=0),
        "tallest": max((bar.count for bar in found.impact.bars), default=0),
        "may_publish": user.has_perms(MAY_PUBLISH) and may_write(user, found.original),
        "is_baseline": found.original.is_baseline,
    }
