"""`manage.py export_baseline [FILE]`: the active baseline as the file it came from."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from baselines.drift import edited_fields
from baselines.exporting import export_document, export_text
from baselines.models import BaselineImport
from baselines.reading import BaselineError, read_document
from valuation.registry import field_registry


class Command(BaseCommand):
    help = "Write the active baseline as a file that import_baseline takes back under the same hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="where to; standard output without")
        parser.add_argument("--ruleset", type=int, metavar="ID", help="another baseline than the active one")

    def handle(self, *_: Any, **options: Any) -> None:
        stored = _baseline(options["ruleset"])
        text = export_text(stored)
        if options["file"] == "-":
            self.stdout.write(text, ending="")
        else:
            try:
                Path(options["file"]).write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
            self.stdout.write(f"Wrote {stored.ruleset.name}, sha256 {stored.source_hash}.")
        for note in _notes(stored):
            self.stderr.write(note)


def _baseline(ruleset_id: int | None) -> BaselineImport:
    if ruleset_id is None:
        stored = BaselineImport.objects.active()
        if stored is None:
            raise CommandError("There is no active baseline.")
        return stored
    found = BaselineImport.objects.select_related("ruleset").filter(ruleset=ruleset_id).first()
    if found is None:
        raise CommandError(f"Ruleset {ruleset_id} is no baseline.")
    return found


def _notes(stored: BaselineImport) -> list[str]:
    """What the file does not say of the rules that are in force."""
    notes = []
    exported = export_document(stored)
    for key in ("effect", "bucket_point"):
        if exported.get(key) != stored.document.get(key):
            notes.append(f"Note: it came without this, and says so now: {key} {exported[key]}.")
    try:
        edited = edited_fields(stored, read_document(stored.document, field_registry()))
    except BaselineError as error:
        return [*notes, f"Note: today it would be refused: {error}"]
    if edited:
        notes.append(f"Note: changed by hand since, and not in the file: {', '.join(sorted(edited))}.")
    return notes
