"""Where merged listings have gone: what later imports and the undoing of earlier ones ask."""

from __future__ import annotations

from collections.abc import Collection

from imports.models import Merge
from listings.choices import Status


def kept_of(pks: Collection[int]) -> dict[int, int]:
    """Which listing each of these was merged into. One that somebody has made active again goes its own way."""
    if not pks:
        return {}
    merges = Merge.objects.filter(listing__in=pks, listing__status=Status.ARCHIVED)
    return dict(merges.values_list("listing_id", "into_id"))


def taken_in(pks: Collection[int]) -> dict[int, int]:
    """Which listing was merged into each of these; one of them, where there are several."""
    if not pks:
        return {}
    merges = Merge.objects.filter(into__in=pks, listing__status=Status.ARCHIVED)
    return dict(merges.order_by("-listing").values_list("into_id", "listing_id"))
