"""What rules have to do with custom fields: which of them name one, and deleting one that is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.choices import CustomFieldEntity
from catalog.models import CustomField
from listings.custom_fields import archive_values, usage
from valuation.engine import FieldRegistry, UnknownField
from valuation.engine.actions import compile_action
from valuation.models import Rule, RuleAction, Ruleset
from valuation.registry import field_registry

Named = tuple[int, str]
"""A rule or ruleset as (id, name)."""
WORD = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many values were archived, and what named the field and runs without it, or not at all, from now on."""

    archived: int
    rules: list[Named]
    rulesets: list[Named]


class FieldInUse(ValidationError):
    """Rows hold values of the field, or rules name it, and nobody insisted."""

    def __init__(self, *, rows: int, rules: list[Named], rulesets: list[Named]) -> None:
        self.rows = rows
        self.rules = rules
        self.rulesets = rulesets
        uses = [f"{rows:,} row{'' if rows == 1 else 's'} with a value"] if rows else []
        uses += [named_in_words(rules=rules, rulesets=rulesets)] if rules or rulesets else []
        super().__init__(f"The field is in use: {'; '.join(uses)}. Use force to delete it all the same.", code="in_use")


def delete_field(*, field: CustomField, force: bool) -> Deletion:
    """Delete a custom field. Raises FieldInUse when it is used and `force` is not set; nothing has changed then.

    Its values go from the rows to `ArchivedValue`. Rules that name it stay as they are, and say that they cannot run.
    """
    with transaction.atomic():
        field.held()
        rules = [(rule.pk, rule.name) for rule in rules_naming(field)]
        rulesets = [(ruleset.pk, ruleset.name) for ruleset in rulesets_naming(field)]
        rows = 0 if force else usage(field).rows
        if not force and (rows or rules or rulesets):
            raise FieldInUse(rows=rows, rules=rules, rulesets=rulesets)
        archived = archive_values(field)
        # Its receiver moves the rules' revision: every figure is stale, those of the changed rows too.
        field.delete()
    return Deletion(archived, rules, rulesets)


def rules_naming(field: CustomField) -> list[Rule]:
    """The rules, active or not, with a condition, metric, formula or modifier that reads the field. Three queries."""
    if field.entity != CustomFieldEntity.LISTING:
        return []  # rules see no others
    registry, path = field_registry(), f"custom.{field.key}"
    return [
        rule
        for rule in Rule.objects.prefetch_related("actions").select_related("group__ruleset")
        if _names(rule.conditions, path, registry)
        or any(_action_names(action, path, registry) for action in rule.actions.all())
    ]


def rulesets_naming(field: CustomField) -> list[Ruleset]:
    """The rulesets whose own conditions read the field. Two queries."""
    if field.entity != CustomFieldEntity.LISTING:
        return []
    registry, path = field_registry(), f"custom.{field.key}"
    return [ruleset for ruleset in Ruleset.objects.all() if _names(ruleset.conditions, path, registry)]


def _names(tree: Any, path: str, registry: FieldRegistry) -> bool:
    """Whether any leaf of stored conditions reads the field; also of those that have an error elsewhere."""
    return any(_resolves(name, path, registry.resolve) for name in _field_names(tree))


def _field_names(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.append(node.get("conditions"))
            if isinstance(node.get("field_name"), str):
                yield node["field_name"]


def _action_names(action: RuleAction, path: str, registry: FieldRegistry) -> bool:
    """Whether an action reads the field. One that is broken is looked through by its words."""
    compiled, _ = compile_action(action.spec, registry)
    if compiled is not None:
        return path in compiled.fields
    multipliers = action.modifiers.get("multipliers") if isinstance(action.modifiers, dict) else None
    named = [item.get("field") for item in multipliers or () if isinstance(item, dict)]
    if any(_resolves(name, path, registry.resolve) for name in (action.metric, *named) if isinstance(name, str)):
        return True
    return any(_resolves(word, path, registry.resolve_in_formula) for word in WORD.findall(action.formula))


def _resolves(name: str, path: str, resolve: Any) -> bool:
    try:
        return bool(resolve(name).path == path)
    except UnknownField:
        return False


def named_in_words(**named: Sequence[Named]) -> str:
    """`rule "One" (3); rulesets "A" (1), "B" (2)`; each word comes in the plural."""
    return "; ".join(_listed(kind.removesuffix("s"), found) for kind, found in named.items() if found)


def _listed(kind: str, named: Sequence[Named]) -> str:
    """`rule "One" (3), "Two" (4)`, cut short."""
    shown = ", ".join(f'"{name}" ({pk})' for pk, name in named[:MOST_SHOWN])
    more = f" and {len(named) - MOST_SHOWN} more" if len(named) > MOST_SHOWN else ""
    return f"{kind}{'' if len(named) == 1 else 's'} {shown}{more}"
