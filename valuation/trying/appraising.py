"""What a machine would be worth that nobody has listed: by the rules, by the market, and its place among the listed.

Nothing is saved. The facts are one row of the engine's columns, and go through what a listing goes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from valuation.engine import Batch, FieldRegistry, evaluate, explain, score_columns
from valuation.explaining.breakdown import breakdown
from valuation.market.nearest import nearest_offers
from valuation.market.rankings import Place, place_of
from valuation.market.reading import offers_of
from valuation.market.showing import document, nothing_known
from valuation.market.standing import standing
from valuation.recalculation.rulebook import Rulebook, load_rulebook
from valuation.trying.describing import Description, describe

RANKED_BY = "dollar_per_cpu_mark"
NO_PRICE = "It has no price."
NO_MARK = "The mark of its CPU is not known."
IMPLAUSIBLE = "Prices that cannot be right are left out of rankings."

Json = dict[str, Any]


def appraise(*, title: str, facts: Mapping[str, Any], price_usd: Decimal | None) -> Json:
    """The document of the contract; money in USD. `facts` are as `describing.read_facts` gives them.

    The number of queries is the same however many listings there are.
    """
    book = load_rulebook()
    said = describe(title=title, facts=facts, registry=book.registry, year=book.year)
    batch = batch_of(said, price_usd, book.registry)
    model = standing()
    offers = offers_of(batch, book.registry)
    market = nothing_known() if model is None else document(model, offers)
    return {
        "title": title or None,
        "price_usd": None if price_usd is None else float(price_usd),
        "recognised": said.recognised.as_dict() if said.recognised is not None else None,
        "facts": _shown(said, book.registry),
        "valuation": breakdown(explain(book.program, batch)),
        "market": market,
        "ranking": _ranking(book, batch, is_implausible=bool(market["price_is_implausible"])),
        "nearest": nearest_offers(market, offers, registry=book.registry, year=book.year),
        "warnings": said.remarks,
    }


def batch_of(said: Description, price_usd: Decimal | None, registry: FieldRegistry) -> Batch:
    """The one row of a machine. Its id is 0, which no listing has."""
    price = {} if price_usd is None else {"price_usd": float(price_usd)}
    return Batch.from_rows([{**said.known, **price, "id": 0}], registry)


def _shown(said: Description, registry: FieldRegistry) -> list[Json]:
    """What is known of the machine, in the order of the fields. Ports that it has not are not named."""
    return [
        {
            "path": field.path,
            "label": field.label,
            "value": said.known[field.path],
            "unit": field.unit,
            "source": str(said.sources[field.path]),
        }
        for field in registry.fields
        if field.path in said.known and not (field.path.startswith("ports.") and not said.known[field.path])
    ]


def _ranking(book: Rulebook, batch: Batch, *, is_implausible: bool) -> Json:
    """The place among active listings by adjusted dollars per CPU mark; null with the reason why there is none."""
    result = evaluate(book.program, batch)
    ratio = float(score_columns(batch, result, book.weights, book.scales)[RANKED_BY][0])
    known = ratio == ratio  # NaN
    reason = None if known else NO_MARK if batch.priced[0] else NO_PRICE
    place: Place | None = None
    if known and is_implausible:
        reason = IMPLAUSIBLE
    elif known:
        place = place_of(ratio, adjusted_cents=int(result.adjusted_cents[0]))
    return {
        "metric": RANKED_BY,
        "value": ratio if known else None,
        "place": place.number if place else None,
        "of": place.of if place else None,
        "reason": reason,
    }
