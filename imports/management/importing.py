"""What the import commands do: open, ask or leave, commit, and say what happened."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports.choices import RowOutcome
from imports.management.answering import (
    ACTOR,
    ASKED,
    MOST_SHOWN,
    SOME_REFUSED,
    add_options,
    as_json,
    open_file,
    unanswered,
)
from imports.models import ImportRow, ImportSession
from imports.resolving.questions import Question
from imports.sessions import service
from imports.sessions.errors import SessionError

NAMED = (RowOutcome.REFUSED, RowOutcome.CONFLICT, RowOutcome.LEFT_OUT)


class ImportCommand(BaseCommand):
    """One file in. Exit codes: 0 done, 1 error, 2 there are questions, 3 some rows did not go in."""

    kinds: tuple[str, ...] = ()  # what the file may be about

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, *_: Any, **options: Any) -> None:
        session = open_file(options, kind=self.kind_of(options))
        if self.kinds and session.kind not in self.kinds:
            raise CommandError(self.wrong_kind(session))
        asked = unanswered(session, options)
        commits = not asked and not options["dry_run"]
        if commits:
            try:
                session = service.commit(session, actor=ACTOR)
            except SessionError as error:
                raise CommandError(str(error)) from error
            if session.state == "committing":
                self.stdout.write(f"Import {session.pk} is going in: a worker is at it.")
                return
        if options["json"]:
            self.stdout.write(as_json(session, asked, dry_run=not commits))
        else:
            self._report(session, asked, is_in=commits)
        if not commits:
            session.delete()
        if asked:
            sys.exit(ASKED)
        if session.counts.get(RowOutcome.REFUSED) or session.counts.get(RowOutcome.CONFLICT):
            sys.exit(SOME_REFUSED)

    def kind_of(self, options: dict[str, Any]) -> str | None:
        """What the file is said to be about."""
        return None

    def wrong_kind(self, session: ImportSession) -> str:
        return f"{session.file_name} looks like {session.kind}: nothing was imported."

    def _report(self, session: ImportSession, asked: list[Question], *, is_in: bool) -> None:
        for question in asked:
            self.stderr.write(f"{question.key}: {question.text}")
            for sample in question.samples[:5]:
                self.stderr.write(f"    such as {sample}")
            for option in question.options:
                mark = " (likely)" if option.value == question.suggested else ""
                self.stderr.write(f"    {option.value}: {option.label}{mark}")
        rows: list[ImportRow] = list(service.rows(session).filter(outcome__in=NAMED)[:MOST_SHOWN])
        for row in rows:
            for said in row.messages:
                place = f"line {row.line}" + (f", {said['column']}" if said["column"] else "")
                value = f' "{said["value"]}"' if said["value"] else ""
                self.stderr.write(f"{place}:{value} {said['message']}")
        for note in session.notes:
            self.stdout.write(f"{note}.")
        if asked:
            self.stdout.write("Nothing was imported: use --answers FILE, --map, --set or --currency, or add --yes.")
            return
        counts = ", ".join(
            f"{session.counts.get(outcome.value, 0)} {outcome.value.replace('_', ' ')}" for outcome in RowOutcome
        )
        said_of = f"Imported (undo_import {session.pk} takes it back)" if is_in else "Would import"
        self.stdout.write(f"{said_of}: {session.counts.get('records', 0)} records, {counts}.")
