"""The facts of a whole market, read a page at a time: as columns they are small, as rows of Python they are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import Batch, CategoryColumn, Column, FieldRegistry, NumberColumn
from valuation.engine.batch import missing_text
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.facts import MOST_NAMED, Facts, Ids, among, gather_index, load_facts

PAGE = 50_000  # listings as rows at a time


def load_all_facts(listings: ListingQuerySet, *, fields: Iterable[str], registry: FieldRegistry, year: int) -> Facts:
    """The named facts of these listings, in the order of their ids. Queries: as many as for one page, for each."""
    pages = list(_pages(listings, list(fields), registry, year))
    return pages[0] if len(pages) == 1 else joined(pages)


def load_facts_of(ids: Ids, *, fields: Iterable[str], registry: FieldRegistry, year: int) -> Facts:
    """The named facts of these listings, which are sorted; a row for each of them."""
    names, pages = list(fields), []
    for start in range(0, max(len(ids), 1), MOST_NAMED):
        part = ids[start : start + MOST_NAMED]
        some = Listing.objects.filter(among("pk", part)) if len(part) else Listing.objects.none()
        with collector_paused():
            found = load_facts(some.order_by("pk"), fields=names, registry=registry, year=year, scores=False)
        pages.append(found.rows(gather_index(part, found.batch.ids)))
    return pages[0] if len(pages) == 1 else joined(pages)


def _pages(listings: ListingQuerySet, fields: list[str], registry: FieldRegistry, year: int) -> Iterator[Facts]:
    last = 0
    while True:
        page = listings.filter(pk__gt=last).order_by("pk")[:PAGE]
        with collector_paused():
            facts = load_facts(page, fields=fields, registry=registry, year=year, scores=False)
        yield facts
        if len(facts.batch) < PAGE:
            return
        last = int(facts.batch.ids[-1])


def joined(pages: Sequence[Facts]) -> Facts:
    """Pages of the same columns as one."""
    batches = [page.batch for page in pages]
    disabled = {ruleset for batch in batches for ruleset in batch.disabled}
    nobody = [np.zeros(len(batch), dtype=np.bool_) for batch in batches]
    batch = Batch(
        ids=np.concatenate([batch.ids for batch in batches]),
        price_cents=np.concatenate([batch.price_cents for batch in batches]),
        priced=np.concatenate([batch.priced for batch in batches]),
        columns={path: _column([batch.columns[path] for batch in batches]) for path in batches[0].columns},
        static_ruleset=np.concatenate([batch.static_ruleset for batch in batches]),
        disabled={
            ruleset: np.concatenate(
                [batch.disabled.get(ruleset, none) for batch, none in zip(batches, nobody, strict=True)]
            )
            for ruleset in disabled
        },
    )
    return Facts(batch, np.concatenate([page.input_versions for page in pages]))


def _column(parts: Sequence[Column]) -> Column:
    """One of all parts. A page that knows no text at all may have made numbers of it, of which none is present."""
    if any(isinstance(part, CategoryColumn) for part in parts):
        return _categories([part if isinstance(part, CategoryColumn) else missing_text(len(part)) for part in parts])
    numbers = cast("Sequence[NumberColumn]", parts)
    return NumberColumn(
        np.concatenate([part.values for part in numbers]), np.concatenate([part.present for part in numbers])
    )


def _categories(parts: Sequence[CategoryColumn]) -> CategoryColumn:
    known: dict[str, int] = {}
    codes = []
    for part in parts:
        # One more for the missing value, whose code is -1 and so the last.
        new = np.array([*(known.setdefault(text, len(known)) for text in part.categories), -1], dtype=np.int32)
        codes.append(new[part.codes])
    return CategoryColumn(np.concatenate(codes), tuple(known))
