"""Packages of the earlier system (schema 1.0): lists of rows that name each other by ids, nested here.

What its tables held beside (ids, times, who) says nothing about a rule and is read over. Anything else that is not
known is a problem: what is lost without a word changes a price. It wrote 0.0 as null, so where a value is needed, null
is zero; a missing priority is the usual one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalog.choices import CustomFieldType
from valuation.engine import ACTIONS, Problem
from valuation.engine.fields import nearest
from valuation.packages import columns
from valuation.packages.content import (
    MOST_ACTIONS,
    MOST_EXAMPLES_TOGETHER,
    MOST_FIELDS,
    MOST_GROUPS,
    MOST_RULES,
    MOST_RULESETS,
    OLDER_VERSION,
    Json,
)
from valuation.packages.reading import TOP_KEYS, Read, Row, listed, read_about, refuse_empty

# The rows of each list, by what they are called there and here; "" is read over.
BESIDE = dict.fromkeys(("id", "created_by", "created_at", "updated_at"), "")
RULESET = {name: name for name in columns.RULESETS if name != "is_baseline"} | {"metadata_json": "metadata"} | BESIDE
GROUP = {name: name for name in columns.GROUPS if name != "takes_overrides"} | {
    "metadata_json": "metadata",
    "ruleset_id": "",
    **BESIDE,
}
RULE = {name: name for name in columns.RULES if name != "overrides"} | {
    "metadata_json": "metadata",
    "group_id": "",
    "version": "",
    "actions": "",
    **BESIDE,
}
ACTION = {name: name for name in columns.ACTIONS} | {
    "modifiers_json": "modifiers",
    "id": "",
    "rule_id": "",
    "display_order": "",
    **BESIDE,
}
FIELD = {
    "field_name": "key",
    "field_type": "data_type",
    "entity_type": "entity",
    "default_value": "default",
    **{name: name for name in columns.FIELDS},
    **BESIDE,
}
CONDITION_KEYS = ("field_name", "field_type", "operator", "value", "logical_operator", "id", "parent_condition_id")
CONDITION_BESIDE = ("rule_id", "group_order", "created_at", "updated_at")
TYPES = {
    **{kind: kind for kind in CustomFieldType.values},
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "bool": "boolean",
    "select": "enum",
}


def flat(content: Json) -> Read:
    """A file of the earlier system as rows that are nested."""
    problems = columns.Problems()
    columns.refuse_unknown(content, (*TOP_KEYS, "rule_groups", "rules"), "", problems)
    rulesets = _rows(content, "rulesets", RULESET, MOST_RULESETS, problems)
    groups = _rows(content, "rule_groups", GROUP, MOST_GROUPS * MOST_RULESETS, problems)
    rules = _rows(content, "rules", RULE, MOST_RULES, problems)
    for row, given in rulesets:
        _take_priority(row, given)
    for row, given in rules:
        _read_rule(row, given, problems)
    _put_under(groups, "ruleset_id", rulesets, problems)
    _put_under(rules, "group_id", groups, problems)
    refuse_empty(content, problems)
    return Read(
        OLDER_VERSION,
        read_about(content, OLDER_VERSION, problems),
        [
            columns.read_row(_field(given, path, problems), columns.FIELDS, path, problems)
            for path, given in listed(content, "custom_field_definitions", "", MOST_FIELDS, problems)
        ],
        [row for row, _ in rulesets],
        listed(content, "examples", "", MOST_EXAMPLES_TOGETHER, problems),
        problems,
    )


def _rows(
    content: Json, key: str, names: dict[str, str], most: int, problems: columns.Problems
) -> list[tuple[Row, Json]]:
    """The rows of one list under our names, each beside what the file has."""
    return [
        (Row(path, _renamed(given, names, path, problems), said=_as_written), given if isinstance(given, dict) else {})
        for path, given in listed(content, key, "", most, problems)
    ]


def _renamed(given: Any, names: dict[str, str], path: str, problems: columns.Problems) -> Any:
    if not isinstance(given, dict):
        return given
    columns.refuse_unknown(given, names, path, problems)
    return {names[key]: value for key, value in given.items() if names.get(key)}


def _take_priority(row: Row, given: Json) -> None:
    """A ruleset's priority stood among its notes."""
    notes = row.given.get("metadata") if isinstance(row.given, dict) else None
    if isinstance(notes, dict) and "priority" in notes and given.get("priority") is None:
        row.given["priority"] = notes["priority"]
        row.given["metadata"] = {key: value for key, value in notes.items() if key != "priority"}


def _read_rule(row: Row, given: Json, problems: columns.Problems) -> None:
    if not isinstance(row.given, dict):
        return
    conditions = given.get("conditions")
    if isinstance(conditions, list):
        row.given["conditions"] = [
            _condition(item, f"{row.path}.conditions[{index}]", problems) for index, item in enumerate(conditions)
        ] or None
    actions = listed(given, "actions", row.path, MOST_ACTIONS, problems)
    row.inside = [
        Row(path, _action(action, path, problems), said=_as_written)
        for path, action in sorted(actions, key=lambda item: _place(item[1]))
    ]


def _place(action: Any) -> int:
    order = action.get("display_order") if isinstance(action, dict) else None
    return order if isinstance(order, int) else 0


def _condition(given: Any, path: str, problems: columns.Problems) -> Any:
    """A node: what is null in it was a column of the other kind of node."""
    if not isinstance(given, dict):
        return given
    node = {("value" if key == "value_json" else key): value for key, value in given.items()}
    columns.refuse_unknown(node, (*CONDITION_KEYS, *CONDITION_BESIDE), path, problems)
    if node.get("field_name") is not None:
        return {key: node[key] for key in CONDITION_KEYS if key in node}
    return {key: node[key] for key in ("logical_operator", "id", "parent_condition_id") if node.get(key) is not None}


def _action(given: Any, path: str, problems: columns.Problems) -> Any:
    action = _renamed(given, ACTION, path, problems)
    if isinstance(action, dict) and action.get("value_usd") is None:
        kind = action.get("action_type")
        if isinstance(kind, str) and kind in ACTIONS and ACTIONS[kind].needs_value:
            action["value_usd"] = 0
    return action


def _as_written(problem: Problem) -> Problem:
    """Where this format has another name for the place."""
    path = problem.path
    if path.endswith(".value") or ".value[" in path:
        path = path.replace(".value", ".value_json")
    return replace(problem, path=path.replace(".modifiers", ".modifiers_json"))


def _field(given: Any, path: str, problems: columns.Problems) -> Any:
    """A definition: it had a type, and no label."""
    field = _renamed(given, FIELD, path, problems)
    if not isinstance(field, dict):
        return given
    key = field.get("key")
    if isinstance(key, str):
        field["key"] = key.removeprefix("custom.")
        field.setdefault("label", field["key"].replace("_", " ").capitalize())
    kind = field.get("data_type")
    if isinstance(kind, str):
        if kind not in TYPES:
            near = nearest(kind, TYPES, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"the types are {', '.join(CustomFieldType.values)}"
            problems.add(f"{path}.field_type", f'unknown type "{kind[:100]}"', "type", hint)
        field["data_type"] = TYPES.get(kind, CustomFieldType.STRING)
    return field


def _put_under(
    rows: list[tuple[Row, Json]], key: str, homes: list[tuple[Row, Json]], problems: columns.Problems
) -> None:
    """Each row inside the one whose id it names."""
    by_id: dict[str, Row] = {}
    for home, given in homes:
        if given.get("id") is None:
            problems.add(f"{home.path}.id", "this is needed: other rows name it", "required")
        elif by_id.setdefault(str(given["id"])[:100], home) is not home:
            problems.add(f"{home.path}.id", "another row has this id", "duplicate")
    for row, given in rows:
        found = by_id.get(str(given.get(key))[:100])
        if found is None:
            problems.add(f"{row.path}.{key}", f'no row has the id "{str(given.get(key))[:100]}"', "unknown")
        else:
            found.inside.append(row)
