"""What the market says parts are worth beside what the active baseline says, and the candidate of what somebody ticks.

Nothing of it counts: a candidate is compared and adopted like a file that somebody has uploaded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from baselines.models import BaselineImport, Candidate
from baselines.reading import BaselineDocument, BaselineError, BaselineField, read_document, refused
from baselines.wording import amount_words, field_lines
from valuation.engine import Batch, FieldRegistry, RuleError, compile_formula, number_column
from valuation.explaining.summaries import summarise_conditions
from valuation.market.candidate import FORMULA, INSTEAD_OF, Part, Tier, parts_of
from valuation.market.estimate.fitting import Amount
from valuation.market.reading import NUMBERS
from valuation.market.showing import candidate_of
from valuation.market.standing import estimate_of
from valuation.models import MarketModel
from valuation.registry import field_registry

NO_ROWS = "nothing is ticked: tick at least one row"


@dataclass(frozen=True, slots=True)
class Line:
    """One amount in USD, the interval that it lay in and the offers behind it. `today` is what the active baseline
    says, "" where that is nothing.
    """

    label: str
    usd: float
    low: float
    high: float
    offers: int
    today: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Row:
    """What is ticked as one thing: a tier, or a whole formula with its `pieces`."""

    key: str
    line: Line
    pieces: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Worth:
    """A field of the estimate. `today` is what the active baseline says of the same parts: (name, label, amount)."""

    key: str
    name: str
    rows: tuple[Row, ...]
    today: tuple[tuple[str, str, str], ...]


def worths_of(model: MarketModel, current: BaselineImport | None) -> list[Worth]:
    """The part worths of a stored model in the order of the file; none where it has no estimate."""
    estimate, registry = estimate_of(model), field_registry()
    if estimate is None:
        return []
    fields = _fields_of(current, registry)
    turn = -1.0 if current is not None and current.ruleset.effect == "add" else 1.0
    return [_worth(part, fields, registry, turn) for part in parts_of(estimate.fit, registry)]


def make_candidate(model: MarketModel, keys: Collection[str], *, user: Any) -> Candidate:
    """The ticked rows as a candidate, to be compared. Raises BaselineError where they say nothing, or are none."""
    estimate, registry = estimate_of(model), field_registry()
    known = {key for part in parts_of(estimate.fit, registry) for key in part.row_keys} if estimate else set()
    if not keys:
        raise refused("rows", NO_ROWS, "empty")
    if unknown := sorted(set(keys) - known):
        raise refused("rows", f'"{unknown[0][:100]}" is no row of {model}: look at it again', "unknown")
    document = read_document(candidate_of(model, keys) or {}, registry)
    name = (
        f"calibration-{model.pk}.json" if set(keys) == known else f"calibration-{model.pk}, {len(set(keys))} rows.json"
    )
    return Candidate.objects.create(
        name=name, document=document.content, source_hash=document.source_hash, uploaded_by=user
    )


def _fields_of(current: BaselineImport | None, registry: FieldRegistry) -> dict[str, BaselineField]:
    if current is None:
        return {}
    try:
        document: BaselineDocument = read_document(current.document, registry)
    except BaselineError:  # the comparison says why; what the market says is shown all the same
        return {}
    return document.by_key()


def _worth(part: Part, fields: dict[str, BaselineField], registry: FieldRegistry, turn: float) -> Worth:
    field = fields.get(part.key)
    if part.pieces:
        rows: tuple[Row, ...] = (_formula_row(part, field, registry, turn),)
    else:
        rows = tuple(Row(part.row_key(tier.label), _tier_line(tier, field, registry, turn)) for tier in part.tiers)
    matched = all(row.line.today for row in rows)
    told = [fields[key] for key in (part.key, *INSTEAD_OF.get(part.field, ())) if key in fields]
    shown = told if not matched else [found for found in told if found is not field]
    return Worth(part.key, part.place.name, rows, tuple(_today(shown, registry)))


def _today(fields: Iterable[BaselineField], registry: FieldRegistry) -> Iterable[tuple[str, str, str]]:
    for field in fields:
        yield from ((field.proper_name, label, text) for label, text in field_lines(field, registry).items())


def _tier_line(tier: Tier, field: BaselineField | None, registry: FieldRegistry, turn: float) -> Line:
    return Line(tier.label, tier.usd, tier.low, tier.high, tier.offers, _bucket_of(tier, field, registry, turn))


def _bucket_of(tier: Tier, field: BaselineField | None, registry: FieldRegistry, turn: float) -> str:
    """What the active baseline gives for the same label, or under the same condition."""
    if field is None or field.unit == "multiplier":
        return ""
    wanted = summarise_conditions(tier.condition, registry)  # one condition is written in more than one way
    for bucket in field.buckets:
        same = bucket.condition is not None and summarise_conditions(bucket.condition, registry) == wanted
        if not bucket.formula and (same or bucket.label.casefold() == tier.label.casefold()):
            # What is added to a price is what a part is worth with the other sign.
            low, high = sorted((turn * bucket.low + 0.0, turn * bucket.high + 0.0))
            return amount_words(low, high)
    return ""


def _formula_row(part: Part, field: BaselineField | None, registry: FieldRegistry, turn: float) -> Row:
    knots = [part.pieces[0].term.at, *(piece.term.to for piece in part.pieces)]
    old = [turn * usd for usd in _at(knots, field.formula if field else "", NUMBERS[part.field], registry)]
    between = [amount_words(high - low, high - low) for low, high in pairwise(old)] or [""] * len(part.pieces)
    pieces = tuple(_piece_line(part, piece, today) for piece, today in zip(part.pieces, between, strict=True))
    whole = Line(
        f"up to {knots[-1]:,.0f} {part.place.unit}",
        sum(piece.usd for piece in pieces),
        sum(piece.low for piece in pieces),
        sum(piece.high for piece in pieces),
        pieces[0].offers,
        amount_words(old[-1] - old[0], old[-1] - old[0]) if old else "",
    )
    return Row(part.row_key(FORMULA), whole, pieces)


def _piece_line(part: Part, piece: Amount, today: str) -> Line:
    label = f"from {piece.term.at:,.0f} to {piece.term.to:,.0f} {part.place.unit}"
    return Line(label, piece.usd, piece.low, piece.high, piece.offers, today)


def _at(values: Sequence[float], formula: str, fact: str, registry: FieldRegistry) -> list[float]:
    """What a formula of this fact alone gives at these values; [] for any other."""
    try:
        compiled = compile_formula(formula, registry)
    except RuleError:
        return []
    if compiled.fields != {fact}:
        return []
    count = len(values)
    term = compiled.evaluate(
        Batch(
            ids=np.arange(count, dtype=np.int64),
            price_cents=np.zeros(count, dtype=np.int64),
            priced=np.zeros(count, dtype=np.bool_),
            columns={fact: number_column(values)},
            static_ruleset=np.zeros(count, dtype=np.int64),
            disabled={},
        )
    )
    return term.values.tolist() if bool(term.present.all()) else []
