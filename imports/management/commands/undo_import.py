"""`manage.py undo_import ID`: a commit taken back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imports.management.answering import ACTOR
from imports.models import ImportSession
from imports.sessions import service
from imports.sessions.errors import SessionError


class Command(BaseCommand):
    help = "Take an import back: what it made goes, what it replaced returns; what was edited since is left and named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, metavar="ID", help="the number that import_listings prints")

    def handle(self, *_: Any, **options: Any) -> None:
        session = ImportSession.objects.filter(pk=options["id"]).first()
        if session is None:
            raise CommandError(f"There is no import {options['id']}.")
        try:
            session = service.undo(session, actor=ACTOR)
        except SessionError as error:
            raise CommandError(str(error)) from error
        for one in session.left:
            place = f"line {one['line']}" if one.get("line") else one.get("part", "")
            self.stderr.write(f'{place} "{one["title"]}": left as it is, {one["why"]}')
        self.stdout.write(
            f"Taken back: {session.counts.get('taken_back', 0)} rows; {session.counts.get('left_as_is', 0)} left as is."
        )
