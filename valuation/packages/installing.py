"""Installing packages: one transaction and one recalculation, or nothing.

What is there is compared with what is wanted, and only what differs is written, by sets. The ledger of the history
has looked at the rulesets before and looks again at the end, so every change is written down as any other edit is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from dealbrain.text import free_name
from valuation.history.audit import record, recording
from valuation.jobs import kick
from valuation.models import RuleGroup, Ruleset, TargetKind
from valuation.packages.content import Package, RulesetContent, in_order, refused
from valuation.packages.examples import run_examples, store_examples
from valuation.packages.fields import create_missing
from valuation.packages.rows import Writer
from valuation.packages.stored import stored_rulesets
from valuation.permissions import may_activate, refuse_writing
from valuation.recalculation.marking import mark_rules
from valuation.registry import field_registry
from valuation.signals import baseline_chosen

INSIDE = ("rulegroup", "rule", "ruleaction")
MAY_INSTALL = (
    *(f"valuation.{what}_{kind}" for kind in ("ruleset", *INSIDE) for what in ("add", "change")),
    *(f"valuation.delete_{kind}" for kind in INSIDE),
)
STILL = "which of them counts is decided by people who may activate baselines"


class Merge(StrEnum):
    """What becomes of a ruleset that is there under the same name."""

    REPLACE = "replace"
    SKIP = "skip"
    VERSION = "version"


class Done(StrEnum):
    """What was done with a ruleset of a package."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One ruleset of a package, and what was done with it."""

    name: str
    done: Done
    ruleset_id: int


@dataclass(slots=True)
class Installed:
    """What installing did. `warnings` are sentences."""

    outcomes: list[Outcome] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)  # paths of the custom fields that were made
    groups_created: int = 0
    rules_created: int = 0
    rules_changed: int = 0
    rules_deleted: int = 0
    warnings: list[str] = field(default_factory=list)
    examples_passed: int = 0
    examples_failed: int = 0

    def count(self, done: Done) -> int:
        return sum(outcome.done is done for outcome in self.outcomes)

    @property
    def touched(self) -> list[int]:
        """The ids of the rulesets that were written."""
        return [one.ruleset_id for one in self.outcomes if one.done in (Done.CREATED, Done.REPLACED)]

    @property
    def has_changed(self) -> bool:
        return bool(self.touched or self.fields)


def install_packages(
    packages: Sequence[Package], *, merge: str = Merge.REPLACE, user: Any = None, dry_run: bool = False
) -> Installed:
    """Install what was read (`opening.read_package`), all of it or nothing.

    `user` is asked for permission for every ruleset that is touched, and for fields that are made; None is a command.
    Raises PermissionDenied, and PackageError for what cannot be put in (a baseline over a ruleset of another kind).
    """
    refuse_installing(user)
    with transaction.atomic():
        installed = Installed(warnings=[str(problem) for package in packages for problem in package.warnings])
        # Fields first: whoever makes one takes the lock of the rules behind it.
        installed.fields = create_missing([field for package in packages for field in package.fields], user)
        with recording():
            _refuse_other_fields(packages)
            _put_in(packages, Merge(merge), user, installed)
            if installed.has_changed:
                mark_rules(cause=f"{Ruleset._meta.label_lower}:{(installed.touched or [0])[0]}")
        if dry_run:
            transaction.set_rollback(True)
        elif installed.has_changed:
            kick()
    return installed


def refuse_installing(user: Any) -> None:
    """Raise PermissionDenied for those who may not write rulesets with all that is in them."""
    if user is not None and not user.has_perms(MAY_INSTALL):
        raise PermissionDenied("Packages are installed by people who may change rules: ask an analyst.")


def _refuse_other_fields(packages: Sequence[Package]) -> None:
    """A package was checked against the fields there were. (Those of the other packages have come since.)"""
    now = {field.path: field for field in field_registry().fields}
    for package in packages:
        if any(now.get(field.path) != field for field in package.registry.fields):
            raise refused("", "the custom fields were changed while this was read: install it again", "stale")


def _put_in(packages: Sequence[Package], merge: Merge, user: Any, installed: Installed) -> None:
    wanted = in_order(ruleset for package in packages for ruleset in package.rulesets)
    named = {ruleset.name: package for package in packages for ruleset in package.rulesets}
    there = {one.name: one for one in stored_rulesets(Ruleset.objects.filter(name__in=[*named]))}
    _refuse_drafts(there, merge)
    with recording(rulesets=[one.pk for one in there.values() if one.pk is not None]):
        for ruleset in wanted:
            outcome = _Installation(merge, user, installed, there).install(ruleset)
            installed.outcomes.append(outcome)
            if outcome.ruleset_id in installed.touched:
                store_examples(outcome.ruleset_id, ruleset.examples)
                _record(outcome, named[ruleset.name], merge)
    installed.examples_passed, installed.examples_failed = run_examples(installed.touched)


def _refuse_drafts(there: Collection[str], merge: Merge) -> None:
    """What is drafted is put into the place of its original by publishing, and replaced by nothing else."""
    draft = Ruleset.objects.filter(name__in=there, draft_of__isnull=False).first() if merge is Merge.REPLACE else None
    if draft is not None:
        message = f'"{draft}" is a draft here, of another ruleset: rename one of them, or publish or delete the draft'
        raise refused("rulesets", message, "draft")


def _record(outcome: Outcome, package: Package, merge: Merge) -> None:
    record(
        action="package.installed",
        target_kind=TargetKind.RULESET,
        target_id=outcome.ruleset_id,
        target_name=outcome.name,
        ruleset_id=outcome.ruleset_id,
        after={
            "package": package.about.name[:255],
            "version": package.about.version[:255],
            "merge": merge.value,
            "done": outcome.done.value,
        },
    )


@dataclass(frozen=True, slots=True)
class _Installation:
    """One ruleset of a package going in."""

    merge: Merge
    user: Any
    installed: Installed
    there: dict[str, RulesetContent]

    def install(self, wanted: RulesetContent) -> Outcome:
        found = self.there.get(wanted.name)
        if found is None or found.pk is None:
            return self._create(wanted)
        if self.merge is Merge.SKIP:
            return Outcome(wanted.name, Done.SKIPPED, found.pk)
        if self.merge is Merge.VERSION:
            taken = {*self.there, *Ruleset.objects.values_list("name", flat=True)}
            return self._create(wanted.named(free_name(wanted.name, taken)), is_copy=True)
        return self._replace(found, wanted)

    def _create(self, wanted: RulesetContent, *, is_copy: bool = False) -> Outcome:
        self._refuse(wanted)
        is_chosen = self._is_chosen(wanted, is_copy=is_copy, is_active=False)
        values = {**wanted.values, **({"is_active": False} if wanted.is_baseline else {})}
        ruleset = Ruleset(**values)
        ruleset.save()
        Writer(self.installed).create_groups(ruleset.pk, wanted.groups)
        if is_chosen:
            baseline_chosen.send(sender=Ruleset, ruleset=ruleset)
        return Outcome(wanted.name, Done.CREATED, ruleset.pk)

    def _replace(self, found: RulesetContent, wanted: RulesetContent) -> Outcome:
        assert found.pk is not None
        if found.is_baseline != wanted.is_baseline:
            kind = "a baseline" if found.is_baseline else "no baseline"
            message = f'"{wanted.name}" is {kind} here, and the package has it otherwise: rename one of them'
            raise refused(f"{wanted.path}.is_baseline", message, "kind")
        stays_active = found.is_baseline and found.values["is_active"]
        if found.is_baseline and wanted.values["is_active"] != stays_active:
            is_chosen = self._is_chosen(wanted, is_copy=False, is_active=bool(stays_active))
            if not may_activate_now(self.user):
                wanted = replace(wanted, values={**wanted.values, "is_active": stays_active})
        else:
            is_chosen = False
        if found.text == wanted.text:
            return Outcome(wanted.name, Done.UNCHANGED, found.pk)
        self._refuse(found)
        self._refuse(wanted)
        Writer(self.installed).replace(found, wanted, is_active=False if is_chosen else wanted.values["is_active"])
        if is_chosen:
            baseline_chosen.send(sender=Ruleset, ruleset=Ruleset.objects.get(pk=found.pk))
        return Outcome(wanted.name, Done.REPLACED, found.pk)

    def _refuse(self, ruleset: RulesetContent) -> None:
        """Raise PermissionDenied where the user may not write a ruleset like this, or a group that is in it."""
        if self.user is None:
            return
        row = Ruleset(name=ruleset.name, is_baseline=ruleset.is_baseline)
        refuse_writing(self.user, row)
        for group in ruleset.groups:
            holds = group.values["takes_overrides"] or any(rule.values["overrides"] for rule in group.rules)
            refuse_writing(self.user, RuleGroup(ruleset=row, name=group.values["name"], takes_overrides=bool(holds)))

    def _is_chosen(self, wanted: RulesetContent, *, is_copy: bool, is_active: bool) -> bool:
        """Whether this baseline is to count from now on. Where that is not for the user to say, it is told."""
        if not wanted.is_baseline or wanted.values["is_active"] == is_active:
            return False
        if is_copy:
            self.installed.warnings.append(f'"{wanted.name}" is a copy of a baseline, and inactive: {STILL}.')
            return False
        if not may_activate_now(self.user):
            state = "inactive, and stays" if not is_active else "active, and stays"
            self.installed.warnings.append(f'The baseline "{wanted.name}" is {state} so: {STILL}.')
            return False
        return bool(wanted.values["is_active"])


def may_activate_now(user: Any) -> bool:
    return user is None or may_activate(user)
