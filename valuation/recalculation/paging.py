"""The facts of a whole market, a page at a time: as rows of Python, a million listings are gigabytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from listings.querysets import ListingQuerySet
from valuation.engine import FieldRegistry
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.facts import MOST_NAMED, Facts, load_facts

PAGE = MOST_NAMED  # listings in memory at a time; some of a page can be asked for by name


def pages_of_facts(
    listings: ListingQuerySet, *, fields: Iterable[str], registry: FieldRegistry, year: int
) -> Iterator[Facts]:
    """The named facts of these listings, in the order of their ids; one page at the least, be it empty."""
    last, names = 0, list(fields)
    while True:
        page = listings.filter(pk__gt=last).order_by("pk")[:PAGE]
        with collector_paused():
            facts = load_facts(page, fields=names, registry=registry, year=year, scores=False)
        yield facts
        if len(facts.batch) < PAGE:
            return
        last = int(facts.batch.ids[-1])
