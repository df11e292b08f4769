"""Custom fields in packages: which of them rules need, how they are defined, and making those that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError

from catalog.choices import CustomFieldEntity
from catalog.models import CustomField
from valuation.engine import ActionSpec, FieldRegistry, Problem, UnknownField
from valuation.engine.actions import compile_action
from valuation.engine.conditions import written_leaves
from valuation.packages.columns import Problems
from valuation.packages.content import FIELD_COLUMNS, Json, PackageError, RulesetContent, plain
from valuation.registry import registry_of

CUSTOM = "custom."
ADD_FIELD = "catalog.add_customfield"


def paths_needed(rulesets: Iterable[RulesetContent], registry: FieldRegistry) -> list[str]:
    """The paths of the custom fields that these name, in the order of the alphabet."""
    if not any(field.path.startswith(CUSTOM) for field in registry.fields):
        return []
    found: set[str] = set()
    for ruleset in rulesets:
        trees = [ruleset.values["conditions"], *(rule.values["conditions"] for rule in ruleset.rules)]
        for tree in trees:
            found |= {_path(leaf["field_name"], registry) for _, leaf in written_leaves(tree)}
        for rule in ruleset.rules:
            for action in rule.actions:
                compiled, _ = compile_action(ActionSpec(**action), registry)
                found |= compiled.fields if compiled is not None else set()
    return sorted(path for path in found if path.startswith(CUSTOM))


def _path(name: Any, registry: FieldRegistry) -> str:
    try:
        return registry.resolve(name).path if isinstance(name, str) else ""
    except UnknownField:
        return ""


def definitions_of(paths: Iterable[str]) -> list[Json]:
    """How these custom fields are defined, by their keys. One query."""
    keys = [path.removeprefix(CUSTOM) for path in paths]
    rows = CustomField.objects.filter(entity=CustomFieldEntity.LISTING, key__in=keys).order_by("key")
    return [
        {name: plain(getattr(row, column)) for name, column in FIELD_COLUMNS.items()} for row in rows if row is not None
    ]


def registry_with(fields: list[Json], problems: Problems) -> FieldRegistry:
    """What rules may name once these definitions are here. What is wrong with one is told with its place. One query.

    A field that is there already stays as it is, whatever else a package says of it, if it is of the same type.
    """
    known = {row.key: row for row in CustomField.objects.filter(entity=CustomFieldEntity.LISTING)}
    new: dict[str, CustomField] = {}
    for index, field in enumerate(fields):
        path, key = f"custom_field_definitions[{index}]", field["key"]
        there = known.get(key)
        if field["entity"] != CustomFieldEntity.LISTING:
            problems.add(f"{path}.entity", "rules see the custom fields of listings only", "entity")
        elif key in new:
            problems.add(f"{path}.key", f'"{key}" is defined twice', "duplicate")
        elif there is None:
            new[key] = made = _row(field)
            problems.take(_problems_of(made, path))
        elif there.data_type != field["data_type"]:
            problems.add(path, _another_type(key, there.data_type, field["data_type"]), "type")
    return registry_of([*known.values(), *new.values()])


def create_missing(fields: Iterable[Json], user: Any = None) -> list[str]:
    """Make the definitions that are not there, in the caller's transaction. Returns their paths.

    Raises PackageError where one of another type has come to be there meanwhile, PermissionDenied where `user` may not.
    """
    known = {row.key: row for row in CustomField.objects.filter(entity=CustomFieldEntity.LISTING)}
    made = []
    for field in fields:
        key, there = field["key"], known.get(field["key"])
        if there is None:
            if user is not None and not user.has_perm(ADD_FIELD):
                raise PermissionDenied(
                    f'The package needs the custom field "{key}", which is not here: people with the permission '
                    f"{ADD_FIELD} may make it."
                )
            known[key] = row = _row(field)
            row.save()
            made.append(f"{CUSTOM}{key}")
        elif there.data_type != field["data_type"]:
            raise PackageError([Problem("", _another_type(key, there.data_type, field["data_type"]), "type")])
    return made


def _row(field: Mapping[str, Any]) -> CustomField:
    return CustomField(**{column: field[name] for name, column in FIELD_COLUMNS.items()})


def _problems_of(row: CustomField, path: str) -> list[Problem]:
    names = {column: name for name, column in FIELD_COLUMNS.items()}
    found = []
    for check in (row.clean_fields, row.clean):
        try:
            check()
        except ValidationError as error:
            told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
            found += [
                Problem(f"{path}.{names.get(column, column)}".rstrip("."), message, "field")
                for column, messages in told.items()
                for message in messages
            ]
            break
    return found


def _another_type(key: str, here: str, wanted: str) -> str:
    return f'the custom field "{key}" is of the type {here} here, and {wanted} in the package: rename one of them'
