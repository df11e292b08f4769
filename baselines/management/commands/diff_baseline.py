"""`manage.py diff_baseline FILE`: what adopting a file would change, and for how much."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from baselines.adopting import Comparison, compare_with_current
from baselines.diffing import CHANGED, FieldChange
from baselines.files import complain, read_file
from baselines.impact import FieldEffect, impact_of_adopting
from baselines.reading import BaselineError, read_document
from baselines.showing import diff_document, impact_document
from baselines.wording import change_rows
from valuation.registry import field_registry
from valuation.trying.impact import Impact

DIFFERENT = 3


class Command(BaseCommand):
    help = (
        "Compare a baseline file with the active baseline, field by field, with the effect on all active listings. "
        "Changes nothing. Exit codes: 0 nothing differs, 1 error, 3 something differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a baseline JSON file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            comparison = compare_with_current(read_document(read_file(options["file"]), field_registry()))
        except BaselineError as error:
            raise complain(error, "Nothing was compared", options["file"]) from error
        keys = comparison.diff.selectable()
        impact, effects = impact_of_adopting(comparison, keys) if keys else (None, {})
        if options["json"]:
            document = {**diff_document(comparison), "impact": impact_document(impact, effects) if impact else None}
            self.stdout.write(json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False))
        else:
            self._report(comparison, impact, effects)
        if keys:
            sys.exit(DIFFERENT)

    def _report(self, comparison: Comparison, impact: Impact | None, effects: dict[str, FieldEffect]) -> None:
        for warning in comparison.new.warnings:
            self.stdout.write(f"Warning: {warning}")
        if impact is None:
            self.stdout.write("Nothing differs from the active baseline.")
            return
        if turned := comparison.diff.effect:
            self.stdout.write(f"  effect: {turned.old} becomes {turned.new}: every amount turns its sign")
        if moved := comparison.diff.order:
            self.stdout.write(
                f"  order: {', '.join(moved.old)} becomes {', '.join(moved.new)}: factors are of other prices"
            )
        for change in comparison.diff.changes:
            self._field(comparison, change, effects.get(change.key, FieldEffect()))
        total = f"{impact.total:+,.2f} dollars" + ("" if impact.mean is None else f", {impact.mean:+,.2f} on average")
        self.stdout.write(f"{impact.moved:,} of {impact.checked:,} listings would change by {total}.")
        for mover in impact.movers:
            self.stdout.write(f"  {mover.delta_cents / 100:+10,.2f}  {mover.title} (listing {mover.id})")

    def _field(self, comparison: Comparison, change: FieldChange, effect: FieldEffect) -> None:
        matches = f"{effect.matched_before:,} -> {effect.matched_after:,} listings"
        dollars = f"{effect.total_before:,.2f} -> {effect.total_after:,.2f} dollars"
        self.stdout.write(f"  {change.kind:<8} {change.key}: {matches}, {dollars}")
        for what, old, new in change_rows(comparison, change, field_registry()) if change.kind == CHANGED else ():
            self.stdout.write(f"           {what}: {old} -> {new}")
