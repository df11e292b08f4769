"""`manage.py check_rulesets`: run the examples of rulesets, as continuous integration of a folder of rules does."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dealbrain.text import row_id
from valuation.examples.running import STATES, Run, run_examples, shown
from valuation.models import Ruleset


class Command(BaseCommand):
    help = (
        "Run the examples of every ruleset but drafts, or of one, and say what does not hold. "
        "Exit codes: 0 all hold, 1 one does not, or names what is not there any more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ruleset", metavar="ID|NAME", help="this ruleset alone, a draft too")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        runs = [run_examples(ruleset) for ruleset in self._rulesets(options["ruleset"])]
        if options["json"]:
            self.stdout.write(json.dumps(document(runs)))
        else:
            self._report(runs)
        if any(run.wrong for run in runs):
            sys.exit(1)

    def _rulesets(self, wanted: str | None) -> list[Ruleset]:
        rulesets = Ruleset.objects.select_related("draft_of")
        if wanted is None:
            return list(rulesets.filter(draft_of=None, examples__isnull=False).distinct())
        found = rulesets.filter(name=wanted).first()
        if found is None:
            found = rulesets.filter(pk=row_id(wanted) or 0).first()
        if found is None:
            raise CommandError(f'There is no ruleset "{wanted}".')
        return [found]

    def _report(self, runs: list[Run]) -> None:
        for run in runs:
            for outcome in run.wrong:
                self.stderr.write(self.style.ERROR(f"{run.ruleset_name}: {outcome}"))
            told = ", ".join(f"{count} {state}" for state, count in run.counts.items())
            self.stdout.write(f"{run.ruleset_name}: {told}.")
        if not any(run.outcomes for run in runs):
            self.stdout.write("There are no examples: make one in the admin, from a listing.")


def document(runs: list[Run]) -> dict[str, Any]:
    total = {state: sum(run.counts[state] for run in runs) for state in STATES}
    rulesets = [
        {
            "ruleset_id": run.ruleset_id,
            "ruleset_name": run.ruleset_name,
            **run.counts,
            "examples": [shown(outcome) for outcome in run.outcomes],
        }
        for run in runs
    ]
    return {**total, "rulesets": rulesets}
