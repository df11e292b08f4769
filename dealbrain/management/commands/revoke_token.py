"""`manage.py revoke_token TOKEN`: ends a token for good, or with --user all tokens of somebody."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q, QuerySet

from dealbrain.models import ApiToken
from dealbrain.text import row_id
from dealbrain.tokens import MARK, SHOWN, digest, revoke


class Command(BaseCommand):
    help = "Revoke an API token, which then opens nothing, or all tokens of a user. Revoking again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("token", metavar="TOKEN", nargs="?", help="its text, its beginning as lists show it, or id")
        parser.add_argument("--user", metavar="USER", help="all tokens of this user")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        if (options["token"] is None) == (options["user"] is None):
            raise CommandError("Name a TOKEN or --user USER: one of the two.")
        tokens = _of_user(options["user"]) if options["user"] is not None else _named(options["token"])
        ids = sorted(tokens.values_list("pk", flat=True))
        count = revoke(tokens)
        if options["json"]:
            self.stdout.write(json.dumps({"ids": ids, "revoked": count}))
        else:
            self.stdout.write(f"{count} of {len(ids)} revoked; the others had ended before." if ids else "None.")


def _of_user(name: str) -> QuerySet[ApiToken]:
    if not get_user_model().objects.filter(username=name).exists():
        raise CommandError(f'There is no user "{name}".')
    return ApiToken.objects.filter(user__username=name)


def _named(text: str) -> QuerySet[ApiToken]:
    """The one token that `text` names."""
    wanted = Q(digest=digest(text))
    shown = text.strip().removesuffix("…").removeprefix(MARK)
    if len(shown) == SHOWN:
        wanted |= Q(prefix=shown)
    if pk := row_id(text):
        wanted |= Q(pk=pk)
    found = ApiToken.objects.filter(wanted)
    if len(found) != 1:
        raise CommandError(
            f"{len(found) or 'No'} token{'' if len(found) == 1 else 's'} named so: the admin lists them."
        )
    return found
