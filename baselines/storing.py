"""Rules of a baseline into rows, by sets: three statements, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from baselines.reading import BaselineDocument
from baselines.rules import PlannedRule, group_name
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.recalculation.marking import mark_rules

PRIORITY = 5
BATCH = 500


@dataclass(slots=True)
class RuleDraft:
    """A rule with its actions, not yet stored."""

    row: Rule
    actions: Sequence[RuleAction]


@dataclass(slots=True)
class GroupDraft:
    """A group with its rules in the order in which they run, not yet stored."""

    row: RuleGroup
    rules: list[RuleDraft] = field(default_factory=list)


def new_ruleset(document: BaselineDocument, *, effect: str, follows: Ruleset | None = None) -> Ruleset:
    """An inactive system ruleset without groups. It takes the place of what it follows, and what was set there."""
    ruleset = Ruleset(
        name=_free_name(document),
        description=document.description,
        version=version_of(document),
        effect=effect,
        priority=PRIORITY,
        is_active=False,
        is_baseline=True,
        metadata={"source_hash": document.source_hash},
    )
    if follows is not None:
        ruleset.priority, ruleset.conditions = follows.priority, follows.conditions
        ruleset.place = follows.pk if follows.place is None else follows.place
        ruleset.metadata = {**follows.metadata, **ruleset.metadata}
    ruleset.save()
    return ruleset


def new_group(entity: str, *, display_order: int) -> RuleGroup:
    return RuleGroup(name=group_name(entity), entity_key=entity, display_order=display_order)


def drafts_of(planned: Iterable[PlannedRule]) -> list[GroupDraft]:
    """A group for each entity, in the order of the rules."""
    groups: dict[str, GroupDraft] = {}
    for position, plan in enumerate(planned, start=1):
        entity = plan.field.entity
        if entity not in groups:
            groups[entity] = GroupDraft(new_group(entity, display_order=len(groups) + 1))
        rule = plan.row()
        rule.evaluation_order = position
        groups[entity].rules.append(RuleDraft(rule, plan.actions()))
    return list(groups.values())


def store(ruleset: Ruleset, groups: Sequence[GroupDraft]) -> int:
    """Store all drafts in a ruleset that was made inside the same `recording`. Returns the number of groups.

    Ids ascend in the order of the drafts, so what has the same order keeps its place. Whoever calls has checked them,
    and kicks.
    """
    for group in groups:
        group.row.ruleset = ruleset
    RuleGroup.objects.bulk_create([group.row for group in groups], batch_size=BATCH)
    drafts = [(group, draft) for group in groups for draft in group.rules]
    for group, draft in drafts:
        draft.row.group = group.row
    Rule.objects.bulk_create([draft.row for _, draft in drafts], batch_size=BATCH)
    actions = []
    for _, draft in drafts:
        for position, action in enumerate(draft.actions):
            action.rule, action.position = draft.row, position
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
