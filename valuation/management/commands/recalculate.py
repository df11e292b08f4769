"""`manage.py recalculate`: what cron calls, and the way to rebuild everything that is derived."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from dealbrain import queue
from dealbrain.actor import acting
from dealbrain.checks import refuse_unsafe
from listings.models import Listing
from valuation.analytics.days import record_day_if_due
from valuation.drafts.scheduling import publish_due
from valuation.jobs import call_helpers, look_everywhere, start_full_run
from valuation.market.calibration import calibrate_if_due
from valuation.models import Ruleset
from valuation.overrides import listings_of_ruleset
from valuation.recalculation.marking import revision_row, stale_listings
from valuation.recalculation.run import BATCH_SIZE, Progress, RunSummary, Scope, recalculate

SOME_FAILED = 3


class Command(BaseCommand):
    help = (
        "Publish the drafts of rulesets that are due, and value every listing whose figures are out of date. "
        "Exit codes: 0 all valued, 1 error (or, with --check, something is stale), 3 some listings could not be valued."
    )

    # All of them load every page and admin of the product, which is most of the cost of a run with nothing to do. What
    # must not be started unsafely is refused all the same; `check` and the servers look at the rest.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--stale", action="store_true", help="what is out of date (the default)")
        which.add_argument("--all", action="store_true", help="every listing")
        which.add_argument("--listing", type=int, action="append", metavar="ID", help="this listing; may be repeated")
        which.add_argument("--ruleset", type=int, metavar="ID", help="the listings this ruleset may apply to")
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if anything is stale")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers and do not wait")
        parser.add_argument("--dry-run", action="store_true", help="compute and compare, write nothing")
        parser.add_argument("--snapshot", action="store_true", help="add a line to the history of each listing")
        parser.add_argument("--batch-size", type=int, default=BATCH_SIZE, metavar="N", help="listings at a time")
        parser.add_argument(
            "--no-market",
            action="store_true",
            help="leave the market alone; else it is estimated anew where it is due, once a day at most",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            refuse_unsafe()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if not 1 <= options["batch_size"] <= 1_000_000:
            raise CommandError("--batch-size must lie between 1 and 1000000.")
        scope = self._scope(options)
        if options["check"]:
            self._check(scope, as_json=options["json"])
            return
        due = [] if options["dry_run"] else publish_due()
        for draft in due:
            (self.stderr if draft.failure or options["json"] else self.stdout).write(str(draft))
        if options["queue"]:
            self._queue(scope, options)
            return
        with _progress_bar(enabled=sys.stderr.isatty() and not options["json"]) as progress:
            summary = recalculate(
                scope=scope,
                trigger="command",
                batch_size=options["batch_size"],
                dry_run=options["dry_run"],
                snapshot=options["snapshot"],
                progress=progress,
                share=call_helpers,
            )
        if scope.listings is None and not (options["dry_run"] or options["no_market"]):
            with acting("recalculate"):
                calibrate_if_due(trigger="command")
        if scope.listings is None and not options["dry_run"]:
            record_day_if_due()
        self._report(summary, dry_run=options["dry_run"], as_json=options["json"])
        if summary.failed:
            sys.exit(SOME_FAILED)

    def _scope(self, options: dict[str, Any]) -> Scope:
        if options["listing"]:
            wanted = set(options["listing"])
            known = set(Listing.objects.filter(pk__in=wanted).values_list("pk", flat=True))
            if wanted - known:
                raise CommandError(f"No such listing: {', '.join(map(str, sorted(wanted - known)))}.")
            return Scope(listings=Listing.objects.filter(pk__in=known))
        if options["ruleset"] is not None:
            ruleset = Ruleset.objects.filter(pk=options["ruleset"]).first()
            if ruleset is None:
                raise CommandError(f"No such ruleset: {options['ruleset']}.")
            if ruleset.draft_of_id is not None:
                raise CommandError(f'"{ruleset}" is a draft, which counts for no listing: name its original.')
            return Scope(listings=listings_of_ruleset(options["ruleset"]))
        return Scope(everything=options["all"])

    def _queue(self, scope: Scope, options: dict[str, Any]) -> None:
        if scope.listings is not None or options["dry_run"] or options["snapshot"]:
            raise CommandError("--queue goes with --stale and --all only.")
        if not settings.REDIS_URL:
            raise CommandError("--queue needs workers: set REDIS_URL, or leave it out to have the work done here.")
        if not queue.answers():
            raise CommandError("Redis does not answer, nothing was queued. Without --queue the work is done here.")
        if scope.everything:
            run = start_full_run(trigger="command")
            self.stdout.write(json.dumps({"run_id": run.pk}) if options["json"] else f"Queued as run {run.pk}.")
        else:
            look_everywhere()
            self.stdout.write(json.dumps({"run_id": None}) if options["json"] else "Queued.")
        queue.enqueue(record_day_if_due)

    def _check(self, scope: Scope, *, as_json: bool) -> None:
        stale = stale_listings(revision_row())
        if scope.listings is not None:
            stale = stale.filter(pk__in=scope.listings)
        count = stale.count()
        self.stdout.write(json.dumps({"stale": count}) if as_json else f"{count} stale listings.")
        if count:
            sys.exit(1)

    def _report(self, summary: RunSummary, *, dry_run: bool, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**asdict(summary), "dry_run": dry_run}))
            return
        for problem in summary.problems:
            self.stderr.write(self.style.WARNING(f"Rule left out: {problem}"))
        for failure in summary.failures:
            self.stderr.write(self.style.ERROR(f"Listing {failure['listing_id']}: {failure['reason']}"))
        seconds = sum(summary.seconds.values())
        self.stdout.write(
            f"{'Would write' if dry_run else 'Wrote'} {summary.written} of {summary.done} listings, "
            f"{summary.changed} with new figures, {summary.failed} failed, revision {summary.revision}, "
            f"{seconds:.2f} s."
        )


@contextmanager
def _progress_bar(*, enabled: bool) -> Iterator[Progress | None]:
    """A bar on a terminal, nothing elsewhere."""
    if not enabled:
        yield None
        return
    with tqdm(unit=" listings", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
