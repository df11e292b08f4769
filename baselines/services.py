"""Importing a baseline: one file, one ruleset, one transaction, one recalculation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from baselines.document import BaselineDocument, read_document
from baselines.models import BaselineImport
from baselines.rules import PlannedRule, group_name, planned_rules
from valuation.jobs import kick
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import lock_rules
from valuation.registry import field_registry

PRIORITY = 5


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did. `skipped_reason` is empty when a ruleset was created."""

    ruleset_id: int | None
    ruleset_name: str
    version: str
    created: bool
    source_hash: str
    skipped_reason: str
    created_groups: int
    created_rules: int
    rules: tuple[PlannedRule, ...]


def import_baseline(
    *,
    content: bytes,
    actor: str = "",
    effect: str | None = None,
    bucket_point: str = "mid",
    activate: bool = True,
    dry_run: bool = False,
) -> ImportOutcome:
    """Make a system ruleset of a baseline file; the same file twice is skipped.

    `effect` overrides the file's own. With `activate`, the other baselines are deactivated in the same transaction.
    Raises BaselineError with every problem of the file, and then nothing has changed.
    """
    document = read_document(content, field_registry())
    rules = tuple(planned_rules(document, bucket_point=bucket_point))
    with transaction.atomic():
        lock_rules()  # a second import of the same file waits here, and then finds the first
        known = BaselineImport.objects.select_related("ruleset").filter(source_hash=document.source_hash).first()
        if known is not None:
            outcome = _skip(known, rules, activate=activate)
        else:
            outcome = _create(document, rules, actor, effect or document.effect, bucket_point, activate=activate)
        if dry_run:
            transaction.set_rollback(True)
        else:
            kick()
    return outcome


def _skip(known: BaselineImport, rules: tuple[PlannedRule, ...], *, activate: bool) -> ImportOutcome:
    ruleset = known.ruleset
    reason = f"this file was imported as {ruleset.name} on {known.imported_at:%Y-%m-%d}"
    if activate and not ruleset.is_active:
        _activate(ruleset)
        reason += "; it is active again"
    return _outcome(ruleset, known.source_hash, rules, reason=reason)


def _create(
    document: BaselineDocument,
    rules: tuple[PlannedRule, ...],
    actor: str,
    effect: str,
    bucket_point: str,
    *,
    activate: bool,
) -> ImportOutcome:
    ruleset = Ruleset.objects.create(
        name=_free_name(document),
        description=document.description,
        version=_version(document),
        effect=effect,
        priority=PRIORITY,
        is_active=False,
        is_baseline=True,
        metadata={"source_hash": document.source_hash},
    )
    _store_rules(ruleset, rules)
    BaselineImport.objects.create(
        ruleset=ruleset,
        source_hash=document.source_hash,
        schema_version=document.schema_version,
        generated_at=_aware(document.generated_at),
        document=document.content,
        bucket_point=bucket_point,
        actor=actor,
    )
    if activate:
        _activate(ruleset)
    return _outcome(ruleset, document.source_hash, rules, reason="")


def _store_rules(ruleset: Ruleset, planned: tuple[PlannedRule, ...]) -> None:
    """Groups, rules and actions in the order of the file."""
    groups: dict[str, RuleGroup] = {}
    for position, plan in enumerate(planned):
        entity = plan.field.entity
        if entity not in groups:
            groups[entity] = RuleGroup.objects.create(
                ruleset=ruleset, name=group_name(entity), entity_key=entity, display_order=len(groups) + 1
            )
        rule = Rule.objects.create(
            group=groups[entity],
            name=plan.name,
            description=plan.description,
            evaluation_order=position + 1,
            conditions=plan.conditions,
            metadata=plan.metadata,
        )
        RuleAction.objects.create(rule=rule, **plan.action)


def _activate(ruleset: Ruleset) -> None:
    """Exactly one active baseline: this one."""
    Ruleset.objects.filter(is_baseline=True, is_active=True).exclude(pk=ruleset.pk).update(is_active=False)
    ruleset.is_active = True
    ruleset.save()


def _outcome(ruleset: Ruleset, source_hash: str, rules: tuple[PlannedRule, ...], *, reason: str) -> ImportOutcome:
    created = not reason
    return ImportOutcome(
        ruleset_id=ruleset.pk,
        ruleset_name=ruleset.name,
        version=ruleset.version,
        created=created,
        source_hash=source_hash,
        skipped_reason=reason,
        created_groups=len({plan.field.entity for plan in rules}) if created else 0,
        created_rules=len(rules) if created else 0,
        rules=rules,
    )


def _version(document: BaselineDocument) -> str:
    return f"{document.schema_version}.{document.generated_at:%Y%m%d}"


def _free_name(document: BaselineDocument) -> str:
    """`System: Baseline v1.1.20261101`, with -2, -3 behind it where another file has the name."""
    base = f"System: Baseline v{_version(document)}"
    taken = set(Ruleset.objects.filter(name__startswith=base).values_list("name", flat=True))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
