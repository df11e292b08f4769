"""`manage.py import_rates FILE`: exchange rates in, with every bad line named."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from listings.rate_files import MOST_BYTES, RateFileError, RatesReport, import_rates

SOME_REJECTED = 3


class Command(BaseCommand):
    help = (
        "Import exchange rates: the European Central Bank's eurofxref-hist.csv or its zip, or a CSV file of "
        "currency,date,usd_per_unit. A day that has a rate gets the file's; prices that were converted stay as they "
        "are. Exit codes: 0 every line went in, 1 error and nothing was imported, 3 some lines were rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a CSV or zip file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            report = import_rates(_content(options["file"]), dry_run=options["dry_run"])
        except RateFileError as error:
            raise CommandError(f"Nothing was imported from {options['file']}: {error}") from error
        if options["json"]:
            document = {**asdict(report), "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self._report(report, dry_run=options["dry_run"])
        if report.rejected:
            sys.exit(SOME_REJECTED)

    def _report(self, report: RatesReport, *, dry_run: bool) -> None:
        for error in report.errors:
            self.stderr.write(f'line {error.line}, {error.column}: "{error.value}": {error.message}')
        if report.rejected > len(report.errors):
            self.stderr.write(f"... and more; {report.rejected} values were rejected.")
        if report.ignored:
            self.stdout.write(f"Currencies left out, not known here: {', '.join(report.ignored)}.")
        self.stdout.write(
            f"{'Would import' if dry_run else 'Imported'} {report.rates} rates of {len(report.currencies)} currencies, "
            f"{report.first} to {report.last}: {report.created} created, {report.updated} updated, "
            f"{report.unchanged} unchanged, {report.rejected} rejected."
        )


def _content(name: str) -> bytes:
    """At most one byte more than is read of a file."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
