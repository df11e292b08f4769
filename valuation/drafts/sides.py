"""A ruleset as plain data, row by row, under the ids of the original: what three sides of a draft are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from valuation.history.states import Json, load_states
from valuation.models import Draft, Ruleset, TargetKind

# Of a ruleset itself: what it is called, whether it counts, and which listings it is assigned to stay the original's.
RELEASED = ("description", "version", "effect", "priority", "conditions", "metadata")
EXAMPLE = "example"
RULESET, GROUP, RULE = str(TargetKind.RULESET), str(TargetKind.GROUP), str(TargetKind.RULE)
KINDS = (RULESET, GROUP, RULE, EXAMPLE)

Side = dict[str, dict[str, Json]]
"""By kind, and by the original's id as text: the content of each row. Of examples, by name."""


def plain(ruleset: Ruleset) -> Side:
    """What is in a ruleset, under its own ids. At most five queries."""
    found: Side = {kind: {} for kind in KINDS}
    for target, state in load_states(rulesets=[ruleset.pk]).items():
        content = state.content
        if target.kind is TargetKind.RULESET:
            content = {name: content[name] for name in RELEASED}
        elif target.kind is TargetKind.GROUP:
            content = {name: value for name, value in content.items() if name != "ruleset_id"}
        found[str(target.kind)][str(target.pk)] = content
    for example in ruleset.examples.all():
        found[EXAMPLE][example.name] = {"facts": example.facts, "expected": example.expected}
    return found


def draft_side(draft: Draft, theirs: Side) -> Side:
    """What is in a draft, under the ids of the original's rows that its rows stand for.

    A row that is new has the negative of its id, or the id of one that the original got meanwhile by the same name.
    """
    own = plain(draft.ruleset)
    base: Side = draft.base
    groups = _ids(own[GROUP], draft.stands_for.get(GROUP, {}))
    groups |= _twins(own[GROUP], groups, theirs[GROUP], base[GROUP], lambda row: row["name"])
    for row in own[RULE].values():
        row["group_id"] = int(groups[str(row["group_id"])])
    rules = _ids(own[RULE], draft.stands_for.get(RULE, {}))
    rules |= _twins(own[RULE], rules, theirs[RULE], base[RULE], lambda row: (row["group_id"], row["name"]))
    return {
        RULESET: {str(draft.original_id): next(iter(own[RULESET].values()))},
        GROUP: {groups[pk]: row for pk, row in own[GROUP].items()},
        RULE: {rules[pk]: row for pk, row in own[RULE].items()},
        EXAMPLE: own[EXAMPLE],
    }


def _ids(rows: Mapping[str, Json], stands_for: Mapping[str, int]) -> dict[str, str]:
    return {pk: str(stands_for[pk]) if pk in stands_for else f"-{pk}" for pk in rows}


def _twins(
    rows: Mapping[str, Json], ids: Mapping[str, str], theirs: Mapping[str, Json], base: Mapping[str, Json], key: Any
) -> dict[str, str]:
    """What both sides have added under one name is one row, about which they may differ."""
    added = {key(row): pk for pk, row in theirs.items() if pk not in base}
    return {pk: added[key(row)] for pk, row in rows.items() if ids[pk].startswith("-") and key(row) in added}
