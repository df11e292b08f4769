"""Format 1.1, ours. It is published as a JSON Schema beside our own baseline; a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.reading.document import BUCKET_KEYS, FIELD_KEYS, BaselineField, Bucket
from baselines.reading.overlaps import label_warnings, sibling_warnings
from baselines.reading.reader import EFFECTS, MOST_BUCKETS, UNITS, Reader
from dealbrain.deadlines import check_deadline
from valuation.engine import RuleError, check_conditions, compile_formula


class CurrentReader(Reader):
    """Format 1.1: conditions instead of labels, and nothing that is not understood."""

    version = "1.1"

    def effect(self, content: Mapping[str, Any]) -> str:
        effect = content.get("effect", "add")
        if effect not in EFFECTS:
            self.wrong("effect", f"must be one of {', '.join(EFFECTS)}")
        return str(effect)

    def keys(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        for key in raw:
            if key not in known:
                self.wrong(f"{path}.{key}" if path else key, f"unknown key, the keys are {', '.join(known)}")

    def field(self, entity: str, raw: Mapping[str, Any], path: str) -> BaselineField:
        self.keys(raw, FIELD_KEYS, path)
        identity, name = self.identity(raw, path)
        for key in ("notes", "field_type"):
            self.text(raw, key, f"{path}.{key}")
        if not isinstance(raw.get("nullable"), bool | None):
            self.wrong(f"{path}.nullable", "must be true or false")
        unit = raw.get("unit", "USD")
        if unit not in UNITS:
            self.wrong(f"{path}.unit", f"must be one of {', '.join(UNITS)}")
        if ("formula" in raw) == ("valuation_buckets" in raw):
            self.wrong(path, "needs either a formula or valuation_buckets")
        if "formula" in raw and unit == "multiplier":
            self.wrong(f"{path}.unit", "a formula gives dollars: the unit must be USD")
        return BaselineField(
            entity=entity,
            id=identity,
            proper_name=name,
            explanation=self.explanation(raw, path),
            unit=str(unit),
            formula=self.formula(raw, path),
            buckets=self.buckets(raw, path, str(unit)),
            dependencies=self.dependencies(raw, path),
            source=raw,
        )

    def formula(self, raw: Mapping[str, Any], path: str) -> str:
        if "formula" not in raw:
            return ""
        try:
            return compile_formula(raw["formula"], self.registry).text
        except RuleError as error:
            self.found(problem.under(f"{path}.formula") for problem in error.problems)
            return ""

    def dependencies(self, raw: Mapping[str, Any], path: str) -> tuple[str, ...]:
        found, unknown = self.resolved(raw.get("dependencies", []), f"{path}.dependencies")
        for index, error in unknown:
            self.wrong(f"{path}.dependencies[{index}]", str(error))
        return tuple(found)

    def buckets(self, raw: Mapping[str, Any], path: str, unit: str) -> tuple[Bucket, ...]:
        if "valuation_buckets" not in raw:
            return ()
        buckets = raw["valuation_buckets"]
        if not isinstance(buckets, list) or not 1 <= len(buckets) <= MOST_BUCKETS:
            self.wrong(f"{path}.valuation_buckets", f"must be a list of 1 to {MOST_BUCKETS} buckets")
            return ()
        places = [(item, f"{path}.valuation_buckets[{index}]") for index, item in enumerate(buckets)]
        read = [self.bucket(item, place, unit) for item, place in places]
        found = [bucket for bucket in read if bucket is not None]
        self.labels(found, f"{path}.valuation_buckets")
        conditions = [(bucket.label, bucket.condition) for bucket in found if bucket.condition]
        warnings = [*sibling_warnings(conditions, self.registry), *label_warnings(conditions, self.registry)]
        for warning in warnings:
            self.warn(f"{path}.valuation_buckets", f"{raw.get('proper_name')}: {warning}")
        return tuple(found)

    def bucket(self, raw: Any, path: str, unit: str) -> Bucket | None:
        if not isinstance(raw, dict):
            self.wrong(path, "a bucket is an object")
            return None
        check_deadline()
        self.keys(raw, BUCKET_KEYS, path)
        label = self.text(raw, "label", f"{path}.label", most=100)
        if not label:
            self.wrong(f"{path}.label", "a label is needed")
        if not raw.get("condition"):
            self.wrong(f"{path}.condition", "a condition is needed")
        for problem in check_conditions(raw.get("condition"), self.registry):
            inner = problem.path.removeprefix("conditions")
            if problem.severity == "error":
                self.wrong(f"{path}.condition{inner}", problem.message, problem.suggestion)
            else:
                self.warn(f"{path}.condition{inner}", problem.message)
        low, high = self.amounts(raw, path, unit=unit)
        return Bucket(label, raw.get("condition"), low, high, self.text(raw, "explanation", f"{path}.explanation"))
