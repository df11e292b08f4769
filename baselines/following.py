"""The next version of a baseline: what follows something takes its place, at every level.

Three things are held against each other: what the current document planned, what the next one plans, and what is
stored, which somebody may have changed by hand. Whatever the two plans agree on stays
as it is stored, so a new sentence switches nothing on and loses no correction; whatever they do not agree on is taken
from the new plan. Order, weight, policy, switches and names by hand are never taken from a plan. Everything stands in
lists in the order in which it runs: an addition has the order of its neighbour, and ids that ascend do the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model

from baselines.models import BaselineImport
from baselines.reading import ENTITIES, BaselineDocument, BaselineError, read_document
from baselines.rules import PlannedRule, planned_rules
from baselines.storing import GroupDraft, RuleDraft, drafts_of, new_group
from dealbrain.text import free_name
from valuation.choices import BASIC_GROUP_NAME
from valuation.models import Rule, RuleGroup, Ruleset
from valuation.recalculation.rulebook import baseline_field
from valuation.registry import field_registry

Row = TypeVar("Row", bound=Model)
Ident = tuple[str, str]
"""The field of a baseline, and the label of its bucket ("" for a formula)."""
Plans = Mapping[Ident, PlannedRule]
NOT_COPIED = frozenset({"id", "ruleset", "group", "rule", "version", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Step:
    """From the current document to the next one: the keys of what changes, and whether the order of fields does."""

    old: BaselineDocument
    new: BaselineDocument
    chosen: Collection[str]
    reorders: bool = False


def next_version(current: BaselineImport | None, step: Step | None, target: BaselineDocument) -> list[GroupDraft]:
    """The groups and rules of the version that follows the current one, not stored. The current one stays as it is.

    Without a current baseline, those of the target. The group of adjustments comes without its rules, which move.
    """
    if current is None or step is None:
        return drafts_of(planned_rules(target.fields, bucket_point="mid"))
    groups = list(_copies(current))
    old = _by_ident(planned_rules(step.old.fields, bucket_point=current.bucket_point))
    new = _by_ident(planned_rules(target.fields, bucket_point=current.bucket_point))
    _remember(step, groups, old, new)
    for group in groups:
        group.rules = [draft for rule in group.rules if (draft := _followed(rule, step, old, new)) is not None]
    there = {ident for group in groups for draft in group.rules if (ident := _ident(draft.row))}
    for ident, plan in new.items():
        dropped_by_hand = ident in old and _same_plan(old[ident], plan)
        if plan.field.key in step.chosen and ident not in there and not dropped_by_hand:
            _insert(plan, target, groups)
    if step.reorders:
        for group in groups:
            _reorder(group, target)
    for group in groups:
        _name(group)
    return groups


def is_same_version(ruleset: Ruleset, groups: Iterable[GroupDraft], *, effect: str, follows: Ruleset | None) -> bool:
    """Whether a stored version holds just these rows, and would run as they would."""
    if ruleset.effect != effect:
        return False
    if follows is not None and (ruleset.priority, ruleset.conditions) != (follows.priority, follows.conditions):
        return False
    stored = RuleGroup.objects.filter(ruleset=ruleset).prefetch_related("rules__actions")
    there = [GroupDraft(group, [_as_draft(rule) for rule in _own(group)]) for group in stored]
    return [_content(group) for group in there if group.rules] == [_content(group) for group in groups if group.rules]


def _content(group: GroupDraft) -> list[Any]:
    rules = [[_columns(draft.row), [_columns(action) for action in draft.actions]] for draft in group.rules]
    return [_columns(group.row), rules]


def _columns(row: Model) -> dict[str, Any]:
    """What a row says, and not which row it is."""
    fields = (field for field in row._meta.concrete_fields if field.name not in {*NOT_COPIED, "position"})
    return {field.name: field.to_python(getattr(row, field.name)) for field in fields}


# -- What is there ---------------------------------------------------------------------------------------------


def _copies(current: BaselineImport) -> Iterator[GroupDraft]:
    """Copies of all groups and rules of the current version, in the order in which they run."""
    for group in RuleGroup.objects.filter(ruleset=current.ruleset_id).prefetch_related("rules__actions"):
        copy = GroupDraft(_copy(group), [_rule_copy(rule) for rule in _own(group)])
        entities = {key.partition(".")[0] for draft in copy.rules if (key := baseline_field(draft.row))}
        if not copy.row.entity_key and len(entities) == 1:
            # Whose group it is, said again: once its rules are gone nothing else would know.
            copy.row.entity_key = entities.pop()
        yield copy


def _own(group: RuleGroup) -> list[Rule]:
    """The rules of a group that are the baseline's: those of the group of adjustments are not, and move."""
    return [] if group.name == BASIC_GROUP_NAME else list(group.rules.all())


def _as_draft(rule: Rule) -> RuleDraft:
    return RuleDraft(rule, list(rule.actions.all()))


def _rule_copy(rule: Rule) -> RuleDraft:
    return RuleDraft(_copy(rule), [_copy(action) for action in rule.actions.all()])


def _copy(row: Row) -> Row:
    fields = (field for field in row._meta.concrete_fields if field.name not in NOT_COPIED)
    return type(row)(**{field.name: getattr(row, field.name) for field in fields})


def _remember(step: Step, groups: list[GroupDraft], old: dict[Ident, PlannedRule], new: Plans) -> None:
    """What comes back: rules as they stood in the last version that had them, in their old places.

    Four queries, however many versions there are.
    """
    there = {ident for group in groups for draft in group.rules if (ident := _ident(draft.row))}
    back = {ident for ident in new if ident[0] in step.chosen and ident not in there and ident not in old}
    if not back:
        return
    entities, fields = zip(*(key.split(".") for key, _ in sorted(back)), strict=True)
    named = Rule.objects.filter(
        group__ruleset__is_baseline=True, metadata__entity__in=entities, metadata__field__in=fields
    ).exclude(group__name=BASIC_GROUP_NAME)
    newest: dict[Ident, Rule] = {}
    for rule in named.select_related("group").prefetch_related("actions").order_by("-group__ruleset_id"):
        if (ident := _ident(rule)) in back:
            newest.setdefault(ident, rule)
    beside = Rule.objects.filter(group__in={rule.group_id for rule in newest.values()})
    earlier: dict[int, set[Ident]] = defaultdict(set)
    for rule in beside.order_by("group", "evaluation_order", "priority", "pk"):
        ident = _ident(rule)
        if ident in newest and newest[ident] == rule:
            _insert_again(_rule_copy(newest[ident]), earlier[rule.group_id], groups)
        earlier[rule.group_id].add(ident or ("", rule.name))
    for stored in BaselineImport.objects.filter(ruleset__in={rule.group.ruleset_id for rule in newest.values()}):
        plans = _plans_of(stored)
        theirs = {ident for ident, rule in newest.items() if rule.group.ruleset_id == stored.ruleset_id}
        old |= {ident: plan for ident, plan in plans.items() if ident in theirs}


def _plans_of(stored: BaselineImport) -> dict[Ident, PlannedRule]:
    try:
        document = read_document(stored.document, field_registry())
    except BaselineError:  # it could be read then; what it planned is not known any more
        return {}
    return _by_ident(planned_rules(document.fields, bucket_point=stored.bucket_point))


# -- What follows what -----------------------------------------------------------------------------------------


def _followed(draft: RuleDraft, step: Step, old: Plans, new: Plans) -> RuleDraft | None:
    """What a stored rule becomes; None where it goes."""
    ident = _ident(draft.row)
    if ident is None or ident[0] not in step.chosen:
        return draft
    if ident[0] not in step.new.by_key():
        return None
    if ident not in new:
        return None if ident in old else draft
    return _merged(draft, old.get(ident), new[ident])


def _merged(draft: RuleDraft, old: PlannedRule | None, new: PlannedRule) -> RuleDraft:
    """The stored rule with what the new plan says otherwise than the old one did."""
    before, after = old.row() if old else None, new.row()
    row = draft.row
    for name in ("name", "description", "conditions", "is_active"):
        if before is None or getattr(before, name) != getattr(after, name):
            setattr(row, name, getattr(after, name))
    planned = before.metadata if before else {}
    metadata = {key: value for key, value in row.metadata.items() if key in after.metadata or key not in planned}
    row.metadata = metadata | {key: value for key, value in after.metadata.items() if planned.get(key) != value}
    actions = draft.actions
    if old is None or old.action != new.action:
        actions = new.actions()
    return RuleDraft(row, actions)


def _ident(rule: Rule) -> Ident | None:
    """Which planned rule this is, or follows; None for one made by hand."""
    key = baseline_field(rule)
    return (key, str(rule.metadata.get("label", ""))) if key else None


def _by_ident(plans: Iterable[PlannedRule]) -> dict[Ident, PlannedRule]:
    return {(plan.field.key, str(plan.metadata.get("label", ""))): plan for plan in plans}


def _same_plan(one: PlannedRule, other: PlannedRule) -> bool:
    return (one.conditions, one.action) == (other.conditions, other.action)


# -- Places ----------------------------------------------------------------------------------------------------


def _insert(plan: PlannedRule, target: BaselineDocument, groups: list[GroupDraft]) -> None:
    """A planned rule behind its field's other rules, or where its field stands among those of the entity."""
    rule = RuleDraft(plan.row(), plan.actions())
    keys = [field.key for field in target.fields if field.entity == plan.field.entity]
    here = keys.index(plan.field.key)
    place = next((found for key in reversed(keys[: here + 1]) if (found := _last_of(key, groups))), None)
    if place is not None:
        group, index = place
        _put(rule, group, index + 1)
        return
    group = _group_of(plan.field.entity, groups)
    after = set(keys[here + 1 :])
    index = next((n for n, other in enumerate(group.rules) if baseline_field(other.row) in after), len(group.rules))
    _put(rule, group, index)


def _put(rule: RuleDraft, group: GroupDraft, index: int) -> None:
    """Into the list, with the order of the rule before it, or of the one behind."""
    neighbour = group.rules[index - 1] if index else next(iter(group.rules), None)
    if neighbour is not None:
        rule.row.evaluation_order = neighbour.row.evaluation_order
        rule.row.priority = neighbour.row.priority
    group.rules.insert(index, rule)


def _insert_again(rule: RuleDraft, earlier: Collection[Ident], groups: list[GroupDraft]) -> None:
    """Where its order puts it, in the group of its field's other rules or of its entity: among those of the same order
    behind what was `earlier` there.
    """
    key = baseline_field(rule.row)
    beside = _last_of(key, groups)
    group = beside[0] if beside else _group_of(key.partition(".")[0], groups)
    place = (rule.row.evaluation_order, rule.row.priority)
    index = 0
    for other in group.rules:
        order = (other.row.evaluation_order, other.row.priority)
        was_earlier = (_ident(other.row) or ("", other.row.name)) in earlier
        if order > place or (order == place and not was_earlier):
            break
        index += 1
    group.rules.insert(index, rule)


def _last_of(key: str, groups: Iterable[GroupDraft]) -> tuple[GroupDraft, int] | None:
    """Where the last rule of a field stands."""
    found = None
    for group in groups:
        for index, draft in enumerate(group.rules):
            if baseline_field(draft.row) == key:
                found = group, index
    return found


def _group_of(entity: str, groups: list[GroupDraft]) -> GroupDraft:
    """The group of an entity, whatever it is called today; a new one stands where its entity does."""
    own = [group for group in groups if group.row.name != BASIC_GROUP_NAME]
    holds = next((g for g in own if any(baseline_field(d.row).startswith(f"{entity}.") for d in g.rules)), None)
    found = holds or next((g for g in own if g.row.entity_key == entity), None)
    fresh = new_group(entity, display_order=1)
    found = found or next((g for g in own if g.row.name == fresh.name), None)
    if found is not None:
        return found
    earlier = ENTITIES[: ENTITIES.index(entity)]
    index = max((n + 1 for n, g in enumerate(groups) if g in own and g.row.entity_key in earlier), default=0)
    neighbour = groups[index - 1] if index else next(iter(groups), None)
    if neighbour is not None:
        fresh.display_order = neighbour.row.display_order
    group = GroupDraft(fresh)
    groups.insert(index, group)
    return group


def _reorder(group: GroupDraft, target: BaselineDocument) -> None:
    """The rules of fields in the order of the document, in the places that such rules have; numbers follow."""
    order = {field.key: index for index, field in enumerate(target.fields)}
    places = [n for n, draft in enumerate(group.rules) if baseline_field(draft.row) in order]
    sorted_rules = sorted((group.rules[n] for n in places), key=lambda draft: order[baseline_field(draft.row)])
    if [group.rules[n] for n in places] == sorted_rules:
        return
    for place, draft in zip(places, sorted_rules, strict=True):
        group.rules[place] = draft
    for number, draft in enumerate(group.rules, start=1):
        draft.row.evaluation_order = number


def _name(group: GroupDraft) -> None:
    """No name twice in a group: those made by hand stay, planned ones give way."""
    taken = {draft.row.name for draft in group.rules if _ident(draft.row) is None}
    for draft in group.rules:
        if ident := _ident(draft.row):
            draft.row.name = free_name(draft.row.name, taken, f" ({ident[0].partition('.')[2]})")
            taken.add(draft.row.name)
