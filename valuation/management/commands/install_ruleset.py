"""`manage.py install_ruleset FILE|-|DIR`: packages of rulesets in, all of them or nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dealbrain.actor import acting, actor_name
from valuation.packages.content import BOUNDS, Package, PackageError
from valuation.packages.folders import not_in, read_folder
from valuation.packages.installing import Done, Installed, Merge, install_packages
from valuation.packages.opening import read_package

CHANGED = 3


class Command(BaseCommand):
    help = (
        "Install a package of rulesets, or all packages of a folder: one transaction and one recalculation, or "
        "nothing. Exit codes: 0 installed, 1 error and nothing has changed. Of a folder, and with --dry-run: 0 nothing "
        "differs, 3 something does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="FILE", help="a package, a folder of packages, or - for standard input")
        parser.add_argument(
            "--merge",
            choices=[*Merge],
            default=Merge.REPLACE,
            help="what becomes of a ruleset of the same name: replace it (the usual), skip, or a second version",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--actor", default="", metavar="NAME", help="who installs it")

    def handle(self, *_: Any, **options: Any) -> None:
        path = options["path"]
        try:
            is_folder, packages = _read(path)
            with acting(options["actor"] or actor_name()):
                done = install_packages(packages, merge=options["merge"], dry_run=options["dry_run"])
        except PackageError as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            count = len(error.problems)
            raise CommandError(
                f"Nothing was installed, {count} {'problem' if count == 1 else 'problems'} in {path}:\n{lines}"
            ) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        left = not_in(packages) if is_folder else []
        if options["json"]:
            self.stdout.write(json.dumps(_document(done, left, options["dry_run"]), ensure_ascii=False))
        else:
            self._report(done, left, would="would be " if options["dry_run"] else "")
        if (is_folder or options["dry_run"]) and done.has_changed:
            sys.exit(CHANGED)

    def _report(self, done: Installed, left: list[str], *, would: str) -> None:
        for path in done.fields:
            self.stdout.write(f"  {path} {would}created")
        for outcome in done.outcomes:
            word = would if outcome.done in (Done.CREATED, Done.REPLACED) else ""
            self.stdout.write(f"  {outcome.name}: {word}{outcome.done}")
        for warning in done.warnings:
            self.stdout.write(f"Warning: {warning}")
        for name in left:
            self.stdout.write(f'Not in the folder, and left as it is: "{name}".')
        if done.examples_passed or done.examples_failed:
            self.stdout.write(f"Examples: {done.examples_passed} hold, {done.examples_failed} do not.")
        self.stdout.write(
            f"{done.count(Done.CREATED)} rulesets {would}created, {done.count(Done.REPLACED)} {would}replaced; "
            f"{done.rules_created:,} rules {would}created, {done.rules_changed:,} {would}changed, "
            f"{done.rules_deleted:,} {would}deleted."
        )


def _read(path: str) -> tuple[bool, list[Package]]:
    """Whether it is a folder, and the packages that are there."""
    if path == "-":
        return False, [read_package(sys.stdin.buffer.read(BOUNDS.most_bytes + 1))]
    if Path(path).is_dir():
        return True, [package for _, package in read_folder(Path(path))]
    with Path(path).open("rb") as file:
        return False, [read_package(file.read(BOUNDS.most_bytes + 1))]


def _document(done: Installed, left: list[str], dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "changed": done.has_changed,
        "rulesets": [
            {"name": outcome.name, "done": outcome.done, "id": outcome.ruleset_id} for outcome in done.outcomes
        ],
        "custom_fields_created": done.fields,
        "rulesets_created": done.count(Done.CREATED),
        "rulesets_updated": done.count(Done.REPLACED),
        "rule_groups_created": done.groups_created,
        "rules_created": done.rules_created,
        "rules_changed": done.rules_changed,
        "rules_deleted": done.rules_deleted,
        "warnings": done.warnings,
        "not_in_folder": left,
        "examples": {"passed": done.examples_passed, "failed": done.examples_failed},
    }
