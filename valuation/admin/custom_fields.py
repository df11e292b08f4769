"""The admin of custom fields with what this app, one above it, knows: which rules name one, and deleting it whole."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin import CustomFieldAdmin
from catalog.models import CustomField
from listings.custom_fields import usage
from valuation.definitions.naming import Deletion, delete_field, rules_naming, rulesets_naming
from valuation.models import Rule, Ruleset


class UsedCustomFieldAdmin(CustomFieldAdmin):
    """The page that asks "are you sure" says where a field is used: to confirm it is to insist."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        listed, counts, missing, protected = super().get_deleted_objects(objs, request)
        shown: list[Any] = [*listed]
        for field in objs:
            uses, rows = uses_of(field)
            if uses:
                shown += [f"{field}:", uses]  # a list in a list is shown as one
            if rows:
                counts["values, which are archived"] = counts.get("values, which are archived", 0) + rows
        return shown, counts, missing, protected

    def save_model(self, request: HttpRequest, obj: CustomField, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.warning:
            messages.warning(request, obj.warning)

    def delete_model(self, request: HttpRequest, obj: CustomField) -> None:
        _say(request, obj, delete_field(field=obj, force=True))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CustomField]) -> None:
        with transaction.atomic():
            for field in queryset:
                _say(request, field, delete_field(field=field, force=True))


def uses_of(field: CustomField) -> tuple[list[SafeString], int]:
    """A line for each use of a field, and the number of rows with a value."""
    rows = usage(field).rows
    lines = [format_html("{} rows hold a value, which is archived", rows)] if rows else []
    lines += [_link(rule, "no longer runs") for rule in rules_naming(field)]
    lines += [_link(ruleset, "no longer runs") for ruleset in rulesets_naming(field)]
    return lines, rows


def _link(row: Rule | Ruleset, consequence: str) -> SafeString:
    url = reverse(f"admin:valuation_{row._meta.model_name}_change", args=[row.pk])
    return format_html('{} <a href="{}">{}</a> names it and {}', row._meta.verbose_name, url, row, consequence)


def _say(request: HttpRequest, field: CustomField, done: Deletion) -> None:
    if done.archived:
        messages.info(request, f"{done.archived} values of {field} were archived.")
    broken = ", ".join(name for _, name in (*done.rules, *done.rulesets))
    if broken:
        messages.warning(request, f"{field} is gone, and these name it: {broken}.")


admin.site.unregister(CustomField)
admin.site.register(CustomField, UsedCustomFieldAdmin)
