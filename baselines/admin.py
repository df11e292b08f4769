"""Baselines in the admin: what is in force, and candidates, whose changes are looked at and adopted one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from baselines.adopting import Comparison, adopt, compare_with_current
from baselines.calibrate_pages import CalibrationAdmin
from baselines.diffing import REMOVED, FieldChange
from baselines.drift import edited_fields
from baselines.exporting import export_text, file_name
from baselines.forms import UploadForm
from baselines.impact import FieldEffect, impact_of_adopting
from baselines.models import BaselineImport, Candidate
from baselines.override_pages import override_page
from baselines.overriding import list_overrides
from baselines.reading import BaselineError, read_document
from baselines.services import reactivate_baseline
from baselines.wording import change_rows, field_lines
from dealbrain.admin import NOTHING, ReadOnlyAdmin, SearchMixin
from valuation.admin.shared import warn_of_examples
from valuation.models import MarketModel
from valuation.models.rules import NEEDS_CONFIGURATION
from valuation.permissions import may_activate, refuse_activating
from valuation.registry import field_registry

admin.site.register(MarketModel, CalibrationAdmin)

WAITING = Q(ruleset__groups__rules__is_active=False, ruleset__groups__rules__metadata__has_key=NEEDS_CONFIGURATION)


@admin.register(BaselineImport)
class BaselineImportAdmin(ReadOnlyAdmin):
    """What was imported: it can be looked at, downloaded, and made the active one."""

    when_empty = "No baseline yet. Upload a file: it is compared first, and nothing changes until you adopt."

    list_display = ("ruleset", "is_active", "effect", "rule_count", "waiting", "imported_at", "imported_by")
    list_select_related = ("ruleset",)
    list_filter = ("ruleset__is_active", "schema_version")
    search_fields = ("ruleset__name", "source_hash", "actor")
    fields = (
        ("ruleset_link", "is_active", "effect"),
        ("schema_version", "generated_at", "bucket_point"),
        ("imported_at", "imported_by"),
        "source_hash",
        "needs_configuration",
        "edited",
        "fields_in_words",
    )
    readonly_fields = (
        "ruleset_link",
        "is_active",
        "effect",
        "imported_by",
        "needs_configuration",
        "edited",
        "fields_in_words",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counts = {
            "rules_": Count("ruleset__groups__rules", distinct=True),
            "waiting_": Count("ruleset__groups__rules", filter=WAITING, distinct=True),
        }
        return super().get_queryset(request).defer("document").annotate(**counts)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/activate/", self.admin_site.admin_view(self.activate), name="baselines_activate"),
            path("<int:pk>/override/<str:key>/", self.admin_site.admin_view(self.override), name="baselines_override"),
            path("<int:pk>/export/", self.admin_site.admin_view(self.export), name="baselines_export"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_activate": may_activate(request.user)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_upload": request.user.has_perm("baselines.add_candidate")}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened to a baseline is written down of its ruleset."""
        stored = get_object_or_404(BaselineImport.objects.only("ruleset_id"), pk=object_id)
        return HttpResponseRedirect(reverse("admin:valuation_ruleset_history", args=[stored.ruleset_id]))

    def activate(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        refuse_activating(request.user)
        stored = get_object_or_404(BaselineImport.objects.select_related("ruleset"), pk=pk)
        reactivate_baseline(stored)
        messages.success(request, f"{stored} is the active baseline; figures follow.")
        warn_of_examples(request, stored.ruleset)
        return HttpResponseRedirect(reverse("admin:baselines_baselineimport_change", args=[pk]))

    def override(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        stored = get_object_or_404(BaselineImport.objects.select_related("ruleset"), pk=pk)
        return override_page(request, stored, key, {**self.admin_site.each_context(request), "opts": self.opts})

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        stored = get_object_or_404(BaselineImport.objects.select_related("ruleset"), pk=pk)
        headers = {"Content-Disposition": f'attachment; filename="{file_name(stored)}"'}
        return HttpResponse(export_text(stored), content_type="application/json", headers=headers)

    @admin.display(description="active", boolean=True, ordering="ruleset__is_active")
    def is_active(self, obj: BaselineImport) -> bool:
        return obj.ruleset.is_active

    @admin.display(description="effect", ordering="ruleset__effect")
    def effect(self, obj: BaselineImport) -> str:
        return obj.ruleset.effect

    @admin.display(description="rules", ordering="rules_")
    def rule_count(self, obj: Any) -> int:
        return int(obj.rules_)

    @admin.display(description="need configuration", ordering="waiting_")
    def waiting(self, obj: Any) -> str:
        return format_html('<strong class="broken">{}</strong>', obj.waiting_) if obj.waiting_ else NOTHING

    @admin.display(description="imported by", ordering="actor")
    def imported_by(self, obj: BaselineImport) -> str:
        return obj.actor or NOTHING

    @admin.display(description="ruleset")
    def ruleset_link(self, obj: BaselineImport) -> SafeString:
        url = reverse("admin:valuation_ruleset_change", args=[obj.ruleset_id])
        return format_html('<a href="{}">{}</a>', url, obj.ruleset)

    @admin.display(description="needs configuration")
    def needs_configuration(self, obj: BaselineImport) -> SafeString | str:
        rules = [
            (reverse("admin:valuation_rule_change", args=[rule.pk]), rule.name, rule.needs_configuration)
            for group in obj.ruleset.groups.prefetch_related("rules")
            for rule in group.rules.all()
            if rule.needs_configuration
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>: {}', rules) or NOTHING

    @admin.display(description="changed by hand since")
    def edited(self, obj: BaselineImport) -> str:
        try:
            document = read_document(obj.document, field_registry())
        except BaselineError as error:
            return f"It cannot be compared: {error}"
        return ", ".join(sorted(edited_fields(obj, document))) or NOTHING

    @admin.display(description="fields")
    def fields_in_words(self, obj: BaselineImport) -> SafeString | str:
        registry = field_registry()
        try:
            fields = read_document(obj.document, registry).fields
        except BaselineError as error:
            return f"Today it would be refused: {error}"
        overridden = {found.key for found in list_overrides()} if obj.ruleset.is_active else set()
        rows = [
            (
                item.entity,
                item.proper_name,
                format_html_join("", "<li>{} {}</li>", _labelled(field_lines(item, registry))),
                _way_to_override(obj, f"{item.entity}.{item.id}", overridden),
            )
            for item in fields
        ]
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td><ul>{}</ul></td><td>{}</td></tr>", rows)
        return format_html('<div class="scrolls"><table class="fields">{}</table></div>', body)


def _way_to_override(obj: BaselineImport, key: str, overridden: set[str]) -> SafeString | str:
    if not obj.ruleset.is_active:
        return ""
    word = "Overridden" if key in overridden else "Override"
    return format_html('<a href="{}">{}</a>', reverse("admin:baselines_override", args=[obj.pk, key]), word)


def _labelled(lines: dict[str, str]) -> list[tuple[SafeString, str]]:
    return [(format_html("<b>{}</b>", label), text) for label, text in lines.items()]


@dataclass(frozen=True, slots=True)
class _Row:
    """One change on the page: a box to tick, old beside new, and what it does to all listings."""

    change: FieldChange
    rows: list[tuple[str, str, str]]
    effect: FieldEffect
    is_ticked: bool
    is_edited: bool


@admin.register(Candidate)
class CandidateAdmin(SearchMixin):
    """Upload a file, look at what it would change, tick what to adopt, adopt."""

    when_empty = "No file waits to be compared. Upload one: nothing changes until you adopt."

    form = UploadForm
    list_display = ("name", "uploaded_at", "uploaded_by", "adopted")
    list_select_related = ("uploaded_by", "adopted_as")
    search_fields = ("name", "source_hash")

    def save_model(self, request: HttpRequest, obj: Candidate, form: Any, change: bool) -> None:
        obj.uploaded_by = request.user  # type: ignore[assignment]  # the admin is for people with an account
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Candidate, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:baselines_candidate_change", args=[obj.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        candidate = self.get_object(request, object_id)
        if candidate is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, candidate):
            raise PermissionDenied
        ticked = request.POST.getlist("selected") if request.method == "POST" else None
        if ticked is not None and "_adopt" in request.POST:
            if not _may_adopt(request.user):
                raise PermissionDenied
            if ticked and request.POST.get("_sure") != sure(ticked):
                return self._page(request, candidate, ticked, asks=True)
            try:
                return self._adopt(request, candidate, ticked)
            except BaselineError as error:
                for problem in error.problems:
                    messages.error(request, str(problem))
        return self._page(request, candidate, ticked)

    def _adopt(self, request: HttpRequest, candidate: Candidate, ticked: list[str]) -> HttpResponse:
        document = read_document(candidate.document, field_registry())
        state = request.POST.get("state", "")
        done = adopt(candidate=document, selected=ticked, state=int(state) if state.isdecimal() else -1)
        candidate.adopted_as_id, candidate.adopted_at = done.new_ruleset_id, timezone.now()
        candidate.save(update_fields=["adopted_as", "adopted_at"])
        count = len(done.adopted_fields)
        messages.success(request, f"Adopted {count} {'change' if count == 1 else 'changes'}; figures follow.")
        stored = BaselineImport.objects.select_related("ruleset").get(ruleset=done.new_ruleset_id)
        warn_of_examples(request, stored.ruleset)
        return HttpResponseRedirect(reverse("admin:baselines_baselineimport_change", args=[stored.pk]))

    def _page(
        self, request: HttpRequest, candidate: Candidate, ticked: list[str] | None, *, asks: bool = False
    ) -> HttpResponse:
        """The comparison; when it `asks`, with the one question before what is ticked is adopted."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": candidate,
            "title": f"Compare {candidate.name}",
            "has_view_permission": True,
            "may_adopt": _may_adopt(request.user),
            "asks": asks,
        }
        try:
            comparison = compare_with_current(read_document(candidate.document, field_registry()))
            context |= _compared(comparison, ticked)
        except BaselineError as error:
            context["problems"] = error.problems
        return TemplateResponse(request, "admin/baselines/candidate/compare.html", context)

    @admin.display(description="adopted as", ordering="adopted_at")
    def adopted(self, obj: Candidate) -> str:
        return f"{obj.adopted_as} on {obj.adopted_at:%Y-%m-%d}" if obj.adopted_as and obj.adopted_at else NOTHING


def sure(ticked: Iterable[str]) -> str:
    """What a page that has asked sends along, so that other ticks are asked about anew."""
    return ",".join(sorted(ticked))


def _may_adopt(user: Any) -> bool:
    """As in the API: to adopt is to import a baseline and to say that it counts."""
    return bool(user.has_perm("baselines.add_baselineimport")) and may_activate(user)


def _compared(comparison: Comparison, ticked: list[str] | None) -> dict[str, Any]:
    """What the page shows of a comparison; at first everything is ticked but what would be removed.

    A file that says nothing of a field is seldom meant to take its values away.
    """
    registry, current = field_registry(), comparison.current
    keys = comparison.diff.selectable()
    removed = {change.key for change in comparison.diff.changes if change.kind == REMOVED}
    chosen = [key for key in keys if (key not in removed if ticked is None else key in ticked)]
    impact, effects = impact_of_adopting(comparison, chosen)
    edited = edited_fields(current, comparison.old) if current and comparison.old else set()
    return {
        "current": current,
        "candidate_document": comparison.new,
        "diff": comparison.diff,
        "whole": [(key, found, key in chosen) for key, found in comparison.diff.whole.items()],
        "rows": [
            _Row(
                change=change,
                rows=change_rows(comparison, change, registry),
                effect=effects.get(change.key, FieldEffect()),
                is_ticked=change.key in chosen,
                is_edited=change.key in edited,
            )
            for change in comparison.diff.changes
        ],
        "chosen": chosen,
        "sure": sure(chosen),
        "left_out": len(removed) if ticked is None else 0,
        "impact": impact,
        "widest": max((abs(mover.delta_cents) for mover in impact.movers), default=1),
        "state": comparison.state,
    }
