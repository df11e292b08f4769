"""Lists of processors and cards: their marks go to the parts that the names mean, and unknown parts are made.

A later list states marks anew; all else that is known of a part stays. A list makes no listings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from catalog.custom_values import default_attributes
from catalog.recognition import part_key, read_cpu, read_graphics
from dealbrain.db import update_rows
from dealbrain.folding import name_key
from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession
from imports.resolving import Catalog, Decisions
from imports.resolving.outcomes import Outcome, PartMarks
from imports.resolving.resolver import MARKS
from imports.sessions.files import File, Progress
from imports.sessions.parts import NAMED, Parts
from imports.sessions.planning import plan_of_none
from imports.sessions.plans import Plan, message, row_of, told
from listings.models import Listing
from valuation.recalculation.marking import mark_listings


class Marks:
    """A list of parts of one kind."""

    def __init__(self, session: ImportSession, parts: Parts, *, hold: bool) -> None:
        self._session = session
        self._parts = parts
        self._kind = "gpu" if session.kind == "gpus" else "cpu"
        self._model = NAMED[self._kind]
        self._seen: dict[str, int] = {}  # key of a name -> the line that it stands on first

    def plans(self, file: File, decisions: Decisions, catalog: Catalog, progress: Progress) -> Iterator[list[Plan]]:
        for outcomes in file.outcomes(decisions, catalog):
            yield [self._plan(outcome) for outcome in outcomes]
            progress(file.counts.records)

    def first(self, file: File, decisions: Decisions, catalog: Catalog, count: int) -> list[Plan]:
        return [self._plan(outcome) for outcome in next(file.outcomes(decisions, catalog, size=count), [])]

    def _plan(self, outcome: Outcome) -> Plan:
        if not isinstance(outcome, PartMarks):
            return plan_of_none(outcome)
        part = self._parts.named[self._kind].get(name_key(outcome.name))
        name = part.name if part is not None else full_name(self._kind, outcome.name)
        plan = Plan(outcome.line, RowOutcome.UNCHANGED, name, [told(flag) for flag in outcome.flags])
        plan.part = self._kind
        first = self._seen.setdefault(part_key(name) or name_key(name), outcome.line)
        if first != outcome.line:
            plan.outcome = RowOutcome.LEFT_OUT
            plan.messages.append(message(f"line {first} is the same part already", value=outcome.name))
        elif part is None:
            plan.outcome, plan.values = RowOutcome.NEW, dict(outcome.fields)
            self._check(plan, self._model(name=name, **outcome.fields), set(outcome.fields) | {"name"})
        else:
            plan.values = {name: value for name, value in outcome.fields.items() if _is_taken(part, name, value)}
            if plan.values:
                plan.outcome = RowOutcome.CHANGED
                self._check(plan, self._model(name=part.name, **plan.values), set(plan.values))
        return plan

    def _check(self, plan: Plan, part: Any, names: set[str]) -> None:
        try:
            part.clean_fields(exclude={field.name for field in self._model._meta.concrete_fields} - names)
        except ValidationError as error:
            plan.refuse(
                *(
                    message(" ".join(texts), name, str(getattr(part, name)))
                    for name, texts in error.message_dict.items()
                )
            )

    def write(self, plans: Sequence[Plan]) -> None:
        """One chunk: a constant number of statements."""
        known = self._parts.named[self._kind]
        new = [plan for plan in plans if plan.outcome is RowOutcome.NEW]
        made = [self._model(name=plan.title, **plan.values, attributes=default_attributes(self._kind)) for plan in new]
        self._model.objects.bulk_create(made, batch_size=200)
        known.update((part.name_key, part) for part in made)
        rows = [self._note(plan, part, None, dict(plan.values)) for plan, part in zip(new, made, strict=True)]
        rows += self._change([plan for plan in plans if plan.outcome is RowOutcome.CHANGED])
        rows += [
            row_of(self._session, plan) for plan in plans if plan.outcome not in (RowOutcome.NEW, RowOutcome.CHANGED)
        ]
        ImportRow.objects.bulk_create(rows, batch_size=200)

    def _change(self, plans: Sequence[Plan]) -> list[ImportRow]:
        rows, parts, names = [], [], {"updated_at"}
        now = timezone.now()
        for plan in plans:
            part = self._parts.named[self._kind][name_key(plan.title)]
            before = {name: getattr(part, name) for name in plan.values}
            for name, value in plan.values.items():
                setattr(part, name, value)
            part.updated_at = now
            names |= plan.values.keys()
            parts.append(part)
            rows.append(self._note(plan, part, before, dict(plan.values)))
        if parts:
            mark_listings(Listing.objects.filter(**{f"{self._kind}__in": [part.pk for part in parts]}))
            update_rows(self._model, parts, sorted(names))
        return rows

    def _note(self, plan: Plan, part: Any, before: Any, after: Any) -> ImportRow:
        plan.part = f"{self._kind}:{part.pk}"
        return row_of(self._session, plan, before=before, after=after)

    def finish(self) -> None:
        """Nothing is left for the end of the file."""


def full_name(kind: str, name: str) -> str:
    """What a new part is called: without clock, marks and cores, where that leaves the name of one model."""
    if kind == "cpu":
        found = read_cpu(name).name
    else:
        cards = read_graphics(name).cards
        found = cards[0].name if len(cards) == 1 else None
    return found if found and part_key(found) == part_key(name) else name


def _is_taken(part: Any, name: str, value: Any) -> bool:
    """Whether a list's value is new: a mark is what the newest list says, all else fills in what is unknown."""
    current = getattr(part, name)
    return current != value and (name in MARKS or current in (None, ""))
