"""`manage.py import_baseline FILE`: reviewed default values in, a system ruleset out."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from baselines.document import EFFECTS, MAX_BYTES, BaselineError
from baselines.rules import BUCKET_POINTS
from baselines.services import ImportOutcome, import_baseline


class Command(BaseCommand):
    help = "Import a baseline file (format 1.1). Exit codes: 0 created or unchanged, 1 error and nothing imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a baseline JSON file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--effect", choices=EFFECTS, help="override what the file says")
        parser.add_argument("--bucket-point", choices=BUCKET_POINTS, default="mid", help="the value of a range")
        parser.add_argument(
            "--activate", action=BooleanOptionalAction, default=True, help="make it the active baseline"
        )
        parser.add_argument("--actor", default="", metavar="NAME", help="who imports it")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            outcome = import_baseline(
                content=_read(options["file"]),
                actor=options["actor"],
                effect=options["effect"],
                bucket_point=options["bucket_point"],
                activate=options["activate"],
                dry_run=options["dry_run"],
            )
        except BaselineError as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            raise CommandError(
                f"Nothing was imported, {len(error.problems)} problems in {options['file']}:\n{lines}"
            ) from error
        if options["json"]:
            self.stdout.write(json.dumps(_document(outcome, dry_run=options["dry_run"]), ensure_ascii=False))
        else:
            self._report(outcome, dry_run=options["dry_run"])

    def _report(self, outcome: ImportOutcome, *, dry_run: bool) -> None:
        if outcome.skipped_reason:
            self.stdout.write(f"Skipped: {outcome.skipped_reason}.")
            return
        width = max(len(rule.name) for rule in outcome.rules)
        for rule in outcome.rules:
            self.stdout.write(f"  {rule.field.entity:<15} {rule.name:<{width}}  {rule.amount()}")
        done = "Would create" if dry_run else "Created"
        self.stdout.write(
            f"{done} {outcome.ruleset_name}: {outcome.created_rules} rules in {outcome.created_groups} groups."
        )


def _read(name: str) -> bytes:
    """The file's bytes, at most one more than a baseline may have."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _document(outcome: ImportOutcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "ruleset_id": outcome.ruleset_id,
        "ruleset_name": outcome.ruleset_name,
        "version": outcome.version,
        "created": outcome.created,
        "dry_run": dry_run,
        "source_hash": outcome.source_hash,
        "skipped_reason": outcome.skipped_reason or None,
        "created_groups": outcome.created_groups,
        "created_rules": outcome.created_rules,
        "rules": [
            {"entity": r.field.entity, "field": r.field.id, "name": r.name, "value": r.amount()} for r in outcome.rules
        ],
    }
