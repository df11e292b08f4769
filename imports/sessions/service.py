"""What the doors call: API, admin and commands. Small files are done when a call returns, large ones by a worker.

    session = open_session(file=..., name="offers.csv", actor="ann")
    set_mapping(session, {"Preis": "price"}, revision=session.revision)
    answer(session, {"currency": "EUR"}, revision=session.revision)
    preview(session); questions(session); rows(session, "refused")
    commit(session, actor="ann", revision=session.revision); undo(session, actor="ann")

Without a `revision`, that of the session that is given counts: what its holder has seen.

Every call raises SessionError (Outdated, NotNow, BadRequest), whose text is for people.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.db.models import QuerySet

from dealbrain import queue
from dealbrain.folding import clean
from imports import jobs
from imports.choices import ConflictChoice, SessionState
from imports.currencies import CODES
from imports.mapping import FileKind
from imports.models import MOST_SOURCE, ImportRow, ImportSession
from imports.reading import FileError
from imports.resolving import MappingError, canonical_columns, corrected
from imports.resolving.questions import Question
from imports.sessions import progress
from imports.sessions.analysing import CONFLICTS, OF_THE_FILE, describe, fail
from imports.sessions.cleaning import clean_files
from imports.sessions.errors import BadRequest, SessionError
from imports.sessions.files import custom_keys
from imports.sessions.plain import mapping_of, question_of
from imports.sessions.planning import ALL
from imports.sessions.previewing import PreviewRow, preview
from imports.sessions.states import begin, change, look
from imports.sessions.storing import discard, keep, shown_name
from listings.formulas import guarded

SMALL = 5_000  # records: up to here, a call does the work itself
MOST_ANSWERS = 5_000

__all__ = [
    "PreviewRow",
    "answer",
    "choose",
    "commit",
    "open_session",
    "preview",
    "progress_of",
    "questions",
    "report_csv",
    "rows",
    "set_mapping",
    "undo",
]


def open_session(
    *,
    file: BinaryIO,
    name: str,
    actor: str,
    source: str = "",
    currency: str = "",
    kind: str | None = None,
    hints: Mapping[str, Any] | None = None,
    set_values: Mapping[str, str] | None = None,
    mapping: Mapping[str | int, str] | None = None,
    only: Collection[str] = (),
    goes_in: bool = False,
) -> ImportSession:
    """Keep a file, say what it is, and begin to read it.

    `kind` is one of FileKind, `hints` are of encoding, delimiter, sheet and header_row, `set_values` {column: text}
    stand in every row that says nothing itself, and `mapping` {header or position: column} corrects what is guessed.
    A file of another kind than `only` is refused. With `goes_in` it is committed at once where nothing is asked.
    """
    given = _checked(source, currency, kind, hints or {}, set_values or {})
    clean_files()  # where no cron does it
    kept = _keep(file)
    session = ImportSession(
        file_name=shown_name(name),
        stored_as=kept.stored_as,
        sha256=kept.sha256,
        size=kept.size,
        actor=actor[:150],
        **given,
    )
    try:
        describe(session)
        if mapping:
            session.corrections = _positions(session, mapping)
            describe(session)
        if only and session.kind not in only:
            raise BadRequest({"kind": f"{session.file_name} is no list of {' or '.join(only)}: say what it is of."})
    except FileError as error:
        discard(kept.stored_as)
        raise BadRequest({"file": f"{session.file_name} cannot be read: {error}."}) from error
    except SessionError:
        discard(kept.stored_as)
        raise
    session.save()
    return _do(session, jobs.take_session, jobs.run_through) if goes_in else _read(session)


def set_mapping(session: ImportSession, columns: Mapping[str | int, str], revision: int | None = None) -> ImportSession:
    """Say what columns mean: {header or position: canonical name}; "" or "-" leaves one out."""
    wanted = {**session.corrections, **_positions(session, columns)}
    return _again(session, revision, corrections=wanted)


def answer(session: ImportSession, answers: Mapping[str, str], revision: int | None = None) -> ImportSession:
    """Answer questions by their keys. Those about the file itself have it read anew."""
    hints, said, choices = dict(session.hints), dict(session.answers), dict(session.choices)
    problems: dict[str, str] = {}
    asked = {question.key: question for question in questions(session)}
    if len(answers) > MOST_ANSWERS:
        raise BadRequest({"answers": f"At most {MOST_ANSWERS:,} answers are taken at once."})
    for key, value in answers.items():
        question = asked.get(key)
        if question is None and key not in said:
            problems[f"answers.{key[:100]}"] = f'There is no question "{key[:100]}".'
        elif question is not None and question.options and value not in {item.value for item in question.options}:
            if not (key == "currency" and value.upper() in CODES):
                options = ", ".join(item.value for item in question.options)
                problems[f"answers.{key}"] = f'"{value[:100]}" is no answer to "{key}": give one of {options}.'
        elif key == CONFLICTS:
            choices[ALL] = value
        elif key == "header":
            hints["header_row"] = int(value)
        elif key in OF_THE_FILE:
            hints[key] = value
        else:
            said[key] = value
    if problems:
        raise BadRequest(problems)
    return _again(session, revision, hints=hints, answers=said, choices=choices)


def choose(session: ImportSession, choices: Mapping[str | int, str], revision: int | None = None) -> ImportSession:
    """Say what becomes of conflicts: {line: keep, replace or both}; the line `*` is for all the others."""
    wrong = {
        f"choices.{str(line)[:20]}": f'"{value[:40]}" is none of {", ".join(ConflictChoice.values)}.'
        for line, value in choices.items()
        if value not in ConflictChoice.values
    }
    if wrong:
        raise BadRequest(wrong)
    wanted = {**session.choices, **{str(line): value for line, value in choices.items()}}
    return _again(session, revision, choices=wanted)


def commit(session: ImportSession, actor: str, revision: int | None = None) -> ImportSession:
    """Have the rows go in as they were shown at `revision`: all of them in one transaction, or none."""
    begin(session, SessionState.COMMITTING, ready=SessionState.READY, revision=revision, committed_by=actor[:150])
    return _do(session, jobs.commit_session, jobs.run_commit)


def undo(session: ImportSession, actor: str, revision: int | None = None) -> ImportSession:
    """Take a commit back, as far as nobody has touched what it wrote since; `session.left` names the rest."""
    begin(session, SessionState.UNDOING, ready=SessionState.COMMITTED, revision=revision, undone_by=actor[:150])
    return _do(session, jobs.undo_session, jobs.run_undo)


def questions(session: ImportSession) -> list[Question]:
    """What is still to be said, those first without which nothing can go in."""
    return [question_of(item) for item in session.questions]


def rows(session: ImportSession, outcome: str = "") -> QuerySet[ImportRow]:
    """What became of the records, in the order of the file; before a commit, of those that need a look."""
    found = ImportRow.objects.filter(session=session)
    return found.filter(outcome=outcome) if outcome else found


def progress_of(session: ImportSession) -> tuple[int, int]:
    """(records done, records in all)."""
    if session.state in (SessionState.COMMITTING, SessionState.UNDOING):
        return min(progress.of(session.stored_as), session.total), session.total
    return session.progress, session.total


def report_csv(session: ImportSession) -> Iterator[bytes]:
    """Each record's line, outcome, title, listing and messages, as CSV that a spreadsheet never runs."""
    writer = csv.writer(_Lines())
    yield _line(writer, ["line", "outcome", "title", "listing_id", "column", "value", "message"])
    for row in rows(session).iterator(chunk_size=2_000):
        for said in row.messages or [{}]:
            cells = [row.line, row.outcome, row.title, row.listing_id or ""]
            yield _line(writer, [*cells, said.get("column", ""), said.get("value", ""), said.get("message", "")])


class _Lines:
    """What a csv writer takes for a file: gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _line(writer: Any, cells: list[Any]) -> bytes:
    line: str = writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.encode("utf-8", "replace")


def _checked(
    source: str, currency: str, kind: str | None, hints: Mapping[str, Any], set_values: Mapping[str, str]
) -> dict[str, Any]:
    """What was said of a file beside it. Raises BadRequest with every problem."""
    problems = {}
    currency = currency.strip().upper()
    if currency and currency not in CODES:
        problems["currency"] = f'"{currency[:20]}" is no currency: give a code of three letters, such as EUR.'
    if kind and kind not in set(FileKind):
        problems["kind"] = f'"{kind[:20]}" is none of {", ".join(FileKind)}.'
    if len(clean(source)) > MOST_SOURCE:
        problems["source"] = f"A source has at most {MOST_SOURCE} characters."
    known = canonical_columns(custom_keys())
    for name in set_values:
        if name not in known:
            problems[f"set_values.{name[:60]}"] = f'"{name[:60]}" is nothing that a row can say.'
    if unknown := set(hints) - {*OF_THE_FILE}:
        problems["hints"] = f"Hints are of {', '.join(OF_THE_FILE)}, not of {', '.join(sorted(unknown))[:100]}."
    if problems:
        raise BadRequest(problems)
    return {
        "source": clean(source),
        "currency": currency,
        "asked_kind": kind or "",
        "hints": dict(hints),
        "set_values": {name: str(value) for name, value in set_values.items()},
    }


def _keep(file: BinaryIO) -> Any:
    try:
        return keep(file)
    except FileError as error:
        raise BadRequest({"file": f"{str(error)[:1].upper()}{str(error)[1:]}."}) from error


def _positions(session: ImportSession, columns: Mapping[str | int, str]) -> dict[str, str]:
    """Corrections by position. Raises BadRequest for a column that is not there, with the nearest names."""
    current = mapping_of(session.columns)
    found: dict[str, str] = {}
    problems: dict[str, str] = {}
    headers = {str(guess.position): guess.position for guess in current.guesses}
    by_header = {guess.header: guess.position for guess in current.guesses}
    for place, name in columns.items():
        key: str | int = place if place in by_header else headers.get(str(place), place)
        try:
            mended = corrected(current, {key: name}, custom=custom_keys())
        except MappingError as error:
            problems[f"mapping.{str(place)[:60]}"] = f"{error}."
            continue
        before = {guess.position: guess for guess in current.guesses}
        found |= {
            str(guess.position): guess.column
            for guess in mended.guesses
            if guess.reason == "said by a person"
            and (guess.header == place or guess.position == key)
            and guess is not before[guess.position]
        }
    if problems:
        raise BadRequest(problems)
    return found


def _again(session: ImportSession, revision: int | None, **fields: Any) -> ImportSession:
    """Change what was said of a file, and read it anew."""
    look(session, revision)
    for name, value in fields.items():
        setattr(session, name, value)
    try:
        describe(session)
    except FileError as error:
        fail(session, error)
        raise SessionError(f"{session.file_name} cannot be read: {error}.") from error
    described = {name: getattr(session, name) for name in ("detection", "columns", "kind", "study")}
    change(session, revision, **fields, **described, state=SessionState.READING)
    return _read(session)


def _read(session: ImportSession) -> ImportSession:
    return _do(session, jobs.read_session, jobs.run_analysis)


def _do(session: ImportSession, job: Any, work: Any) -> ImportSession:
    """Do the work here where it is small or where there is nobody else, and hand it to a worker where it is not."""
    is_large = session.size > SMALL * 200 if not session.total else session.total > SMALL
    if not (is_large and settings.REDIS_URL and queue.enqueue(job, session.pk)):
        work(session.pk)
    session.refresh_from_db()
    return session
