"""`manage.py clean_imports`: what cron calls, beside `recalculate`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from imports.sessions.cleaning import clean_files


class Command(BaseCommand):
    help = "Remove uploaded files that were not imported for IMPORT_FILE_DAYS, and files that belong to no import."

    def handle(self, *_: Any, **options: Any) -> None:
        cleaned = clean_files()
        self.stdout.write(
            f"Files of {cleaned.sessions} imports that were never committed were removed, "
            f"and {cleaned.files} files that belong to none."
        )
