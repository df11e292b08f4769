"""Rules of a baseline into rows, by sets: three statements, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from baselines.reading import BaselineDocument
from baselines.rules import PlannedRule, group_name
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import mark_rules

PRIORITY = 5
BATCH = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule with its actions, not yet stored. Drafts of one group share the row."""

    group: RuleGroup
    rule: Rule
    actions: Sequence[RuleAction]


def new_ruleset(document: BaselineDocument, *, effect: str) -> Ruleset:
    """An inactive system ruleset without groups."""
    return Ruleset.objects.create(
        name=_free_name(document),
        description=document.description,
        version=version_of(document),
        effect=effect,
        priority=PRIORITY,
        is_active=False,
        is_baseline=True,
        metadata={"source_hash": document.source_hash},
    )


def new_group(entity: str, *, display_order: int) -> RuleGroup:
    return RuleGroup(name=group_name(entity), entity_key=entity, display_order=display_order)


def drafts_of(planned: Iterable[PlannedRule]) -> list[Draft]:
    """A group for each entity, in the order of the rules."""
    groups: dict[str, RuleGroup] = {}
    found = []
    for position, plan in enumerate(planned, start=1):
        entity = plan.field.entity
        group = groups.setdefault(entity, new_group(entity, display_order=len(groups) + 1))
        rule = plan.row()
        rule.evaluation_order = position
        found.append(Draft(group, rule, plan.actions()))
    return found


def store(ruleset: Ruleset, drafts: Sequence[Draft]) -> int:
    """Store all drafts in a ruleset that was made inside the same `recording`. Returns the number of groups.

    Whoever calls has checked them, and kicks.
    """
    groups = list({id(draft.group): draft.group for draft in drafts}.values())
    for group in groups:
        group.ruleset = ruleset
    RuleGroup.objects.bulk_create(groups, batch_size=BATCH)
    for draft in drafts:
        draft.rule.group = draft.group
    Rule.objects.bulk_create([draft.rule for draft in drafts], batch_size=BATCH)
    actions = []
    for draft in drafts:
        for position, action in enumerate(draft.actions):
            action.rule, action.position = draft.rule, position
            actions.append(action)
    RuleAction.objects.bulk_create(actions, batch_size=BATCH)
    mark_rules(cause=f"{Ruleset._meta.label_lower}:{ruleset.pk}")
    return len(groups)


def version_of(document: BaselineDocument) -> str:
    """Such as 1.1.20261101."""
    return f"{document.schema_version}.{document.generated_at:%Y%m%d}"


def _free_name(document: BaselineDocument) -> str:
    """`System: Baseline v1.1.20261101`, with -2, -3 behind it where another file has the name."""
    base = f"System: Baseline v{version_of(document)}"
    taken = set(Ruleset.objects.filter(name__startswith=base).values_list("name", flat=True))
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
