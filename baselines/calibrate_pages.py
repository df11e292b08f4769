"""The market in the admin: what parts are worth beside the active baseline, how good that is, what to adopt of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from baselines.calibrating import Worth, make_candidate, worths_of
from baselines.models import BaselineImport
from baselines.reading import BaselineError
from dealbrain.admin import NOTHING, ReadOnlyAdmin
from valuation.admin.market_pictures import error_bars, scatter_of, worth_scale
from valuation.choices import CalibrationState
from valuation.market.calibration import priced_listings, start_in_background
from valuation.market.estimate.calibrating import FEWEST, SKETCH
from valuation.market.estimate.stored import bands_from_json
from valuation.market.rankings import implausible_count
from valuation.market.sampling import sample_of_listings
from valuation.market.wording import ADVICE, METHODS, PHASES
from valuation.models import MarketModel

START_PERMISSION = "valuation.add_marketmodel"
CANDIDATE_PERMISSION = "baselines.add_candidate"
PAGE = "admin/baselines/calibrate/page.html"


class CalibrationAdmin(ReadOnlyAdmin):
    """Every calibration, and the page of one. What an estimate says counts nowhere before somebody adopts it."""

    menu_name = "The market"
    admin_order = 4
    when_empty = "Nobody has asked the inventory yet what machines are worth."
    list_display = ("started_at", "state", "is_current", "offers", "off", "asked_by", "short_error")
    list_display_links = ("started_at",)
    list_filter = ("state",)
    search_fields = ("trigger", "made_by", "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("estimate")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        # Its own transactions: a worker must find the calibration when it is told of it.
        start = transaction.non_atomic_requests(wrap(self.start))
        return [
            path("calibrate/", wrap(self.calibrate), name="baselines_calibrate"),
            path("calibrate/start/", start, name="baselines_calibrate_start"),
            path("calibrate/progress/", wrap(self.progress), name="baselines_calibrate_progress"),
            path("<int:pk>/candidate/", wrap(self.candidate), name="baselines_calibrate_candidate"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": "Calibrations"})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        model = self.get_object(request, object_id)
        if model is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return self._page(request, model, model)

    def calibrate(self, request: HttpRequest) -> HttpResponse:
        """The estimate that counts, and how the last attempt to make another one went."""
        last = MarketModel.objects.first()
        return self._page(request, MarketModel.objects.filter(is_current=True).first(), last)

    def start(self, request: HttpRequest) -> HttpResponse:
        """A calibration, left to the workers; without any it is done when the page comes back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(START_PERMISSION):
            raise PermissionDenied(f"The market is estimated by people with the permission {START_PERMISSION}.")
        model = start_in_background(trigger="admin")
        if model.state == CalibrationState.DONE:
            messages.success(request, f"Estimated from {model.offers:,} offers. Every listing has figures of it.")
        elif model.state == CalibrationState.RUNNING:
            messages.info(request, "The market is being estimated; this page follows.")
        return HttpResponseRedirect(reverse("admin:baselines_calibrate"))

    def progress(self, request: HttpRequest) -> HttpResponse:
        """How many of its steps the newest calibration has done, for the page's script."""
        self._refuse_looking(request)
        model = MarketModel.objects.defer("estimate").first()
        state = f"{model.pk} {model.state}" if model else ""
        return JsonResponse({"state": state, "done": len(model.seconds) if model else 0, "total": len(PHASES)})

    def candidate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The ticked rows as a candidate, on the page that compares it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._refuse_looking(request)
        if not request.user.has_perm(CANDIDATE_PERMISSION):
            raise PermissionDenied(f"Candidates are made by people with the permission {CANDIDATE_PERMISSION}.")
        model = get_object_or_404(MarketModel, pk=pk)
        ticked = request.POST.getlist("rows")
        try:
            made = make_candidate(model, ticked, user=request.user)
        except BaselineError as error:
            for problem in error.problems:
                messages.error(request, problem.message)
            return self._page(request, model, model, ticked)
        return HttpResponseRedirect(reverse("admin:baselines_candidate_change", args=[made.pk]))

    def _refuse_looking(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, model: MarketModel | None, last: MarketModel | None, ticked: list[str] | None = None
    ) -> HttpResponse:
        """The page of `model`, which may have no estimate; `last` is the attempt that it tells of."""
        self._refuse_looking(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What parts are worth" if model is None or model.is_current else str(model),
            "model": model,
            "last": last,
            "is_at_work": last is not None and last.state == CalibrationState.RUNNING,
            "steps": [(words, name in last.seconds) for name, words in PHASES.items()] if last else [],
            "may_start": request.user.has_perm(START_PERMISSION),
            "may_make": request.user.has_perm(CANDIDATE_PERMISSION),
            "fewest": FEWEST,
            "left_out": [(reason, count, ADVICE.get(reason, "")) for reason, count in _left_out(model, last).items()],
        }
        context |= {"priced": priced_listings().count()} if model is None else _estimate(model, ticked)
        return TemplateResponse(request, PAGE, context)

    @admin.display(description="error for new models")
    def off(self, obj: MarketModel) -> str:
        return f"{obj.errors['new']['rules_and_comparables']:.1%}" if obj.errors else NOTHING

    @admin.display(description="asked for by", ordering="made_by")
    def asked_by(self, obj: MarketModel) -> str:
        return obj.made_by or obj.trigger

    @admin.display(description="why not")
    def short_error(self, obj: MarketModel) -> str:
        return obj.error if len(obj.error) <= 120 else f"{obj.error[:119]}…"


def _left_out(model: MarketModel | None, last: MarketModel | None) -> dict[str, int]:
    told = model or last
    return told.left_out if told else {}


def _estimate(model: MarketModel, ticked: list[str] | None) -> dict[str, Any]:
    """What the page shows of an estimate; at first what is surely not worth nothing is ticked."""
    current = BaselineImport.objects.active()
    worths = worths_of(model, current)
    lines = [line for worth in worths for row in worth.rows for line in (row.line, *row.pieces)]
    scale = worth_scale((line.low, line.high) for line in lines)
    sample = sample_of_listings() if model.is_current else None
    return {
        "current": current,
        "worths": [_shown(worth, scale, ticked) for worth in worths],
        "scale": scale,
        "base": (model.estimate or {}).get("base"),
        "is_sketch": model.offers < SKETCH,
        "errors": _errors(model),
        "covered": model.covered.get("all"),
        "covered_by": [(name, share) for name, share in model.covered.items() if name != "all"],
        "sample": sample,
        "scatter": scatter_of(sample) if sample else None,
        "bars": error_bars(bands_from_json(model.estimate or {})),
        "implausible": implausible_count() if model.is_current else 0,
        "seconds": sum(model.seconds.values()),
    }


def _errors(model: MarketModel) -> list[tuple[str, float, float]]:
    """(method, median error for new models, for known ones)."""
    if not model.errors:
        return []
    return [(words, model.errors["new"][name], model.errors["known"][name]) for name, words in METHODS.items()]


def _shown(worth: Worth, scale: Any, ticked: list[str] | None) -> dict[str, Any]:
    return {
        "worth": worth,
        "rows": [
            {
                "row": row,
                "is_ticked": row.line.is_sure if ticked is None else row.key in ticked,
                "whisker": scale.whisker(row.line.usd, row.line.low, row.line.high),
                "pieces": [(line, scale.whisker(line.usd, line.low, line.high)) for line in row.pieces],
            }
            for row in worth.rows
        ],
    }
