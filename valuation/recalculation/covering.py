"""Which listings an edit of rules touches: the rules that figures were computed with, held against those of today.

The rules of the covered revision are kept. When they have moved on, the conditions of the rules that differ are
evaluated, old and new, on the few columns they need. A listing that none of them matches has the same adjustments under
both: what comes before in the running price is the same, and so is everything else. Those that match are valued whole.
So are those that are assigned to a ruleset which comes or goes; who moves choices marks their listings, as he does who
deletes a ruleset. Any doubt is a pass over everything: rules that were not kept, another profile, year or registry, a
rule without a condition, or most listings matched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from listings.models import Listing
from valuation.engine import (
    ActionSpec,
    Condition,
    GroupSpec,
    Matcher,
    Program,
    RulesetSpec,
    RuleSpec,
    compile_rulesets,
    leaves,
)
from valuation.models import CoveredRules, RulesetOverride, RulesRevision
from valuation.recalculation.collector import collector_paused
from valuation.recalculation.difference import changed_rules
from valuation.recalculation.facts import Ids, load_facts
from valuation.recalculation.hints import NOTHING
from valuation.recalculation.narrowing import narrowed
from valuation.recalculation.rulebook import Rulebook, load_rulebook

PAGE = 50_000  # listings in memory at a time
MOST_TOUCHED = 0.6  # of all; beyond it a pass over everything costs less


def cover(revision: int) -> None:
    """Record that every figure is of this revision or later, and keep its rules; in the caller's transaction."""
    moved = RulesRevision.objects.filter(pk=1, covered_revision__lt=revision).update(covered_revision=revision)
    book = load_rulebook() if moved else None
    if book is not None and book.revision == revision:
        CoveredRules.objects.update_or_create(pk=1, defaults={"revision": revision, "document": _document(book)})


def touched_listings(row: RulesRevision) -> Ids | None:
    """Ids of the listings that the rules' way from the covered revision to today's can move, sorted; None: any may."""
    kept = CoveredRules.objects.filter(pk=1, revision=row.covered_revision).first()
    book = load_rulebook()
    if kept is None or book.revision != row.revision:
        return None
    try:
        document = json.loads(kept.document)
        old_specs = [_ruleset(found) for found in document["specs"]]
    except (ValueError, KeyError, TypeError):  # written by another version of this program
        return None
    if document["basis"] != _basis(book):
        return None
    changed = changed_rules(old_specs, book.specs)
    programs = (compile_rulesets(old_specs, book.registry), book.program)
    conditions = [condition for program in programs for condition in _conditions(program, changed)]
    if None in conditions:
        return None
    # Rules that cannot run, or are switched off, match nothing, today as before.
    matched = _matching([found for found in conditions if found is not None], book) if conditions else NOTHING
    return None if matched is None else np.union1d(matched, _assigned_otherwise(*programs))


def _assigned_otherwise(old: Program, new: Program) -> Ids:
    """Listings that are assigned to a ruleset which counts in one of the two only: in the other all rulesets do."""
    before, after = ({ruleset.id for ruleset in program.rulesets} for program in (old, new))
    assigned = RulesetOverride.objects.filter(static_ruleset__in=before ^ after)
    return np.array(sorted(assigned.values_list("listing_id", flat=True)), dtype=np.int64)


def _conditions(program: Program, changed: set[int]) -> Iterator[Condition | None]:
    """What has to hold for any of these rules to match, at the least."""
    for ruleset in program.rulesets:
        for group in ruleset.groups:
            for rule in group.rules:
                if rule.id not in changed:
                    continue
                if rule.condition is None and rule.instead_of is not None:
                    yield from rule.instead_of
                else:
                    yield rule.condition


def _matching(conditions: list[Condition], book: Rulebook) -> Ids | None:
    fields = {leaf.field for condition in conditions for leaf in leaves(condition)}
    keep = narrowed(conditions)
    listings = Listing.objects.all() if keep is None else Listing.objects.filter(keep)
    last, total, found = 0, 0, [NOTHING]
    while True:
        page = listings.filter(pk__gt=last).order_by("pk")[:PAGE]
        with collector_paused():
            batch = load_facts(page, fields=fields, registry=book.registry, year=book.year, scores=False).batch
        if len(batch):
            matcher = Matcher(batch)
            matched = np.logical_or.reduce([matcher.match(condition) for condition in conditions])
            found.append(batch.ids[matched])
            last, total = int(batch.ids[-1]), total + len(batch)
        if len(batch) < PAGE:
            ids = np.concatenate(found)
            if keep is not None and len(ids):
                total = Listing.objects.count()
            return ids if len(ids) <= MOST_TOUCHED * total else None


# -- The rules as JSON -----------------------------------------------------------------------------------------


def _document(book: Rulebook) -> str:
    return json.dumps({"basis": _basis(book), "specs": [asdict(spec) for spec in book.specs]})


def _basis(book: Rulebook) -> Any:
    """What figures depend on beside listings and rules, as JSON has it."""
    basis = {
        "weights": dict(book.weights),
        "scales": asdict(book.scales),
        "year": book.year,
        "fields": [[field.path, field.kind, list(field.options)] for field in book.registry.fields],
    }
    return json.loads(json.dumps(basis))


def _ruleset(found: dict[str, Any]) -> RulesetSpec:
    return RulesetSpec(**{**found, "groups": tuple(map(_group, found["groups"]))})


def _group(found: dict[str, Any]) -> GroupSpec:
    return GroupSpec(**{**found, "rules": tuple(map(_rule, found["rules"]))})


def _rule(found: dict[str, Any]) -> RuleSpec:
    return RuleSpec(**{**found, "actions": tuple(ActionSpec(**action) for action in found["actions"])})
