"""What a candidate would change: field by field, attribute by attribute, old beside new. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from baselines.reading import FIELD_KEYS, BaselineDocument, BaselineField

Json = Any
# What of a whole document changes what its fields are worth: the sign of all, and which factor is of which price.
EFFECT, ORDER = "effect", "order"
ATTRIBUTES = tuple(key for key in FIELD_KEYS if key != "id")
ADDED, CHANGED, REMOVED = "added", "changed", "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute. A bucket is one, as `valuation_buckets[8GB]`; None where there is none."""

    attribute: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that is not the same in both. `key` is `Entity.field`."""

    kind: str
    entity: str
    field: str
    proper_name: str
    old: Mapping[str, Json] | None
    new: Mapping[str, Json] | None
    differences: tuple[Difference, ...]

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.field}"


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs, in the order of the documents.

    `effect` is set if the sign of all amounts would turn, `order` if the fields that both have stand otherwise.
    """

    changes: tuple[FieldChange, ...]
    unchanged: int
    effect: Difference | None = None
    order: Difference | None = None

    @property
    def whole(self) -> dict[str, Difference]:
        """What differs of the documents as a whole, by its key."""
        return {key: found for key, found in ((EFFECT, self.effect), (ORDER, self.order)) if found}

    def selectable(self) -> list[str]:
        """The keys of everything that can be adopted."""
        return [*self.whole, *(change.key for change in self.changes)]

    def of(self, kind: str) -> list[FieldChange]:
        return [change for change in self.changes if change.kind == kind]


def compare(current: BaselineDocument | None, candidate: BaselineDocument, *, effect: str | None = None) -> Diff:
    """`effect` is the one that counts today, which may be another than the current document's own."""
    old = current.by_key() if current else {}
    new = candidate.by_key()
    changes = []
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key), new.get(key)
        item = after or before
        assert item is not None
        differences = tuple(_differences(before.source if before else {}, after.source if after else {}))
        if before is None or after is None or differences:
            kind = ADDED if before is None else REMOVED if after is None else CHANGED
            old_source, new_source = (dict(found.source) if found else None for found in (before, after))
            changes.append(
                FieldChange(kind, item.entity, item.id, item.proper_name, old_source, new_source, differences)
            )
    turned = effect and candidate.effect and candidate.effect != effect
    return Diff(
        changes=tuple(changes),
        unchanged=len(old.keys() & new.keys()) - sum(change.kind == CHANGED for change in changes),
        effect=Difference(EFFECT, effect, candidate.effect) if turned else None,
        order=_order(old, new),
    )


def _order(old: Mapping[str, BaselineField], new: Mapping[str, BaselineField]) -> Difference | None:
    """The fields of both whose order differs: by entity, since entities come in an order of ours."""
    before, after = ([key for key in one if key in other] for one, other in ((old, new), (new, old)))
    entities = {one.partition(".")[0] for one, other in zip(before, after, strict=True) if one != other}
    if not entities:
        return None
    return Difference(ORDER, *([key for key in keys if key.partition(".")[0] in entities] for keys in (before, after)))


def merged(current: BaselineDocument | None, candidate: BaselineDocument, selected: Collection[str]) -> dict[str, Json]:
    """The current document with the selected changes of the candidate and all else as it was."""
    if current is None:
        found = {**candidate.content, "entities": {}}
    else:
        found = deepcopy(current.content)
        found["schema_version"] = min(current.schema_version, candidate.schema_version)  # 1.0 also takes fields of 1.1
    entities: dict[str, list[Json]] = {name: list(fields) for name, fields in found["entities"].items()}
    new = candidate.by_key()
    orders = {name: [item["id"] for item in fields] for name, fields in candidate.content["entities"].items()}
    for key in selected:
        if key in (EFFECT, ORDER):
            continue
        entity, _, field = key.partition(".")
        fields = entities.setdefault(entity, [])
        place = next((index for index, item in enumerate(fields) if item["id"] == field), None)
        if key not in new:
            del fields[place]  # type: ignore[arg-type]  # what is removed is there
        elif place is not None:
            fields[place] = dict(new[key].source)
        else:
            fields.insert(_behind(fields, orders[entity], field), dict(new[key].source))
    if EFFECT in selected:
        found[EFFECT] = candidate.effect
    if ORDER in selected:
        entities = {name: _in_order(fields, orders.get(name, [])) for name, fields in entities.items()}
    found["entities"] = {name: fields for name, fields in entities.items() if fields}
    return found


def _behind(fields: list[Json], order: list[str], field: str) -> int:
    """Where a field comes: behind the nearest of those that stand before it in the candidate."""
    before = order[: order.index(field)]
    return max((index + 1 for index, item in enumerate(fields) if item["id"] in before), default=0)


def _in_order(fields: list[Json], order: list[str]) -> list[Json]:
    """The fields that the candidate has in its order, in the places that such fields have."""
    moving = iter(sorted((item for item in fields if item["id"] in order), key=lambda item: order.index(item["id"])))
    return [next(moving) if item["id"] in order else item for item in fields]


def _differences(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Difference]:
    before, after = _plain(old), _plain(new)
    for name in ATTRIBUTES:
        one, other = before.get(name), after.get(name)
        if name == "valuation_buckets":
            yield from _bucket_differences(one or [], other or [])
        elif not _same(one, other):
            yield Difference(name, one, other)


def _bucket_differences(old: list[Json], new: list[Json]) -> Iterator[Difference]:
    """By label: in which order tiers stand does not matter, as at most one of them counts."""
    before, after = ({item.get("label"): _plain(item) for item in items} for items in (old, new))
    for label in [*before, *(label for label in after if label not in before)]:
        one, other = before.get(label), after.get(label)
        if not _same(_worth(one), _worth(other)):
            yield Difference(f"valuation_buckets[{label}]", one, other)


def _worth(bucket: Mapping[str, Json] | None) -> Json:
    """A single value is a range of one."""
    if bucket is None or "value_usd" not in bucket:
        return bucket
    rest = {name: value for name, value in bucket.items() if name != "value_usd"}
    return {**rest, "min_usd": bucket["value_usd"], "max_usd": bucket["value_usd"]}


def _plain(item: Mapping[str, Json]) -> dict[str, Json]:
    """Without what says nothing, and with one spelling of what both formats say."""
    return {
        "formula" if name == "Formula" else name: value
        for name, value in item.items()
        if value is not None and value is not False and value not in ("", [], {}) and (name, value) != ("unit", "USD")
    }


def _same(one: Json, other: Json) -> bool:
    """1 and 1.0 are one number; true is none."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
