"""A baseline as it was read: checked, frozen, the same for both formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from valuation.engine import Problem

# The keys of both formats, in the order in which people write them.
TOP_KEYS = ("schema_version", "generated_at", "name", "description", "effect", "bucket_point", "entities")
FIELD_KEYS = (
    "id",
    "proper_name",
    "description",
    "explanation",
    "unit",
    "dependencies",
    "nullable",
    "min_value",
    "max_value",
    "field_type",
    "notes",
    "formula",
    "valuation_buckets",
)
BUCKET_KEYS = ("label", "condition", "value_usd", "min_usd", "max_usd", "explanation")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One tier of a field: USD (or a factor) from `low` to `high`, the same for a single value; or a formula.

    `condition` None matches everything. `reason` says why the bucket cannot count, if it cannot.
    """

    label: str
    condition: Any
    low: float
    high: float
    explanation: str = ""
    formula: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BaselineField:
    """One default value: a formula, or buckets. `reason` says why it needs configuration, if it does."""

    entity: str
    id: str
    proper_name: str
    explanation: str
    unit: str
    formula: str
    buckets: tuple[Bucket, ...]
    dependencies: tuple[str, ...]  # canonical field paths
    source: Mapping[str, Any] = field(default_factory=dict)  # as the file has it
    reason: str = ""

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.id}"


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """A field, or one bucket of it (`label`), that is imported inactive: it needs configuration."""

    entity: str
    field: str
    proper_name: str
    label: str
    reason: str
    original: Any

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.field}"


@dataclass(frozen=True, slots=True)
class BaselineDocument:
    """A whole checked file. `source_hash` is the sha256 of its canonical JSON.

    `effect` and `bucket_point` (which value of a range counts) are "" where it says none.
    """

    content: dict[str, Any]
    source_hash: str
    schema_version: str
    generated_at: datetime
    description: str
    effect: str
    fields: tuple[BaselineField, ...]
    bucket_point: str = ""
    warnings: tuple[Problem, ...] = ()

    def by_key(self) -> dict[str, BaselineField]:
        return {item.key: item for item in self.fields}

    def unconfigured(self) -> tuple[Unconfigured, ...]:
        """What needs configuration, in the order of the file."""
        found = []
        for item in self.fields:
            if item.reason:
                found.append(Unconfigured(item.entity, item.id, item.proper_name, "", item.reason, dict(item.source)))
                continue
            raw = item.source.get("valuation_buckets") or [{}] * len(item.buckets)
            found += [
                Unconfigured(item.entity, item.id, item.proper_name, bucket.label, bucket.reason, original)
                for bucket, original in zip(item.buckets, raw, strict=True)
                if bucket.reason
            ]
        return tuple(found)
