"""A file of offers, planned from its first record to its last, and written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from django.utils import timezone

from imports.models import MOST_SOURCE, ImportSession
from imports.resolving import Catalog, Decisions
from imports.sessions.files import CHUNK, File, Progress
from imports.sessions.parts import Parts
from imports.sessions.planning import Planner
from imports.sessions.plans import Plan
from imports.sessions.shaping import Shaper
from imports.sessions.writing import Writer


class Offers:
    """A file of offers."""

    def __init__(self, session: ImportSession, parts: Parts, *, hold: bool) -> None:
        self.shaper = Shaper(parts, today=timezone.localdate())
        self.planner = Planner(
            shaper=self.shaper,
            source=session.source,
            own_source=PurePath(session.file_name).stem[:MOST_SOURCE] or "file",
            choices=session.choices,
            hold=hold,
        )
        self._writer = Writer(session, parts, self.planner.known, self.shaper.pricing)

    def plans(self, file: File, decisions: Decisions, catalog: Catalog, progress: Progress) -> Iterator[list[Plan]]:
        """Plans of the records, by chunks; whoever writes them does so before the next chunk is asked for."""
        again: list[Plan] = []
        for outcomes in file.outcomes(decisions, catalog):
            plans = self.planner.plan(outcomes)
            again += [plan for plan in plans if plan.waits]
            yield [plan for plan in plans if not plan.waits]
            progress(file.counts.records)
        self.planner.end()
        if self.planner.deferred:
            for outcomes in file.outcomes(decisions, catalog, only=self.planner.deferred):
                plans = self.planner.plan(outcomes)
                again += [plan for plan in plans if plan.waits]
                yield [plan for plan in plans if not plan.waits]
        for first in range(0, len(again), CHUNK):
            self.planner.plan_again(again[first : first + CHUNK])
            yield again[first : first + CHUNK]

    def first(self, file: File, decisions: Decisions, catalog: Catalog, count: int) -> list[Plan]:
        """Plans of the first records alone."""
        outcomes = next(file.outcomes(decisions, catalog, size=count), [])
        self.planner.end()
        return self.planner.plan(outcomes)

    def write(self, plans: Sequence[Plan]) -> None:
        self._writer.write(plans)

    def finish(self) -> None:
        self._writer.finish()
