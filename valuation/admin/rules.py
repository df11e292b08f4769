"""Rulesets with their groups and rules on one page; a page for each group, and for each rule with its actions."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.forms import Field
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from nested_admin.nested import NestedModelAdmin, NestedStackedInline

from dealbrain.admin import JsonMixin, SearchMixin
from valuation.admin.careful import RecordedMixin
from valuation.admin.fields import ActionTypeInput, ConditionsInput
from valuation.admin.forms import ActionFormSet, MetricSelect, PrefetchedFormSet, UnchangedSkipped, metric_choices
from valuation.admin.history import HistoryMixin
from valuation.admin.shared import (
    BaselineGuard,
    InlineGuard,
    RuleInline,
    SwitchMixin,
    rule_problems,
    show_actions,
    show_conditions,
    warn,
)
from valuation.admin.workshop import workshop_urls
from valuation.engine import FieldRegistry, check_conditions
from valuation.explaining.summaries import summarise_conditions
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.models.rules import NEEDS_CONFIGURATION
from valuation.registry import field_registry

HELP = {
    "conditions": (
        'JSON: a condition {"field_name": "ram_gb", "operator": "gte", "value": 16}, a list of them (all must hold), '
        'or {"logical_operator": "or", "conditions": [...]}. Empty: every listing.'
    ),
    "modifiers": (
        'JSON, each part as needed: {"condition_multipliers": {"used": 0.6}, "age_curve": {"rate_per_year": 0.1, '
        '"max": 0.5}, "brand_multipliers": {"Apple": 1.2}, "min_usd": 0, "max_usd": 100}.'
    ),
    "formula": "For example: max(0, ram_gb - 16) * 2.5",
}


class HelpfulJson(JsonMixin):
    """What may be written into a text that has a language of its own."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if db_field.name in HELP:
            kwargs["help_text"] = HELP[db_field.name]
        if db_field.name == "conditions":
            kwargs["widget"] = ConditionsInput({"data-every": "usual"} if db_field.model is Ruleset else None)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class SummaryAdmin(HelpfulJson):
    """Lists whose rows are shown in words share one field registry."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changes = super().get_changelist_instance(request)  # type: ignore[misc]  # ModelAdmin's
        registry = field_registry()
        for row in changes.result_list:
            row.registry = registry
        return changes

    @staticmethod
    def registry_for(obj: Any) -> FieldRegistry:
        return getattr(obj, "registry", None) or field_registry()


class RulePages(BaselineGuard, HistoryMixin, RecordedMixin, SwitchMixin):
    """The pages of rulesets, groups and rules: guarded, written down, with a way back, and switched by sets."""


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
class RulesetAdmin(RulePages, SummaryAdmin, SearchMixin, NestedModelAdmin):  # type: ignore[misc]  # actions: a tuple
    inlines = (GroupInline,)
    list_display = ("name", "effect", "priority", "is_active", "is_baseline", "is_for", "group_count", "rule_count")
    list_filter = ("is_active", "is_baseline", "effect")
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
    inlines = (RuleInline,)
    autocomplete_fields = ("ruleset",)
    list_display = ("name", "ruleset", "display_order", "weight", "match_policy", "is_active", "rule_count")
    list_select_related = ("ruleset",)
    list_filter = ("is_active", "match_policy", "ruleset")
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


class ActionInline(InlineGuard, HelpfulJson, admin.StackedInline):
    model = RuleAction
    formset = ActionFormSet
    extra = 0
    fields = (
        ("action_type", "position"),
        ("value_usd", "metric", "unit_type"),
        "formula",
        "modifiers",
    )

    @cached_property
    def registry(self) -> FieldRegistry:
        """One query for a page: an inline lives as long as its request."""
        return field_registry()

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if db_field.name == "metric":
            kwargs["widget"] = MetricSelect(choices=metric_choices(self.registry))
        if db_field.name == "action_type":
            kwargs["widget"] = ActionTypeInput
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class NeedsConfiguration(admin.SimpleListFilter):
    """What the loader of baselines could not read, and nobody has configured yet."""

    title = "needs configuration"
    parameter_name = "unconfigured"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        return queryset.filter(is_active=False, metadata__has_key=NEEDS_CONFIGURATION) if self.value() else queryset


@admin.register(Rule)
class RuleAdmin(RulePages, SummaryAdmin, SearchMixin):  # type: ignore[misc]  # actions: a tuple
    inlines = (ActionInline,)
    autocomplete_fields = ("group",)
    list_display = ("name", "place", "evaluation_order", "is_active", "applies_when", "adds")
    list_select_related = ("group__ruleset",)
    list_filter = ("is_active", NeedsConfiguration, "group__ruleset")
    search_fields = ("name", "description", "group__name", "group__ruleset__name")
    readonly_fields = (
        "in_ruleset",
        "applies_when",
        "adds",
        "original",
        "version",
        "created_at",
        "updated_at",
    )
    save_on_top = True

    def get_urls(self) -> list[URLPattern]:
        return [*workshop_urls(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("group__ruleset").prefetch_related("actions")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        original = ("original",) if obj and NEEDS_CONFIGURATION in obj.metadata else ()
        words = ({"fields": ("in_ruleset", "applies_when", "adds", *original)},) if obj else ()
        fieldsets = (
            (None, {"fields": (("name", "group"), ("evaluation_order", "priority", "is_active"), "description")}),
            *(("In words", options) for options in words),
            ("Conditions", {"fields": ("conditions",)}),
            (
                "More",
                {"classes": ("collapse",), "fields": ("metadata", ("version", "created_at", "updated_at"))},
            ),
        )
        return self.with_check(request, obj, fieldsets)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        saved = Rule.objects.prefetch_related("actions").get(pk=form.instance.pk)
        warn(request, str(saved), rule_problems(saved, field_registry()))

    @admin.display(description="group of ruleset", ordering="group")
    def place(self, obj: Rule) -> str:
        return format_html('{}<br><span class="quiet">{}</span>', obj.group, obj.group.ruleset)

    @admin.display(description="ruleset")
    def in_ruleset(self, obj: Rule) -> str:
        ruleset = obj.group.ruleset
        url = reverse("admin:valuation_ruleset_change", args=[ruleset.pk])
        return format_html('<a href="{}">{}</a>: {}', url, ruleset, ruleset.get_effect_display())

    @admin.display(description="applies when")
    def applies_when(self, obj: Rule) -> str:
        return show_conditions(obj, self.registry_for(obj))

    @admin.display(description="in the file")
    def original(self, obj: Rule) -> str:
        """What the baseline says, for whoever has to say it in conditions."""
        text = json.dumps(obj.metadata.get("original"), indent=2, ensure_ascii=False)
        return format_html('<pre class="original">{}</pre>', text)

    @admin.display(description="amount")
    def adds(self, obj: Rule) -> str:
        return show_actions(obj, self.registry_for(obj))
