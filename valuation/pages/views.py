"""The pages: what is for sale from best to worst, and why one listing has its price.

They live here and not in `listings`, because they show figures and explain them, and imports go down only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from dealbrain.api.ordering import make_ordering
from dealbrain.api.pagination import InSteps
from listings.api.views import ListingViewSet
from listings.figures import is_implausible, is_of_now, with_orders, with_stale
from listings.models import Listing
from listings.pricing import newest_prices
from listings.querysets import ListingQuerySet
from listings.searching import search
from valuation.analytics.behind import QUESTIONS, listings_behind
from valuation.explaining.breakdown import explain_listing
from valuation.market.rankings import plausible
from valuation.market.telling import estimated_at, tell
from valuation.models import ListingScoreSnapshot
from valuation.pages.forms import AT_LEAST, DEFAULT_SORT, ONLY, SORTS, HomeForm
from valuation.pages.rows import explanation_table, facts, rank_rows, shown_valuation

ROWS = 50
HISTORY_ROWS = 20
FILTERS = {"q", "max_price", "grade", "discount", *QUESTIONS}

View = Callable[..., HttpResponse]


def page_view(view: View) -> View:
    """A page that is read: for everyone if DEALBRAIN_PUBLIC_READ, else for people who may see listings.

    Without a transaction, which on SQLite would hold the one write lock while a page renders.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEALBRAIN_PUBLIC_READ:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if not request.user.has_perm("listings.view_listing"):
                raise PermissionDenied
        return view(request, *args, **kwargs)

    return transaction.non_atomic_requests(require_safe(guarded))


@page_view
def home(request: HttpRequest) -> HttpResponse:
    """Active listings from best to worst, 50 a page; without prices that cannot be right, which have a link."""
    estimated = estimated_at()
    form = HomeForm(request.GET, is_estimated=estimated is not None)
    asked = form.understood()
    sort = str(asked.get("sort", DEFAULT_SORT))
    only_odd = asked.get("implausible") == ONLY
    listings = _filtered(asked)
    odd = listings.filter(is_implausible())
    odd_count = odd.count() if estimated else 0
    # (Counting what is left without those would join every listing with what the market says of it.)
    total = odd_count if only_odd else max(listings.count() - odd_count, 0)
    page = _page(request, _ranked(odd if only_odd else plausible(listings), sort, total))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "form": form,
        "sort": sort,
        "sorts": SORTS,
        "direction": SORTS[sort].aria,
        "page": page,
        "rows": rank_rows(list(page.object_list), page.start_index()),
        "filtered": bool(FILTERS & asked.keys()),
        "behind": [question.title.format(asked[name]) for name, question in QUESTIONS.items() if name in asked],
        "estimated": estimated,
        "only_odd": only_odd,
        "odd": odd_count,
        "odd_query": _with(kept, "implausible", ONLY),
        "even_query": _without(kept, "implausible"),
        "page_query": kept.urlencode(),
        "sort_query": _without(kept, "sort"),
        "any_listing": bool(page.paginator.count) or Listing.objects.exists(),
    }
    return render(request, "home.html", context)


@page_view
def listing_page(request: HttpRequest, listing_id: int) -> HttpResponse:
    """One listing, and how its adjusted price comes about; the explanation is computed now, so it is never old."""
    listing = with_stale(Listing.objects.with_parts()).filter(pk=listing_id).first()
    if listing is None:
        raise Http404("There is no such listing.")
    breakdown = explain_listing(listing.pk, trace=True)
    context = {
        "listing": listing,
        "valuation": shown_valuation(listing),
        "facts": facts(listing),
        "table": explanation_table(breakdown),
        "breakdown": breakdown,
        "market": tell(listing.pk),
        "admin_url": _admin_url(request, listing),
        "history": ListingScoreSnapshot.objects.filter(listing=listing)[:HISTORY_ROWS],
        "prices": newest_prices(listing),
    }
    return render(request, "listing.html", context)


def _admin_url(request: HttpRequest, listing: Listing) -> str:
    """Where staff edit this listing; "" for everyone else."""
    if not (request.user.is_active and request.user.is_staff and request.user.has_perm("listings.change_listing")):
        return ""
    try:
        return reverse("admin:listings_listing_change", args=[listing.pk])
    except NoReverseMatch:  # no admin for listings in this installation
        return ""


def _filtered(asked: dict[str, Any]) -> ListingQuerySet:
    listings = Listing.objects.active()
    if "q" in asked:
        listings = search(listings, str(asked["q"]))
    if "max_price" in asked:
        listings = listings.filter(price_usd__lte=asked["max_price"])
    if "grade" in asked:
        listings = listings.filter(is_of_now(), market__grade__in=AT_LEAST[asked["grade"]])
    if "discount" in asked:
        listings = listings.filter(is_of_now(), market__discount__gte=asked["discount"] / 100)
    for name in QUESTIONS.keys() & asked.keys():
        listings = listings_behind(listings, name, asked[name])
    return listings


def _ranked(listings: ListingQuerySet, sort: str, total: int) -> InSteps:
    ordering = SORTS[sort].ordering
    order = make_ordering(Listing, ordering, ListingViewSet.ordering_fields)
    parts = ("cpu", "ram_spec", "primary_storage_profile", "secondary_storage_profile", "valuation", "market")
    return InSteps(with_orders(with_stale(listings), ordering).select_related(*parts), order, total)


def _page(request: HttpRequest, listings: Any) -> Page[Any]:
    """The page asked for, or the nearest that exists."""
    text = request.GET.get("page", "1")
    # Longer than any page number, and digits enough to keep a machine busy.
    return Paginator(listings, ROWS).get_page(text if len(text) < 10 else 1)


def _with(query: Any, name: str, value: str) -> str:
    more = query.copy()
    more[name] = value
    encoded: str = more.urlencode()
    return encoded


def _without(query: Any, name: str) -> str:
    rest = query.copy()
    rest.pop(name, None)
    encoded: str = rest.urlencode()
    return encoded
