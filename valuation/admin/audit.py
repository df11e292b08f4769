"""What was written down about rules: the audit log and the versions. To be read only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from dealbrain.admin import NOTHING, ReadOnlyAdmin
from valuation.admin.history import PAGES, restore_view
from valuation.admin.start import attention_view, histories
from valuation.models import AuditEntry, RuleVersion, TargetKind


def show_json(value: Any) -> str:
    if value is None:
        return NOTHING
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The one history: each row leads to that of what it is about, where it can be taken back."""

    menu_name = "History"
    admin_order = 4
    list_display = ("at", "by", "action", "target_kind", "target", "differs")
    list_filter = ("action", "target_kind")
    search_fields = ("target_name", "actor")
    date_hierarchy = "at"
    fields = ("at", "by", "action", "target", "was", "became", "request_id")
    readonly_fields = ("by", "target", "was", "became")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("restore/", self.admin_site.admin_view(self.restore), name="valuation_restore"),
            path("attention/", self.admin_site.admin_view(self.attention), name="valuation_attention"),
            *super().get_urls(),
        ]

    def restore(self, request: HttpRequest) -> HttpResponse:
        return restore_view(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def attention(self, request: HttpRequest) -> HttpResponse:
        return attention_view(request, self.admin_site.each_context(request))

    @admin.display(description="by", ordering="actor")
    def by(self, obj: AuditEntry) -> str:
        return obj.actor or NOTHING

    @admin.display(description="what", ordering="target_name")
    def target(self, obj: AuditEntry) -> str:
        name = obj.target_name or f"{obj.target_kind} {obj.target_id}"
        page = PAGES.get(TargetKind(obj.target_kind))
        if page is None or obj.action == "deleted":
            return name
        return format_html('<a href="{}">{}</a>', reverse(f"admin:valuation_{page}_change", args=[obj.target_id]), name)

    @admin.display(description="what differs")
    def differs(self, obj: AuditEntry) -> str:
        return ", ".join(obj.after) if obj.action == "updated" and obj.after else NOTHING

    @admin.display(description="before")
    def was(self, obj: AuditEntry) -> str:
        return show_json(obj.before)

    @admin.display(description="after")
    def became(self, obj: AuditEntry) -> str:
        return show_json(obj.after)


@admin.register(RuleVersion)
class RuleVersionAdmin(ReadOnlyAdmin):
    is_internal = True
    list_display = ("number", "name", "rule", "at", "by")
    list_display_links = ("number", "name")
    search_fields = ("snapshot__name", "actor")
    fields = ("number", "rule", "at", "by", "whole")
    readonly_fields = ("rule", "by", "whole")

    @admin.display(description="called")
    def name(self, obj: RuleVersion) -> str:
        return obj.snapshot["name"]

    @admin.display(description="rule", ordering="rule_id")
    def rule(self, obj: RuleVersion) -> str:
        url = reverse("admin:valuation_rule_change", args=[obj.rule_id])
        return format_html('<a href="{}">rule {}</a>', url, obj.rule_id)

    @admin.display(description="by", ordering="actor")
    def by(self, obj: RuleVersion) -> str:
        return obj.actor or NOTHING

    @admin.display(description="the rule as it was")
    def whole(self, obj: RuleVersion) -> str:
        return show_json(obj.snapshot)
