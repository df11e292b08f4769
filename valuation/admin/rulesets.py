"""A page for each ruleset, with its groups and rules as lines, and one for each group."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms.widgets import Media
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from dealbrain.admin import JsonMixin, SearchMixin
from valuation.admin.analytics import AnalyticsMixin
from valuation.admin.board import board_context, board_of
from valuation.admin.board_edits import edit_view
from valuation.admin.effect import ToldMixin
from valuation.admin.fields import media_of
from valuation.admin.lists import ByRuleset, OfGroups, OfRulesets
from valuation.admin.packages import PackagesMixin
from valuation.admin.rule_pages import RulePages, SummaryAdmin
from valuation.admin.ruleset_tools import tools_for
from valuation.admin.settings_effect import SettingsEffectMixin
from valuation.admin.shared import SwitchMixin, warn
from valuation.engine import check_conditions
from valuation.explaining.summaries import summarise_conditions
from valuation.models import RuleGroup, Ruleset, RulesetOverride
from valuation.registry import field_registry


class BoardMixin:
    """Shows the lines of a ruleset, or of one of its groups, above the form."""

    @property
    def media(self) -> Media:
        board = Media(css={"all": ["admin/ruleset-board.css"]})
        return super().media + media_of("ruleset-board") + board  # type: ignore[misc]  # ModelAdmin's

    # A look counts the inventory; a save has a transaction of its own.
    @transaction.non_atomic_requests
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        page: HttpResponse = super().change_view(request, object_id, form_url, extra_context)  # type: ignore[misc]  # ModelAdmin's
        return page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if isinstance(row, Ruleset | RuleGroup) and row.pk is not None:
            ruleset = row if isinstance(row, Ruleset) else row.ruleset
            board = board_of(ruleset, request.user, only=row if isinstance(row, RuleGroup) else None)
            context |= {**board_context(board, request.user), "tools": tools_for(request.user, ruleset)}
            context["moving"] = request.GET.get("move", "")  # without a script: the rule whose new place is asked for
        page: HttpResponse = super().render_change_form(request, context, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        return page


@admin.register(Ruleset)
class RulesetAdmin(  # type: ignore[misc]  # a mixin
    AnalyticsMixin, PackagesMixin, BoardMixin, SettingsEffectMixin, ToldMixin, RulePages, SummaryAdmin, SearchMixin
):
    admin_order = 1
    when_empty = "No ruleset yet, so every adjusted price is the asking price. Add one, or upload a baseline."
    actions = (*SwitchMixin.actions, "export_selected")
    list_display = ("name", "effect", "priority", "is_active", "is_baseline", "is_for", "group_count", "rule_count")
    list_filter = ("is_active", "is_baseline", OfRulesets, "effect")
    search_fields = ("name", "description")
    ordering = ("priority", "pk")  # a list with counts forgets that of the model
    readonly_fields = ("is_baseline", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": (("name", "version"), ("effect", "priority", "is_active"), "description")}),
        ("Which listings", {"fields": ("conditions",)}),
        (
            "More",
            {"classes": ("collapse",), "fields": ("metadata", ("is_baseline", "created_at", "updated_at"))},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        edit = transaction.non_atomic_requests(self.admin_site.admin_view(self.edit))
        return [path("<path:object_id>/edit/", edit, name="valuation_ruleset_edit"), *super().get_urls()]

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One edit of a line of the page."""
        row = self.get_object(request, unquote(object_id))
        if row is not None and not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return edit_view(request, object_id, {"opts": self.opts})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ruleset]:
        counts = {"groups_": Count("groups", distinct=True), "rules_": Count("groups__rules", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Who chooses rulesets for a listing is offered no drafts."""
        rows, has_duplicates = super().get_search_results(request, queryset, search_term)
        is_choice = request.GET.get("model_name") == RulesetOverride._meta.model_name
        return rows.filter(draft_of=None) if is_choice else rows, has_duplicates

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        warn(request, str(form.instance), check_conditions(form.instance.conditions, field_registry()))

    @admin.display(description="for")
    def is_for(self, obj: Ruleset) -> str:
        return summarise_conditions(obj.conditions, self.registry_for(obj))

    @admin.display(description="groups", ordering="groups_")
    def group_count(self, obj: Any) -> int:
        return int(obj.groups_)

    @admin.display(description="rules", ordering="rules_")
    def rule_count(self, obj: Any) -> int:
        return int(obj.rules_)


@admin.register(RuleGroup)
class RuleGroupAdmin(BoardMixin, SettingsEffectMixin, ToldMixin, RulePages, JsonMixin, SearchMixin):  # type: ignore[misc]  # actions: a tuple
    admin_order = 3
    when_empty = "No group yet. Groups are made on the page of their ruleset."
    autocomplete_fields = ("ruleset",)
    list_display = ("name", "ruleset", "display_order", "weight", "match_policy", "is_active", "rule_count")
    list_select_related = ("ruleset",)
    list_filter = ("is_active", "match_policy", OfGroups, ("ruleset", ByRuleset))
    search_fields = ("name", "ruleset__name", "category")
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": (("name", "ruleset"), ("display_order", "weight"), ("match_policy", "is_active"))}),
        (
            "More",
            {
                "classes": ("collapse",),
                "fields": ("description", ("category", "entity_key"), "metadata", ("created_at", "updated_at")),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleGroup]:
        return super().get_queryset(request).select_related("ruleset").annotate(rules_=Count("rules"))

    @admin.display(description="rules", ordering="rules_")
    def rule_count(self, obj: Any) -> int:
        return int(obj.rules_)
