"""What we say about listings, over HTTP: the explanation of a price, the dashboard, the rankings."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from typing import Any

from django import forms
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Profile
from dealbrain.api import pagination
from dealbrain.api.pagination import Page, PageRequest
from dealbrain.api.parameters import read_choice, read_flag
from dealbrain.api.problems import FieldProblem
from dealbrain.api.views import ApiView, form_problems, get_or_404
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.models import Listing
from valuation import rankings
from valuation.explaining import explain_listing

MOST_DOLLARS = Decimal("9999999999.99")
DEFAULT_RANKS = 10


class BreakdownView(ApiView):
    """Every adjustment of one listing, down to the action; `trace=true` adds the rules that did not match."""

    queryset = Listing.objects.all()
    query_parameters = frozenset({"trace"})

    def get(self, request: Request, pk: str) -> Response:
        problems = self.name_problems(request)
        trace = read_flag(request.query_params, "trace", False, problems)
        self.refuse(problems)
        listing = get_or_404(Listing.objects.only("pk"), pk)
        return Response(explain_listing(listing.pk, trace=trace))


class BudgetForm(forms.Form):
    budget = forms.DecimalField(min_value=0, max_value=MOST_DOLLARS, decimal_places=2, initial=400, required=False)

    def clean_budget(self) -> Decimal:
        given: Decimal | None = self.cleaned_data["budget"]
        return Decimal(400) if given is None else given


class DashboardView(ApiView):
    queryset = Listing.objects.all()
    query_parameters = frozenset({"budget"})

    def get(self, request: Request) -> Response:
        form = BudgetForm(request.query_params)
        self.refuse(self.name_problems(request) or form_problems(form))
        found = rankings.dashboard(listings_for_api(), budget=form.cleaned_data["budget"])
        return Response(
            {
                "best_value": _shown(found.best_value),
                "best_perf_per_watt": _shown(found.best_perf_per_watt),
                "best_under_budget": ListingSerializer(found.best_under_budget, many=True).data,
            }
        )


class RankingsView(ApiView):
    """Active listings from best to worst; with `profile_id`, by the composite score that profile gives."""

    queryset = Listing.objects.all()
    query_parameters = pagination.PARAMETERS | {"metric", "profile_id"}

    def get(self, request: Request) -> Response:
        given = request.query_params
        problems = self.name_problems(request)
        metric = read_choice(given, "metric", rankings.COMPOSITE, rankings.METRICS, problems)
        if given.get("profile_id") and metric != rankings.COMPOSITE:
            message = f"A profile changes {rankings.COMPOSITE} only, not {metric}."
            problems.append(FieldProblem("profile_id", message, "exclusive"))
        scope = f"rankings?{metric}&{given.get('profile_id', '')}"
        page = pagination.read_page(given, scope, 2, problems, default_limit=DEFAULT_RANKS)
        self.refuse(problems)
        if given.get("profile_id"):
            profile = get_or_404(Profile.objects.all(), given["profile_id"])
            return Response(self._by_profile(profile, page, scope))
        listings, order = rankings.ranking(listings_for_api(), metric)
        found = pagination.paginate(listings, page, order, scope)
        items = list(ListingSerializer(found.rows, many=True).data)
        return Response(found.envelope(items, as_array=page.as_array))

    def _by_profile(self, profile: Profile, page: PageRequest, scope: str) -> Any:
        ranked = rankings.composites(profile.weights)
        start = page.offset
        if page.after is not None:
            # From the best down: the negated pairs ascend, and so does a search in them.
            score, listing = page.after
            start = bisect_right(ranked, (-score, -listing), key=lambda pair: (-pair[0], -pair[1]))
        chosen = ranked[start : start + page.limit]
        more = len(ranked) > start + page.limit
        rows = listings_for_api().in_bulk([listing for _, listing in chosen])
        items = []
        for score, listing in chosen:
            if listing in rows:  # else it was deleted since
                items.append({**ListingSerializer(rows[listing]).data, rankings.COMPOSITE: score})
        found = Page(
            rows=items,
            limit=page.limit,
            total=len(ranked) if page.with_total else None,
            next_cursor=pagination.encode_cursor(chosen[-1], scope) if more else None,
        )
        return found.envelope(items, as_array=page.as_array)


def _shown(listing: Any) -> Any:
    if listing is None:
        return None
    return ListingSerializer(listing).data
