"""The rules of an estimate as a baseline file of format 1.1, for a person to review and adopt.

Amounts state what a part is worth, and are taken off the price. Steps become tiers that do not overlap, the slopes of
a mark one formula of clamps, labels a tier each. The same estimate gives the same bytes: the day of the file is the one
that it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from valuation.engine import FieldRegistry, Kind
from valuation.market.estimate.calibrating import Market
from valuation.market.estimate.fitting import Amount, Fit
from valuation.market.estimate.offers import FAMILY
from valuation.market.estimate.processors import FAMILIES
from valuation.market.estimate.terms import Shape
from valuation.market.reading import LABELS, NUMBERS, YES

Json = dict[str, Any]
LISTING, CPU, GPU, RAM, STORAGE = "Listing", "CPU", "GPU", "RamSpec", "StorageProfile"
CUSTOM = "custom."
FORMULA = "formula"
MOST_LABEL = 100  # letters of a tier's label in a baseline


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field of the estimate stands in a baseline: the entity, the id within it, its name, its unit."""

    entity: str
    id: str
    name: str
    unit: str = ""


PLACES: dict[str, Place] = {
    "ram_gb": Place(RAM, "ram", "Memory", "GB"),
    "storage_gb": Place(STORAGE, "storage", "Storage, all drives", "GB"),
    "medium": Place(STORAGE, "storage_medium", "Kind of main drive"),
    "cpu_mark": Place(CPU, "cpu_mark", "CPU mark", "marks"),
    FAMILY: Place(CPU, "cpu_family", "CPU family"),
    "age_years": Place(CPU, "age", "Age", "years"),
    "card": Place(GPU, "gpu_discrete", "Graphics card"),
    "gpu_mark": Place(GPU, "gpu_mark", "GPU mark", "marks"),
    "condition": Place(LISTING, "condition_risk", "Condition"),
    "manufacturer": Place(LISTING, "manufacturer", "Manufacturer"),
    "series": Place(LISTING, "series", "Series"),
    "os_license": Place(LISTING, "os_license", "Operating system licence"),
    "form_factor": Place(LISTING, "form_factor", "Form factor"),
}
# Fields of a baseline that count the same parts in other ways: whoever adopts the one takes out the others.
INSTEAD_OF = {
    "ram_gb": ("RamSpec.ram_ddr4", "RamSpec.ram_ddr5", "RamSpec.ram_unstated"),
    "storage_gb": (
        "StorageProfile.storage_nvme",
        "StorageProfile.storage_sata",
        "StorageProfile.storage_ssd",
        "StorageProfile.storage_hdd",
        "StorageProfile.storage_second",
    ),
}


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a field: its label, the condition for it, what it is worth in USD and what that rests on."""

    label: str
    condition: Json | list[Json]
    usd: float
    low: float
    high: float
    offers: int


@dataclass(frozen=True, slots=True)
class Part:
    """A field of the estimate: tiers, or the pieces of a formula. `field` is the estimate's own name for it."""

    field: str
    place: Place
    tiers: tuple[Tier, ...] = ()
    pieces: tuple[Amount, ...] = ()

    @property
    def key(self) -> str:
        """As a baseline's comparison names it: `RamSpec.ram`."""
        return f"{self.place.entity}.{self.place.id}"

    def row_key(self, label: str) -> str:
        """What somebody ticks who wants one tier of it, by its label, or the whole FORMULA."""
        return f"{self.key}:{label}"

    @property
    def row_keys(self) -> tuple[str, ...]:
        return tuple(map(self.row_key, [FORMULA] if self.pieces else [tier.label for tier in self.tiers]))

    def of_rows(self, keys: Collection[str]) -> Part:
        """The part with what is ticked of it alone, which may be nothing."""
        tiers = tuple(tier for tier in self.tiers if self.row_key(tier.label) in keys)
        return replace(self, tiers=tiers, pieces=self.pieces if self.row_key(FORMULA) in keys else ())

    @property
    def is_empty(self) -> bool:
        return not self.tiers and not self.pieces


def place_of(field: str) -> Place:
    """Where a field stands; a custom one by its key."""
    if field in PLACES:
        return PLACES[field]
    key = field.removeprefix(CUSTOM)
    return Place(LISTING, f"custom_{key}"[:64], key.replace("_", " ").capitalize())


def parts_of(fit: Fit, registry: FieldRegistry) -> list[Part]:
    """The rules of an estimate by field, in the order of the file."""
    found = []
    for field in dict.fromkeys([*PLACES, *(amount.term.field for amount in fit.amounts)]):
        mine = [amount for amount in fit.amounts if amount.term.field == field]
        pieces = tuple(amount for amount in mine if amount.term.shape is Shape.SLOPE)
        place = place_of(field)
        if pieces and any(piece.usd for piece in pieces):
            found.append(Part(field, place, pieces=pieces))
        others = [amount for amount in mine if amount.term.shape is not Shape.SLOPE]
        tiers = tuple(_tiers(field, place, others, is_boolean=_is_boolean(field, registry)))
        if tiers:
            named = Place(place.entity, f"{place.id}_unstated", f"{place.name}, not stated") if pieces else place
            found.append(Part(field, named, tiers=tiers))
    return found


def candidate(market: Market, *, day: str, registry: FieldRegistry, only: Collection[str] | None = None) -> Json:
    """The document. `day` is its date, `2026-11-26`; `only` are the row keys of what it is to hold, None for all."""
    entities: dict[str, list[Json]] = {}
    parts = parts_of(market.fit, registry)
    for part in parts if only is None else [part.of_rows(only) for part in parts]:
        if part.is_empty:
            continue
        entities.setdefault(part.place.entity, []).append(_field(part, market))
    return {
        "schema_version": "1.1",
        "generated_at": f"{day}T00:00:00Z",
        "name": "Calibrated from the inventory",
        "description": (
            f"What parts are worth in US dollars, estimated from {market.offers:,} offers. Taking them off the asking "
            f"price leaves what the bare machine costs, which is usually about ${market.fit.base:,.0f}. Estimated "
            f"prices of models that it had not seen were {market.errors['new']['rules']:.1%} off, in the middle."
        ),
        "effect": "deduct",
        "entities": entities,
    }


def candidate_text(market: Market, *, day: str, registry: FieldRegistry) -> str:
    """The file: the same estimate and day, the same bytes."""
    return json.dumps(candidate(market, day=day, registry=registry), indent=2, ensure_ascii=False) + "\n"


def _field(part: Part, market: Market) -> Json:
    found: Json = {
        "id": part.place.id,
        "proper_name": part.place.name,
        "description": f"Estimated from {market.offers:,} offers.",
        "explanation": _explanation(part),
        "unit": "USD",
        "dependencies": _dependencies(part.field),
        "nullable": True,
    }
    if instead := INSTEAD_OF.get(part.field):
        found["notes"] = f"Counts the same parts as {', '.join(instead)}: take those out when you adopt this."
    if part.pieces:
        return {**found, "formula": formula_of(part.field, part.pieces)}
    return {**found, "valuation_buckets": [_bucket(tier) for tier in part.tiers]}


def _explanation(part: Part) -> str:
    if not part.pieces:
        return "What offers with this ask for more than others like them."
    top = sum(piece.usd for piece in part.pieces)
    low, high = sum(piece.low for piece in part.pieces), sum(piece.high for piece in part.pieces)
    return (
        f"Up to {_usd(top)} for {part.place.unit} of {part.pieces[-1].term.to:,.0f} and more, "
        f"from {part.pieces[0].offers:,} offers; in four of five resamples from {_usd(low)} to {_usd(high)}."
    )


def _bucket(tier: Tier) -> Json:
    return {
        "label": tier.label[:MOST_LABEL],
        "condition": tier.condition,
        "value_usd": tier.usd,
        "explanation": (
            f"From {tier.offers:,} offers; in four of five resamples from {_usd(tier.low)} to {_usd(tier.high)}."
        ),
    }


def _usd(value: float) -> str:
    return f"-${-value:,.0f}" if round(value) < 0 else f"${abs(value):,.0f}"


def formula_of(field: str, pieces: Sequence[Amount]) -> str:
    """Straight pieces between knots, each a clamp: nothing below the first knot, no more above the last."""
    fact = NUMBERS[field]
    terms = [
        f"{piece.usd:g} * clamp(({fact} - {piece.term.at:g}) / {piece.term.to - piece.term.at:g}, 0, 1)"
        for piece in pieces
        if piece.usd
    ]
    return " + ".join(terms)


def _dependencies(field: str) -> list[str]:
    if field == FAMILY:
        return ["cpu.name"]
    if field == "card":
        return ["gpu.name"]
    return [NUMBERS.get(field) or LABELS.get(field) or field]


def _tiers(field: str, place: Place, amounts: Sequence[Amount], *, is_boolean: bool) -> Iterable[Tier]:
    steps = sorted((a for a in amounts if a.term.shape is Shape.STEP), key=lambda a: a.term.at)
    if field == "card":
        yield from (_tier("has a card", _is_stated("gpu.name"), amount) for amount in steps)
    else:
        yield from _ranges(field, place, steps)
    for amount in amounts:
        if amount.term.shape is Shape.LABEL:
            yield _tier(amount.term.label, _has_label(field, amount.term.label, is_boolean=is_boolean), amount)
        elif amount.term.shape is Shape.UNSTATED:
            yield _tier("not stated", _not_stated(field), amount)


def _ranges(field: str, place: Place, steps: Sequence[Amount]) -> Iterable[Tier]:
    """Cumulative steps as tiers that do not overlap."""
    fact = NUMBERS.get(field, field)
    usd = low = high = 0.0
    for number, step in enumerate(steps):
        usd, low, high = usd + step.usd, low + step.low, high + step.high
        end = steps[number + 1].term.at if number + 1 < len(steps) else None
        condition = [{"field_name": fact, "operator": "gte", "value": _plain(step.term.at)}]
        if end is None:
            label = f"{step.term.at:g} {place.unit} or more"
        else:
            label = f"{step.term.at:g} to less than {end:g} {place.unit}"
            condition.append({"field_name": fact, "operator": "lt", "value": _plain(end)})
        behind = step.offers - (steps[number + 1].offers if end is not None else 0)
        yield Tier(label, condition, round(usd, 2), low, high, behind)


def _tier(label: str, condition: Json, amount: Amount) -> Tier:
    return Tier(label, condition, amount.usd, amount.low, amount.high, amount.offers)


def _is_boolean(field: str, registry: FieldRegistry) -> bool:
    fact = registry.get(field)
    return fact is not None and fact.kind is Kind.BOOLEAN


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _is_stated(fact: str) -> Json:
    return {"field_name": fact, "operator": "is_not_null"}


def _is_missing(fact: str) -> Json:
    return {"field_name": fact, "operator": "is_null"}


def _not(condition: Json) -> Json:
    return {"logical_operator": "not", "conditions": [condition]}


def _all(conditions: list[Json]) -> Json:
    return {"logical_operator": "and", "conditions": conditions}


def _any(conditions: list[Json]) -> Json:
    return {"logical_operator": "or", "conditions": conditions}


def _has_label(field: str, label: str, *, is_boolean: bool) -> Json:
    if field == FAMILY:
        return {"field_name": "cpu.name", "operator": "regex", "value": FAMILIES[label]}
    value: str | bool = label == YES if is_boolean else label
    return {"field_name": LABELS.get(field, field), "operator": "equals", "value": value}


_HAS_FAMILY: Json = {"field_name": "cpu.name", "operator": "regex", "value": "|".join(FAMILIES.values())}
NOT_STATED: dict[str, Callable[[], Json]] = {
    FAMILY: lambda: _any([_is_missing("cpu.name"), _not(_HAS_FAMILY)]),
    # A mark that is not stated is taken for that of others of the family, and counts as stated.
    "cpu_mark": lambda: _all([_is_missing("cpu.cpu_mark_multi"), _any([_is_missing("cpu.name"), _not(_HAS_FAMILY)])]),
    "gpu_mark": lambda: _all([_is_stated("gpu.name"), _is_missing("gpu.gpu_mark")]),
}


def _not_stated(field: str) -> Json:
    if field in NOT_STATED:
        return NOT_STATED[field]()
    return _is_missing(NUMBERS.get(field) or LABELS.get(field) or field)
