"""The first records of a file as they would be stored, with where each value came from. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from catalog.custom_values import definitions_read
from imports.models import ImportSession
from imports.reading import FileError
from imports.sessions.errors import SessionError
from imports.sessions.files import catalog_of, decisions_of, file_of
from imports.sessions.kinds import work_of
from imports.sessions.merging import plain
from imports.sessions.parts import Parts
from imports.sessions.plans import Message, Plan

ROWS = 20


@dataclass(frozen=True, slots=True)
class PreviewValue:
    """One value as it would be stored: its field, where it came from, and the header of its column."""

    field: str
    value: Any
    where: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One record: what it would do, and what it would write."""

    line: int
    outcome: str
    title: str
    listing_id: int | None
    values: list[PreviewValue] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


def preview(session: ImportSession, count: int = ROWS) -> list[PreviewRow]:
    """What the first records come to. Raises SessionError where the file is no longer there."""
    try:
        file = file_of(session)
        with definitions_read():
            parts = Parts()
            work = work_of(session, parts, hold=False)
            decisions = decisions_of(session.study.get("decisions", {}))
            plans = work.first(file, decisions, catalog_of(parts), count)
            return [_row(plan, parts) for plan in islice(plans, count)]
    except FileError as error:
        raise SessionError(f"{session.file_name} cannot be shown: {error}.") from error


def _row(plan: Plan, parts: Parts) -> PreviewRow:
    shown: dict[str, Any] = {name: value for name, value in plan.values.items() if value not in (None, "", [], {})}
    shown |= {kind: part.name if part else None for kind, part in plan.parts.items()}
    shown |= {slot: parts.label(slot, fields) if fields else None for slot, fields in plan.specs.items()}
    shown |= {f"custom.{key}": value for key, value in plan.attributes.items()}
    values = [PreviewValue(name, plain(value), *plan.origins.get(name, ("", ""))) for name, value in shown.items()]
    listing = plan.row["id"] if plan.row else None
    return PreviewRow(plan.line, plan.outcome.value, plan.title, listing, values, plan.messages)
