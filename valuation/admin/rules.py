"""A page for each rule, with its actions."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import QuerySet
from django.forms import Field
from django.forms.widgets import Media
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from dealbrain.admin import SearchMixin
from valuation.admin.effect import EFFECT, RuleEffectMixin, ToldMixin, effect_media
from valuation.admin.fields import ActionTypeInput
from valuation.admin.forms import ActionFormSet, MetricSelect, metric_choices
from valuation.admin.group_picker import GROUP_GONE, GroupSelect
from valuation.admin.lists import ByRuleset, OfRules
from valuation.admin.merging import MergingMixin
from valuation.admin.missed import MissedRuleMixin
from valuation.admin.rule_pages import HelpfulJson, RulePages, SummaryAdmin
from valuation.admin.shared import InlineGuard, rule_problems, show_actions, show_conditions, warn
from valuation.admin.workshop import answering, workshop_urls
from valuation.engine import FieldRegistry
from valuation.models import Rule, RuleAction, RuleGroup
from valuation.models.rules import NEEDS_CONFIGURATION
from valuation.registry import field_registry


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


def doubts(rule: Rule) -> list[str]:
    """What can be saved so and is probably not meant. (What it does to listings is said after the commit.)"""
    found = []
    if not rule.actions.all():
        found.append("It has no action, so it adds nothing. Write what it adds before it is activated.")
    if rule.conditions is None and not rule.overrides:
        found.append("It has no condition, so it is for every listing. Add a condition if that is not what you mean.")
    return found


@admin.register(Rule)
class RuleAdmin(MissedRuleMixin, MergingMixin, RuleEffectMixin, ToldMixin, RulePages, SummaryAdmin, SearchMixin):  # type: ignore[misc]  # actions: a tuple
    admin_order = 2
    when_empty = "No rule yet. Add one: its effect is shown before it is saved."
    inlines = (ActionInline,)
    list_display = ("name", "place", "evaluation_order", "is_active", "applies_when", "adds")
    list_select_related = ("group__ruleset",)
    list_filter = ("is_active", NeedsConfiguration, OfRules, ("group__ruleset", ByRuleset))
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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Field | None:
        if db_field.name == "name":
            kwargs["widget"] = AdminTextInputWidget(attrs={"autofocus": True})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group":
            kwargs["queryset"] = RuleGroup.objects.select_related("ruleset")
            kwargs["widget"] = GroupSelect()
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "group" and field is not None:
            field.error_messages["invalid_choice"] = GROUP_GONE
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "group" in form.base_fields:
            form.base_fields["group"].widget.widget.offer(request.user, obj)
        return form

    def get_urls(self) -> list[URLPattern]:
        effect = path("workshop/effect/", answering("POST")(self.effect), name=EFFECT)
        return [*workshop_urls(), effect, *super().get_urls()]

    @property
    def media(self) -> Media:
        return super().media + effect_media()

    def told_about(self, row: Any) -> list[int]:
        ruleset = row.group.ruleset
        counts = row.is_active and row.group.is_active and (ruleset.is_active or ruleset.draft_of_id is not None)
        return [row.pk] if counts else []

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
        for text in doubts(saved):
            messages.warning(request, f"{saved}: {text}")

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
