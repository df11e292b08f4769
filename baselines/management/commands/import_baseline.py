"""`manage.py import_baseline FILE`: reviewed default values in, a system ruleset out."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from baselines.files import complain, read_file
from baselines.reading import EFFECTS, BaselineError
from baselines.rules import BUCKET_POINTS
from baselines.services import ImportOutcome, import_baseline
from dealbrain.text import row_id
from valuation.examples.storing import checked_after, store_examples
from valuation.models import Ruleset

UNCONFIGURED = 3
MOST_BYTES = 5_000_000  # of examples beside a file


class Command(BaseCommand):
    help = (
        "Import a baseline file (format 1.0 or 1.1). Exit codes: 0 created or unchanged, 1 error and nothing imported, "
        "3 imported with fields that need configuration."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a baseline JSON file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--effect", choices=EFFECTS, help="override what the file says")
        parser.add_argument("--bucket-point", choices=BUCKET_POINTS, help="which value of a range counts (mid)")
        parser.add_argument(
            "--ensure-basic-for", metavar="RULESET", help="the ruleset (name or id) that keeps adjustments of your own"
        )
        parser.add_argument(
            "--activate", action=BooleanOptionalAction, default=True, help="make it the active baseline"
        )
        parser.add_argument("--actor", default="", metavar="NAME", help="who imports it")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            outcome = import_baseline(
                content=read_file(options["file"]),
                actor=options["actor"],
                effect=options["effect"],
                bucket_point=options["bucket_point"],
                activate=options["activate"],
                basic_for=_ruleset(options["ensure_basic_for"]),
                dry_run=options["dry_run"],
            )
        except BaselineError as error:
            raise complain(error, "Nothing was imported", options["file"]) from error
        if outcome.created and not options["dry_run"]:
            self._examples(Path(options["file"]), outcome)
        if options["json"]:
            self.stdout.write(json.dumps(_document(outcome, dry_run=options["dry_run"]), ensure_ascii=False))
        else:
            self._report(outcome, dry_run=options["dry_run"])
        if outcome.created and outcome.needs_configuration:
            sys.exit(UNCONFIGURED)

    def _examples(self, path: Path, outcome: ImportOutcome) -> None:
        """The examples that lie beside the file, as `NAME.examples.json`, become those of the baseline.

        Without such a file it has those of the version before. What does not hold is told either way.
        """
        ruleset = Ruleset.objects.get(pk=outcome.ruleset_id)
        beside = path.with_suffix(".examples.json")
        try:
            if path.name != "-" and beside.is_file() and beside.stat().st_size <= MOST_BYTES:
                found = json.loads(beside.read_text())
                run = store_examples(ruleset, found if isinstance(found, list) else [found])
            else:
                run = checked_after(ruleset)
        except (ValueError, ValidationError) as error:
            told = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            raise CommandError(f"The baseline was imported, {beside} was not: {told}") from error
        for wrong in run.wrong:
            self.stderr.write(self.style.WARNING(str(wrong)))

    def _report(self, outcome: ImportOutcome, *, dry_run: bool) -> None:
        if outcome.skipped_reason:
            self.stdout.write(f"Skipped: {outcome.skipped_reason}.")
            return
        for warning in outcome.warnings:
            self.stdout.write(f"Warning: {warning}")
        width = max(len(rule.name) for rule in outcome.rules)
        for rule in outcome.rules:
            inactive = "  (inactive)" if rule.reason else ""
            self.stdout.write(f"  {rule.field.entity:<15} {rule.name:<{width}}  {rule.amount()}{inactive}")
        for item in outcome.needs_configuration:
            label = f' "{item.label}"' if item.label else ""
            self.stdout.write(f"Needs configuration: {item.key}{label}: {item.reason}.")
        done = "Would create" if dry_run else "Created"
        self.stdout.write(
            f"{done} {outcome.ruleset_name}: {outcome.created_rules} rules in {outcome.created_groups} groups."
        )


def _ruleset(text: str | None) -> Ruleset | None:
    if text is None:
        return None
    found = Ruleset.objects.filter(name=text).first()
    if found is None:
        found = Ruleset.objects.filter(pk=row_id(text) or 0).first()
    if found is None:
        raise CommandError(f'There is no ruleset "{text}".')
    return found


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
            {"entity": r.field.entity, "field": r.field.id, "name": r.name, "value": r.amount(), "active": not r.reason}
            for r in outcome.rules
        ],
        "needs_configuration": [
            {"field": item.key, "label": item.label or None, "reason": item.reason}
            for item in outcome.needs_configuration
        ],
        "warnings": [str(warning) for warning in outcome.warnings],
    }
