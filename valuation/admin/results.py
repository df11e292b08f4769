"""What was computed: read-only, but for the button that starts a recalculation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from dealbrain import queue
from dealbrain.admin import NOTHING, ReadOnlyAdmin, dollars, figure
from dealbrain.lists import NewestValues
from valuation.choices import RunState
from valuation.jobs import start_full_run
from valuation.models import (
    ListingScoreSnapshot,
    ListingValuation,
    RecalculationRun,
    Ruleset,
    RulesRevision,
)
from valuation.recalculation.shards import finish

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
    list_filter = ("valued_at",)
    when_empty = "No figure yet. A listing gets its figures a moment after it is saved."
    is_internal = True
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
    when_empty = "No snapshot yet. One is taken when a price changes."
    is_internal = True
    list_display = ("listing", "taken_at", "reason", "price", "total", "adjusted")
    list_select_related = ("listing",)
    list_filter = (("reason", NewestValues), "taken_at")
    search_fields = ("listing__title",)
    exclude = ("price_cents", "total_cents", "adjusted_cents")
    readonly_fields = ("price", "total", "adjusted")


@admin.register(RulesRevision)
class RulesRevisionAdmin(ReadOnlyAdmin):
    when_empty = "No rule has been written yet."
    is_internal = True
    list_display = ("revision", "covered_revision", "year", "changed_at")


@admin.register(RecalculationRun)
class RecalculationRunAdmin(ReadOnlyAdmin):
    """Runs as they go on: what started them, how far they are, and what could not be valued."""

    admin_order = 5
    when_empty = "No recalculation has run yet. The first change starts one."
    search_fields = ("trigger", "cause", "error")

    list_display = (
        "started_at",
        "trigger",
        "changed_by",
        "state",
        "progress",
        "changed",
        "written",
        "failed",
        "took",
        "short_error",
    )
    list_filter = ("state", "scope")
    actions = ("cancel_selected",)
    fieldsets = (
        (None, {"fields": (("state", "progress"), ("trigger", "changed_by", "scope"), "error", "failed_listings")}),
        (
            "Counts",
            {"fields": (("total", "done", "changed", "written"), ("failed", "snapshots", "passes", "revision"))},
        ),
        ("Time", {"fields": (("started_at", "finished_at", "active_at"), "took", "phases", "by_ruleset", "by_layer")}),
    )
    readonly_fields = ("progress", "took", "changed_by", "failed_listings", "phases", "by_ruleset", "by_layer")

    def get_urls(self) -> list[URLPattern]:
        # Its own transactions: a worker must find the run when it is told of it.
        view = transaction.non_atomic_requests(self.admin_site.admin_view(self.start))
        return [path("start/", view, name="valuation_recalculationrun_start"), *super().get_urls()]

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(START_PERMISSION)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_start": self.has_start_permission(request), "worker": worker_line()}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def start(self, request: HttpRequest) -> HttpResponse:
        """A run over every listing, left to the workers; without any it is done when the page comes back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_start_permission(request):
            raise PermissionDenied
        run = start_full_run(trigger=f"admin: {request.user.get_username()}"[:64])
        word = "is done" if run.state == RunState.DONE else "was started"
        messages.success(request, f"A recalculation of every listing {word}.")
        return HttpResponseRedirect(reverse("admin:valuation_recalculationrun_changelist"))

    @admin.action(description="Cancel the selected runs", permissions=["start"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[RecalculationRun]) -> None:
        runs = list(queryset.filter(state=RunState.RUNNING))
        for run in runs:
            finish(run, RunState.CANCELLED, f"Cancelled by {request.user.get_username()}.")
        messages.success(request, f"{len(runs)} cancelled. What they left out of date, the next change or cron values.")

    @admin.display(description="progress")
    def progress(self, obj: RecalculationRun) -> str:
        bar = '<progress max="{}" value="{}"></progress> {} of {}'
        # An empty run that is done shows a full bar.
        full = obj.total or 1
        done = full if obj.state == RunState.DONE else obj.done
        return format_html(bar, full, done, f"{obj.done:,}", f"{obj.total:,}")

    @admin.display(description="change")
    def changed_by(self, obj: RecalculationRun) -> str:
        """A link to what was changed, if the rules were and it is still there to be shown."""
        label, _, pk = obj.cause.partition(":")
        if not pk:
            return NOTHING
        app, _, model = label.partition(".")
        try:
            return format_html('<a href="{}">{} {}</a>', reverse(f"admin:{app}_{model}_change", args=[pk]), model, pk)
        except NoReverseMatch:
            return obj.cause

    @admin.display(description="duration")
    def took(self, obj: RecalculationRun) -> str:
        end = obj.finished_at or obj.active_at
        return f"{(end - obj.started_at).total_seconds():.2f} s"

    @admin.display(description="seconds by phase, all workers together")
    def phases(self, obj: RecalculationRun) -> str:
        return _listed(obj.seconds, "{} {:.2f} s")

    @admin.display(description="evaluation by ruleset")
    def by_ruleset(self, obj: RecalculationRun) -> str:
        names = dict(Ruleset.objects.filter(pk__in=obj.rulesets).values_list("pk", "name"))
        return _listed({names.get(int(pk), pk): spent for pk, spent in obj.rulesets.items()}, "{} {:.3f} s")

    @admin.display(description="adjustments by layer")
    def by_layer(self, obj: RecalculationRun) -> str:
        return ", ".join(f"{layer} {dollars(round(cents))}" for layer, cents in obj.layers.items()) or NOTHING

    @admin.display(description="could not be valued")
    def failed_listings(self, obj: RecalculationRun) -> str:
        rows = [
            (reverse("admin:listings_listing_change", args=[f["listing_id"]]), f["listing_id"], f["reason"])
            for f in obj.failures
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">Listing {}</a>: {}', rows) or NOTHING

    @admin.display(description="error")
    def short_error(self, obj: RecalculationRun) -> str:
        return obj.error if len(obj.error) <= 120 else f"{obj.error[:119]}…"


def _listed(tally: dict[str, float], form: str) -> str:
    return ", ".join(form.format(name, value) for name, value in tally.items()) or NOTHING


def worker_line() -> str:
    if not settings.REDIS_URL:
        return "No Redis is set: recalculations run in process."
    if queue.worker_seen():
        return "A worker is running."
    return "No worker is running: start one, or let cron call recalculate."
