"""`manage.py create_token USER`: a token for a program that calls the API as that user."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dealbrain.models import TokenScope
from dealbrain.tokens import DEFAULT_DAYS, create_token

MOST_DAYS = 3650


class Command(BaseCommand):
    help = "Make an API token. It is shown this once; it can do what the user can do, or read it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER", help="the user name it stands for")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="how long it counts; 0: for ever")
        parser.add_argument(
            "--scope", choices=TokenScope.values, default=TokenScope.ALL, help="read, or all that the user may do"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        users = get_user_model().objects.filter(username=options["user"])
        if (user := users.first()) is None:
            raise CommandError(f'There is no user "{options["user"]}": manage.py createsuperuser makes one.')
        if not user.is_active:
            raise CommandError(f'The account of "{options["user"]}" is switched off.')
        if not 0 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days must lie between 0 and {MOST_DAYS}.")
        expires_at = timezone.now() + timedelta(days=options["days"]) if options["days"] else None
        token, text = create_token(user=user, name=options["name"][:100], expires_at=expires_at, scope=options["scope"])
        if options["json"]:
            shown = expires_at.isoformat() if expires_at else None
            self.stdout.write(json.dumps({"id": token.pk, "token": text, "scope": token.scope, "expires_at": shown}))
            return
        self.stderr.write(f"Shown this once. It counts {f'until {expires_at:%Y-%m-%d}' if expires_at else 'for ever'}.")
        self.stdout.write(text)
