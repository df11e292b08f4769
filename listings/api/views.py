"""Listings over HTTP."""

from __future__ import annotations

from dealbrain.api.views import ReadViewSet
from listings.api.serializers import ListingSerializer
from listings.figures import FIGURE_PATHS, with_stale
from listings.filtersets import ListingFilterSet
from listings.models import Listing
from listings.querysets import ListingQuerySet


def listings_for_api() -> ListingQuerySet:
    """Listings with all that their representation shows: three queries for a page of any length."""
    return with_stale(Listing.objects.with_parts())


class ListingViewSet(ReadViewSet):
    """List (filters, search, any figure as the order) and detail."""

    queryset = Listing.objects.all()
    serializer_class = ListingSerializer
    filterset_class = ListingFilterSet
    ordering_fields = {
        "id": "pk",
        "title": "title",
        "price_usd": "price_usd",
        "created_at": "created_at",
        "updated_at": "updated_at",
        **FIGURE_PATHS,
    }
    ordering = "-created_at"

    def get_queryset(self) -> ListingQuerySet:
        return listings_for_api()
