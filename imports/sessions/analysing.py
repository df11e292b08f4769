"""A kept file -> what it is, what is asked, and what every record would do. Nothing but the session is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.custom_values import definitions_read
from imports.choices import RowOutcome, SessionState
from imports.mapping import IGNORED, FileKind, Mapping
from imports.mapping.guessing import NAME_OF_PART
from imports.models import ImportRow, ImportSession
from imports.reading import FileError, detect
from imports.resolving import Catalog, MappingError, decide, mapped, questions
from imports.resolving.questions import Option, Question, QuestionKind
from imports.sessions import memory
from imports.sessions.errors import BadRequest
from imports.sessions.files import (
    File,
    catalog_of,
    custom_keys,
    decisions_as_json,
    decisions_of,
    file_of,
    said_of,
)
from imports.sessions.kept import Keeper, fingerprint_of
from imports.sessions.kinds import work_of
from imports.sessions.parts import Parts
from imports.sessions.plain import detection_as_json, hints_of, mapping_as_json, question_as_json
from imports.sessions.planning import ALL
from imports.sessions.plans import Plan, row_of
from imports.sessions.states import EDITABLE
from imports.sessions.storing import path_of

NEED_A_LOOK = (RowOutcome.CONFLICT, RowOutcome.LEFT_OUT, RowOutcome.REFUSED)
MOST_ROWS = 10_000  # that are kept before a commit; all are counted
MOST_SAMPLES = 5
MOST_NAMED = 20
CONFLICTS = "offer:*"
SUGGESTED = "suggested"
OF_THE_FILE = ("encoding", "header_row", "sheet", "delimiter")


def describe(session: ImportSession) -> None:
    """What the file is and what its columns are, by what was said so far. Raises FileError and BadRequest."""
    detection = detect(path_of(session.stored_as), hints_of(session.hints))
    remembered = memory.find(detection)
    session.study = {"remembered": memory.said(remembered)}
    corrections: dict[Any, str] = {int(place): name for place, name in session.corrections.items()}
    try:
        columns = mapped(
            detection,
            said_of(session),
            corrections,
            custom=custom_keys(),
            kind=FileKind(session.asked_kind) if session.asked_kind else None,
        )
    except MappingError as error:
        raise BadRequest({"mapping": f"{error}."}) from error
    columns = _of_its_kind(memory.applied(columns, remembered, corrections))
    if session.answers.get(SUGGESTED) == "leave":
        columns = _without_suggestions(columns)
    session.detection = detection_as_json(detection)
    session.columns = mapping_as_json(columns)
    session.kind = columns.kind


def run_analysis(session_id: int) -> None:
    """Ask what has to be asked; where nothing stops the file, plan every record and count. Saves the session."""
    session = ImportSession.objects.get(pk=session_id)
    if session.state != SessionState.READING:
        return
    try:
        with definitions_read():
            _analyse(session)
    except FileError as error:
        fail(session, error)


def _analyse(session: ImportSession) -> None:
    file = file_of(session)
    parts = Parts()
    catalog = catalog_of(parts)
    report = Reporter(session)
    study = file.study(catalog, report)
    decisions = decide(study, file.columns, file.said)
    asked = questions(study, file.columns, file.detection, file.said, catalog)
    asked += _of_suggestions(session, file)
    session.study = {**session.study, "decisions": decisions_as_json(decisions)}
    session.total = study.records
    notes = [*file.detection.notes, *file.counts.as_notes(), *study.notes(), *_ignored(file)]
    session.notes = list(dict.fromkeys(notes))
    rows: list[ImportRow] = []
    session.counts = {}
    if not any(question.blocks for question in asked):
        rows, asked = _plan(session, file, parts, catalog, asked, report)
    session.questions = [question_as_json(question) for question in asked]
    session.state = SessionState.OPEN if any(question.blocks for question in asked) else SessionState.READY
    session.error = ""
    _save(session, rows)


def _plan(
    session: ImportSession, file: File, parts: Parts, catalog: Catalog, asked: list[Question], report: Reporter
) -> tuple[list[ImportRow], list[Question]]:
    work = work_of(session, parts, hold=False)
    counts: Counter[str] = Counter()
    rows: list[ImportRow] = []
    conflicts: list[Plan] = []
    file.keeper = Keeper(session.stored_as, fingerprint_of(session))
    try:
        for plans in work.plans(file, decisions_of(session.study["decisions"]), catalog, report):
            counts.update(plan.outcome.value for plan in plans)
            conflicts += [plan for plan in plans if plan.outcome is RowOutcome.CONFLICT]
            looked = [plan for plan in plans if plan.outcome in NEED_A_LOOK or plan.messages]
            rows += [row_of(session, plan) for plan in looked[: max(0, MOST_ROWS - len(rows))]]
    except BaseException:
        file.keeper.drop()
        raise
    file.keeper.done()
    session.counts = {outcome.value: counts[outcome.value] for outcome in RowOutcome} | {"records": session.total}
    open_ones = [plan for plan in conflicts if str(plan.line) not in session.choices]
    if open_ones and ALL not in session.choices:
        asked = [*asked, _of_conflicts(open_ones)]
    return rows, asked


def _ignored(file: File) -> list[str]:
    """Columns that nothing is made of, by name."""
    names = [guess.header or f"column {guess.position + 1}" for guess in file.columns.guesses]
    dated = {item.position for item in file.columns.dated}
    left = [
        name
        for name, guess in zip(names, file.columns.guesses, strict=True)
        if guess.position not in dated and guess.column in ("", IGNORED)
    ]
    more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    return [f"Columns left out: {', '.join(left[:MOST_NAMED])}{more}"] if left else []


def _of_conflicts(plans: list[Plan]) -> Question:
    return Question(
        CONFLICTS,
        QuestionKind.OFFER,
        "Listings of other machines have the numbers of these rows. What is to become of them?",
        (
            Option("keep", "keep the listings, leave the rows out"),
            Option("replace", "replace the listings by what the rows say"),
            Option("both", "keep both: the rows are offers of a source of their own"),
        ),
        len(plans),
        tuple(f"line {plan.line}: {plan.messages[0]['message']}" for plan in plans[:MOST_SAMPLES]),
        blocks=False,
    )


def _of_suggestions(session: ImportSession, file: File) -> list[Question]:
    """Columns whose meaning is likely and not sure are taken as they seem, and shown for it."""
    found = [guess for guess in file.columns.guesses if guess.is_suggested]
    if not found or SUGGESTED in session.answers:
        return []
    names = tuple(f'"{guess.header}" is {guess.column} ({guess.reason})' for guess in found)
    return [
        Question(
            SUGGESTED,
            QuestionKind.COLUMNS,
            "These columns are likely to mean this. Are they taken so?",
            (Option("accept", "take them so"), Option("leave", "leave them out")),
            samples=names[:10],
            suggested="accept",
            confidence=round(min(guess.confidence for guess in found), 2),
            blocks=False,
        )
    ]


def _of_its_kind(columns: Mapping) -> Mapping:
    """In a list of parts, the column that would be a title holds the names of the parts."""
    name = NAME_OF_PART.get(columns.kind, "")
    if not name or columns.position_of(name) is not None:
        return columns
    guesses = (replace(guess, column=name) if guess.column == "title" else guess for guess in columns.guesses)
    return replace(columns, guesses=tuple(guesses))


def _without_suggestions(columns: Mapping) -> Mapping:
    """Nothing is made of columns whose meaning is only likely."""
    guesses = (
        replace(guess, column="", reason="likely, and not taken") if guess.is_suggested else guess
        for guess in columns.guesses
    )
    return replace(columns, guesses=tuple(guesses))


class Reporter:
    """Says how far the reading is, now and then. Anybody can read it: the analysis holds no transaction."""

    def __init__(self, session: ImportSession) -> None:
        self._session = session
        self._last = 0

    def __call__(self, read: int) -> None:
        if read - self._last >= 5_000:
            self._last = read
            ImportSession.objects.filter(pk=self._session.pk).update(progress=read, updated_at=timezone.now())


def _save(session: ImportSession, rows: list[ImportRow]) -> None:
    """Store what was found, unless somebody has changed the session since: then their analysis counts."""
    names = ("study", "total", "notes", "counts", "questions", "state", "error", "detection", "columns", "kind")
    with transaction.atomic():
        current = ImportSession.objects.filter(pk=session.pk, revision=session.revision)
        fields = {name: getattr(session, name) for name in names}
        if not current.update(**fields, progress=session.total, revision=F("revision") + 1, updated_at=timezone.now()):
            return
        ImportRow.objects.filter(session=session).delete()
        ImportRow.objects.bulk_create(rows, batch_size=200)
    session.refresh_from_db()


def fail(session: ImportSession, error: Exception) -> None:
    """The file cannot be read."""
    unread = (SessionState.READING, *EDITABLE)
    ImportSession.objects.filter(pk=session.pk, state__in=unread).update(
        state=SessionState.FAILED, error=str(error)[:2_000], revision=F("revision") + 1, updated_at=timezone.now()
    )
    session.refresh_from_db()
