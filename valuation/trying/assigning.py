"""What one listing would be worth under each ruleset that it can be assigned, and under all. Nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from listings.models import Listing
from valuation.engine import compile_rulesets, evaluate
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import revision_row
from valuation.registry import field_registry
from valuation.trying.rehearsal import current_world

MOST_RULESETS = 20


@dataclass(frozen=True, slots=True)
class Worth:
    """An adjusted price in cents under one ruleset alone, or, without an id, under all that match."""

    ruleset_id: int | None
    name: str
    adjusted_cents: int
    is_chosen: bool


def worth_by_choice(listing_id: int) -> tuple[Worth, ...]:
    """First what "automatic" gives, then the active rulesets. Empty for a listing without a price. A dozen queries."""
    world, registry = current_world(), field_registry()
    program = compile_rulesets(world.specs, registry)
    listing = Listing.objects.filter(pk=listing_id)
    year = revision_row().year
    batch = load_facts(listing, fields=program.fields, registry=registry, year=year, scores=False).batch
    if not len(batch) or not batch.priced[0]:
        return ()
    batch = world.choices.on(batch)
    chosen = int(batch.static_ruleset[0])
    offered = [(0, "Automatic: every active ruleset that matches")]
    offered += [(ruleset.id, ruleset.name) for ruleset in program.rulesets[:MOST_RULESETS]]
    known = {pk for pk, _ in offered}
    return tuple(
        Worth(
            ruleset_id=pk or None,
            name=name,
            adjusted_cents=int(evaluate(program, replace(batch, static_ruleset=np.array([pk]))).adjusted_cents[0]),
            is_chosen=pk == chosen or (not pk and chosen not in known),
        )
        for pk, name in offered
    )
