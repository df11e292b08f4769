"""A ruleset as if it counted, inside a rehearsal: a draft in its original's place, with what was chosen for that."""

from __future__ import annotations

from valuation.models import Ruleset, RulesetOverride


def switch_on(ruleset: Ruleset) -> None:
    """Have this ruleset count, whatever its switch says. To be taken back by the caller."""
    original = ruleset.draft_of
    if (original or ruleset).is_baseline:
        Ruleset.objects.filter(is_baseline=True).exclude(pk=ruleset.pk).update(is_active=False)
    if original is None:
        Ruleset.objects.filter(pk=ruleset.pk).update(is_active=True)
        return
    Ruleset.objects.filter(pk=original.pk).update(is_active=False)
    place = original.pk if original.place is None else original.place
    Ruleset.objects.filter(pk=ruleset.pk).update(
        draft_of=None, is_active=True, is_baseline=original.is_baseline, place=place
    )
    RulesetOverride.objects.filter(static_ruleset=original).update(static_ruleset=ruleset)
    RulesetOverride.disabled_rulesets.through.objects.filter(ruleset=original).update(ruleset=ruleset)
