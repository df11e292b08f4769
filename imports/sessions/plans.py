"""What a record would do to the database, as plain data: made by planning, shown by previews, written by commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from imports.choices import RowOutcome
from imports.models import ImportRow, ImportSession
from imports.resolving.outcomes import Component, PartName, Price, Problem
from imports.sessions.identity import Identity
from imports.sessions.known import Row

MOST_TITLE = 255

Message = dict[str, str]


def message(text: str, column: str = "", value: str = "") -> Message:
    return {"column": column, "value": value[:200], "message": text}


def told(problem: Problem) -> Message:
    return message(problem.message, problem.column, problem.value)


Whence = tuple[str, str]
"""Where a value came from, and the header of its column, if it came from one."""


@dataclass(slots=True)
class Plan:
    """What one record comes to.

    `row` is the listing that it is, None for a new one. `values` go by columns of Listing that are no reference;
    `specs` are the fields that its memory and drives are to have, by reference, None where it is to have none; `parts`
    are the processor and the card, likewise. Only what changes is in them. `price` is the one that becomes current.
    """

    line: int
    outcome: RowOutcome
    title: str = ""
    messages: list[Message] = field(default_factory=list)
    identity: Identity | None = None
    row: Row | None = None
    pk: int | None = None  # of the listing, once it is written
    values: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, PartName | None] = field(default_factory=dict)
    specs: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    origins: dict[str, Whence] = field(default_factory=dict)
    facts: dict[str, list[Any]] = field(default_factory=dict)  # the origins that the listing has until now
    said_of_parts: list[tuple[str, PartName]] = field(default_factory=list)  # of those that the listing has already
    prices: list[Price] = field(default_factory=list)  # for the history
    part: str = ""  # the processor or card that a list of marks writes, or the price of a part: `cpu:12`
    again: tuple[str, str, str] | None = None  # the number of an earlier record, whose offer this is on another day
    into: int | None = None  # the listing that the one of this record was merged into: its prices count there

    @property
    def waits(self) -> bool:
        """Whether it is planned again when all others are stored, because it may be of a listing that they change."""
        return self.again is not None or self.into is not None

    @property
    def writes(self) -> bool:
        """Whether a listing is made or changed."""
        return self.outcome in (RowOutcome.NEW, RowOutcome.CHANGED)

    def refuse(self, *messages: Message) -> None:
        """Nothing of this record goes in."""
        self.outcome = RowOutcome.REFUSED
        self.messages.extend(messages)


def row_of(session: ImportSession, plan: Plan, *, before: Any = None, after: Any = None) -> ImportRow:
    """The row of a session for what became, or would become, of a record."""
    return ImportRow(
        session=session,
        line=plan.line,
        outcome=plan.outcome,
        title=plan.title[:MOST_TITLE],
        messages=plan.messages,
        listing_id=plan.pk if plan.pk is not None else plan.row["id"] if plan.row else None,
        part=plan.part,
        before=before,
        after=after,
    )
