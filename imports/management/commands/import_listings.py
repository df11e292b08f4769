"""`manage.py import_listings FILE.csv`: offers in, with every bad row named."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from imports.columns import COLUMNS, MappingError
from imports.reader import MAX_BYTES, FileError
from imports.services import ImportReport, import_listings

SOME_REJECTED = 3


class Command(BaseCommand):
    help = (
        "Import listings from a CSV file. Exit codes: 0 every row went in, 1 error and nothing was imported, "
        f"3 some rows were rejected. Columns: {', '.join(COLUMNS)}, custom.<key>."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="a CSV file (comma, semicolon or tab), or - for standard input"
        )
        parser.add_argument(
            "--map", action="append", nargs="+", default=[], metavar="HEADER=COLUMN", help="Price=price_usd; repeatable"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        mapping = _mapping([item for group in options["map"] for item in group])
        try:
            with _open(options["file"]) as file, _bar(options) as bar:
                report = import_listings(file=file, mapping=mapping, dry_run=options["dry_run"], progress=bar.update)
        except (FileError, MappingError) as error:
            raise CommandError(f"Nothing was imported from {options['file']}: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(report), "dry_run": options["dry_run"]}, ensure_ascii=False))
        else:
            self._report(report, dry_run=options["dry_run"])
        if report.rejected:
            sys.exit(SOME_REJECTED)

    def _report(self, report: ImportReport, *, dry_run: bool) -> None:
        for error in report.errors:
            place = f"line {error.line}" + (f", {error.column}" if error.column else "")
            value = f' "{error.value}"' if error.value else ""
            self.stderr.write(f"{place}:{value} {error.message}")
        if report.rejected > len(report.errors):
            self.stderr.write(f"... and more; {report.rejected} rows were rejected.")
        if report.ignored:
            self.stdout.write(f"Columns left out: {', '.join(report.ignored)}.")
        self.stdout.write(
            f"{'Would import' if dry_run else 'Imported'} {report.rows} rows: {report.created} created, "
            f"{report.updated} updated, {report.unchanged} unchanged, {report.rejected} rejected; "
            f"{report.created_cpus} CPUs and {report.created_gpus} GPUs made."
        )


def _mapping(items: list[str]) -> dict[str, str]:
    """HEADER=COLUMN; a header may hold an = itself."""
    wrong = [item for item in items if "=" not in item]
    if wrong:
        raise CommandError(f'--map "{wrong[0]}" must read HEADER=COLUMN, such as Price=price_usd.')
    return {header: column.strip() for header, _, column in (item.rpartition("=") for item in items)}


def _open(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        path = Path(name)
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{name} has {path.stat().st_size:,} bytes, at most {MAX_BYTES:,} are read; split it.")
        return path.open("rb")
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _bar(options: dict[str, Any]) -> Any:
    return tqdm(unit=" rows", leave=False, disable=options["json"] or not sys.stderr.isatty())
