"""What a pass has to value. Looked at once, when the pass is planned; everybody who works on it takes it from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from listings.querysets import ListingQuerySet
from valuation.models import RulesRevision, StaleHint
from valuation.recalculation.covering import touched_listings
from valuation.recalculation.facts import Ids, chunks
from valuation.recalculation.hints import NOTHING, Hints
from valuation.recalculation.marking import revision_row, stale_among, stale_by_themselves, stale_listings

CHUNK = 10_000  # ids fetched at a time


@dataclass(frozen=True, slots=True)
class Look:
    """Ids of listings, sorted. `by_stamps`: whatever the stamps of a range say is stale may be valued with them."""

    ids: Ids
    by_stamps: bool


def anything_waiting() -> bool:
    """Whether there is anything for a job to look at. Two queries, whatever the number of listings."""
    row = revision_row()
    return row.covered_revision < row.revision or StaleHint.objects.exists()


def look(row: RulesRevision, hints: Hints) -> Look:
    """What is stale: where the hints say so, and where the rules' moving on can be felt."""
    if row.covered_revision >= row.revision:
        return Look(_hinted(hints), by_stamps=True)
    touched = touched_listings(row)
    if touched is None:
        return Look(ids_of(stale_listings(row)), by_stamps=True)
    return Look(np.union1d(touched, _hinted(hints)), by_stamps=False)


def ids_of(listings: ListingQuerySet) -> Ids:
    """Their ids, sorted: eight bytes each, however many there are."""
    ids = listings.order_by("pk").values_list("pk", flat=True)
    return np.fromiter(ids.iterator(chunk_size=CHUNK), dtype=np.int64)


def _hinted(hints: Hints) -> Ids:
    """What is stale by itself among the listings that these name. Others beside them may be found too."""
    found = [NOTHING] if hints.within is None else [ids_of(stale_by_themselves(within=hints.within))]
    found += [ids_of(stale_among(part)) for part in chunks(hints.listing_ids)]
    return np.unique(np.concatenate(found))
