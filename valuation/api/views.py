"""What we say about listings, over HTTP: the explanation of a price, the dashboard, the rankings."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Profile
from dealbrain.api import pagination
from dealbrain.api.answers import Answer
from dealbrain.api.pagination import Page, PageRequest
from dealbrain.api.parameters import Choice, Dollars, Flag, Whole
from dealbrain.api.problems import FieldProblem
from dealbrain.api.views import ApiView, get_or_404
from listings.api.serializers import ListingSerializer
from listings.api.views import listings_for_api
from listings.api.wording import WORDS as FIGURE_WORDS
from listings.models import Listing
from valuation.api.shapes import IMPLAUSIBLE_URL, BreakdownSerializer, DashboardSerializer
from valuation.explaining.breakdown import explain_listing
from valuation.market import rankings

DEFAULT_RANKS = 10


class BreakdownView(ApiView):
    """Every adjustment of one listing, down to the action; `trace=true` adds the rules that did not match."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(BreakdownSerializer)}
    parameters = (Flag("trace", "Whether to show the rules that did not match, and why."),)

    def get(self, request: Request, pk: str) -> Response:
        asked = self.read_query(request)
        listing = get_or_404(Listing.objects.only("pk"), pk)
        return Response(explain_listing(listing.pk, trace=asked["trace"]))


INCLUDE_IMPLAUSIBLE = Flag("include_implausible", "Whether to include prices that cannot be right for such a machine.")


class DashboardView(ApiView):
    """The best active listings: what a dollar buys, what a watt buys, and what a budget buys."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(DashboardSerializer)}
    parameters = (
        Dollars("budget", "The most that `best_under_budget` may cost, in USD.", Decimal(400)),
        INCLUDE_IMPLAUSIBLE,
    )

    def get(self, request: Request) -> Response:
        asked = self.read_query(request)
        found = rankings.dashboard(
            listings_for_api(), budget=asked["budget"], include_implausible=asked["include_implausible"]
        )
        return Response(
            {
                "best_value": _shown(found.best_value),
                "best_perf_per_watt": _shown(found.best_perf_per_watt),
                "best_under_budget": ListingSerializer(found.best_under_budget, many=True).data,
                "implausible_count": found.implausible,
                "implausible_url": IMPLAUSIBLE_URL,
            }
        )


# Which way each metric is better, and what it means.
METRIC_WORDS = "What to rank by, the best first. " + " ".join(
    f"`{metric}` ({'high' if descending else 'low'} first): {FIGURE_WORDS[metric]}"
    for metric, descending in rankings.METRICS.items()
)


class RankingsView(ApiView):
    """Active listings from best to worst; with `profile_id`, by the composite score that profile gives."""

    queryset = Listing.objects.all()
    answers = {"GET": Answer(ListingSerializer, page=True, errors=(404,))}
    parameters = (
        Choice("metric", METRIC_WORDS, rankings.COMPOSITE, tuple(rankings.METRICS)),
        Whole("profile_id", "The scoring profile whose weights make the composite score; else the default one."),
        INCLUDE_IMPLAUSIBLE,
        *pagination.page_parameters(default_limit=DEFAULT_RANKS),
    )

    def get(self, request: Request) -> Response:
        asked, problems = self.look_at_query(request)
        metric, profile_id = asked["metric"], asked["profile_id"]
        if profile_id is not None and metric != rankings.COMPOSITE:
            message = f"A profile changes {rankings.COMPOSITE} only, not {metric}."
            problems.append(FieldProblem("profile_id", message, "exclusive"))
        all_prices = asked["include_implausible"]
        scope = f"rankings?{metric}&{profile_id}&{all_prices}"
        page = pagination.read_page(asked, scope, 2, problems)
        self.refuse(problems)
        if profile_id is not None:
            profile = get_or_404(Profile.objects.all(), str(profile_id))
            return self._by_profile(request, profile, page, scope, all_prices=all_prices)
        listings, order = rankings.ranking(listings_for_api(), metric, include_implausible=all_prices)
        found = pagination.paginate(listings, page, order, scope)
        items = list(ListingSerializer(found.rows, many=True).data)
        return pagination.answer(request, found, items, as_array=page.as_array)

    def _by_profile(
        self, request: Request, profile: Profile, page: PageRequest, scope: str, *, all_prices: bool
    ) -> Response:
        ranked = rankings.composites(profile.weights, include_implausible=all_prices)
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
        return pagination.answer(request, found, items, as_array=page.as_array)


class ProfileListingsView(RankingsView):
    """Active listings from best to worst by the composite score that one profile gives."""

    parameters = (INCLUDE_IMPLAUSIBLE, *pagination.page_parameters())

    def get(self, request: Request, pk: int) -> Response:  # type: ignore[override]  # a ranking inside a profile
        asked, problems = self.look_at_query(request)
        all_prices = asked["include_implausible"]
        scope = f"profiles/{pk}/listings?{all_prices}"
        page = pagination.read_page(asked, scope, 2, problems)
        self.refuse(problems)
        profile = get_or_404(Profile.objects.all(), pk)
        return self._by_profile(request, profile, page, scope, all_prices=all_prices)


def _shown(listing: Any) -> Any:
    if listing is None:
        return None
    return ListingSerializer(listing).data
