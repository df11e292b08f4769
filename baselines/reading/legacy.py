"""Format 1.0: labels instead of conditions. What cannot be read is kept, named, and needs configuration.

Files of this format come from elsewhere, so keys that are not known are passed over with a warning. Three additions
let this system write the format as well: the file may state its `effect`, a bucket may bring a `condition`, which is
then taken instead of its label, and `value_usd` instead of a range. Beside written conditions a label means what they
leave of it, so that at most one tier counts there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baselines.reading.buckets import read_label
from baselines.reading.document import BUCKET_KEYS, FIELD_KEYS, BaselineField, Bucket
from baselines.reading.overlaps import sibling_warnings
from baselines.reading.reader import EFFECTS, MOST_BUCKETS, UNITS, Reader
from baselines.reading.readings import Unreadable
from baselines.reading.tiers import Tier, disjoint
from valuation.engine import RuleError, check_conditions, compile_formula

OLD_FORMULA = "Formula"
UNIT_WORDS = {"": "USD", "usd": "USD", "$": "USD", "multiplier": "multiplier", "factor": "multiplier"}
MOST_WARNINGS = 20  # of one field


class LegacyReader(Reader):
    """Format 1.0."""

    version = "1.0"

    def effect(self, content: Mapping[str, Any]) -> str:
        effect = content.get("effect") or ""
        if effect and effect not in EFFECTS:
            self.wrong("effect", f"must be one of {', '.join(EFFECTS)}")
        return str(effect)

    def keys(self, raw: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        for key in raw:
            if key not in known:
                self.warn(
                    f"{path}.{key}" if path else key, f"unknown key, it is passed over; known: {', '.join(known)}"
                )

    def field(self, entity: str, raw: Mapping[str, Any], path: str) -> BaselineField:
        """A field that is readable, or has the reason why it is not. What is no field at all is an error."""
        self.keys(raw, (*FIELD_KEYS, OLD_FORMULA), path)
        identity, name = self.identity(raw, path)
        unit, unit_reasons = self.unit(raw, path)
        dependencies, unknown = self.dependencies(raw, path)
        item = BaselineField(
            entity, identity, name, self.explanation(raw, path), unit, "", (), dependencies, source=raw
        )
        formula = self.formula_text(raw, path)
        buckets = self.raw_buckets(raw, path, unit)
        if formula and buckets:
            self.wrong(path, "needs either a Formula or valuation_buckets, not both")
        reasons = [*unit_reasons, *unknown]
        try:
            if reasons:
                raise Unreadable("; ".join(reasons))
            if formula:
                return replace(item, formula=self.formula(formula, unit))
            if buckets:
                return replace(item, buckets=self.conditions(item, buckets, path))
            raise Unreadable("it has neither a Formula nor valuation_buckets")
        except Unreadable as error:
            # Amounts of an unknown unit are none; others are kept for whoever configures the field.
            kept = () if unit_reasons else tuple(bucket for bucket, _ in buckets)
            return replace(item, reason=str(error), buckets=kept)

    def unit(self, raw: Mapping[str, Any], path: str) -> tuple[str, list[str]]:
        written = self.text(raw, "unit", f"{path}.unit", most=100)
        unit = UNIT_WORDS.get(written.casefold())
        if unit is None:
            return UNITS[0], [f'the unit "{written}" is none of {", ".join(UNITS)}']
        return unit, []

    def dependencies(self, raw: Mapping[str, Any], path: str) -> tuple[tuple[str, ...], list[str]]:
        names = raw.get("dependencies")
        found, unknown = self.resolved([] if names is None else names, f"{path}.dependencies")
        return tuple(found), [str(error) for _, error in unknown]

    def formula_text(self, raw: Mapping[str, Any], path: str) -> str:
        written = [self.text(raw, key, f"{path}.{key}") for key in (OLD_FORMULA, "formula")]
        if all(written):
            self.wrong(path, "needs either Formula or formula, not both")
        return written[0] or written[1]

    def formula(self, text: str, unit: str) -> str:
        if unit == "multiplier":
            raise Unreadable("a formula gives dollars and no factor")
        try:
            return compile_formula(text, self.registry).text
        except RuleError as error:
            raise Unreadable(f'the formula "{text[:200]}" cannot run: {error}') from error

    def raw_buckets(self, raw: Mapping[str, Any], path: str, unit: str) -> list[tuple[Bucket, Any]]:
        """The buckets with their amounts, beside what the file has for their conditions."""
        buckets, place = raw.get("valuation_buckets"), f"{path}.valuation_buckets"
        if buckets is None or buckets == []:
            return []
        if not isinstance(buckets, list) or len(buckets) > MOST_BUCKETS:
            self.wrong(place, f"must be a list of at most {MOST_BUCKETS} buckets")
            return []
        found = []
        for index, item in enumerate(buckets):
            if isinstance(item, dict):
                found.append((self.bucket(item, f"{place}[{index}]", unit), item.get("condition")))
            else:
                self.wrong(f"{place}[{index}]", "a bucket is an object")
        self.labels([bucket for bucket, _ in found], place)
        return found

    def bucket(self, raw: Mapping[str, Any], path: str, unit: str) -> Bucket:
        self.keys(raw, (*BUCKET_KEYS, "formula", OLD_FORMULA), path)
        label = self.text(raw, "label", f"{path}.label", most=100)
        if not label:
            self.wrong(f"{path}.label", "a label is needed")
        formula = self.formula_text(raw, path)
        has_amount = any(raw.get(key) is not None for key in ("value_usd", "min_usd", "max_usd"))
        low, high = self.amounts(raw, path, unit=unit) if has_amount or not formula else (0.0, 0.0)
        return Bucket(label, None, low, high, self.text(raw, "explanation", f"{path}.explanation"), formula)

    def conditions(self, item: BaselineField, buckets: list[tuple[Bucket, Any]], path: str) -> tuple[Bucket, ...]:
        """The buckets with disjoint conditions; Unreadable if any label is, for its siblings' bounds hang on it."""
        facts = tuple(self.registry.resolve(name) for name in item.dependencies)
        words = f"{item.proper_name} {item.id.replace('_', ' ')}"
        written = {bucket.label: condition for bucket, condition in buckets if condition not in (None, [], {})}
        for label, condition in written.items():
            self.runnable(label, condition)
        bare = [bucket for bucket, _ in buckets if bucket.label not in written]
        readings = [
            read_label(
                bucket.label,
                facts=facts,
                registry=self.registry,
                words=words,
                field_id=item.id,
                entity=item.entity,
            )
            for bucket in bare
        ]
        labels = [bucket.label for bucket in bare]
        tiers, warnings = disjoint(labels, readings, self.registry, taken=list(written.values()))
        warnings = [*sibling_warnings(written.items(), self.registry), *warnings]
        if bare and written:
            warnings.insert(0, "where a written condition of a sibling holds, a label does not apply")
        if len(warnings) > MOST_WARNINGS:
            warnings[MOST_WARNINGS:] = [f"and {len(warnings) - MOST_WARNINGS} more overlaps and gaps"]
        for warning in warnings:
            self.warn(f"{path}.valuation_buckets", f"{item.key}: {warning}")
        by_label = dict(zip(labels, tiers, strict=True))
        found = []
        for bucket, _ in buckets:
            tier = by_label.get(bucket.label) or Tier(written[bucket.label])
            self.runnable(bucket.label, tier.condition)
            formula = self.formula(bucket.formula, item.unit) if bucket.formula else ""
            found.append(replace(bucket, condition=tier.condition, formula=formula, reason=tier.reason))
        return tuple(found)

    def runnable(self, label: str, condition: Any) -> None:
        """Raises Unreadable for a condition that no rule may have."""
        errors = [problem for problem in check_conditions(condition, self.registry) if problem.severity == "error"]
        if errors:
            raise Unreadable(f'"{label}": {"; ".join(map(str, errors))}')
