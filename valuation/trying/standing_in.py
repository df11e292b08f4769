"""A ruleset as if it counted: a draft in its original's place, with what was chosen for that.

Read so where nothing else changes; inside a rehearsal, switched on.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from valuation.engine import RulesetSpec
from valuation.models import Ruleset, RulesetOverride
from valuation.recalculation.facts import Choices, load_choices
from valuation.recalculation.rulebook import specs_of
from valuation.trying.rehearsal import World, current_world


def switch_on(ruleset: Ruleset) -> None:
    """Have this ruleset count, whatever its switch says. To be taken back by the caller."""
    original = ruleset.draft_of
    if (original or ruleset).is_baseline:
        Ruleset.objects.filter(is_baseline=True).exclude(pk=ruleset.pk).update(is_active=False)
    if original is not None:
        Ruleset.objects.filter(pk=original.pk).update(is_active=False)
        RulesetOverride.objects.filter(static_ruleset=original).update(static_ruleset=ruleset)
        RulesetOverride.disabled_rulesets.through.objects.filter(ruleset=original).update(ruleset=ruleset)
    Ruleset.objects.filter(pk=ruleset.pk).update(**as_if_on(ruleset))


def as_if_on(ruleset: Ruleset) -> dict[str, Any]:
    """The columns of a ruleset that counts, by name; of a draft, those of one in the place of its original."""
    original = ruleset.draft_of
    if original is None:
        return {"is_active": True}
    place = original.pk if original.place is None else original.place
    return {"is_active": True, "draft_of": None, "is_baseline": original.is_baseline, "place": place}


def specs_beside(ruleset: Ruleset) -> list[RulesetSpec]:
    """What counts, with this ruleset switched on, a draft in the place of its original."""
    original = ruleset.draft_of
    others = Ruleset.objects.filter(is_active=True)
    if (original or ruleset).is_baseline:
        others = others.filter(is_baseline=False)
    rows = [*others.exclude(pk__in=[ruleset.pk, ruleset.draft_of_id or 0]), ruleset]
    if original is not None:
        rows[-1] = copy(ruleset)
        for name, value in as_if_on(ruleset).items():
            setattr(rows[-1], name, value)
    return [replace(spec, is_active=True) for spec in specs_of(rows)]


def world_if_on(ruleset: Ruleset | None) -> World:
    """What counts now, if it does not yet with this ruleset as it is stored. Eight queries; nothing is written.

    What was chosen for an original is chosen for its draft.
    """
    if ruleset is None or ruleset.is_active:
        return current_world()
    stored = Ruleset.objects.select_related("draft_of").filter(pk=ruleset.pk).first()
    if stored is None:  # deleted a moment ago
        return current_world()

    def moved(chosen: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        return tuple((listing, stored.pk if pk == stored.draft_of_id else pk) for listing, pk in chosen)

    choices = load_choices()
    return World(tuple(specs_beside(stored)), Choices(moved(choices.assigned), moved(choices.disabled)))


def world_with(ruleset: Ruleset | None) -> World:
    """What counts now; with a draft, what would count if it were published as it is."""
    is_draft = ruleset is not None and ruleset.draft_of_id is not None
    return world_if_on(ruleset if is_draft else None)
