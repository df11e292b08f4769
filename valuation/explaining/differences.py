"""What a change of a ruleset, group or rule changed, in words: a line for each thing that differs.

Pure functions of what was written down (the JSON of the audit log and of versions) and the field registry. They read
leniently, as summaries do: what was written down long ago may name what there is not any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from valuation.choices import Effect, MatchPolicy
from valuation.engine import ActionSpec, FieldRegistry, Json
from valuation.explaining.summaries import NO_ACTION, summarise_action, summarise_conditions

LABELS = {
    "name": "Name",
    "description": "Description",
    "version": "Version",
    "effect": "Effect",
    "priority": "Priority",
    "conditions": "Applies when",
    "actions": "Amount",
    "is_active": "Active",
    "category": "Category",
    "display_order": "Order",
    "evaluation_order": "Order",
    "weight": "Weight",
    "match_policy": "Matching rules",
    "entity_key": "Entity",
    "ruleset_id": "Ruleset",
    "group_id": "Group",
    "overrides": "Instead of the baseline's",
    "takes_overrides": "Holds overrides",
    "is_baseline": "Baseline",
    "metadata": "Metadata",
}
# What says enough of a row that was made or deleted.
OF_WHOLE_ROWS = ("effect", "conditions", "actions")
NONE = "–"
MOST_TEXT = 300
SPEC_NAMES = {field.name for field in fields(ActionSpec)}
CHOICES = {"effect": dict(Effect.choices), "match_policy": dict(MatchPolicy.choices)}

Homes = Mapping[tuple[str, int], str]
"""Names of groups and rulesets: ("group_id", 5) -> "RAM"."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: `Amount`, `-$15`, `-$20`."""

    label: str
    old: str
    new: str


def differences(
    before: Mapping[str, Json] | None, after: Mapping[str, Json] | None, registry: FieldRegistry, homes: Homes
) -> list[Difference]:
    """What differs, in the order of the table above; of what was made or deleted, when it applies and what it adds."""
    old, new = before or {}, after or {}
    found = []
    for name, label in LABELS.items():
        if not (name in old or name in new) or (not (old and new) and name not in OF_WHOLE_ROWS):
            continue
        if name == "ruleset_id" and "group_id" in {**old, **new}:
            continue  # the group says it
        was, became = old.get(name), new.get(name)
        if name == "metadata":
            found += _of_metadata(was, became)
        elif json.dumps(was, sort_keys=True) != json.dumps(became, sort_keys=True):
            pair = [words_of(name, side.get(name), registry, homes) if name in side else NONE for side in (old, new)]
            if pair[0] != pair[1]:
                found.append(Difference(label, *pair))
    return found


def words_of(name: str, value: Json, registry: FieldRegistry, homes: Homes) -> str:
    """What a version says under `name`, in words."""
    if name == "conditions":
        return summarise_conditions(value, registry)
    if name == "actions":
        return _actions(value, registry)
    if name == "metadata":
        return _clip(json.dumps(value, ensure_ascii=False, sort_keys=True)) if value else NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if name in ("group_id", "ruleset_id") and isinstance(value, int):
        return homes.get((name, value), f"one that is gone ({value})")
    return _clip(str(value)) if value not in (None, "") else NONE


def _actions(value: Json, registry: FieldRegistry) -> str:
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    said = [summarise_action(_spec(row), registry) for row in rows]
    return "; ".join(said) or NO_ACTION


def _spec(row: Mapping[str, Json]) -> ActionSpec:
    values = {name: value for name, value in row.items() if name in SPEC_NAMES}
    amount = values.get("value_usd")
    values["value_usd"] = None if amount is None else float(amount)
    values["modifiers"] = values.get("modifiers") or {}
    return ActionSpec(**values)


def _of_metadata(was: Json, became: Json) -> list[Difference]:
    """Key by key: metadata may be long, and what differs is one of them."""
    old, new = (value if isinstance(value, Mapping) else {} for value in (was, became))
    return [
        Difference(f"Metadata: {key}", _json(old, key), _json(new, key))
        for key in sorted({*old, *new})
        if _json(old, key) != _json(new, key)
    ]


def _json(values: Mapping[str, Json], key: str) -> str:
    return _clip(json.dumps(values[key], ensure_ascii=False, sort_keys=True)) if key in values else NONE


def _clip(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
