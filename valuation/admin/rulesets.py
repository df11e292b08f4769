"""Rulesets with their groups and rules on one page, and a page for each group."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from nested_admin.nested import NestedModelAdmin, NestedStackedInline

from dealbrain.admin import JsonMixin, SearchMixin
from valuation.admin.forms import PrefetchedFormSet, UnchangedSkipped
from valuation.admin.lists import OfGroups, OfRulesets
from valuation.admin.packages import PackagesMixin
from valuation.admin.rule_pages import RulePages, SummaryAdmin
from valuation.admin.shared import InlineGuard, RuleInline, SwitchMixin, warn
from valuation.engine import check_conditions
from valuation.explaining.summaries import summarise_conditions
from valuation.models import RuleGroup, Ruleset
from valuation.registry import field_registry


class GroupInline(InlineGuard, JsonMixin, NestedStackedInline):
    model = RuleGroup
    form = UnchangedSkipped
    formset = PrefetchedFormSet
    inlines = (RuleInline,)
    extra = 0
    is_sortable = False
    show_change_link = True
    fields = (("name", "display_order"), ("weight", "match_policy", "is_active"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("rules__actions")


@admin.register(Ruleset)
class RulesetAdmin(PackagesMixin, RulePages, SummaryAdmin, SearchMixin, NestedModelAdmin):
    admin_order = 1
    when_empty = "No ruleset yet, so every adjusted price is the asking price. Add one, or upload a baseline."
    inlines = (GroupInline,)
    actions = (*SwitchMixin.actions, "export_selected")
    list_display = ("name", "effect", "priority", "is_active", "is_baseline", "is_for", "group_count", "rule_count")
    list_filter = ("is_active", "is_baseline", OfRulesets, "effect")
    search_fields = ("name", "description")
    readonly_fields = ("is_baseline", "created_at", "updated_at")
    save_on_top = True
    fieldsets = (
        (None, {"fields": (("name", "version"), ("effect", "priority", "is_active"), "description")}),
        ("Which listings", {"fields": ("conditions",)}),
        (
            "More",
            {"classes": ("collapse",), "fields": ("metadata", ("is_baseline", "created_at", "updated_at"))},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ruleset]:
        counts = {"groups_": Count("groups", distinct=True), "rules_": Count("groups__rules", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

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
class RuleGroupAdmin(RulePages, JsonMixin, SearchMixin, NestedModelAdmin):  # type: ignore[misc]  # actions: a tuple
    admin_order = 3
    when_empty = "No group yet. Groups are made on the page of their ruleset."
    inlines = (RuleInline,)
    autocomplete_fields = ("ruleset",)
    list_display = ("name", "ruleset", "display_order", "weight", "match_policy", "is_active", "rule_count")
    list_select_related = ("ruleset",)
    list_filter = ("is_active", "match_policy", OfGroups, "ruleset")
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
        return super().get_queryset(request).annotate(rules_=Count("rules"))

    @admin.display(description="rules", ordering="rules_")
    def rule_count(self, obj: Any) -> int:
        return int(obj.rules_)
