"""Lists of prices of parts that are sold alone. They make no listings and no parts: they are kept to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone

from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession, PartPrice
from imports.resolving import Catalog, Decisions
from imports.resolving.outcomes import Outcome
from imports.resolving.outcomes import PartPrice as Stated
from imports.sessions.files import File, Progress
from imports.sessions.parts import Parts
from imports.sessions.planning import plan_of_none
from imports.sessions.plans import Plan, row_of
from imports.sessions.prices import Pricing


class PartPrices:
    """A list of prices. One that is known already, of the same day, is not kept twice."""

    def __init__(self, session: ImportSession, parts: Parts, *, hold: bool) -> None:
        self._session = session
        self._pricing = Pricing(timezone.localdate())
        self._seen: set[Any] = set()

    def plans(self, file: File, decisions: Decisions, catalog: Catalog, progress: Progress) -> Iterator[list[Plan]]:
        for outcomes in file.outcomes(decisions, catalog):
            yield self._plan(outcomes)
            progress(file.counts.records)

    def first(self, file: File, decisions: Decisions, catalog: Catalog, count: int) -> list[Plan]:
        return self._plan(next(file.outcomes(decisions, catalog, size=count), []))

    def _plan(self, outcomes: Sequence[Outcome]) -> list[Plan]:
        names = {outcome.name for outcome in outcomes if isinstance(outcome, Stated)}
        known = {row.key for row in PartPrice.objects.filter(name__in=names)} if names else set()
        return [self._plan_of(outcome, known) for outcome in outcomes]

    def _plan_of(self, outcome: Outcome, known: set[Any]) -> Plan:
        if not isinstance(outcome, Stated):
            return plan_of_none(outcome)
        price, fields = outcome.price, outcome.fields
        converted, messages = self._pricing.priced(price)
        values = {
            "part": outcome.part,
            "name": outcome.name,
            "capacity_gb": fields.get("capacity_gb") or fields.get("total_capacity_gb") or fields.get("memory_gb"),
            "medium": fields.get("medium") or fields.get("ddr_generation") or "",
            "price_original": price.amount,
            "currency": price.currency,
            "price_usd": converted["price_usd"],
            "date": price.day or self._pricing.today,
        }
        key = PartPrice(**values).key
        is_known = key in known or key in self._seen
        self._seen.add(key)
        outcome_is = RowOutcome.UNCHANGED if is_known else RowOutcome.NEW
        return Plan(outcome.line, outcome_is, outcome.name, list(messages), values=values)

    def write(self, plans: Sequence[Plan]) -> None:
        new = [plan for plan in plans if plan.outcome is RowOutcome.NEW]
        PartPrice.objects.bulk_create([PartPrice(**plan.values, session=self._session) for plan in new], batch_size=200)
        ImportRow.objects.bulk_create([row_of(self._session, plan) for plan in plans], batch_size=200)

    def finish(self) -> None:
        """Nothing is left for the end of the file."""
