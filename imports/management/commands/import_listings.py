"""`manage.py import_listings FILE`: offers in, asked about where a file does not say what it means."""

from __future__ import annotations

from imports.management.importing import ImportCommand
from imports.models import ImportSession


class Command(ImportCommand):
    help = (
        "Import listings from a file. Exit codes: 0 done; 1 error, nothing was imported; 2 there are questions, "
        "nothing was imported; 3 some rows were refused, or have the numbers of other machines."
    )
    kinds = ("listings", "unknown", "part_prices")

    def wrong_kind(self, session: ImportSession) -> str:
        return f"{session.file_name} is a list of {session.kind}, which makes no listings: see import_benchmarks."
