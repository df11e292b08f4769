"""A baseline file of format 1.1: bytes in, checked dataclasses out, with every problem named by its path.

The same rules are published as a JSON Schema beside our own baseline; a test compares the two.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from valuation.engine import FieldRegistry, Problem, RuleError, UnknownField, check_conditions, compile_formula

MAX_BYTES = 5_000_000
SCHEMA_VERSION = "1.1"
ENTITIES = ("Listing", "CPU", "GPU", "RamSpec", "StorageProfile", "PortsProfile")
EFFECTS = ("add", "deduct")
UNITS = ("USD", "multiplier")
LIMIT = 1e9  # dollars
FIELD_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
TOP_KEYS = ("schema_version", "generated_at", "name", "description", "effect", "entities")
FIELD_KEYS = (
    "id",
    "proper_name",
    "description",
    "explanation",
    "unit",
    "formula",
    "valuation_buckets",
    "dependencies",
    "nullable",
    "notes",
    "min_value",
    "max_value",
    "field_type",
)
BUCKET_KEYS = ("label", "condition", "value_usd", "min_usd", "max_usd", "explanation")


class BaselineError(ValueError):
    """Everything that is wrong with a baseline, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Bucket:
    """One tier of a field: USD (or a factor) from `low` to `high`, the same for a single value."""

    label: str
    condition: Any
    low: float
    high: float
    explanation: str


@dataclass(frozen=True, slots=True)
class BaselineField:
    """One default value: a formula, or buckets."""

    entity: str
    id: str
    proper_name: str
    explanation: str
    unit: str
    formula: str
    buckets: tuple[Bucket, ...]
    dependencies: tuple[str, ...]  # canonical field paths


@dataclass(frozen=True, slots=True)
class BaselineDocument:
    """A whole checked file. `source_hash` is the sha256 of its canonical JSON."""

    content: dict[str, Any]
    source_hash: str
    schema_version: str
    generated_at: datetime
    description: str
    effect: str
    fields: tuple[BaselineField, ...]


def canonical_hash(content: Any) -> str:
    """sha256 of the JSON with sorted keys and without white space: the identity of a baseline."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_document(raw: bytes, registry: FieldRegistry) -> BaselineDocument:
    """The checked document. Raises BaselineError with every problem found."""
    reader = _Reader(registry)
    return reader.document(_decode(raw))


def _decode(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES:
        message = f"the file has {len(raw):,} bytes, a baseline at most {MAX_BYTES:,}"
        raise BaselineError([Problem("", message, "size")])
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise BaselineError([Problem("", f"the file is not UTF-8 (byte {error.start})", "encoding")]) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BaselineError([Problem(place, f"this is no JSON: {error.msg}", "json")]) from error
    except RecursionError as error:
        raise BaselineError([Problem("", "the file is nested too deeply", "json")]) from error


def _refuse_constant(name: str) -> None:
    raise BaselineError([Problem("", f"{name} is no JSON number", "json")])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BaselineError([Problem(key, f'the key "{key}" stands twice in one object', "duplicate")])
        found[key] = value
    return found


class _Reader:
    """Walks one decoded file and collects what is wrong with it."""

    def __init__(self, registry: FieldRegistry) -> None:
        self.registry = registry
        self.problems: list[Problem] = []

    def wrong(self, path: str, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(path, message, "baseline", suggestion))

    def document(self, content: Any) -> BaselineDocument:
        if not isinstance(content, dict):
            raise BaselineError([Problem("", "a baseline is a JSON object", "json")])
        self.known_keys(content, TOP_KEYS, "")
        version = content.get("schema_version")
        if version != SCHEMA_VERSION:
            self.wrong("schema_version", f"must be {SCHEMA_VERSION!r}, not {version!r}")
        effect = content.get("effect", "add")
        if effect not in EFFECTS:
            self.wrong("effect", f"must be one of {', '.join(EFFECTS)}")
        generated_at = self.moment(content.get("generated_at"), "generated_at")
        fields = self.entities(content.get("entities"))
        description = self.text(content, "description", "description")
        self.text(content, "name", "name")
        if self.problems or generated_at is None:
            raise BaselineError(self.problems)
        return BaselineDocument(
            content=content,
            source_hash=canonical_hash(content),
            schema_version=SCHEMA_VERSION,
            generated_at=generated_at,
            description=description,
            effect=effect,
            fields=tuple(fields),
        )

    def entities(self, entities: Any) -> list[BaselineField]:
        if not isinstance(entities, dict) or not entities:
            self.wrong("entities", f"must be an object of {', '.join(ENTITIES)}")
            return []
        self.known_keys(entities, ENTITIES, "entities")
        found: list[BaselineField] = []
        for entity, fields in entities.items():
            path = f"entities.{entity}"
            if not isinstance(fields, list) or not fields:
                self.wrong(path, "must be a list of at least one field")
                continue
            seen: set[str] = set()
            for index, raw in enumerate(fields):
                field = self.field(entity, raw, f"{path}[{index}]")
                if field is None:
                    continue
                if field.id in seen:
                    self.wrong(f"{path}[{index}].id", f'"{field.id}" stands twice in {entity}')
                seen.add(field.id)
                found.append(field)
        return found

    def field(self, entity: str, raw: Any, path: str) -> BaselineField | None:
        if not isinstance(raw, dict):
            self.wrong(path, "a field is an object")
            return None
        self.known_keys(raw, FIELD_KEYS, path)
        identity = raw.get("id")
        if not isinstance(identity, str) or not FIELD_ID.fullmatch(identity):
            self.wrong(f"{path}.id", "must be lower-case letters, digits and _, a letter first")
        name = self.text(raw, "proper_name", f"{path}.proper_name", most=100)
        if not name:
            self.wrong(f"{path}.proper_name", "a name is needed")
        unit = raw.get("unit", "USD")
        if unit not in UNITS:
            self.wrong(f"{path}.unit", f"must be one of {', '.join(UNITS)}")
        if ("formula" in raw) == ("valuation_buckets" in raw):
            self.wrong(path, "needs either a formula or valuation_buckets")
        return BaselineField(
            entity=entity,
            id=str(identity),
            proper_name=name,
            explanation=self.text(raw, "explanation", f"{path}.explanation")
            or self.text(raw, "description", f"{path}.description"),
            unit=str(unit),
            formula=self.formula(raw, path),
            buckets=self.buckets(raw, path),
            dependencies=self.dependencies(raw, path),
        )

    def formula(self, raw: Mapping[str, Any], path: str) -> str:
        if "formula" not in raw:
            return ""
        try:
            return compile_formula(raw["formula"], self.registry).text
        except RuleError as error:
            self.problems.extend(problem.under(f"{path}.formula") for problem in error.problems)
            return ""

    def dependencies(self, raw: Mapping[str, Any], path: str) -> tuple[str, ...]:
        names = raw.get("dependencies", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.wrong(f"{path}.dependencies", "must be a list of field names")
            return ()
        found = []
        for index, name in enumerate(names):
            try:
                found.append(self.registry.resolve(name).path)
            except UnknownField as error:
                self.wrong(f"{path}.dependencies[{index}]", str(error))
        return tuple(found)

    def buckets(self, raw: Mapping[str, Any], path: str) -> tuple[Bucket, ...]:
        if "valuation_buckets" not in raw:
            return ()
        buckets = raw["valuation_buckets"]
        if not isinstance(buckets, list) or not buckets:
            self.wrong(f"{path}.valuation_buckets", "must be a list of at least one bucket")
            return ()
        read = [self.bucket(item, f"{path}.valuation_buckets[{index}]") for index, item in enumerate(buckets)]
        found = [bucket for bucket in read if bucket is not None]
        labels = [bucket.label for bucket in found]
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            self.wrong(f"{path}.valuation_buckets", f'the label "{label}" stands twice')
        return tuple(found)

    def bucket(self, raw: Any, path: str) -> Bucket | None:
        if not isinstance(raw, dict):
            self.wrong(path, "a bucket is an object")
            return None
        self.known_keys(raw, BUCKET_KEYS, path)
        label = self.text(raw, "label", f"{path}.label", most=100)
        if not label:
            self.wrong(f"{path}.label", "a label is needed")
        if not raw.get("condition"):
            self.wrong(f"{path}.condition", "a condition is needed")
        for problem in check_conditions(raw.get("condition"), self.registry):
            if problem.severity == "error":
                inner = problem.path.removeprefix("conditions")
                self.wrong(f"{path}.condition{inner}", problem.message, problem.suggestion)
        low, high = self.amounts(raw, path)
        return Bucket(label, raw.get("condition"), low, high, self.text(raw, "explanation", f"{path}.explanation"))

    def amounts(self, raw: Mapping[str, Any], path: str) -> tuple[float, float]:
        single, pair = "value_usd" in raw, "min_usd" in raw or "max_usd" in raw
        if single == pair:
            self.wrong(path, "needs either value_usd, or min_usd and max_usd")
            return 0.0, 0.0
        names = ("value_usd", "value_usd") if single else ("min_usd", "max_usd")
        low, high = (self.number(raw.get(name), f"{path}.{name}") for name in names)
        if low > high:
            self.wrong(f"{path}.min_usd", f"{low:g} is above max_usd {high:g}")
        return low, high

    def number(self, value: Any, path: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.wrong(path, "must be a number")
            return 0.0
        if abs(value) > LIMIT:
            self.wrong(path, "must lie between -1,000,000,000 and 1,000,000,000")
            return 0.0
        return float(value)

    def moment(self, value: Any, path: str) -> datetime | None:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong(path, "must be a time such as 2026-11-01T00:00:00Z")
            return None

    def text(self, raw: Mapping[str, Any], key: str, path: str, *, most: int = 10_000) -> str:
        value = raw.get(key, "")
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most or "\x00" in value:
            self.wrong(path, f"must be text of at most {most:,} characters")
            return ""
        return value.strip()

    def known_keys(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        for key in raw:
            if key not in known:
                self.wrong(f"{path}.{key}" if path else key, f"unknown key, the keys are {', '.join(known)}")
