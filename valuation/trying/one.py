"""Trying rules on one listing, and formulas on sample values; nothing is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from listings.models import Listing
from valuation.engine import (
    ActionSpec,
    Batch,
    FieldRegistry,
    Kind,
    Problem,
    Program,
    UnknownField,
    category_column,
    compile_rulesets,
    explain,
    number_column,
    to_cents,
)
from valuation.engine.actions import Action, compile_action
from valuation.engine.evaluate import run_action
from valuation.explaining.breakdown import breakdown, explain_listing
from valuation.models import Ruleset
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.standing_in import specs_beside

MOST_FACTS = 200


def evaluate_listing(*, listing_id: int, ruleset_id: int | None = None) -> dict[str, Any]:
    """The breakdown of a listing, under one ruleset alone if one is named: a draft too, and whoever switched it off.

    Raises Listing.DoesNotExist and Ruleset.DoesNotExist.
    """
    if ruleset_id is None:
        document = explain_listing(listing_id)
    else:
        ruleset = Ruleset.objects.get(pk=ruleset_id)
        title = Listing.objects.values_list("title", flat=True).get(pk=listing_id)
        shown = _under(ruleset, listing_id)
        document = {"listing_id": listing_id, "listing_title": title, **shown}
        document |= {"ruleset_id": ruleset.pk, "ruleset_name": ruleset.name}
    named = {"id": document["ruleset_id"], "name": document["ruleset_name"]}
    document["breakdown"] = {
        "ruleset": named if named["id"] else None,
        "adjustments": document["adjustments"],
        "total_adjustment": document["total_adjustment"],
    }
    return document


def _under(ruleset: Ruleset, listing_id: int) -> dict[str, Any]:
    registry = field_registry()
    program = program_alone(ruleset, registry)
    listing = Listing.objects.filter(pk=listing_id)
    facts = load_facts(listing, fields=program.fields, registry=registry, year=revision_row().year, scores=False)
    nobody = np.zeros(len(facts.batch), dtype=np.int64)
    return breakdown(explain(program, replace(facts.batch, static_ruleset=nobody, disabled={})))


def program_alone(ruleset: Ruleset, registry: FieldRegistry) -> Program:
    """One ruleset by itself, active or not; a draft as the ruleset that it is a draft of.

    Compiled beside the others, since what an override of it means depends on the baseline; run alone.
    """
    return compile_rulesets(specs_beside(ruleset), registry).alone(ruleset.pk)


def try_formula(*, formula: str, sample: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Whether a formula can be saved, what it reads, and what a rule with it gives: USD, to the cent.

    `sample` holds facts by name; without it the first active listing is taken. What is wrong is told, never raised.
    """
    registry = field_registry()
    problems: list[Problem] = []
    compiled, wrong = compile_action(ActionSpec("formula", formula=formula), registry)
    problems.extend(replace(problem, path="") for problem in wrong)
    facts = _sample(sample, registry, problems) if sample is not None else None
    preview = None
    if compiled is not None and not any(problem.severity == "error" for problem in problems):
        preview, reason = _value(compiled, _batch(compiled, facts, registry))
        if preview is None:
            problems.append(Problem("", f"No value: {reason}.", "no_value", severity="info"))
    return {
        "valid": compiled is not None,
        "errors": [_shown(problem) for problem in problems],
        "preview": preview,
        "used_fields": sorted(compiled.fields) if compiled is not None else [],
        "available_fields": [
            {"path": field.path, "label": field.label, "kind": str(field.kind), "unit": field.unit}
            for field in registry.fields
        ],
    }


def _shown(problem: Problem) -> dict[str, Any]:
    place = f"{problem.path}: " if problem.path else ""
    return {
        "message": f"{place}{problem.message}",
        "severity": problem.severity,
        "position": problem.position,
        "suggestion": problem.suggestion or None,
    }


def _sample(sample: Mapping[str, Any], registry: FieldRegistry, problems: list[Problem]) -> dict[str, Any]:
    """The sample's values by canonical path; what cannot be read is added to `problems`."""
    found: dict[str, Any] = {}
    for name, value in list(sample.items())[:MOST_FACTS]:
        path = f"sample_context.{name[:100]}"
        try:
            field = registry.resolve_in_formula(name)
        except UnknownField as error:
            problems.append(Problem(path, str(error), "unknown_field"))
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15
        fits = {Kind.NUMBER: is_number, Kind.BOOLEAN: isinstance(value, bool)}.get(field.kind, isinstance(value, str))
        if value is not None and not fits:
            problems.append(Problem(path, f"must be a {field.kind}, or null", "type"))
            continue
        found[field.path] = field.stated(value) if isinstance(value, str) else value
    return found


def _batch(formula: Action, sample: Mapping[str, Any] | None, registry: FieldRegistry) -> Batch:
    """One row: the sample, where what is not named is missing, or the first listing that rules are run on."""
    if sample is None:
        first = Listing.objects.active().filter(price_usd__isnull=False).order_by("pk")[:1]
        year = revision_row().year
        return load_facts(first, fields=formula.fields, registry=registry, year=year, scores=False).batch
    price = sample.get("price_usd")
    columns: dict[str, Any] = {}
    for path in formula.fields - {"price_usd"}:
        field, value = registry.get(path), sample.get(path)
        text = field is not None and field.kind is Kind.STRING
        columns[path] = category_column([value]) if text else number_column([value])
    return Batch(
        ids=np.ones(1, dtype=np.int64),
        price_cents=np.array([0 if price is None else to_cents(float(price))], dtype=np.int64),
        priced=np.array([price is not None]),
        columns=columns,
        static_ruleset=np.zeros(1, dtype=np.int64),
        disabled={},
    )


def _value(formula: Action, batch: Batch) -> tuple[float | None, str]:
    """What a rule with the formula gives, or why it gives nothing."""
    if not len(batch):
        return None, "there is no active listing with a price to try it on: give a sample_context"
    column = run_action(formula, batch, np.arange(1), batch.price_cents)
    error = column.error(0)
    return (None, error) if error else (int(column.cents[0]) / 100, "")
