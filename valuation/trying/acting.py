"""What one action gives to the active listings, before anybody saves it, and what that means for their place.

Each listing is tried at its asking price, whatever the rule's conditions: the effect of a whole rule is a preview's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from listings.models import Listing
from valuation.engine import ActionSpec, Batch, FieldRegistry, Problem, format_usd
from valuation.engine.actions import Action, compile_action
from valuation.engine.evaluate import TOO_LARGE, ActionColumn, run_action
from valuation.explaining.summaries import summarise_action
from valuation.models import RuleGroup
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import revision_row

MOST_REASONS = 3
DEDUCTED = "This ruleset takes amounts off, and minus off is plus: leave the minus out to lower the adjusted price."
NOBODY = "There are no active listings with a price to try it on."


@dataclass(frozen=True, slots=True)
class Sign:
    """How a ruleset and a group turn what an action gives into an adjustment: times `weight`, taken off or added."""

    weight: float = 1.0
    deducts: bool = False

    @property
    def factor(self) -> int:
        return -1 if self.deducts else 1


def sign_in(group_id: int | None) -> Sign:
    """The sign of amounts in this group; that of a ruleset which adds, where there is no such group. One query."""
    if group_id is None:
        return Sign()
    row = RuleGroup.objects.filter(pk=group_id).values_list("weight", "ruleset__effect").first()
    return Sign(float(row[0]), row[1] == "deduct") if row else Sign()


def try_action(spec: ActionSpec, sign: Sign, registry: FieldRegistry, listing_id: int | None = None) -> dict[str, Any]:
    """What is wrong with an action, what it says, and the money that it moves, in cents as it is added. 12 queries."""
    action, problems = compile_action(spec, registry)
    answer: dict[str, Any] = {
        "problems": list(problems),
        "words": summarise_action(spec, registry),
        "meaning": "",
        "warning": "",
        "spread": [],
        "given": 0,
        "tried": 0,
        "reasons": [],
        "listing": None,
    }
    if action is None:
        return answer
    priced = Listing.objects.active().filter(price_usd__isnull=False).order_by("pk")
    year = revision_row().year
    batch = load_facts(priced, fields=action.fields, registry=registry, year=year, scores=False).batch
    column = _run(action, batch, sign)
    given = np.flatnonzero(column.term.present & ~column.too_large)
    cents = column.cents[given]
    answer |= {
        "tried": len(batch),
        "given": len(given),
        "spread": _spread(batch.ids[given], cents),
        "reasons": _reasons(column),
        "meaning": meaning(cents) if len(batch) else NOBODY,
        "warning": DEDUCTED if sign.deducts and len(cents) and cents.min() >= 0 and cents.max() > 0 else "",
    }
    if listing_id is not None:
        one = Listing.objects.filter(pk=listing_id)
        alone = load_facts(one, fields=action.fields, registry=registry, year=year, scores=False).batch
        answer["listing"] = _told(_run(action, alone, sign), alone) if len(alone) else None
    return answer


def _run(action: Action, batch: Batch, sign: Sign) -> ActionColumn:
    rows = np.arange(len(batch))
    return run_action(action, batch, rows, batch.price_cents, weight=sign.weight, sign=sign.factor)


def _spread(ids: npt.NDArray[np.int64], cents: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """The lowest, the median and the highest amount, each with a listing that has it."""
    if not len(cents):
        return []
    order = np.lexsort((ids, cents))
    chosen = [order[0], order[(len(order) - 1) // 2], order[-1]]
    titles = dict(Listing.objects.filter(pk__in=[int(ids[at]) for at in chosen]).values_list("pk", "title"))
    return [
        {"name": name, "cents": int(cents[at]), "id": int(ids[at]), "title": titles.get(int(ids[at]), "")}
        for name, at in zip(("lowest", "median", "highest"), chosen, strict=True)
    ]


def _reasons(column: ActionColumn) -> list[dict[str, Any]]:
    """Why listings get nothing, the most common reason first."""
    left = ~column.term.present
    found: list[tuple[int, str]] = []
    for text, mask in column.term.reasons:
        count = int((mask & left).sum())
        left = left & ~mask
        if count:
            found.append((count, text))
    if column.too_large.any():
        found.append((int(column.too_large.sum()), TOO_LARGE))
    most = sorted(found, key=lambda reason: -reason[0])[:MOST_REASONS]
    return [{"text": text, "count": count} for count, text in most]


def _told(column: ActionColumn, batch: Batch) -> dict[str, Any]:
    error = column.error(0)
    told = "" if error else column.action.describe(batch, batch.price_cents, column.term)
    return {"id": int(batch.ids[0]), "cents": None if error else int(column.cents[0]), "told": told, "reason": error}


def meaning(cents: npt.NDArray[np.int64]) -> str:
    """What these adjustments do to adjusted prices and to the ranking, where the lowest price for a point is first."""
    up, down = cents[cents > 0], cents[cents < 0]
    if not len(up) and not len(down):
        return "Changes no adjusted price."
    if not len(down):
        return f"Raises the adjusted price by {_range(up)}: the machine ranks lower."
    if not len(up):
        return f"Lowers the adjusted price by {_range(-down)}: the machine ranks higher."
    return (
        f"Raises the adjusted price of {_count(len(up))} by {_range(up)}, which then rank lower, and lowers that of "
        f"{_count(len(down))} by {_range(-down)}, which then rank higher."
    )


def _range(cents: npt.NDArray[np.int64]) -> str:
    low, high = int(cents.min()), int(cents.max())
    return format_usd(low) if low == high else f"{format_usd(low)} to {format_usd(high)}"


def _count(number: int) -> str:
    return f"{number:,} listing{'' if number == 1 else 's'}"


def shown_problem(problem: Problem) -> dict[str, Any]:
    """A problem with the words that a refused save has, without the place, which a page shows by itself."""
    return {**asdict(problem), "text": str(problem.at(""))}
