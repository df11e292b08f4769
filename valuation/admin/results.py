"""What was computed: read-only, but for the button that starts a recalculation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from dealbrain.admin import NOTHING, ReadOnlyAdmin, dollars, figure
from valuation.choices import RunState
from valuation.jobs import kick
from valuation.models import ListingScoreSnapshot, ListingValuation, RecalculationRun, RulesRevision
from valuation.recalculation.marking import mark_rules

START_PERMISSION = "valuation.add_recalculationrun"


class MoneyMixin:
    """Columns of cents, shown as dollars."""

    @admin.display(description="price", ordering="price_cents")
    def price(self, obj: Any) -> str:
        return dollars(obj.price_cents)

    @admin.display(description="adjustments", ordering="total_cents")
    def total(self, obj: Any) -> str:
        return dollars(obj.total_cents)

    @admin.display(description="adjusted price", ordering="adjusted_cents")
    def adjusted(self, obj: Any) -> str:
        return dollars(obj.adjusted_cents)


@admin.register(ListingValuation)
class ListingValuationAdmin(MoneyMixin, ReadOnlyAdmin):
    list_display = ("listing", "price", "total", "adjusted", "per_cpu_mark", "composite", "matched_rules", "valued_at")
    list_select_related = ("listing",)
    search_fields = ("listing__title",)
    exclude = ("price_cents", "total_cents", "adjusted_cents")
    readonly_fields = ("price", "total", "adjusted")

    @admin.display(description="$ / CPU mark", ordering="dollar_per_cpu_mark")
    def per_cpu_mark(self, obj: ListingValuation) -> str:
        return figure(obj.dollar_per_cpu_mark)

    @admin.display(description="composite", ordering="score_composite")
    def composite(self, obj: ListingValuation) -> str:
        return figure(obj.score_composite, 1)


@admin.register(ListingScoreSnapshot)
class ListingScoreSnapshotAdmin(MoneyMixin, ReadOnlyAdmin):
    list_display = ("listing", "taken_at", "reason", "price", "total", "adjusted")
    list_select_related = ("listing",)
    list_filter = ("reason",)
    search_fields = ("listing__title",)
    date_hierarchy = "taken_at"
    exclude = ("price_cents", "total_cents", "adjusted_cents")
    readonly_fields = ("price", "total", "adjusted")


@admin.register(RulesRevision)
class RulesRevisionAdmin(ReadOnlyAdmin):
    list_display = ("revision", "covered_revision", "year", "changed_at")


@admin.register(RecalculationRun)
class RecalculationRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "trigger",
        "state",
        "progress",
        "changed",
        "written",
        "failed",
        "took",
        "short_error",
    )
    list_filter = ("state", "trigger")
    readonly_fields = ("progress", "took")

    def get_urls(self) -> list[URLPattern]:
        start = path("start/", self.admin_site.admin_view(self.start), name="valuation_recalculationrun_start")
        return [start, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_start = request.user.has_perm(START_PERMISSION)
        return super().changelist_view(request, {**(extra_context or {}), "may_start": may_start})

    def start(self, request: HttpRequest) -> HttpResponse:
        """Everything is marked as stale, which survives a queue that does not answer, and the job is kicked."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(START_PERMISSION):
            raise PermissionDenied
        with transaction.atomic():
            mark_rules()
            kick()
        messages.success(request, "A recalculation of every listing was started.")
        return HttpResponseRedirect(reverse("admin:valuation_recalculationrun_changelist"))

    @admin.display(description="progress")
    def progress(self, obj: RecalculationRun) -> str:
        bar = '<progress max="{}" value="{}"></progress> {} of {}'
        # An empty run that is done shows a full bar.
        full = obj.total or 1
        done = full if obj.state == RunState.DONE else obj.done
        return format_html(bar, full, done, f"{obj.done:,}", f"{obj.total:,}")

    @admin.display(description="failed")
    def failed(self, obj: RecalculationRun) -> int:
        return len(obj.failures)

    @admin.display(description="seconds")
    def took(self, obj: RecalculationRun) -> str:
        if not obj.seconds:
            return NOTHING
        parts = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in obj.seconds.items())
        return f"{sum(obj.seconds.values()):.2f} ({parts})"

    @admin.display(description="error")
    def short_error(self, obj: RecalculationRun) -> str:
        return obj.error if len(obj.error) <= 120 else f"{obj.error[:119]}…"
