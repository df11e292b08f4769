"""A page of listings through facts, engine and writer: what every run is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import structlog
from django.db import transaction

from listings.models import Listing
from listings.querysets import ListingQuerySet
from valuation.engine import evaluate
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.facts import Facts, Ids, load_facts
from valuation.recalculation.figures import Table, figure_table, null_figures
from valuation.recalculation.rulebook import Rulebook
from valuation.recalculation.signals import inputs_moved
from valuation.recalculation.snapshots import keep_first_prices, take_snapshots
from valuation.recalculation.writer import Change, compare, read_stored, write

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Outcome:
    """What was done: `done` listings looked at, `written` rows of which `changed` have other figures."""

    done: int = 0
    changed: int = 0
    written: int = 0
    snapshots: int = 0
    failures: list[dict[str, object]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"read": 0.0, "evaluate": 0.0, "write": 0.0})
    rulesets: dict[str, float] = field(default_factory=dict)  # ruleset id as JSON keeps it -> seconds
    layers: dict[str, float] = field(default_factory=dict)  # layer -> cents

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] += perf_counter() - started

    def __iadd__(self, other: Outcome) -> Outcome:
        self.done += other.done
        self.changed += other.changed
        self.written += other.written
        self.snapshots += other.snapshots
        self.failures += other.failures
        for name in TALLIES:
            setattr(self, name, added(getattr(self, name), getattr(other, name)))
        return self


TALLIES = ("seconds", "rulesets", "layers")


def added(left: Mapping[str, float], right: Mapping[str, float]) -> dict[str, float]:
    """Two tallies as one."""
    return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}


@dataclass(frozen=True, slots=True)
class Valuing:
    """How pages are valued. `stamp_revision`: see `writer.compare`; `store` off computes and compares only."""

    book: Rulebook
    stamp_revision: bool = False
    snapshot: bool = False
    store: bool = True

    def pages(self, listings: ListingQuerySet, batch_size: int) -> Iterator[Outcome]:
        """Value these listings, `batch_size` at a time; what was done comes after each page.

        Raises RulesMoved when the rules are not the current ones any more, and stores nothing of that page. Pages go by
        id: a listing that appears or vanishes meanwhile shifts none of the others.
        """
        last = 0
        while True:
            outcome = Outcome()
            with collector_paused():
                ids = self._page(listings.filter(pk__gt=last).order_by("pk")[:batch_size], outcome)
            if len(ids):
                last = int(ids[-1])
                yield outcome
            if len(ids) < batch_size:
                return

    def _page(self, page: ListingQuerySet, outcome: Outcome) -> Ids:
        """Value one page and say which listings were on it."""
        with outcome.timed("read"):
            facts = load_facts(page, fields=self.book.program.fields, registry=self.book.registry, year=self.book.year)
        if len(facts.batch):
            self._value(facts, outcome)
        return facts.batch.ids

    def _value(self, facts: Facts, outcome: Outcome) -> None:
        with outcome.timed("read"):
            stored = read_stored(facts.batch.ids)
        with outcome.timed("evaluate"):
            table = self._figures(facts, outcome)
            change = compare(
                stored,
                table,
                facts.input_versions,
                revision=self.book.revision,
                stamp_revision=self.stamp_revision,
            )
        if self.store:
            with outcome.timed("write"):
                self._store(facts, table, change, outcome)
            moved = ~stored.exists | (stored.input_versions != facts.input_versions)
            if moved.any():
                inputs_moved.send(Listing, ids=facts.batch.ids[moved].tolist())
        outcome.done = len(facts.batch)
        outcome.changed = int(change.figures.sum())
        outcome.written = int(change.rows.sum())

    def _store(self, facts: Facts, table: Table, change: Change, outcome: Outcome) -> None:
        """The rows and the snapshots of a page, both or neither. What others stored meanwhile is theirs to tell."""
        rows, ids = np.flatnonzero(change.rows), facts.batch.ids
        with transaction.atomic():
            replaced = write(
                ids[rows],
                facts.input_versions[rows],
                table[rows],
                revision=self.book.revision,
                new=change.new[rows],
            )
            price = rows[replaced.places]
            if len(price):
                outcome.snapshots += keep_first_prices(ids[price], replaced)
            if self.snapshot:
                outcome.snapshots += take_snapshots(self.book, facts, table, reason="requested")
            elif len(price):
                outcome.snapshots += take_snapshots(self.book, facts.rows(price), table[price], reason="price")

    def _figures(self, facts: Facts, outcome: Outcome) -> Table:
        """The figures of a page. If it cannot be evaluated as a whole, its halves are, down to the one to blame."""
        try:
            result = evaluate(self.book.program, facts.batch)
            table = figure_table(self.book, facts.batch, result)
        except Exception as error:
            count = len(facts.batch)
            if count > 1:
                halves = np.split(np.arange(count), [count // 2])
                return np.vstack([self._figures(facts.rows(half), outcome) for half in halves])
            listing = int(facts.batch.ids[0])
            outcome.failures.append({"listing_id": listing, "reason": f"{type(error).__name__}: {error}"})
            log.exception("listing_not_valued", listing_id=listing)
            return null_figures(1)
        outcome.rulesets = added(outcome.rulesets, {str(pk): seconds for pk, seconds in result.seconds.items()})
        outcome.layers = added(outcome.layers, result.layer_cents)
        return table
