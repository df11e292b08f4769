"""Pages of rules write down what they change, and do not overwrite what somebody else saved meanwhile."""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from valuation.admin.forms import FoldedErrors
from valuation.audit import recording
from valuation.models import AuditEntry, Rule, RuleGroup, Ruleset, TargetKind

# What the one-line form of a rule writes, on the page of its ruleset or group.
LINE_FIELDS = ["name", "evaluation_order", "is_active", "group_id"]
RULESET_OF = {Ruleset: "pk", RuleGroup: "ruleset", Rule: "group__ruleset"}


def newest_change() -> int:
    """The id of the newest audit entry, 0 before the first."""
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def changes_shown(obj: Any) -> QuerySet[AuditEntry]:
    """The changes, newest first, of what the page of a ruleset, group or rule would overwrite."""
    if isinstance(obj, Rule):
        mine = Q(rule_id=obj.pk)
    else:
        line = Q(target_kind=TargetKind.RULE) & (~Q(action="updated") | Q(after__has_any_keys=LINE_FIELDS))
        if isinstance(obj, RuleGroup):
            theirs = Q(rule_id__in=Rule.objects.filter(group=obj.pk).order_by().values("pk"))
            mine = Q(target_kind=TargetKind.GROUP, target_id=obj.pk) | (line & theirs)
        else:
            inside = line | Q(target_kind__in=[TargetKind.RULESET, TargetKind.GROUP])
            mine = Q(ruleset_id=obj.pk) & inside
    return AuditEntry.objects.filter(mine).order_by("-pk")


class CarefulForm(FoldedErrors):
    """Knows the newest change when its page was opened, and is refused when there is a newer one.

    Without the field, as from a script, nothing is refused.
    """

    changes: ClassVar[QuerySet[AuditEntry]]
    saw = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)

    def clean(self) -> Any:
        cleaned = super().clean()
        saw = self.cleaned_data.get("saw")
        if saw is None or self.instance.pk is None:
            return cleaned
        newer = self.changes.filter(pk__gt=saw).first()
        if newer is not None:
            # Whoever has read this and saves again means it.
            data = cast(QueryDict, self.data).copy()
            data[self.add_prefix("saw")] = str(newest_change())
            self.data = data
            raise ValidationError(
                f"{newer.actor or 'Somebody'} {newer.action} the {newer.target_kind} “{newer.target_name}” at "
                f"{newer.at:%Y-%m-%d %H:%M:%S} UTC, after you opened this page. Nothing was saved, and what you typed "
                "is still here: save again to replace theirs by it, or open the page anew to see theirs."
            )
        return cleaned


class RecordedMixin:
    """For the pages of rulesets, groups and rules. The check and the save see the same rows: others wait."""

    form: Any = CarefulForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            with recording():
                return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        # Before the page is read: what is saved in between is refused needlessly, the other way round it is lost.
        request.newest_change = newest_change()  # type: ignore[attr-defined]  # as long as the request lasts
        return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        if obj is not None:
            form.changes = changes_shown(obj)
            form.base_fields["saw"] = copy(form.base_fields["saw"])
            form.base_fields["saw"].initial = getattr(request, "newest_change", None)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.with_check(request, obj, super().get_fieldsets(request, obj))  # type: ignore[misc]  # ModelAdmin's

    def with_check(self, request: HttpRequest, obj: Any, fieldsets: Any) -> Any:
        if obj is None or not self.has_change_permission(request, obj):  # type: ignore[attr-defined]  # ModelAdmin's
            return fieldsets
        (title, options), *others = fieldsets
        return ((title, {**options, "fields": (*options["fields"], "saw")}), *others)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with recording():
            super().delete_model(request, obj)  # type: ignore[misc]  # ModelAdmin's

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        inside = queryset.model.objects.filter(pk__in=[row.pk for row in queryset]).order_by()
        with recording(rulesets=inside.values_list(RULESET_OF[queryset.model], flat=True)):
            super().delete_queryset(request, queryset)  # type: ignore[misc]  # ModelAdmin's


def show_history(obj: Any) -> SafeString:
    """The way to everything that was written down about a ruleset or rule."""
    name = "rule" if isinstance(obj, Rule) else "ruleset"
    log = format_html(
        '<a href="{}?{}_id={}">Who changed what</a>', reverse("admin:valuation_auditentry_changelist"), name, obj.pk
    )
    if name == "ruleset":
        return log
    versions = reverse("admin:valuation_ruleversion_changelist")
    return format_html('<a href="{}?rule_id={}">Versions up to {}</a> · {}', versions, obj.pk, obj.version, log)
