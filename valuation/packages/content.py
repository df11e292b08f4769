"""What is in a package, as plain data: rulesets > groups > rules > actions, each with the values of its columns.

Values are JSON in one spelling, whether they were read from rows or from a file: two contents are the same when their
texts are. Lists are in the order in which things run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from dealbrain.text import nfc_json
from valuation.decoding import Bounds, DocumentError
from valuation.engine import FieldRegistry, Problem
from valuation.examples.storing import MOST_EXAMPLES
from valuation.history.states import ACTION_FIELDS, GROUP_FIELDS, RULE_FIELDS, RULESET_FIELDS
from valuation.registry import STANDARD_REGISTRY

Json = dict[str, Any]

SCHEMA_VERSION = "1.1"
OLDER_VERSION = "1.0"  # by the earlier system: lists of rows that name each other by their ids
BOUNDS = Bounds("a package", most_bytes=20_000_000, most_depth=140, most_digits=309)
MOST_RULESETS = 100
MOST_EXAMPLES_TOGETHER = MOST_RULESETS * MOST_EXAMPLES
MOST_GROUPS = 1_000  # of one ruleset
MOST_RULES = 10_000  # of one package: usual ones are 6 MB then, so that what was installed can be exported again
MOST_ACTIONS = 50  # of one rule
MOST_FIELDS = 200
MOST_TAGS = 50

# What the history keeps of a row is what a package carries, and its metadata. Order tells `place` and `position`.
RULESET_COLUMNS = (*(name for name in RULESET_FIELDS if name != "place"), "metadata")
GROUP_COLUMNS = (*GROUP_FIELDS, "metadata")
RULE_COLUMNS = (*RULE_FIELDS, "metadata")
ACTION_COLUMNS = tuple(name for name in ACTION_FIELDS if name != "position")
# The columns of a custom field, by what a package calls them.
FIELD_COLUMNS = {
    "entity": "entity",
    "key": "key",
    "label": "label",
    "data_type": "data_type",
    "description": "description",
    "options": "options",
    "required": "is_required",
    "default": "default",
    "validation": "validation",
    "is_active": "is_active",
    "display_order": "display_order",
}


class PackageError(DocumentError):
    """Everything that is wrong with a package, at once, each with its place in the file."""


def refused(path: str, message: str, code: str = "package", suggestion: str = "") -> PackageError:
    """An error of one problem."""
    return PackageError([Problem(path, message, code, suggestion)])


@dataclass(frozen=True, slots=True)
class RuleContent:
    """A rule with its actions. `path` is its place in the file, `pk` its id here, as far as there is one."""

    values: Json
    actions: tuple[Json, ...] = ()
    path: str = ""
    pk: int | None = None

    @property
    def order(self) -> tuple[int, int]:
        return self.values["evaluation_order"], self.values["priority"]

    @property
    def text(self) -> str:
        return text_of({**self.values, "actions": self.actions})


@dataclass(frozen=True, slots=True)
class GroupContent:
    """A group with its rules in the order in which they run."""

    values: Json
    rules: tuple[RuleContent, ...] = ()
    path: str = ""
    pk: int | None = None

    @property
    def order(self) -> int:
        return int(self.values["display_order"])


@dataclass(frozen=True, slots=True)
class RulesetContent:
    """A ruleset with its groups in the order in which they run, and the examples that travel with it."""

    values: Json
    groups: tuple[GroupContent, ...] = ()
    examples: tuple[Json, ...] = ()
    path: str = ""
    pk: int | None = None

    @property
    def name(self) -> str:
        return str(self.values["name"])

    @property
    def is_baseline(self) -> bool:
        return bool(self.values["is_baseline"])

    @property
    def rules(self) -> list[RuleContent]:
        return [rule for group in self.groups for rule in group.rules]

    @property
    def text(self) -> str:
        """What tells two rulesets apart: everything that is written of them."""
        return text_of(
            {
                **self.values,
                "examples": self.examples,
                "groups": [
                    {**group.values, "rules": [{**rule.values, "actions": rule.actions} for rule in group.rules]}
                    for group in self.groups
                ],
            }
        )

    def named(self, name: str) -> RulesetContent:
        return replace(self, values={**self.values, "name": name})


@dataclass(frozen=True, slots=True)
class About:
    """What a package says of itself. It changes no rule; `created_at` is empty where nobody has said a time."""

    name: str = ""
    version: str = "1.0.0"
    author: str = ""
    description: str = ""
    created_at: str | None = None
    tags: tuple[str, ...] = ()
    min_app_version: str | None = None
    required_fields: tuple[str, ...] = ()  # paths of custom fields


@dataclass(frozen=True, slots=True)
class Package:
    """One file: its rulesets in the order in which they run, and the custom fields that they need.

    `registry` is what rules may name where it is installed; it was checked against that.
    """

    about: About
    rulesets: tuple[RulesetContent, ...]
    fields: tuple[Json, ...] = ()
    warnings: tuple[Problem, ...] = ()
    registry: FieldRegistry = STANDARD_REGISTRY


def plain(value: Any) -> Any:
    """A JSON value in one spelling: NFC, whole numbers without a point, decimals as numbers.

    (Databases spell numbers differently: 16.0 comes back as 16.0 from one and as 16 from another.)
    """
    found = [nfc_json(value)]
    waiting: list[tuple[Any, Any]] = [(found, 0)]
    while waiting:
        holder, key = waiting.pop()
        item = holder[key]
        if isinstance(item, Decimal):
            holder[key] = item = float(item)
        if isinstance(item, float):
            holder[key] = int(item) if item.is_integer() else item
        elif isinstance(item, list | tuple):
            holder[key] = copy = list(item)
            waiting.extend((copy, place) for place in range(len(copy)))
        elif isinstance(item, Mapping):
            holder[key] = named = dict(item)
            waiting.extend((named, name) for name in named)
    return found[0]


def text_of(value: Any) -> str:
    """The text by which two values are compared. (By text: to Python, 1 and true are equal.)"""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def in_order(rulesets: Iterable[RulesetContent]) -> tuple[RulesetContent, ...]:
    """By priority; among equals, as they are given."""
    return tuple(sorted(rulesets, key=lambda ruleset: ruleset.values["priority"]))
