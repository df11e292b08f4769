"""Adopting a candidate: a new version of the current baseline with the changes that somebody has selected.

What is not selected stays as it is, and that is the stored rules and not the file: `following` makes the rows. A
version that is there already, from an earlier import or adoption, is switched on again only where it is the same to
the row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from baselines.diffing import EFFECT, ORDER, Diff, compare, merged
from baselines.effects import told_of_adoption
from baselines.following import Step, is_same_version, next_version
from baselines.models import BaselineImport
from baselines.reading import BaselineDocument, BaselineError, read_document, refused
from baselines.services import activate_baseline, create_baseline, signed
from valuation.engine import Problem
from valuation.history.audit import record, recording
from valuation.jobs import kick
from valuation.models import TargetKind
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was adopted, and what of the candidate was not."""

    new_ruleset_id: int
    new_version: str
    adopted_fields: tuple[str, ...]
    skipped_fields: tuple[str, ...]
    previous_ruleset_id: int | None
    audit_log_id: int
    needs_configuration: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The current baseline beside a candidate, and the revision of the rules that this was made of."""

    current: BaselineImport | None
    old: BaselineDocument | None
    new: BaselineDocument
    diff: Diff
    state: int


def compare_with_current(candidate: BaselineDocument) -> Comparison:
    """Raises BaselineError when the current document cannot be read any more."""
    state = revision_row().revision  # before the rest: what changes meanwhile is then told
    current = BaselineImport.objects.active()
    old = _read_stored(current) if current else None
    effect = current.ruleset.effect if current else None
    return Comparison(current, old, candidate, compare(old, candidate, effect=effect), state)


def adopt(
    *,
    candidate: BaselineDocument,
    selected: Collection[str] | None = None,
    actor: str = "",
    state: int | None = None,
) -> Adoption:
    """Make and activate a new baseline; `selected` are keys of the diff (None: all), `state` the revision of the rules
    that somebody has looked at.

    With everything selected the new baseline is the candidate itself, under its own hash unless that file is another
    version already. Raises BaselineError, and then nothing has changed.
    """
    with signed(actor), recording():
        if state is not None and state != revision_row().revision:
            raise refused(
                "state", "rules have changed since this was compared: look again at what it does now", "stale"
            )
        comparison = compare_with_current(candidate)
        current = comparison.current
        chosen = _chosen(comparison.diff, selected)
        stored, target = _settle(comparison, chosen)
        ruleset = stored.ruleset
        previous = activate_baseline(ruleset=ruleset)
        skipped = [key for key in comparison.diff.selectable() if key not in chosen]
        entry = record(
            action="baseline.adopted",
            target_kind=TargetKind.BASELINE,
            target_id=stored.pk,
            target_name=ruleset.name,
            ruleset_id=ruleset.pk,
            before={"ruleset_id": previous, "source_hash": current.source_hash if current else None},
            after={"source_hash": target.source_hash, "adopted": chosen, "skipped": skipped},
        )
        kick()
    return Adoption(
        new_ruleset_id=ruleset.pk,
        new_version=ruleset.version,
        adopted_fields=tuple(chosen),
        skipped_fields=tuple(skipped),
        previous_ruleset_id=previous,
        audit_log_id=entry.pk,
        needs_configuration=tuple(sorted({item.key for item in target.unconfigured()})),
        warnings=told_of_adoption(stated=candidate.effect, active=current, effect=ruleset.effect),
    )


def _read_stored(current: BaselineImport) -> BaselineDocument:
    try:
        return read_document(current.document, field_registry())
    except BaselineError as error:
        problems = [problem.under("the active baseline") for problem in error.problems]
        raise BaselineError(problems) from error


def _chosen(diff: Diff, selected: Collection[str] | None) -> list[str]:
    keys = diff.selectable()
    if not keys:
        raise refused("candidate_json", "nothing differs from the active baseline: there is nothing to adopt", "same")
    if selected is None:
        return keys
    wrong = [
        Problem(f"selected_changes[{index}]", f'"{str(key)[:100]}" is no change of this candidate', "unknown")
        for index, key in enumerate(selected)
        if key not in keys
    ]
    if wrong:
        raise BaselineError(wrong)
    if not selected:
        raise refused("selected_changes", f"select at least one of {', '.join(keys[:20])}", "empty")
    return [key for key in keys if key in set(selected)]


def _content(comparison: Comparison, chosen: Collection[str]) -> dict[str, Any]:
    if len(chosen) == len(comparison.diff.selectable()):
        return comparison.new.content
    return _stamped(merged(comparison.old, comparison.new, chosen))


def _settle(comparison: Comparison, chosen: Collection[str]) -> tuple[BaselineImport, BaselineDocument]:
    """The new version, inactive, and its document: one that is there already if it is the same to the row."""
    current, old = comparison.current, comparison.old
    target = read_document(_content(comparison, chosen), field_registry())
    effect = comparison.new.effect if EFFECT in chosen or current is None else current.ruleset.effect
    point = current.bucket_point if current else "mid"
    step = Step(old, comparison.new, chosen, reorders=ORDER in chosen) if old else None
    groups = next_version(current, step, target)
    known = BaselineImport.objects.select_related("ruleset").filter(source_hash=target.source_hash)
    follows = current.ruleset if current else None
    for stored in known:
        if stored.bucket_point == point and is_same_version(stored.ruleset, groups, effect=effect, follows=follows):
            return stored, target
    if known:  # the same file, and yet not the same rules: a version of its own
        target = read_document(_stamped(target.content), field_registry())
    stored, _ = create_baseline(target, groups, effect=effect or "add", bucket_point=point, follows=follows)
    return stored, target


def _stamped(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "generated_at": timezone.now().isoformat(timespec="microseconds").replace("+00:00", "Z")}
