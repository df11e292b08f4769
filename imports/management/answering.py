"""What the commands of imports share: options that say something of a file, and questions without anybody to ask."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from imports.mapping import AUTOMATIC
from imports.models import ImportSession
from imports.resolving.questions import Question
from imports.sessions import service
from imports.sessions.analysing import SUGGESTED
from imports.sessions.errors import SessionError

ACTOR = "command line"
ASKED = 2
SOME_REFUSED = 3
MOST_SHOWN = 50  # rows that are named on a screen
MOST_IN_JSON = 1_000


def add_options(parser: ArgumentParser) -> None:
    """The options that every import has."""
    parser.add_argument("file", metavar="FILE", help="CSV, TSV, XLSX, XLS, ODS, JSON, JSON lines; - is standard input")
    parser.add_argument(
        "--map", action="append", nargs="+", default=[], metavar="HEADER=COLUMN", help="Preis=price; repeatable"
    )
    parser.add_argument(
        "--set", action="append", nargs="+", default=[], metavar="COLUMN=VALUE", help="condition=used, in every row"
    )
    parser.add_argument("--source", default="", help="whose numbers the file's numbers are, such as a shop")
    parser.add_argument("--currency", default="", help="of prices that do not say theirs, such as EUR")
    parser.add_argument("--answers", metavar="FILE", help="JSON: {question: answer}, by the keys of the questions")
    parser.add_argument("--yes", action="store_true", help="take what is sure, leave the rest out, ask nothing else")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def open_file(options: Mapping[str, Any], *, kind: str | None = None) -> ImportSession:
    """The session of a file, with all that the options say of it. Raises CommandError."""
    name = options["file"]
    answers = _answers(options["answers"]) if options["answers"] else {}
    try:
        with _opened(name) as file:
            session = service.open_session(
                file=file,
                name="standard input" if name == "-" else name,
                actor=ACTOR,
                source=options["source"],
                currency=options["currency"],
                kind=kind,
                set_values=_pairs(options["set"], "--set"),
                mapping=dict(_pairs(options["map"], "--map")),
            )
        if session.state == "failed":
            raise SessionError(session.error)
        return _answered(session, answers, takes_what_is_sure=options["yes"])
    except SessionError as error:
        raise CommandError(f"Nothing was imported from {name}: {error}") from error


def unanswered(session: ImportSession, options: Mapping[str, Any]) -> list[Question]:
    """What has to be said before the file goes in: with `--yes` only what stops it."""
    return [question for question in service.questions(session) if question.blocks or not options["yes"]]


def as_json(session: ImportSession, asked: Iterable[Question], *, dry_run: bool) -> str:
    rows = service.rows(session).exclude(messages=[])
    document = {
        "session": None if dry_run else session.pk,
        "state": session.state,
        "kind": session.kind,
        "dry_run": dry_run,
        "counts": session.counts,
        "notes": session.notes,
        "columns": {guess["header"]: guess["column"] for guess in session.columns.get("columns", [])},
        "questions": [{**asdict(question), "kind": question.kind.value} for question in asked],
        "rows": [
            {"line": row.line, "outcome": row.outcome, "title": row.title, "messages": row.messages}
            for row in rows[:1000]
        ],
    }
    return json.dumps(document, ensure_ascii=False)


def _answered(session: ImportSession, given: dict[str, str], *, takes_what_is_sure: bool) -> ImportSession:
    while given and (known := {question.key for question in service.questions(session)} & given.keys()):
        session = service.answer(session, {key: given.pop(key) for key in known})
    if given:
        session.delete()
        raise CommandError(f"--answers: there is no question {', '.join(map(repr, sorted(given)[:5]))}.")
    if takes_what_is_sure:
        sure = {
            question.key: question.suggested
            for question in service.questions(session)
            if question.suggested and question.confidence >= AUTOMATIC
        }
        if any(question.key == SUGGESTED for question in service.questions(session)):
            sure.setdefault(SUGGESTED, "leave")
        session = service.answer(session, sure) if sure else session
    return session


def _answers(name: str) -> dict[str, str]:
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"--answers {name} cannot be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise CommandError(f"--answers {name} must hold one object of texts: the key of a question, and its answer.")
    return found


def _pairs(groups: Iterable[Iterable[str]], option: str) -> dict[Any, str]:
    """NAME=VALUE; a header may hold an = itself."""
    items = [item for group in groups for item in group]
    if wrong := next((item for item in items if "=" not in item), None):
        raise CommandError(f'{option} "{wrong}" must read NAME=VALUE, such as Price=price.')
    if option == "--set":
        return {name.strip(): value for name, _, value in (item.partition("=") for item in items)}
    return {header: column.strip() for header, _, column in (item.rpartition("=") for item in items)}


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
