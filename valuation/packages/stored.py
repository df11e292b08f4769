"""Rulesets as they are stored, as the content of a package."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from valuation.models import Rule, RuleAction, RuleGroup, Ruleset
from valuation.packages.content import (
    ACTION_COLUMNS,
    GROUP_COLUMNS,
    RULE_COLUMNS,
    RULESET_COLUMNS,
    GroupContent,
    Json,
    RuleContent,
    RulesetContent,
    plain,
)
from valuation.packages.examples import examples_of


def stored_rulesets(rulesets: QuerySet[Ruleset]) -> list[RulesetContent]:
    """These rulesets with all that is in them, in the order in which they run. Four queries, and those of examples."""
    rows = list(rulesets.order_by("priority", Coalesce("place", "pk"), "pk").values("pk", *RULESET_COLUMNS))
    ids = [row["pk"] for row in rows]
    actions = _under("rule_id", RuleAction.objects.filter(rule__group__ruleset__in=ids), ACTION_COLUMNS, ("position",))
    rules = _under(
        "group_id", Rule.objects.filter(group__ruleset__in=ids), RULE_COLUMNS, ("evaluation_order", "priority")
    )
    groups = _under("ruleset_id", RuleGroup.objects.filter(ruleset__in=ids), GROUP_COLUMNS, ("display_order",))
    examples = examples_of(ids)
    return [
        RulesetContent(
            _values(row, RULESET_COLUMNS),
            tuple(
                GroupContent(
                    _values(group, GROUP_COLUMNS),
                    tuple(
                        RuleContent(
                            _values(rule, RULE_COLUMNS),
                            tuple(_values(action, ACTION_COLUMNS) for action in actions[rule["pk"]]),
                            pk=rule["pk"],
                        )
                        for rule in rules[group["pk"]]
                    ),
                    pk=group["pk"],
                )
                for group in groups[row["pk"]]
            ),
            examples.get(row["pk"], ()),
            pk=row["pk"],
        )
        for row in rows
    ]


def _under(
    foreign_key: str, rows: QuerySet[Any], columns: Iterable[str], order: Iterable[str]
) -> Mapping[int, list[Json]]:
    """The rows in their order, by what they belong to."""
    found: dict[int, list[Json]] = defaultdict(list)
    for row in rows.order_by(*order, "pk").values("pk", foreign_key, *columns):
        found[row[foreign_key]].append(row)
    return found


def _values(row: Json, columns: Iterable[str]) -> Json:
    values: Json = plain({name: row[name] for name in columns})
    return values
