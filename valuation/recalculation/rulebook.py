"""Rows into engine specs, and the compiled program of one revision, kept until the revision moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from prometheus_client import Counter

from catalog.models import Profile
from valuation.choices import BASIC_GROUP_NAME, Layer, MatchPolicy
from valuation.engine import (
    FieldRegistry,
    GroupSpec,
    Program,
    RulesetSpec,
    RuleSpec,
    Scales,
    compile_rulesets,
)
from valuation.models import Rule, RuleAction, RuleGroup, Ruleset, RulesRevision
from valuation.recalculation.marking import revision_row, scales_of
from valuation.registry import field_registry
from valuation.validation import action_spec


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything a figure depends on beside the listing: all of it belongs to `revision`."""

    revision: int
    changed_at: datetime
    year: int
    program: Program
    registry: FieldRegistry
    weights: Mapping[str, float]
    scales: Scales

    def is_of(self, row: RulesRevision) -> bool:
        return (self.revision, self.changed_at) == (row.revision, row.changed_at)


CACHE = Counter("dealbrain_rulebook_cache", "Askings for the compiled rules, by what the cache had.", ["outcome"])
_cache: dict[str, Rulebook] = {}

Homes = Mapping[str, frozenset[int]]
"""`Entity.field` of a baseline -> ids of the rulesets in which a rule of somebody's own counts instead."""


def load_rulebook() -> Rulebook:
    """The rulebook of the current revision: one query when nothing has changed, else seven.

    The revision is read before the rules. An edit in between gives newer rules under an older stamp, which is stale
    and so computed again; the other order would stamp old rules as new. Such a mixture must not stay in the cache,
    so the revision is read once more before it goes there. A number alone does not name a revision: a database that
    was restored from a backup counts through the same ones again. So the time of the change has to agree as well.
    """
    row = revision_row()
    cached = _cache.get("current")
    if cached is not None and cached.is_of(row):
        CACHE.labels("hit").inc()
        return cached
    CACHE.labels("miss").inc()
    registry = field_registry()
    book = Rulebook(
        revision=row.revision,
        changed_at=row.changed_at,
        year=row.year,
        program=compile_rulesets(ruleset_specs(Ruleset.objects.filter(is_active=True)), registry),
        registry=registry,
        weights=dict(Profile.objects.filter(is_default=True).values_list("weights", flat=True).first() or {}),
        scales=scales_of(row),
    )
    if book.is_of(revision_row()):
        _cache["current"] = book
    return book


def ruleset_specs(rulesets: QuerySet[Ruleset]) -> list[RulesetSpec]:
    """Specs of these rulesets with all their groups, rules and actions. Four queries.

    Where one of them holds an override of a baseline's field, the baseline's own rules for it know that they are
    replaced there.
    """
    rules = Rule.objects.filter(is_active=True).prefetch_related("actions")
    groups = RuleGroup.objects.filter(is_active=True).prefetch_related(Prefetch("rules", queryset=rules))
    loaded = list(rulesets.prefetch_related(Prefetch("groups", queryset=groups)))
    homes = override_homes(group for ruleset in loaded for group in ruleset.groups.all())
    return [_ruleset_spec(ruleset, homes) for ruleset in loaded]


def baseline_field(rule: Rule) -> str:
    """The field of a baseline that a rule values, as `Entity.field`; "" for any other rule."""
    entity, field = rule.metadata.get("entity"), rule.metadata.get("field")
    return f"{entity}.{field}" if isinstance(entity, str) and isinstance(field, str) else ""


def override_homes(groups: Iterable[RuleGroup]) -> Homes:
    """Of these groups' rules those that are overrides: by field, in which rulesets they are."""
    found: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        if group.name == BASIC_GROUP_NAME:
            for rule in group.rules.all():
                found[baseline_field(rule)].add(group.ruleset_id)
    found.pop("", None)
    return {key: frozenset(ids) for key, ids in found.items()}


def layer_of(ruleset: Ruleset, group: RuleGroup) -> Layer:
    """Where an amount of this group comes from, for reports."""
    if group.name == BASIC_GROUP_NAME:
        return Layer.BASIC
    return Layer.BASELINE if ruleset.is_baseline else Layer.ADVANCED


def group_spec(group: RuleGroup, rules: Iterable[RuleSpec], *, pk: int, layer: Layer) -> GroupSpec:
    """A group that may not be stored yet, with the id that it is to have."""
    return GroupSpec(
        id=pk,
        name=group.name,
        rules=tuple(rules),
        display_order=group.display_order,
        weight=float(group.weight),
        match_policy=group.match_policy,
        is_active=group.is_active,
        layer=layer,
    )


def rule_spec(rule: Rule, actions: Iterable[RuleAction], homes: Homes, *, pk: int) -> RuleSpec:
    """A rule that may not be stored yet, with the id that it is to have."""
    return RuleSpec(
        id=pk,
        name=rule.name,
        conditions=rule.conditions,
        actions=tuple(action_spec(action) for action in actions),
        evaluation_order=rule.evaluation_order,
        priority=rule.priority,
        is_active=rule.is_active,
        description=rule.description,
        replaced_in=homes.get(baseline_field(rule), frozenset()),
    )


def _ruleset_spec(ruleset: Ruleset, homes: Homes) -> RulesetSpec:
    return RulesetSpec(
        id=ruleset.pk,
        name=ruleset.name,
        groups=tuple(_stored_groups(ruleset, homes)),
        priority=ruleset.priority,
        effect=ruleset.effect,
        conditions=ruleset.conditions,
        is_active=ruleset.is_active,
        layer=Layer.BASELINE if ruleset.is_baseline else Layer.ADVANCED,
    )


def _stored_groups(ruleset: Ruleset, homes: Homes) -> Iterator[GroupSpec]:
    orders: dict[str, int] = {}  # field of this baseline -> the order of the group that holds it
    for group in ruleset.groups.all() if ruleset.is_baseline else ():
        if group.name != BASIC_GROUP_NAME:
            orders |= {baseline_field(rule): group.display_order for rule in group.rules.all()}
    for group in ruleset.groups.all():
        layer = layer_of(ruleset, group)
        replaceable = homes if layer is Layer.BASELINE else {}
        rules = [rule_spec(rule, rule.actions.all(), replaceable, pk=rule.pk) for rule in group.rules.all()]
        spec = group_spec(group, rules, pk=group.pk, layer=layer)
        if layer is Layer.BASIC and orders:
            places = {rule.pk: orders.get(baseline_field(rule)) for rule in group.rules.all()}
            yield from _in_place(spec, places)
        else:
            yield spec


def _in_place(group: GroupSpec, places: Mapping[int, int | None]) -> Iterator[GroupSpec]:
    """A group of overrides in pieces, each behind the group of what it replaces: a factor is of the same price then.

    What replaces nothing, and groups of which the first match ends all, stay where they are.
    """
    pieces: dict[float, list[RuleSpec]] = defaultdict(list)
    for rule in group.rules:
        place = places[rule.id] if group.match_policy == MatchPolicy.COLLECT else None
        pieces[group.display_order if place is None else place + 0.5].append(rule)
    for order, rules in pieces.items():
        yield replace(group, rules=tuple(rules), display_order=order)
