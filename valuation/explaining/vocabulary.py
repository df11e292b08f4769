"""What a rule can be made of, in words, for whoever writes one: facts, operators, types of action, functions.

Nothing here is a second list: all of it is read from the engine's tables. What is added is the room a fact lies in, and
what else people call it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from valuation.engine import ACTIONS, METRICS, OPERATORS, UNIT_DIVISORS, Field, FieldRegistry, Json, Kind
from valuation.engine.conditions import MAX_DEPTH, MAX_LEAVES
from valuation.engine.fields import alternative_names
from valuation.engine.modifiers import DEFAULT_MAX_AGE
from valuation.engine.operators import MAX_VALUES
from valuation.engine.terms import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Room:
    """Facts that belong together: those whose path begins with one of these. `called`: other words for all of them."""

    label: str
    starts: tuple[str, ...]
    called: tuple[str, ...] = ()


# The first that fits has it.
ROOMS = (
    Room("Memory", ("ram",), ("memory", "ram", "ddr")),
    Room("Storage", ("storage.", "primary_storage", "secondary_storage", "total_storage"), ("drive", "disk", "ssd")),
    Room("CPU", ("cpu.",), ("processor",)),
    Room("GPU", ("gpu.",), ("graphics card", "video card")),
    Room("Ports", ("ports.",), ("connectors",)),
    Room("Your own fields", ("custom.",), ("custom field",)),
    Room("Machine", ("",), ("listing",)),
)
ORDER = ("Machine", "CPU", "GPU", "Memory", "Storage", "Ports", "Your own fields")  # in which they are offered
CALLED = {
    "price_usd": ("cost", "asking price"),
    "condition": ("state", "used", "refurbished"),
    "os_license": ("windows", "os"),
    "manufacturer": ("brand", "make"),
    "device_model": ("name",),
    "cpu.igpu_model": ("igpu", "integrated gpu"),
    "cpu.tdp_w": ("watt", "power"),
    "cpu.cpu_mark_multi": ("passmark", "benchmark", "score"),
    "cpu.cpu_mark_single": ("passmark", "benchmark", "score"),
    "gpu.gpu_mark": ("passmark", "benchmark", "score"),
}
# Texts that are all but one for each listing: nothing to choose from.
UNLIKE = ("title", "model_number")


def room_of(path: str) -> Room:
    """The room that a fact lies in."""
    return next(room for room in ROOMS if path.startswith(room.starts))


def offers_values(field: Field) -> bool:
    """Whether what listings hold of a text is worth choosing from: names of parts, makers, sellers."""
    named = field.kind is Kind.STRING and not field.options
    return named and not field.path.startswith("custom.") and field.path not in UNLIKE


def vocabulary(registry: FieldRegistry, examples: Mapping[str, str]) -> dict[str, Json]:
    """All that a page needs to offer the parts of a rule; `examples` are values that listings have, by path."""
    rooms: dict[str, list[Json]] = {label: [] for label in ORDER}
    for field in registry.fields:
        rooms[room_of(field.path).label].append(_field(field, examples.get(field.path, "")))
    return {
        "rooms": [{"label": label, "fields": fields} for label, fields in rooms.items() if fields],
        "operators": [
            {
                "name": operator.name,
                "aliases": list(operator.aliases),
                "label": operator.label,
                "symbol": operator.symbol,
                "shape": str(operator.shape),
                "kinds": [str(kind) for kind in operator.kinds],
            }
            for operator in OPERATORS.values()
        ],
        "actions": {
            name: {"label": kind.label, "about": kind.about, "takes": list(kind.takes), "unit": kind.unit}
            for name, kind in ACTIONS.items()
        },
        "metrics": {name: {"path": metric.path, "unit": metric.unit} for name, metric in METRICS.items()},
        "units": dict(UNIT_DIVISORS),
        "functions": [{"name": function.name, "signature": function.signature} for function in FUNCTIONS.values()],
        "limits": {"depth": MAX_DEPTH, "leaves": MAX_LEAVES, "values": MAX_VALUES, "age": DEFAULT_MAX_AGE},
    }


def _field(field: Field, example: str) -> dict[str, Any]:
    names = (*alternative_names(field.path), *CALLED.get(field.path, ()), *room_of(field.path).called)
    return {
        "path": field.path,
        "label": field.label,
        "kind": str(field.kind),
        "unit": field.unit,
        "options": list(field.options),
        "called": list(names),
        "about": field.description,
        "example": example,
        "offers": offers_values(field),
    }
