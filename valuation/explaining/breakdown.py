"""Why a listing has its figures: the engine's explanation in the shape of the HTTP contract."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from listings.models import Listing
from valuation.engine import (
    ActionLine,
    ConditionLine,
    Explanation,
    FieldRegistry,
    RuleLine,
    RuleProblem,
    UnmatchedRule,
    evaluate,
    explain,
)
from valuation.recalculation.facts import load_facts
from valuation.recalculation.rulebook import Rulebook, load_rulebook


def explain_listing(listing_id: int, *, trace: bool = False) -> dict[str, Any]:
    """The valuation breakdown of one listing, computed now from the current rules and facts; nothing is saved.

    With `trace`, also every rule that did not match, each condition with its expected and actual value. Raises
    Listing.DoesNotExist. At most ten queries.
    """
    title = Listing.objects.values_list("title", flat=True).get(pk=listing_id)
    book = load_rulebook()
    explanation = explain_with(book, listing_id, trace=trace)
    shown = breakdown(explanation, trace=trace, registry=book.registry)
    return {"listing_id": listing_id, "listing_title": title, **shown}


def breakdowns_of(ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What each rule gives to many listings, by their ids, computed now: one pass, however many there are."""
    book = load_rulebook()
    listings = Listing.objects.filter(pk__in=ids).order_by("pk")
    facts = load_facts(listings, fields=book.program.fields, registry=book.registry, year=book.year)
    result = evaluate(book.program, facts.batch)
    found: dict[int, dict[str, Any]] = {}
    for row, pk in enumerate(facts.batch.ids.tolist()):
        priced = bool(facts.batch.priced[row])
        found[pk] = {
            "listing_price": dollars(int(result.price_cents[row])) if priced else None,
            "adjusted_price": dollars(int(result.adjusted_cents[row])) if priced else None,
            "total_adjustment": dollars(int(result.total_cents[row])) if priced else None,
            "adjustments": [],
        }
    ids_by_row = facts.batch.ids.tolist()
    for column in result.rules:
        told = {
            "rule_id": column.rule.id,
            "rule_name": column.rule.name,
            "rule_group_id": column.group.id,
            "rule_group_name": column.group.name,
        }
        for row in np.flatnonzero(column.matched).tolist():
            amount: dict[str, Any] = {"adjustment_amount": dollars(int(column.cents[row])), "actions": []}
            found[ids_by_row[row]]["adjustments"].append({**told, **amount})
    return found


def add_breakdowns(documents: list[dict[str, Any]]) -> None:
    """Put `valuation_breakdown` into documents of priced listings, as older clients read it."""
    found = breakdowns_of({document["id"] for document in documents})
    for document in documents:
        told = found.get(document["id"])
        document["valuation_breakdown"] = told if told and told["listing_price"] is not None else None


def explain_with(book: Rulebook, listing_id: int, *, trace: bool = False) -> Explanation:
    """The engine's explanation of one listing under any rulebook. Raises Listing.DoesNotExist."""
    listing = Listing.objects.filter(pk=listing_id)
    facts = load_facts(listing, fields=book.program.fields, registry=book.registry, year=book.year)
    if not len(facts.batch):
        raise Listing.DoesNotExist
    return explain(book.program, facts.batch, trace=trace)


def breakdown(
    explanation: Explanation, *, trace: bool = False, registry: FieldRegistry | None = None
) -> dict[str, Any]:
    """An explanation as the contract's document; money in dollars. The first ruleset stands for the whole.

    With the registry, conditions carry the labels of their fields.
    """
    first = explanation.rulesets[0] if explanation.rulesets else None
    document = {
        "base_price_usd": dollars(explanation.price_cents),
        "adjusted_price_usd": dollars(explanation.adjusted_cents),
        "total_adjustment": dollars(explanation.total_cents),
        "matched_rules_count": len(explanation.rules),
        "ruleset_id": first.id if first else None,
        "ruleset_name": first.name if first else None,
        "rulesets": [
            {
                "id": line.id,
                "name": line.name,
                "layer": line.layer,
                "priority": line.priority,
                "effect": line.effect,
                "total_adjustment": dollars(line.cents),
            }
            for line in explanation.rulesets
        ],
        "adjustments": [_adjustment(line) for line in explanation.rules],
        "errors": [_problem(problem) for problem in explanation.problems],
        "notes": list(explanation.notes),
    }
    if trace:
        document["unmatched"] = [_unmatched(line, registry) for line in explanation.unmatched]
    return document


def dollars(cents: int | None) -> float | None:
    """Cents as a number of dollars with two decimals; None stays."""
    return None if cents is None else cents / 100


def _adjustment(line: RuleLine) -> dict[str, Any]:
    return {
        "rule_id": line.rule_id,
        "rule_name": line.rule_name,
        "rule_description": line.rule_description,
        "rule_group_id": line.group_id,
        "rule_group_name": line.group_name,
        "ruleset_id": line.ruleset_id,
        "ruleset_name": line.ruleset_name,
        "layer": line.layer,
        "adjustment_amount": dollars(line.cents),
        "actions": [_action(action) for action in line.actions],
    }


def _action(line: ActionLine) -> dict[str, Any]:
    return {
        "action_type": line.action_type,
        "metric": line.metric or None,
        "value": dollars(line.cents),
        "details": line.details,
        "error": line.error or None,
    }


def _problem(problem: RuleProblem) -> dict[str, Any]:
    return {
        "ruleset_id": problem.ruleset_id,
        "ruleset_name": problem.ruleset_name,
        "rule_group_id": problem.group_id,
        "rule_group_name": problem.group_name or None,
        "rule_id": problem.rule_id,
        "rule_name": problem.rule_name or None,
        "path": problem.problem.path,
        "message": problem.problem.message,
        "suggestion": problem.problem.suggestion or None,
    }


def _unmatched(line: UnmatchedRule, registry: FieldRegistry | None) -> dict[str, Any]:
    return {
        "rule_id": line.rule_id,
        "rule_name": line.rule_name,
        "rule_group_id": line.group_id,
        "rule_group_name": line.group_name,
        "ruleset_id": line.ruleset_id,
        "ruleset_name": line.ruleset_name,
        "reason": line.reason,
        "conditions": [_condition(condition, registry) for condition in line.conditions],
    }


def _condition(line: ConditionLine, registry: FieldRegistry | None) -> dict[str, Any]:
    """A leaf with what it expected and what there is, or a group with what is in it."""
    if line.logic:
        inside = [_condition(child, registry) for child in line.children]
        return {"path": line.path, "logical_operator": line.logic, "matched": line.matched, "conditions": inside}
    fact = registry.get(line.field) if registry else None
    return {
        "path": line.path,
        "field_name": line.field,
        "label": fact.label if fact else line.field,
        "operator": line.operator,
        "expected": line.expected,
        "actual": line.actual,
        "matched": line.matched,
    }
