"""What the groups and rulesets are called that an older version names."""

from __future__ import annotations

from collections.abc import Iterable

from valuation.explaining.differences import Homes
from valuation.history.states import Json
from valuation.models import RuleGroup, Ruleset


def homes_of(contents: Iterable[Json | None]) -> Homes:
    """The names of the groups and rulesets that these name, as they are called now. Two queries."""
    told = [content for content in contents if content]
    groups = {content["group_id"] for content in told if content.get("group_id") is not None}
    rulesets = {content["ruleset_id"] for content in told if content.get("ruleset_id") is not None}
    found = {("group_id", pk): name for pk, name in RuleGroup.objects.filter(pk__in=groups).values_list("pk", "name")}
    named = Ruleset.objects.filter(pk__in=rulesets).values_list("pk", "name")
    return {**found, **{("ruleset_id", pk): name for pk, name in named}}
