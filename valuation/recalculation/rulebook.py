"""Rows into engine specs, and the compiled program of one revision, kept until the revision moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Model, QuerySet
from prometheus_client import Counter

from catalog.models import Profile
from valuation.choices import BASIC_GROUP_NAME, Layer
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
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.marking import revision_row, scales_of
from valuation.registry import field_registry

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything a figure depends on beside the listing: all of it belongs to `revision`."""

    revision: int
    changed_at: datetime
    year: int
    specs: tuple[RulesetSpec, ...]
    program: Program
    registry: FieldRegistry
    weights: Mapping[str, float]
    scales: Scales

    def is_of(self, row: RulesRevision) -> bool:
        return (self.revision, self.changed_at) == (row.revision, row.changed_at)


CACHE = Counter("dealbrain_rulebook_cache", "Askings for the compiled rules, by what the cache had.", ["outcome"])
_cache: dict[str, Rulebook] = {}


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
    with collector_paused():
        book = _loaded(row)
    if book.is_of(revision_row()):
        _cache["current"] = book
    return book


def _loaded(row: RulesRevision) -> Rulebook:
    registry, specs = field_registry(), tuple(active_specs())
    return Rulebook(
        revision=row.revision,
        changed_at=row.changed_at,
        year=row.year,
        specs=specs,
        program=compile_rulesets(specs, registry),
        registry=registry,
        weights=dict(Profile.objects.filter(is_default=True).values_list("weights", flat=True).first() or {}),
        scales=scales_of(row),
    )


def ruleset_specs(rulesets: QuerySet[Ruleset]) -> list[RulesetSpec]:
    """Specs of these rulesets with all that is in them, what is switched off too. Four queries."""
    return specs_of(list(rulesets))


def specs_of(kept: list[Ruleset]) -> list[RulesetSpec]:
    """Specs of these rows as they are, saved so or not, with all that is stored in them. Three queries.

    Put together here: a prefetch makes a queryset for each rule.
    """
    actions = _under("rule_id", RuleAction.objects.filter(rule__group__ruleset__in=kept))
    rules = _under("group_id", Rule.objects.filter(group__ruleset__in=kept))
    groups = _under("ruleset_id", RuleGroup.objects.filter(ruleset__in=kept))
    return [
        _ruleset_spec(
            ruleset,
            [
                _group_spec(ruleset, group, [(rule, actions[rule.pk]) for rule in rules[group.pk]])
                for group in groups[ruleset.pk]
            ],
        )
        for ruleset in kept
    ]


def _under(foreign_key: str, rows: QuerySet[Row]) -> dict[int, list[Row]]:
    """The rows in their order, by what they belong to."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, foreign_key)].append(row)
    return found


def active_specs() -> list[RulesetSpec]:
    """What counts now. Four queries."""
    return ruleset_specs(Ruleset.objects.filter(is_active=True))


def baseline_field(rule: Rule) -> str:
    """The field of a baseline that a rule of the baseline itself values, as `Entity.field`; "" for any other rule."""
    entity, field = rule.metadata.get("entity"), rule.metadata.get("field")
    return f"{entity}.{field}" if isinstance(entity, str) and isinstance(field, str) else ""


def layer_of(ruleset: Ruleset, group: RuleGroup) -> Layer:
    """Where an amount of this group comes from, for reports."""
    if group.name == BASIC_GROUP_NAME:
        return Layer.BASIC
    return Layer.BASELINE if ruleset.is_baseline else Layer.ADVANCED


def _ruleset_spec(ruleset: Ruleset, groups: list[GroupSpec]) -> RulesetSpec:
    return RulesetSpec(
        id=ruleset.pk,
        name=ruleset.name,
        groups=tuple(groups),
        priority=ruleset.priority,
        effect=ruleset.effect,
        conditions=ruleset.conditions,
        is_active=ruleset.is_active,
        layer=Layer.BASELINE if ruleset.is_baseline else Layer.ADVANCED,
        place=ruleset.place,
    )


def _group_spec(ruleset: Ruleset, group: RuleGroup, rules: list[tuple[Rule, list[RuleAction]]]) -> GroupSpec:
    layer = layer_of(ruleset, group)
    return GroupSpec(
        id=group.pk,
        name=group.name,
        rules=tuple(_rule_spec(rule, actions, is_own=layer is Layer.BASELINE) for rule, actions in rules),
        display_order=group.display_order,
        weight=float(group.weight),
        match_policy=group.match_policy,
        is_active=group.is_active,
        layer=layer,
    )


def _rule_spec(rule: Rule, actions: list[RuleAction], *, is_own: bool) -> RuleSpec:
    return RuleSpec(
        id=rule.pk,
        name=rule.name,
        conditions=rule.conditions,
        actions=tuple(action.spec for action in actions),
        evaluation_order=rule.evaluation_order,
        priority=rule.priority,
        is_active=rule.is_active,
        description=rule.description,
        values=baseline_field(rule) if is_own else "",
        overrides=rule.overrides,
    )
