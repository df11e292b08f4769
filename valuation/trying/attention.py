"""Which rules in force deserve a look: those that never hold, that always do, that cannot run or wait for somebody.

One evaluation over all active listings, without a write. What is found is bounded; the counts are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from valuation.engine.program import Rule as CompiledRule
from valuation.models import Rule
from valuation.models.rules import NEEDS_CONFIGURATION
from valuation.trying.impact import Survey, survey
from valuation.trying.rehearsal import current_world

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Noted:
    """A rule, where it stands, and why it is named here. `rule_id` is None where more than a rule cannot run."""

    rule_id: int | None
    name: str
    place: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`count` rules that have their `title` in common, of which the first are named; `advice` says what to do."""

    key: str
    title: str
    advice: str
    count: int
    named: tuple[Noted, ...]


@dataclass(frozen=True, slots=True)
class Attention:
    """`checked` priced active listings, and the kinds of rules that there are any of."""

    checked: int
    kinds: tuple[Kind, ...]


def attention() -> Attention:
    """Look at every rule in force. Without a listing nothing is said of how many it matches."""
    found = survey(current_world())
    never, always = _by_matches(found)
    kinds = (
        _kind("broken", "cannot run", "They add nothing until they are mended.", _broken(found)),
        _waiting(),
        _kind("never", "match no listing", "Compare the conditions with what the inventory holds.", never),
        _kind("always", "match every listing", "Their conditions rule nothing out: are they needed?", always),
    )
    return Attention(found.checked, tuple(kind for kind in kinds if kind.count))


def _kind(key: str, title: str, advice: str, noted: Sequence[Noted]) -> Kind:
    return Kind(key, title, advice, len(noted), tuple(noted[:MOST_SHOWN]))


def _by_matches(found: Survey) -> tuple[list[Noted], list[Noted]]:
    """Those that hold nowhere, and those with conditions that hold everywhere. What is overridden is neither."""
    never: list[Noted] = []
    always: list[Noted] = []
    if not found.checked:
        return never, always
    for ruleset in found.program.rulesets:
        for group in ruleset.groups:
            for rule in group.rules:
                total = found.rules.get(rule.spec.id)
                matched = total.matched if total else 0
                noted = Noted(rule.spec.id, rule.spec.name, f"{ruleset.name}, {group.spec.name}")
                if not matched and not rule.replaced_in:
                    never.append(noted)
                elif matched == found.checked and _asks(rule):
                    always.append(noted)
    return never, always


def _asks(rule: CompiledRule) -> bool:
    """Whether a rule has conditions of its own: one that is for every listing is meant to match them all."""
    return rule.condition is not None and bool(rule.spec.conditions)


def _broken(found: Survey) -> list[Noted]:
    noted: dict[Any, Noted] = {}
    for problem in found.program.problems:
        key = (problem.ruleset_id, problem.group_id, problem.rule_id)
        name = problem.rule_name or problem.group_name or problem.ruleset_name
        place = ", ".join(filter(None, (problem.ruleset_name, problem.group_name)))
        noted.setdefault(key, Noted(problem.rule_id, name, place, str(problem.problem)))
    return list(noted.values())


def _waiting() -> Kind:
    """What the loader of baselines could not read, of rulesets that count."""
    waiting = Rule.objects.filter(
        is_active=False, metadata__has_key=NEEDS_CONFIGURATION, group__ruleset__is_active=True
    ).select_related("group__ruleset")
    named = tuple(
        Noted(rule.pk, rule.name, f"{rule.group.ruleset}, {rule.group}", rule.needs_configuration)
        for rule in waiting[:MOST_SHOWN]
    )
    count = len(named) if len(named) < MOST_SHOWN else waiting.count()
    return Kind("waiting", "need configuration", "Say when each applies, and activate it.", count, named)
