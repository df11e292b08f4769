"""Importing and activating baselines: one file, one ruleset, one transaction, one recalculation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from baselines.effects import effect_of_import, told_of_import
from baselines.models import BaselineImport
from baselines.overriding import ensure_basic, move_overrides
from baselines.reading import BaselineDocument, Unconfigured, read_document
from baselines.rules import PlannedRule, planned_rules
from baselines.storing import GroupDraft, drafts_of, new_ruleset, store
from dealbrain.actor import acting, actor_name
from valuation.engine import Problem
from valuation.examples.storing import copy_examples
from valuation.history.audit import record, recording
from valuation.jobs import kick
from valuation.models import Ruleset, RulesetOverride, TargetKind
from valuation.recalculation.marking import mark_rules
from valuation.registry import field_registry


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did. `skipped_reason` is empty when a ruleset was created."""

    ruleset_id: int
    ruleset_name: str
    version: str
    created: bool
    source_hash: str
    skipped_reason: str
    created_groups: int
    created_rules: int
    rules: tuple[PlannedRule, ...]
    needs_configuration: tuple[Unconfigured, ...]
    warnings: tuple[Problem, ...]
    previous_ruleset_id: int | None = None


def import_baseline(
    *,
    content: bytes | Mapping[str, Any],
    actor: str = "",
    effect: str | None = None,
    bucket_point: str | None = None,
    activate: bool = True,
    basic_for: Ruleset | None = None,
    with_adjustments: bool = False,
    dry_run: bool = False,
) -> ImportOutcome:
    """Make a system ruleset of a baseline file; the same file twice is skipped.

    `effect` and `bucket_point` override the file's own, and with others it is another baseline; a file without an
    effect takes that of the active baseline, and the outcome says so. With `activate`, the other baselines are
    deactivated in the same transaction. `basic_for` is a ruleset that gets a group for adjustments;
    `with_adjustments` makes one where there is none. Raises BaselineError with every problem of the file, and then
    nothing has changed.
    """
    document = read_document(content, field_registry())
    stated = effect or document.effect
    with signed(actor), recording():  # a second import of the same file waits here, and then finds the first
        active = BaselineImport.objects.active()
        known = _known(document, effect=stated or (active.ruleset.effect if active else ""), bucket_point=bucket_point)
        told = told_of_import(asked=effect, stated=document.effect, active=active, known=known)
        point = known.bucket_point if known else bucket_point or document.bucket_point or "mid"
        rules = tuple(planned_rules(document.fields, bucket_point=point))
        if known is not None:
            outcome = _skip(known, document, rules, told, activate=activate)
        else:
            stored, groups = create_baseline(
                document, drafts_of(rules), effect=effect_of_import(stated=stated, active=active), bucket_point=point
            )
            previous = activate_baseline(ruleset=stored.ruleset) if activate else None
            outcome = _outcome(
                stored.ruleset, document, rules, told, created_groups=groups, previous_ruleset_id=previous
            )
            _record_import(stored, outcome)
        if basic_for is not None or with_adjustments:
            ensure_basic(ruleset=basic_for)
        if dry_run:
            transaction.set_rollback(True)
        else:
            kick()
    return outcome


def create_baseline(
    document: BaselineDocument,
    drafts: list[GroupDraft],
    *,
    effect: str,
    bucket_point: str,
    follows: Ruleset | None = None,
) -> tuple[BaselineImport, int]:
    """An inactive baseline of these rules, inside the caller's `recording`, and the number of its groups."""
    ruleset = new_ruleset(document, effect=effect, follows=follows)
    groups = store(ruleset, drafts)
    stored = BaselineImport.objects.create(
        ruleset=ruleset,
        source_hash=document.source_hash,
        schema_version=document.schema_version,
        generated_at=document.generated_at,
        document=document.content,
        effect=effect,
        bucket_point=bucket_point,
        actor=actor_name(),
    )
    return stored, groups


def activate_baseline(*, ruleset: Ruleset) -> int | None:
    """Exactly one active baseline: this one. Returns the id of the one before, if any.

    What people chose for the baseline, they chose for the thing and not for one version of it: overrides move along,
    and so do the listings that are assigned to it, or for which it is switched off. A version without examples gets
    those of the one before, and the one before keeps them. The instance that is given may be
    older than the lock: only what is meant here is written.
    """
    others = Ruleset.objects.filter(is_baseline=True).exclude(pk=ruleset.pk)
    with recording(rulesets=[ruleset.pk, *others.values_list("pk", flat=True)]):
        previous = others.filter(is_active=True).values_list("pk", flat=True).first()
        if previous is None and Ruleset.objects.filter(pk=ruleset.pk, is_active=True).exists():
            return None
        others.filter(is_active=True).update(is_active=False)
        move_overrides(ruleset)
        _move_choices(ruleset)
        if previous is not None and not ruleset.examples.exists():
            copy_examples(previous, ruleset.pk)
        Ruleset.objects.filter(pk=ruleset.pk).update(is_active=True, updated_at=timezone.now())
        ruleset.is_active = True
        mark_rules(cause=f"{Ruleset._meta.label_lower}:{ruleset.pk}")
    return previous


def _move_choices(ruleset: Ruleset) -> None:
    """Listings' choices for any version of the baseline become choices for this one. By sets."""
    RulesetOverride.objects.filter(static_ruleset__is_baseline=True).exclude(static_ruleset=ruleset).update(
        static_ruleset=ruleset
    )
    through = RulesetOverride.disabled_rulesets.through
    stale = through.objects.filter(ruleset__is_baseline=True).exclude(ruleset=ruleset)
    ids = sorted(set(stale.values_list("rulesetoverride_id", flat=True)))
    through.objects.bulk_create(
        [through(rulesetoverride_id=pk, ruleset_id=ruleset.pk) for pk in ids], batch_size=500, ignore_conflicts=True
    )
    stale.delete()


def _known(document: BaselineDocument, *, effect: str, bucket_point: str | None) -> BaselineImport | None:
    """The import of the same file that means the same, where what is stated says so; the one in force before others."""
    found = BaselineImport.objects.select_related("ruleset").filter(source_hash=document.source_hash)
    if effect:
        found = found.filter(effect=effect)
    if bucket_point:
        found = found.filter(bucket_point=bucket_point)
    return found.order_by("-ruleset__is_active", "-pk").first()


def reactivate_baseline(stored: BaselineImport) -> int | None:
    """Go back to a baseline that was imported before. Returns the id of the ruleset that counted until now, if any."""
    with recording():
        previous = activate_baseline(ruleset=stored.ruleset)
        record(
            action="baseline.activated",
            target_kind=TargetKind.BASELINE,
            target_id=stored.pk,
            target_name=stored.ruleset.name,
            ruleset_id=stored.ruleset_id,
            after={"previous_ruleset_id": previous},
        )
    return previous


@contextmanager
def signed(actor: str) -> Iterator[None]:
    """What is done inside is signed with this name, or with whoever is known to act if it is empty."""
    with acting(actor or actor_name()):
        yield


def _skip(
    known: BaselineImport,
    document: BaselineDocument,
    rules: tuple[PlannedRule, ...],
    told: tuple[Problem, ...],
    *,
    activate: bool,
) -> ImportOutcome:
    ruleset = known.ruleset
    reason = f"this file was imported as {ruleset.name} on {known.imported_at:%Y-%m-%d}"
    previous = None
    if activate and not ruleset.is_active:
        previous = reactivate_baseline(known)
        reason += "; it is active again"
    return _outcome(ruleset, document, rules, told, skipped_reason=reason, previous_ruleset_id=previous)


def _outcome(
    ruleset: Ruleset,
    document: BaselineDocument,
    rules: tuple[PlannedRule, ...],
    told: tuple[Problem, ...],
    *,
    skipped_reason: str = "",
    created_groups: int = 0,
    previous_ruleset_id: int | None = None,
) -> ImportOutcome:
    created = not skipped_reason
    return ImportOutcome(
        ruleset_id=ruleset.pk,
        ruleset_name=ruleset.name,
        version=ruleset.version,
        created=created,
        source_hash=document.source_hash,
        skipped_reason=skipped_reason,
        created_groups=created_groups,
        created_rules=len(rules) if created else 0,
        rules=rules,
        needs_configuration=document.unconfigured(),
        warnings=(*document.warnings, *told),
        previous_ruleset_id=previous_ruleset_id,
    )


def _record_import(stored: BaselineImport, outcome: ImportOutcome) -> None:
    record(
        action="baseline.imported",
        target_kind=TargetKind.BASELINE,
        target_id=stored.pk,
        target_name=outcome.ruleset_name,
        ruleset_id=outcome.ruleset_id,
        after={
            "source_hash": outcome.source_hash,
            "schema_version": stored.schema_version,
            "bucket_point": stored.bucket_point,
            "rules": outcome.created_rules,
            "needs_configuration": sorted({item.key for item in outcome.needs_configuration}),
            "previous_ruleset_id": outcome.previous_ruleset_id,
        },
    )
