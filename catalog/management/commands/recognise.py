"""`manage.py recognise`: what a text says of a machine, as imports and searches understand it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from catalog.known_parts import part_indexes
from catalog.recognition import Recognition, recognise

# A longer line is cut: a title has 255 characters, and a cell with all of a machine in it a few thousand.
MOST_BYTES = 64 * 1024


class Command(BaseCommand):
    help = (
        "Show what titles of offers say: processor, graphics, memory, drives, screen, system, maker, model, form, "
        "condition and flags. What a title does not say is missing. Exit codes: 0 done, 1 nothing to read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("titles", metavar="TITLE", nargs="*", help="a title, in quotes")
        parser.add_argument(
            "--file", metavar="FILE", help="a UTF-8 file with a title on each line, or - for standard input"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a line, one for each title")
        parser.add_argument(
            "--catalog",
            action="store_true",
            help="give parts the names of the catalog, understand its short forms, and flag what it does not have",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if bool(options["titles"]) == bool(options["file"]):
            raise CommandError("Give titles, or --file FILE (- for standard input), and not both.")
        cpus, gpus = part_indexes() if options["catalog"] else (None, None)
        for title in options["titles"] or _lines(options["file"]):
            found = recognise(title, cpus=cpus, gpus=gpus)
            if options["json"]:
                self.stdout.write(json.dumps(found.as_dict(), ensure_ascii=False))
            else:
                self.stdout.write(f"{title.strip()}\n    {_in_words(found)}")


def _lines(name: str) -> Iterator[str]:
    """The lines of a file; an empty one is a title that says nothing, so that lines and answers stay side by side."""
    try:
        with _open(name) as file:
            for number, line in enumerate(iter(lambda: file.readline(MOST_BYTES), b""), start=1):
                yield _decoded(line, name, number)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _open(name: str) -> Any:
    """A file to read bytes from; standard input is not closed."""
    if name != "-":
        return Path(name).open("rb")
    stdin: BinaryIO = sys.stdin.buffer
    return nullcontext(stdin)


def _decoded(line: bytes, name: str, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        if len(line) == MOST_BYTES and error.end == len(line):
            return line[: error.start].decode()  # a line that was cut inside a character
        raise CommandError(
            f"{name}, line {number}: not UTF-8 (byte {line[error.start]:#04x}). Save it as UTF-8."
        ) from error


def _in_words(found: Recognition) -> str:
    """One line for people: only what was said, and what to ask about."""
    facts = found.as_dict()
    facts["storage"] = [f"{gb:g} GB {medium}" for gb, medium in _pairs(facts["storage"])]
    said = [f"{key}: {_text(value)}" for key, value in facts.items() if value not in (None, [], "")]
    if found.cpu is None and found.cpu_family:
        said.append(f"processor family: {found.cpu_family}")
    for match in (found.cpu_match, found.gpu_match):
        if match.nearest:
            said.append(f"nearest in the catalog: {', '.join(match.nearest)}")
    return "; ".join(said) or "nothing"


def _pairs(storage: Any) -> Iterable[tuple[float, str]]:
    return [(gb, medium) for gb, medium in storage]


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
