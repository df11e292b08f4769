"""How many active listings conditions match, each by itself and all together, and what there is to compare with.

The engine answers on columns, as a recalculation would; nothing is remembered from one question to the next, because
what was counted a moment ago may be of other listings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import Count, Q

from dealbrain.deadlines import check_deadline
from dealbrain.folding import fold
from listings.choices import Status
from listings.models import Listing
from valuation.engine import (
    Batch,
    CategoryColumn,
    Column,
    Condition,
    Field,
    FieldRegistry,
    Json,
    Kind,
    Matcher,
    check_conditions,
    leaves,
    parse_conditions,
)
from valuation.engine.conditions import MAX_LEAVES, written_leaves
from valuation.explaining.vocabulary import offers_values
from valuation.recalculation.facts import PARTS, Ids, load_facts, load_kinds
from valuation.recalculation.marking import revision_row

SAMPLE = 300  # listings that examples are taken from
OFFERED = 20
UNLIKE = frozenset({"title", "model_number", "price_usd"})  # facts that hardly two listings share
LONGEST_EXAMPLE = 40


@dataclass(frozen=True, slots=True)
class Counts:
    """Of `total` active listings those that `matched`, None where the conditions are not right; `leaves` by path."""

    total: int
    matched: int | None
    leaves: Mapping[str, int]


def count_matches(tree: Json, registry: FieldRegistry) -> Counts:
    """How many active listings a condition tree matches. A leaf that is wrong is left out. At most ten queries."""
    right: dict[str, Condition] = {}
    for path, leaf in islice(written_leaves(tree), MAX_LEAVES):
        condition, _ = parse_conditions(leaf, registry)
        if condition is not None:
            right[path] = condition
    failed = any(problem.severity == "error" for problem in check_conditions(tree, registry))
    whole = None if failed else parse_conditions(tree, registry)[0]
    fields = frozenset(leaf.field for condition in right.values() for leaf in leaves(condition))
    if not fields:
        total = Listing.objects.active().count()
        return Counts(total, None if failed else total, {})
    kinds, alike = _kinds(fields, registry)
    matcher = Matcher(kinds)
    counts = {}
    for path, condition in right.items():
        check_deadline()
        counts[path] = int(alike[matcher.match(condition)].sum())
    return Counts(int(alike.sum()), None if failed else int(alike[matcher.match(whole)].sum()), counts)


def _kinds(fields: frozenset[str], registry: FieldRegistry) -> tuple[Batch, Ids]:
    """Active listings, those that are alike in these facts as one row, and how many each row stands for.

    Where hardly two are alike, putting them together costs the database more than it saves.
    """
    active, year = Listing.objects.active(), revision_row().year
    if not fields & UNLIKE:
        return load_kinds(active, fields=fields, registry=registry, year=year)
    batch = load_facts(active.order_by("pk"), fields=fields, registry=registry, year=year, scores=False).batch
    return batch, np.ones(len(batch), dtype=np.int64)


def examples(registry: FieldRegistry) -> dict[str, str]:
    """For each fact a value that the newest listings have, the most common one, as text. At most ten queries."""
    newest = list(Listing.objects.active().order_by("-pk").values_list("pk", flat=True)[:SAMPLE])
    some = Listing.objects.filter(pk__in=newest).order_by("pk")
    paths = [field.path for field in registry.fields]
    batch = load_facts(some, fields=paths, registry=registry, year=revision_row().year, scores=False).batch
    found = {field.path: _common(batch.columns.get(field.path), field) for field in registry.fields}
    found["price_usd"] = f"{batch.price_cents[batch.priced][0] / 100:g}" if batch.priced.any() else ""
    return {path: text for path, text in found.items() if text}


def _common(column: Column | None, field: Field) -> str:
    if column is None:
        return ""
    if isinstance(column, CategoryColumn):
        known = column.codes[column.codes >= 0]
        text = column.categories[int(np.bincount(known).argmax())] if len(known) else ""
        return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
    counted = Counter(column.values[column.present].tolist())
    value = max(counted, key=lambda number: (counted[number], number)) if counted else None
    if value is None:
        return ""
    if field.kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    return f"{value:.10g}"


def values_like(path: str, text: str, registry: FieldRegistry) -> list[dict[str, Any]]:
    """Up to twenty values of a fact that hold `text`, with how many active listings have each, the most common first.

    One query. A name of the catalog that no listing has is offered too, last. Facts that are not offered have none.
    """
    field = registry.get(path)
    if field is None or not offers_values(field):
        return []
    prefix, _, leaf = path.rpartition(".")
    if prefix:
        model, foreign_key = PARTS[prefix]
        listings = Listing._meta.get_field(foreign_key.removesuffix("_id")).remote_field.name  # type: ignore[union-attr]
        rows = model.objects.all()
        count = Count(listings, filter=Q(**{f"{listings}__status": Status.ACTIVE}))
    else:
        rows, leaf, count = Listing.objects.active(), path, Count("pk")
    if text.strip():
        rows = rows.filter(**{f"{leaf}__folded__contains": fold(text.strip())})
    counted = rows.exclude(**{leaf: ""}).exclude(**{leaf: None}).order_by().values_list(leaf).annotate(listings_=count)
    return [{"value": value, "count": number} for value, number in counted.order_by("-listings_", leaf)[:OFFERED]]
