"""`manage.py demo`: a market to look at. Running it again changes nothing."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from imports.demo import load_demo

ADMIN = "admin"


class Command(BaseCommand):
    help = "Load the demo: parts, profiles, listings and our baseline. Makes a user `admin` if there is none."

    def handle(self, *_: Any, **__: Any) -> None:
        outcome = load_demo()
        self.stdout.write(
            f"Demo: {outcome.cpus} CPUs, {outcome.gpus} GPUs, {outcome.profiles} profiles "
            f"and {outcome.listings} listings made."
        )
        # By its command: importing files and importing baselines are apps that do not know each other.
        call_command("import_baseline", settings.BASE_DIR / "baselines" / "data" / "baseline-1.1.json", actor="demo")
        self._make_admin()

    def _make_admin(self) -> None:
        """A superuser with a random password, printed this once. An existing user is never touched."""
        users = get_user_model().objects
        if users.filter(username=ADMIN).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(ADMIN, password=password)
        self.stdout.write(f"Made the user {ADMIN} with the password {password} (shown only now).")
