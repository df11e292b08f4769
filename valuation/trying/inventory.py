"""What previews look at: the listings' facts and today's figures, read page by page, or kept from one look to the next.

Whoever types asks twice a second what saving would do, and reading 100,000 listings takes longer than answering. So a
process keeps the facts of the active listings in columns, with the answers of conditions, until anything about any
listing is another: three sums over the table say so, at a twentieth of the cost (decision 0021).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Max, Sum

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import Field, FieldRegistry, Matcher
from valuation.models import ListingValuation
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.facts import Facts, Ids, among, gather_index, load_facts
from valuation.recalculation.marking import revision_row
from valuation.recalculation.paging import PAGE, pages_of_facts
from valuation.recalculation.reading import fetch_numbers

MOST_KEPT = 200_000  # listings: some 50 MB in a process, with every fact that a rule can name
MOST_ANSWERS = 200  # of conditions: a byte for each listing


@dataclass(frozen=True, slots=True)
class Figures:
    """Today's figures of some listings: NaN where there is none."""

    adjusted: npt.NDArray[np.float64]  # cents
    mark: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the listings, in the order of their ids, and who answers conditions about them."""

    facts: Facts
    matcher: Matcher

    @property
    def ids(self) -> Ids:
        return self.facts.batch.ids


class Inventory(Protocol):
    """The listings that something is tried on."""

    def pages(self, fields: frozenset[str]) -> Iterator[Page]:
        """All of them with these facts, in the order of their ids; one page at the least, be it empty."""

    def these(self, page: Page, rows: npt.NDArray[np.intp], fields: frozenset[str]) -> tuple[Page, Ids]:
        """A page with at least these rows of `page` and these facts, and the places of the rows in it."""

    def some(self, ids: Ids, fields: frozenset[str]) -> Facts:
        """A few listings by their sorted ids."""

    def figures(self, ids: Ids) -> Figures:
        """Today's figures of the listings of all pages."""


class StoredInventory:
    """Any listings, read anew and a page at a time: for whatever is asked once, and for markets of any size."""

    def __init__(self, listings: ListingQuerySet, registry: FieldRegistry) -> None:
        self._listings, self._registry, self._year = listings, registry, revision_row().year

    def pages(self, fields: frozenset[str]) -> Iterator[Page]:
        for facts in pages_of_facts(self._listings, fields=fields, registry=self._registry, year=self._year):
            yield Page(facts, Matcher(facts.batch))

    def these(self, page: Page, rows: npt.NDArray[np.intp], fields: frozenset[str]) -> tuple[Page, Ids]:
        found = self.some(page.ids[rows], fields)
        return Page(found, Matcher(found.batch)), np.arange(len(rows))

    def some(self, ids: Ids, fields: frozenset[str]) -> Facts:
        return read_some(ids, fields, self._registry, self._year)

    def figures(self, ids: Ids) -> Figures:
        return read_figures(self._listings, ids)


def read_some(ids: Ids, fields: Iterable[str], registry: FieldRegistry, year: int) -> Facts:
    """These sorted listings, a page of them at most, with these facts."""
    some = Listing.objects.filter(among("pk", ids)) if len(ids) else Listing.objects.none()
    found = load_facts(some.order_by("pk"), fields=fields, registry=registry, year=year, scores=False)
    return found.rows(gather_index(ids, found.batch.ids))


def read_figures(listings: ListingQuerySet, ids: Ids) -> Figures:
    rows = listings.values_list("pk", "valuation__adjusted_cents", "valuation__score_cpu_multi").order_by("pk")
    pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
    parts = [fetch_numbers(rows.filter(pk__gte=int(page[0]), pk__lte=int(page[-1])), 3) for page in pages]
    table = np.concatenate([np.zeros((0, 3)), *parts])
    found = np.full((len(ids), 2), np.nan)
    places = gather_index(ids, table[:, 0].astype(np.int64))
    found[places >= 0] = table[places[places >= 0], 1:]
    return Figures(adjusted=found[:, 0], mark=found[:, 1])


# -- Kept from one look to the next ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kept:
    """`of` says of which state of the listings; the facts are those that anybody has asked for so far."""

    of: tuple[Any, ...]
    known: frozenset[Field]
    page: Page


_lock = Lock()
_kept: dict[str, Any] = {}


def forget() -> None:
    """Begin anew, as a new process does."""
    with _lock:
        _kept.clear()


def active_inventory(registry: FieldRegistry) -> Inventory:
    """The active listings: kept ones, if they are not too many for that. Three queries."""
    listings = Listing.objects.active()
    year = revision_row().year
    state = (*state_of_listings(), year)
    return KeptInventory(registry, year, state) if state[0] <= MOST_KEPT else StoredInventory(listings, registry)


def state_of_listings() -> tuple[Any, ...]:
    """Moves with every change that any figure could follow: a listing that comes, goes, or whose version moves."""
    found = Listing.objects.aggregate(count=Count("pk"), newest=Max("pk"), ids=Sum("pk"), versions=Sum("input_version"))
    return found["count"], found["newest"], found["ids"], found["versions"]


def _state_of_figures() -> tuple[Any, ...]:
    found = ListingValuation.objects.aggregate(
        count=Count("pk"), newest=Max("valued_at"), cents=Sum("adjusted_cents"), versions=Sum("input_version")
    )
    return found["count"], found["newest"], found["cents"], found["versions"]


class KeptInventory:
    """The active listings as one page, read where they are not known yet, as they are at this `state`."""

    def __init__(self, registry: FieldRegistry, year: int, state: tuple[Any, ...]) -> None:
        self._registry, self._year, self._state = registry, year, state

    def pages(self, fields: frozenset[str]) -> Iterator[Page]:
        yield self._page(fields)

    def these(self, page: Page, rows: npt.NDArray[np.intp], fields: frozenset[str]) -> tuple[Page, Ids]:
        whole = self._page(fields)
        return whole, gather_index(page.ids[rows], whole.ids)

    def some(self, ids: Ids, fields: frozenset[str]) -> Facts:
        return read_some(ids, fields, self._registry, self._year)

    def figures(self, ids: Ids) -> Figures:
        state = (self._state, _state_of_figures())
        with _lock:
            known = _kept.get("figures")
            if known is None or known[0] != state or len(known[1].mark) != len(ids):
                known = _kept["figures"] = (state, read_figures(Listing.objects.active(), ids))
        figures: Figures = known[1]
        return figures

    def _page(self, fields: frozenset[str]) -> Page:
        """One thread reads, others wait for it: the same twice would take twice the memory."""
        wanted = frozenset(field for path in fields if (field := self._registry.get(path)))
        with _lock:
            kept: _Kept | None = _kept.get("facts")
            if kept is not None and kept.of != self._state:
                kept = None
            missing = wanted - (kept.known if kept else frozenset())
            if kept is None or missing:
                kept = self._read(kept, missing)
                _kept["facts"] = kept
            if kept.page.matcher.answered > MOST_ANSWERS:
                kept = _kept["facts"] = replace(kept, page=Page(kept.page.facts, Matcher(kept.page.facts.batch)))
        return kept.page

    def _read(self, kept: _Kept | None, missing: frozenset[Field]) -> _Kept:
        with collector_paused():
            facts = load_facts(
                Listing.objects.active().order_by("pk"),
                fields=[field.path for field in missing],
                registry=self._registry,
                year=self._year,
                scores=False,
            )
        if kept is None or not np.array_equal(kept.page.ids, facts.batch.ids):  # somebody has just written
            fields = missing | (kept.known if kept else frozenset())
            if kept is not None:
                return self._read(None, fields)
            return _Kept(self._state, fields, Page(facts, Matcher(facts.batch)))
        batch = replace(facts.batch, columns={**kept.page.facts.batch.columns, **facts.batch.columns})
        return _Kept(self._state, kept.known | missing, Page(replace(facts, batch=batch), kept.page.matcher.on(batch)))
