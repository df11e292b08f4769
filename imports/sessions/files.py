"""The file of a session, read: what it is, what its columns are, what they decide, and its records as outcomes."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from catalog.choices import CustomFieldEntity
from catalog.custom_values import definitions
from imports.mapping import Mapping as Columns
from imports.models import ImportSession
from imports.reading import Counts, Detection, Record, records
from imports.resolving import Catalog, CustomField, Decisions, Resolver, Said, Study
from imports.resolving.outcomes import Outcome
from imports.sessions.kept import Keeper, Kept
from imports.sessions.parts import Parts
from imports.sessions.plain import detection_of, mapping_of
from imports.sessions.storing import path_of
from imports.values.dates import DayOrder

CHUNK = 500  # records that are planned together

Progress = Callable[[int], None]
"""Called with the number of records read so far."""


def silent(_read: int) -> None:
    """For whoever does not look on."""


@dataclass(slots=True)
class File:
    """A stored file, how it is read, and what was said about it."""

    path: Path
    detection: Detection
    columns: Columns
    said: Said
    counts: Counts = field(default_factory=Counts)
    keeper: Keeper | None = None  # takes what the records come to
    kept: Kept | None = None  # has it already

    def records(self) -> Iterator[Record]:
        """Every record, counted anew."""
        counts = Counts()
        for record in records(self.path, self.detection, counts):
            self.counts.records = counts.records
            yield record
        self.counts = counts

    def study(self, catalog: Catalog, progress: Progress = silent) -> Study:
        """See every record once."""
        study = Study(self.columns, self.detection, catalog, self.said)
        for record in self.records():
            study.see(record)
            if study.records % CHUNK == 0:
                progress(study.records)
        return study

    def outcomes(
        self, decisions: Decisions, catalog: Catalog, *, only: Container[int] | None = None, size: int = CHUNK
    ) -> Iterator[list[Outcome]]:
        """What becomes of every record, or of those of some lines, by chunks in the order of the file."""
        if self.kept:
            yield from self._kept(only)
            return
        resolver = Resolver(self.columns, self.detection, decisions, self.said, catalog)
        rows = (record for record in self.records() if only is None or record.line in only)
        while chunk := [resolver.resolve(record) for record in islice(rows, size)]:
            if self.keeper is not None and only is None:
                self.keeper.add(chunk)
            yield chunk

    def _kept(self, only: Container[int] | None) -> Iterator[list[Outcome]]:
        """What the records came to when they were last read."""
        self.counts = Counts()
        for chunk in self.kept.chunks() if self.kept else ():
            self.counts.records += len(chunk)
            chosen = chunk if only is None else [outcome for outcome in chunk if outcome.line in only]
            if chosen:
                yield chosen


def file_of(session: ImportSession) -> File:
    """The file of a session as it was detected and mapped. Raises FileError where it is no longer there."""
    return File(
        path_of(session.stored_as), detection_of(session.detection), mapping_of(session.columns), said_of(session)
    )


def said_of(session: ImportSession) -> Said:
    remembered: Mapping[str, str] = session.study.get("remembered", {})
    return Said(
        answers=session.answers,
        values=session.set_values,
        currency=session.currency,
        source=session.source,
        remembered_sign=remembered.get("decimal_sign", ""),
        remembered_currency=remembered.get("currency", ""),
    )


def custom_keys() -> list[str]:
    """The keys of the custom fields of listings that take values."""
    return [field.key for field in definitions(CustomFieldEntity.LISTING) if field.is_active]


def catalog_of(parts: Parts) -> Catalog:
    """The catalog as records are read by it."""
    fields = [
        CustomField(field.key, field.data_type, tuple(field.options or ()))
        for field in definitions(CustomFieldEntity.LISTING)
        if field.is_active
    ]
    return Catalog(parts.index("cpu"), parts.index("gpu"), fields)


def decisions_as_json(decisions: Decisions) -> dict[str, object]:
    return {
        "signs": {str(place): sign for place, sign in decisions.signs.items()},
        "orders": {str(place): order.value for place, order in decisions.orders.items()},
        "refused": {str(place): why for place, why in decisions.refused.items()},
        "open": sorted(decisions.open),
        "currency": decisions.currency,
    }


def decisions_of(stored: Mapping[str, object]) -> Decisions:
    given: dict[str, dict[str, str]] = {name: stored.get(name, {}) for name in ("signs", "orders", "refused")}  # type: ignore[misc]  # our own JSON
    return Decisions(
        signs={int(place): sign for place, sign in given["signs"].items()},
        orders={int(place): DayOrder(order) for place, order in given["orders"].items()},
        refused={int(place): why for place, why in given["refused"].items()},
        open=frozenset(stored.get("open", ())),  # type: ignore[call-overload]  # as above
        currency=str(stored.get("currency", "")),
    )
