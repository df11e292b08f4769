"""`manage.py import_benchmarks FILE`: marks of processors or cards."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from imports.management.importing import ImportCommand
from imports.models import ImportSession


class Command(ImportCommand):
    help = (
        "Import marks of processors or graphics cards. Marks go to the parts that the names mean, unknown parts are "
        "made. Exit codes as of import_listings."
    )
    kinds = ("cpus", "gpus")

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", choices=("cpu", "gpu"), help="what the list is of, where its headers do not say")

    def kind_of(self, options: dict[str, Any]) -> str | None:
        return f"{options['kind']}s" if options["kind"] else None

    def wrong_kind(self, session: ImportSession) -> str:
        return f"{session.file_name} is no list of processors or cards: say --kind cpu or --kind gpu if it is one."
