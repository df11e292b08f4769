"""What an analyst wrote, as plain frozen data: the input of the compiler.

Nothing here is checked; `compiler` and the `check_*` functions do that. Conditions stay the JSON
that is stored (`Json`), so that every error can point into the text the analyst knows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
"""A decoded JSON value: dict, list, str, int, float, bool or None."""


def json_number(value: Json) -> float | None:
    """A JSON number as a float; None for anything else, and for what no float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON knows integers of any length
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition: a leaf (`operator` and `field` set) or a group (`logic` set).

    `value` is what the column function needs (folded text, floats, a compiled pattern), `expected` what was
    written. `path` points into the stored JSON: `conditions[1].conditions[0]`.
    """

    path: str
    logic: str = ""  # "and", "or", "not"; empty for a leaf
    children: tuple[Condition, ...] = ()
    field: str = ""  # canonical dotted path of the field registry
    operator: str = ""
    value: Any = None
    expected: Json = None


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of a rule. `value_usd` is in dollars (percent for a multiplier), unrounded."""

    action_type: str
    metric: str = ""
    value_usd: float | None = None
    unit_type: str = ""
    formula: str = ""
    modifiers: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule: when its conditions hold, each action gives dollars. Order: (evaluation_order, priority, id).

    `values` is the field of a baseline that a rule of the baseline itself is about, `overrides` the one whose rules
    this one counts instead of; both as `Entity.field`. `overriding` says what follows from them.
    """

    id: int
    name: str
    conditions: Json = None
    actions: tuple[ActionSpec, ...] = ()
    evaluation_order: int = 100
    priority: int = 100
    is_active: bool = True
    description: str = ""
    values: str = ""
    overrides: str = ""


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """Rules that belong together. Order: (display_order, id). `weight` (0..1) scales every action in it."""

    id: int
    name: str
    rules: tuple[RuleSpec, ...] = ()
    display_order: int = 100
    weight: float = 1.0
    match_policy: str = "collect"  # or "first": the first rule that matches ends the group
    is_active: bool = True
    layer: str = "advanced"  # for reports only: baseline, basic, advanced


@dataclass(frozen=True, slots=True)
class RulesetSpec:
    """Groups under one name. Order: (priority, place, id). `effect` "deduct" negates every amount as it is added.

    `place` is its own id, or that of the ruleset in whose place it stands: a new version runs when the old one did.
    """

    id: int
    name: str
    groups: tuple[GroupSpec, ...] = ()
    priority: int = 100
    effect: str = "add"
    conditions: Json = None
    is_active: bool = True
    layer: str = "advanced"
    place: int | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        return self.priority, self.id if self.place is None else self.place, self.id
