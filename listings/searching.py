"""What listings are searched by: one tuple for the pages, the API, the admin and the index."""

from __future__ import annotations

from typing import cast

from dealbrain.searching import search as search_words
from listings.querysets import ListingQuerySet

SEARCHED = (
    *("title", "manufacturer", "device_model", "series", "model_number", "vendor_item_id", "seller"),
    *("cpu__name", "gpu__name"),
)


def search(queryset: ListingQuerySet, words: str) -> ListingQuerySet:
    """Listings that hold every word somewhere in their names."""
    return cast(ListingQuerySet, search_words(queryset, words, SEARCHED))
