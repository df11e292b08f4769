"""A folder of packages and the database, kept in step: one file for each ruleset, as a team reviews them in git.

What is the same is not touched. A file is written beside its place and moved there, so that nobody reads half of one.
Only what lies in the folder itself is read or written: a symbolic link is no file of ours, wherever it leads.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from dealbrain.text import nfc
from valuation.engine import Problem
from valuation.models import Ruleset
from valuation.packages.columns import Problems
from valuation.packages.content import BOUNDS, About, Json, Package, PackageError, RulesetContent, refused
from valuation.packages.opening import read_package
from valuation.packages.reading import decode, read_about
from valuation.packages.stored import stored_rulesets
from valuation.packages.writing import export_content

SUFFIX = ".dbrs"
ORDER = "order.txt"  # names of files in the order in which their rulesets run; it decides among equal priorities
MOST_FILES = 1_000
MOST_ORDER = 1_000_000  # bytes
MOST_SLUG = 60


@dataclass(slots=True)
class Kept:
    """What keeping a folder did: names of files, and what there is to say of those that were left."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def has_changed(self) -> bool:
        return bool(self.written or self.removed)


def file_name(ruleset: str) -> str:
    """The file of a ruleset of this name, on every file system: readable, and its own whatever else is called alike."""
    name = nfc(ruleset)
    return f"{slug_of(name)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}{SUFFIX}"


def slug_of(name: str) -> str:
    """What is left of a name in letters that every file system and every header takes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST_SLUG].strip("-") or "ruleset"


def keep_folder(folder: Path) -> Kept:
    """Make the folder what the database is: every ruleset in its file. Raises PackageError, OSError.

    A ruleset stays in the file that it is in, whatever that is called, and the file goes on saying of itself what it
    said. A file whose only ruleset is gone is removed; one that cannot be read is left, and told.
    """
    kept = Kept()
    there, unread = _files_there(folder, kept)
    rulesets = stored_rulesets(Ruleset.objects.filter(draft_of=None))
    homes = {ruleset.name: there.pop(ruleset.name, (file_name(ruleset.name), None)) for ruleset in rulesets}
    lost = [
        Problem(name, f'this is the file of "{ruleset}", and unreadable: mend or delete it')
        for ruleset, (name, _) in homes.items()
        if name in unread
    ]
    if lost:
        raise PackageError(lost)
    names = []
    for ruleset in rulesets:
        name, about = homes[ruleset.name]
        names.append(name)
        exported = export_content([ruleset], about and _told_anew(about, ruleset))
        _write(folder, name, exported.text, kept)
    for name, _ in there.values():
        (folder / name).unlink()
        kept.removed.append(name)
    _write(folder, ORDER, "".join(f"{name}\n" for name in names), kept)
    return kept


def _told_anew(about: About, ruleset: RulesetContent) -> About:
    return replace(about, name=about.name or ruleset.name)


def read_folder(folder: Path) -> list[tuple[str, Package]]:
    """The packages of a folder, in the order in which their rulesets are to run among equals.

    Raises PackageError with every problem of every file, each with the name of its file before its place, and OSError.
    """
    found: list[tuple[str, Package]] = []
    problems: list[Problem] = []
    homes: dict[str, str] = {}
    for name in _in_order(folder, _names(folder)):
        try:
            package = read_package(_read(folder, name, BOUNDS.most_bytes))
        except PackageError as error:
            problems += [replace(problem, path=f"{name}: {problem.path}".rstrip(": ")) for problem in error.problems]
            continue
        for ruleset in package.rulesets:
            if (other := homes.setdefault(ruleset.name, name)) != name:
                problems.append(Problem(name, f'the ruleset "{ruleset.name}" is in {other} too', "duplicate"))
        found.append((name, package))
    if problems:
        raise PackageError(problems)
    if not found:
        raise refused("", f"there is no file *{SUFFIX} in this folder", "empty")
    return found


def not_in(packages: Iterable[Package]) -> list[str]:
    """The names of the rulesets that are here and in none of these packages."""
    names = {ruleset.name for package in packages for ruleset in package.rulesets}
    return [name for name in Ruleset.objects.filter(draft_of=None).values_list("name", flat=True) if name not in names]


def _files_there(folder: Path, kept: Kept) -> tuple[dict[str, tuple[str, About | None]], set[str]]:
    """The file of each ruleset that has one to itself, with what it says of itself; and those that are none."""
    found: dict[str, tuple[str, About | None]] = {}
    unread: set[str] = set()
    for name in _names(folder):
        try:
            content = decode(_read(folder, name, BOUNDS.most_bytes))
        except PackageError as error:
            kept.notes.append(f"{name} was left as it is: {error}")
            unread.add(name)
            continue
        ruleset = _only_name(content)
        if not ruleset or ruleset in found:
            kept.notes.append(f"{name} was left as it is: it holds more than one ruleset, or one that is in a file.")
            unread.add(name)
            continue
        problems = Problems()
        about = read_about(content, content["schema_version"], problems)
        found[ruleset] = (name, None if problems.found else about)
    return found, unread


def _only_name(content: Json) -> str:
    rulesets = content.get("rulesets")
    only: Any = rulesets[0] if isinstance(rulesets, list) and len(rulesets) == 1 else None
    name = only.get("name") if isinstance(only, dict) else None
    return nfc(name) if isinstance(name, str) else ""


def _names(folder: Path) -> list[str]:
    """The packages in this folder: regular files, in the order of their names."""
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.name.endswith(SUFFIX) and e.is_file(follow_symlinks=False)]
    if len(names) > MOST_FILES:
        raise refused("", f"the folder has {len(names):,} packages, at most {MOST_FILES:,} are read", "too_many")
    return sorted(name for name in names if not name.startswith("."))


def _in_order(folder: Path, names: list[str]) -> list[str]:
    try:
        lines = _read(folder, ORDER, MOST_ORDER).decode("utf-8", "replace").splitlines()
    except OSError:  # there is none
        lines = []
    places = {line.strip(): place for place, line in enumerate(lines)}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _read(folder: Path, name: str, most_bytes: int) -> bytes:
    """The bytes of a file in the folder, and one more than there may be, which its reader refuses."""
    handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        return file.read(most_bytes + 1)


def _write(folder: Path, name: str, text: str, kept: Kept) -> None:
    content = text.encode()
    with suppress(OSError):  # there is none yet, or a link, whose place the file takes
        if _read(folder, name, len(content)) == content:
            kept.unchanged += 1
            return
    with NamedTemporaryFile(dir=folder, prefix=".", suffix=".new", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            new = Path(file.name)
            new.chmod(0o644)
            new.replace(folder / name)
        except BaseException:
            Path(file.name).unlink()
            raise
    kept.written.append(name)
