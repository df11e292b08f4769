"""Small baselines: memory in three tiers, a factor for wear, a formula for the processor."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

GENERATED_AT = "2026-11-01T00:00:00Z"


def at_least(value: float, below: float | None = None, field: str = "ram_gb") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"field_name": field, "operator": "gte", "value": value}]
    return found if below is None else [*found, {"field_name": field, "operator": "less_than", "value": below}]


def tier(label: str, condition: Any, value: float | tuple[float, float]) -> dict[str, Any]:
    amount = {"min_usd": value[0], "max_usd": value[1]} if isinstance(value, tuple) else {"value_usd": value}
    return {"label": label, "condition": condition, **amount}


def is_(condition: str) -> list[dict[str, Any]]:
    return [{"field_name": "condition", "operator": "equals", "value": condition}]


MEMORY: dict[str, Any] = {
    "id": "memory",
    "proper_name": "Memory",
    "explanation": "More is better.",
    "valuation_buckets": [
        tier("8 GB", at_least(8, 16), (10, 20)),
        tier("16 GB", at_least(16, 32), (30, 50)),
        tier("32 GB+", at_least(32), 90),
    ],
}
WEAR: dict[str, Any] = {
    "id": "wear",
    "proper_name": "Wear",
    "unit": "multiplier",
    "valuation_buckets": [tier("used", is_("used"), 0.9), tier("refurb", is_("refurb"), (0.9, 1.0))],
}
SPEED: dict[str, Any] = {
    "id": "speed",
    "proper_name": "Processor",
    "formula": "cpu_mark_multi / 1000 * 2",
    "dependencies": ["cpu.cpu_mark_multi"],
}


def document(**entities: list[dict[str, Any]]) -> dict[str, Any]:
    """`document(RamSpec=[...])`; without, the three fields above."""
    fields = entities or {"Listing": [WEAR], "CPU": [SPEED], "RamSpec": [MEMORY]}
    return {"schema_version": "1.1", "generated_at": GENERATED_AT, "entities": deepcopy(fields)}


def changed(**changes: Any) -> dict[str, Any]:
    """The standard document with another 16 GB tier, no wear, a field more, and whatever else is given."""
    content = document()
    content["generated_at"] = "2026-11-20T00:00:00Z"
    content["entities"]["RamSpec"][0]["valuation_buckets"][1] = tier("16 GB", at_least(16, 32), 60)
    del content["entities"]["Listing"]
    content["entities"]["StorageProfile"] = [
        {
            "id": "drive",
            "proper_name": "Drive",
            "valuation_buckets": [tier("1 TB+", at_least(1000, field="primary_storage_gb"), 40)],
        }
    ]
    return {**content, **changes}


def legacy(*labels: str, **field: Any) -> dict[str, Any]:
    """A document of format 1.0 with one field of memory."""
    buckets = [{"label": label, "min_usd": 10 * n, "max_usd": 10 * n + 5} for n, label in enumerate(labels)]
    return {
        "schema_version": "1.0",
        "generated_at": GENERATED_AT,
        "entities": {
            "RamSpec": [
                {
                    "id": "ram_capacity",
                    "proper_name": "RAM",
                    "unit": "USD",
                    "Formula": None,
                    "dependencies": ["ram_spec.total_capacity_gb"],
                    "valuation_buckets": buckets,
                    **field,
                }
            ]
        },
    }
