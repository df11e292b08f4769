"""Adopting a candidate: a new version of the current baseline with the changes that somebody has selected.

What is not selected stays as it is, and that is the stored rules and not the file: who has configured or corrected a
rule of the baseline by hand keeps it. So rules of unselected fields are copied as rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from baselines.diffing import EFFECT, Diff, compare, merged
from baselines.effects import told_of_adoption
from baselines.models import BaselineImport
from baselines.querysets import own_rules
from baselines.reading import BaselineDocument, BaselineError, read_document, refused
from baselines.rules import group_name, planned_rules
from baselines.services import activate_baseline, create_baseline, signed
from baselines.storing import Draft, new_group
from valuation.audit import record, recording
from valuation.choices import BASIC_GROUP_NAME
from valuation.engine import Problem
from valuation.jobs import kick
from valuation.models import RuleGroup, TargetKind
from valuation.recalculation.rulebook import baseline_field
from valuation.registry import field_registry

Row = TypeVar("Row", bound=Model)
NOT_COPIED = frozenset({"id", "ruleset", "group", "rule", "version", "created_at", "updated_at"})


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
    """The current baseline beside a candidate."""

    current: BaselineImport | None
    old: BaselineDocument | None
    new: BaselineDocument
    diff: Diff


def compare_with_current(candidate: BaselineDocument) -> Comparison:
    """Raises BaselineError when the current document cannot be read any more."""
    current = BaselineImport.objects.active()
    old = _read_stored(current) if current else None
    effect = current.ruleset.effect if current else None
    return Comparison(current, old, candidate, compare(old, candidate, effect=effect))


def adopt(
    *,
    candidate: BaselineDocument,
    selected: Collection[str] | None = None,
    actor: str = "",
    against: str | None = None,
) -> Adoption:
    """Make and activate a new baseline; `selected` are keys of the diff (None: all), `against` the hash it was made of.

    With everything selected the new baseline is the candidate itself, under its own hash. Raises BaselineError, and
    then nothing has changed.
    """
    with signed(actor), recording():
        comparison = compare_with_current(candidate)
        current = comparison.current
        if against is not None and against != (current.source_hash if current else ""):
            raise refused("", "the active baseline has changed since this was compared: look again", "stale")
        chosen = _chosen(comparison.diff, selected)
        content = _content(comparison, chosen)
        target = read_document(content, field_registry())
        known = BaselineImport.objects.select_related("ruleset").filter(source_hash=target.source_hash).first()
        stored = known or _create(current, target, chosen, stated_effect=candidate.effect)
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
    content = merged(comparison.old, comparison.new, chosen)
    return {**content, "generated_at": timezone.now().isoformat(timespec="microseconds").replace("+00:00", "Z")}


def _create(
    current: BaselineImport | None, target: BaselineDocument, chosen: Collection[str], *, stated_effect: str
) -> BaselineImport:
    effect = stated_effect if EFFECT in chosen or current is None else current.ruleset.effect
    drafts = with_changes(current, target, chosen)
    stored, _ = create_baseline(target, drafts, effect=effect or "add", bucket_point=_point(current))
    return stored


def _point(current: BaselineImport | None) -> str:
    return current.bucket_point if current else "mid"


def with_changes(current: BaselineImport | None, target: BaselineDocument, chosen: Collection[str]) -> list[Draft]:
    """The rules of a baseline with these changes, not stored: copies of the current rules of all other fields, and
    new rules of the chosen ones in the place of the old."""
    copies = _copies(current, chosen) if current else []
    groups = {draft.group.name: draft.group for draft in copies}
    places = _places(current, chosen) if current else {}
    last = max((draft.rule.evaluation_order for draft in copies), default=0)
    planned = planned_rules(
        [item for item in target.fields if item.key in chosen],
        bucket_point=_point(current),
        taken=[(draft.group.entity_key, draft.rule.name) for draft in copies],
    )
    drafts = []
    for plan in planned:
        name = group_name(plan.field.entity)
        if name not in groups:
            order = max((group.display_order for group in groups.values()), default=0) + 1
            groups[name] = new_group(plan.field.entity, display_order=order)
        if plan.field.key not in places:
            places[plan.field.key] = last = last + 1
        rule = plan.row()
        rule.evaluation_order = places[plan.field.key]
        drafts.append(Draft(groups[name], rule, plan.actions()))
    return [*copies, *drafts]


def _places(current: BaselineImport, chosen: Collection[str]) -> dict[str, int]:
    """Where the rules of the chosen fields stand today: their successors run at the same moment."""
    found: dict[str, int] = {}
    for rule in own_rules(current.ruleset_id).order_by("evaluation_order"):
        if (key := baseline_field(rule)) in chosen:
            found.setdefault(key, rule.evaluation_order)
    return found


def _copies(current: BaselineImport, chosen: Collection[str]) -> list[Draft]:
    groups = RuleGroup.objects.filter(ruleset=current.ruleset_id).exclude(name=BASIC_GROUP_NAME)
    found = []
    for group in groups.prefetch_related("rules__actions"):
        copy = _copy(group)
        for rule in group.rules.all():
            if baseline_field(rule) not in chosen:
                found.append(Draft(copy, _copy(rule), [_copy(action) for action in rule.actions.all()]))
    return found


def _copy(row: Row) -> Row:
    fields = (field for field in row._meta.concrete_fields if field.name not in NOT_COPIED)
    return type(row)(**{field.name: getattr(row, field.name) for field in fields})
