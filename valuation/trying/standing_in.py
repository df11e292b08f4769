"""A ruleset as if it counted, inside a rehearsal: a draft in its original's place, with what was chosen for that."""

from __future__ import annotations

from functools import partial
from typing import Any

from valuation.models import Ruleset, RulesetOverride
from valuation.trying.rehearsal import World, current_world, rehearse


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


def world_if_on(ruleset: Ruleset | None) -> World:
    """What counts now, if it does not yet with this ruleset."""
    if ruleset is None or ruleset.is_active:
        return current_world()
    return rehearse(partial(switch_on, ruleset)).after


def world_with(ruleset: Ruleset | None) -> World:
    """What counts now; with a draft, what would count if it were published as it is."""
    is_draft = ruleset is not None and ruleset.draft_of_id is not None
    return world_if_on(ruleset if is_draft else None)
