"""What was written down about rules: the audit log and the versions. To be read only."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from dealbrain.admin import NOTHING, ReadOnlyAdmin
from dealbrain.lists import NewestValues
from valuation.admin.history import restore_view
from valuation.admin.start import attention_view, histories
from valuation.models import AuditEntry, RuleVersion


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
    when_empty = "Nobody has changed a rule yet. Each change will stand here, with who made it."
    list_filter = ("target_kind", ("action", NewestValues), "at")
    search_fields = ("target_name", "actor")
    fields = ("at", "by", "action", "target", "was", "became", "request_id")
    readonly_fields = ("by", "target", "was", "became")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("restore/", self.admin_site.admin_view(self.restore), name="valuation_restore"),
            path(
                "attention/",
                non_atomic_requests(self.admin_site.admin_view(self.attention)),
                name="valuation_attention",
            ),
            *super().get_urls(),
        ]

    def restore(self, request: HttpRequest) -> HttpResponse:
        return restore_view(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def attention(self, request: HttpRequest) -> HttpResponse:
        return attention_view(request, self.admin_site.each_context(request))

    @admin.display(description="by", ordering="actor")
    def by(self, obj: AuditEntry) -> str:
        return obj.actor or NOTHING

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """One look for all rows at what is still there."""
        changes = super().get_changelist_instance(request)
        found = histories(changes.result_list)
        for entry in changes.result_list:
            entry.history = found[entry.pk]
        return changes

    @admin.display(description="what", ordering="target_name")
    def target(self, obj: AuditEntry) -> str:
        """The way to the history of it, where it can be taken back."""
        name = obj.target_name or f"{obj.target_kind} {obj.target_id}"
        address = getattr(obj, "history", None) or histories([obj])[obj.pk]
        return format_html('<a href="{}">{}</a>', address, name)

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
    when_empty = "No rule has been written yet."
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
        url = reverse("admin:valuation_rule_history", args=[obj.rule_id])
        return format_html('<a href="{}">rule {}</a>', url, obj.rule_id)

    @admin.display(description="by", ordering="actor")
    def by(self, obj: RuleVersion) -> str:
        return obj.actor or NOTHING

    @admin.display(description="the rule as it was")
    def whole(self, obj: RuleVersion) -> str:
        return show_json(obj.snapshot)
