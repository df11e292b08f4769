"""What both formats have in common: a reader that walks a decoded file and collects every problem with its path."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from baselines.reading.decoding import MOST_PROBLEMS, BaselineError, canonical_hash
from baselines.reading.document import TOP_KEYS, BaselineDocument, BaselineField, Bucket
from dealbrain.deadlines import check_deadline
from valuation.engine import FieldRegistry, Problem, UnknownField
from valuation.engine.money import format_exact

ENTITIES = ("Listing", "CPU", "GPU", "RamSpec", "StorageProfile", "PortsProfile")
EFFECTS = ("add", "deduct")
BUCKET_POINTS = ("low", "mid", "high")  # which value of a range counts
UNITS = ("USD", "multiplier")
LIMIT = 1e9  # dollars
MOST_FACTOR = 100.0
AMOUNT_RANGE = "must lie between -1,000,000,000 and 1,000,000,000"
FACTOR_RANGE = f"a factor lies between 0 and {MOST_FACTOR:g}: 0.8 takes 20 % off"
YEARS = (2000, 2100)
MOST_FIELDS, MOST_BUCKETS = 1_000, 200  # of an entity, of a field
MOST_NAMES = 100  # of fields that a field depends on
MOST_WARNINGS = 1_000  # of a file
FIELD_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Reader(ABC):
    """Walks one decoded file and collects what is wrong with it. A format says how a field is read."""

    version = ""

    def __init__(self, registry: FieldRegistry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    @abstractmethod
    def field(self, entity: str, raw: Mapping[str, Any], path: str) -> BaselineField:
        """One field, as far as it can be read."""

    @abstractmethod
    def keys(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        """What is said of keys that are not known."""

    @abstractmethod
    def effect(self, content: Mapping[str, Any]) -> str:
        """The effect that the file states."""

    def wrong(self, path: str, message: str, suggestion: str = "") -> None:
        """Keep a problem; with as many as are ever told, nobody reads on. Raises BaselineError then."""
        self.found([Problem(path, message, "baseline", suggestion)])

    def found(self, problems: Iterable[Problem]) -> None:
        self.problems.extend(problems)
        if len(self.problems) >= MOST_PROBLEMS:
            raise BaselineError(self.problems[:MOST_PROBLEMS])

    def warn(self, path: str, message: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(Problem(path, message, "baseline", severity="warning"))

    def document(self, content: dict[str, Any]) -> BaselineDocument:
        """The checked document. Raises BaselineError with every problem found."""
        self.keys(content, TOP_KEYS, "")
        effect = self.effect(content)
        bucket_point = content.get("bucket_point") or ""
        if bucket_point not in ("", *BUCKET_POINTS):
            self.wrong("bucket_point", f"must be one of {', '.join(BUCKET_POINTS)}")
        generated_at = self.moment(content.get("generated_at"), "generated_at")
        fields = self.entities(content.get("entities"))
        description = self.text(content, "description", "description")
        self.text(content, "name", "name", most=255)
        if self.problems or generated_at is None:
            raise BaselineError(self.problems)
        return BaselineDocument(
            content=content,
            source_hash=canonical_hash(content),
            schema_version=self.version,
            generated_at=generated_at,
            description=description,
            effect=effect,
            fields=tuple(fields),
            bucket_point=bucket_point,
            warnings=tuple(self.warnings),
        )

    def entities(self, entities: Any) -> list[BaselineField]:
        if not isinstance(entities, dict) or not entities:
            self.wrong("entities", f"must be an object of {', '.join(ENTITIES)}")
            return []
        for entity in entities:
            if entity not in ENTITIES:
                self.wrong(f"entities.{entity}", f"unknown entity, the entities are {', '.join(ENTITIES)}")
        found: list[BaselineField] = []
        # In an order of ours: the identity of a baseline does not know one, so what it does may not either.
        for entity in ENTITIES:
            if entity not in entities:
                continue
            path, fields = f"entities.{entity}", entities[entity]
            if not isinstance(fields, list) or not fields:
                self.wrong(path, "must be a list of at least one field")
            else:
                found += self.fields(entity, fields, path)
        return found

    def fields(self, entity: str, fields: list[Any], path: str) -> list[BaselineField]:
        found: list[BaselineField] = []
        seen: set[str] = set()
        if len(fields) > MOST_FIELDS:
            self.wrong(path, f"may have at most {MOST_FIELDS:,} fields, not {len(fields):,}")
            return []
        for index, raw in enumerate(fields):
            check_deadline()
            place = f"{path}[{index}]"
            if not isinstance(raw, dict):
                self.wrong(place, "a field is an object")
                continue
            item = self.field(entity, raw, place)
            if item.id in seen:
                self.wrong(f"{place}.id", f'"{item.id}" stands twice in {entity}')
            seen.add(item.id)
            found.append(item)
        return found

    def identity(self, raw: Mapping[str, Any], path: str) -> tuple[str, str]:
        """The id and the proper name of a field; its bounds are checked on the way."""
        identity = raw.get("id")
        if not isinstance(identity, str) or not FIELD_ID.fullmatch(identity):
            self.wrong(f"{path}.id", "must be lower-case letters, digits and _, a letter first")
        name = self.text(raw, "proper_name", f"{path}.proper_name", most=100)
        if not name:
            self.wrong(f"{path}.proper_name", "a name is needed")
        bounds = {key: raw[key] for key in ("min_value", "max_value") if raw.get(key) is not None}
        numbers = {key: self.number(value, f"{path}.{key}") for key, value in bounds.items()}
        if len(numbers) == 2 and numbers["min_value"] > numbers["max_value"]:
            self.wrong(
                f"{path}.min_value",
                " is above max_value ".join(format_exact(numbers[name]) for name in ("min_value", "max_value")),
            )
        return str(identity), name

    def explanation(self, raw: Mapping[str, Any], path: str) -> str:
        texts = [self.text(raw, key, f"{path}.{key}") for key in ("explanation", "description")]
        return texts[0] or texts[1]

    def resolved(self, names: Any, path: str) -> tuple[list[str], list[tuple[int, UnknownField]]]:
        """The canonical paths of a list of field names, and what is none of them by its place in the list."""
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.wrong(path, "must be a list of field names")
            return [], []
        if len(names) > MOST_NAMES:
            self.wrong(path, f"may name at most {MOST_NAMES} fields, not {len(names):,}")
            return [], []
        found, unknown = [], []
        for index, name in enumerate(names):
            try:
                found.append(self.registry.resolve(name).path)
            except UnknownField as error:
                unknown.append((index, error))
        return found, unknown

    def amounts(self, raw: Mapping[str, Any], path: str, *, unit: str) -> tuple[float, float]:
        single = raw.get("value_usd") is not None
        if single == (raw.get("min_usd") is not None or raw.get("max_usd") is not None):
            self.wrong(path, "needs either value_usd, or min_usd and max_usd")
            return 0.0, 0.0
        names = ("value_usd", "value_usd") if single else ("min_usd", "max_usd")
        low, high = (self.number(raw.get(name), f"{path}.{name}") for name in names)
        if low > high:
            self.wrong(f"{path}.min_usd", f"{format_exact(low)} is above max_usd {format_exact(high)}")
        if unit == "multiplier" and not 0 <= low <= high <= MOST_FACTOR:
            self.wrong(f"{path}.{names[0]}", FACTOR_RANGE)
        return low, high

    def labels(self, buckets: list[Bucket], path: str) -> None:
        """No label twice in one field."""
        labels = [bucket.label for bucket in buckets]
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            self.wrong(path, f'the label "{label}" stands twice')

    def number(self, value: Any, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.wrong(path, "must be a number")
            return 0.0
        if abs(value) > LIMIT:
            self.wrong(path, AMOUNT_RANGE)
            return 0.0
        return float(value)

    def moment(self, value: Any, path: str) -> datetime | None:
        try:
            found = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong(path, "must be a time such as 2026-11-01T00:00:00Z")
            return None
        if not YEARS[0] <= found.year <= YEARS[1]:
            self.wrong(path, f"must lie between the years {YEARS[0]} and {YEARS[1]}")
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def text(self, raw: Mapping[str, Any], key: str, path: str, *, most: int = 10_000) -> str:
        value = raw.get(key)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most:
            self.wrong(path, f"must be text of at most {most:,} characters")
            return ""
        return value.strip()
