"""`manage.py export_ruleset ID... [FILE|-]`: rulesets as a package; with `--all DIR`, each in a file of a folder."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dealbrain.text import row_id
from dealbrain.version import release_of
from valuation.models import Ruleset
from valuation.packages.content import About, PackageError
from valuation.packages.folders import keep_folder
from valuation.packages.stored import stored_rulesets
from valuation.packages.writing import about_of, export_rulesets

CHANGED = 3
ABOUT = ("name", "author", "description")


class Command(BaseCommand):
    help = (
        "Write rulesets as a package that install_ruleset takes back. With --all, keep a folder with a package for "
        "each ruleset, and touch only files that differ. Exit codes: 0 written (or, with --all, all as it was), "
        "1 error, 3 with --all: something differed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "what",
            metavar="ID",
            nargs="*",
            help="ids of rulesets; behind them a FILE, or -: standard output",
        )
        parser.add_argument("--all", metavar="DIR", help="every ruleset, each in a file of this folder")
        parser.add_argument("--name", help="what the package is called; else as its first ruleset")
        parser.add_argument("--package-version", metavar="X.Y.Z", help="its version; else that of the first ruleset")
        parser.add_argument("--author", help="who made it")
        parser.add_argument("--description", help="what it is for")
        parser.add_argument("--tag", action="append", metavar="TEXT", help="a word to find it by; may be repeated")
        parser.add_argument("--min-app-version", metavar="X.Y.Z", help="the oldest version of Deal Brain it is for")
        parser.add_argument("--without-examples", action="store_true", help="leave the examples out")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            if options["all"] is not None:
                self._keep(options)
            else:
                self._export(options)
        except PackageError as error:
            raise CommandError(f"Nothing was exported: {error}") from error
        except OSError as error:
            raise CommandError(f"{error.filename or 'The file'} cannot be written: {error.strerror}.") from error

    def _export(self, options: dict[str, Any]) -> None:
        *ids, last = options["what"] or [""]
        is_id = row_id(last) is not None
        file = "-" if is_id else last or "-"
        ids += [last] if is_id else []
        if wrong := [text for text in ids if row_id(text) is None]:
            raise CommandError(f'"{wrong[0]}" is no id: write the ids of rulesets, and a file behind them.')
        if not ids:
            raise CommandError("Which rulesets? Write their ids, or --all DIR.")
        wanted = {int(text) for text in ids}
        if missing := wanted - set(Ruleset.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
            raise CommandError(f"There is no ruleset with the id {', '.join(map(str, sorted(missing)))}.")
        exported = export_rulesets(
            sorted(wanted), about=_about(wanted, options), with_examples=not options["without_examples"]
        )
        if file == "-":
            self.stdout.write(exported.text, ending="")
        else:
            Path(file).write_text(exported.text, encoding="utf-8")
            count = len(exported.package.rulesets)
            self.stdout.write(f"Wrote {file}: {count} rulesets, {exported.rules:,} rules.")

    def _keep(self, options: dict[str, Any]) -> None:
        folder = Path(options["all"])
        if options["what"]:
            raise CommandError("With --all every ruleset is written: leave the ids out.")
        folder.mkdir(exist_ok=True)
        kept = keep_folder(folder)
        for name in kept.written:
            self.stdout.write(f"Wrote {name}.")
        for name in kept.removed:
            self.stdout.write(f"Removed {name}: there is no such ruleset any more.")
        for note in kept.notes:
            self.stderr.write(note)
        self.stdout.write(f"{kept.unchanged:,} as they were, {len(kept.written) + len(kept.removed):,} changed.")
        if kept.has_changed:
            sys.exit(CHANGED)


def _about(ids: set[int], options: dict[str, Any]) -> About:
    """What the package says of itself, as far as it was said here."""
    usual = about_of(stored_rulesets(Ruleset.objects.filter(pk__in=ids)))
    for name in ("package_version", "min_app_version"):
        if options[name] and release_of(options[name]) is None:
            raise CommandError(f'--{name.replace("_", "-")}: "{options[name]}" is no version, such as 1.2.0.')
    return About(
        **{name: getattr(usual, name) if options[name] is None else options[name] for name in ABOUT},
        version=options["package_version"] or usual.version,
        tags=tuple(options["tag"] or ()),
        min_app_version=options["min_app_version"],
    )
