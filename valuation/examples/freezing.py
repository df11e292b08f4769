"""The facts of a listing as an example keeps them, and what a ruleset makes of them now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listings.models import Listing
from valuation.engine import Batch, CategoryColumn, FieldRegistry, Kind
from valuation.recalculation.facts import load_facts
from valuation.recalculation.marking import revision_row

PORTS = "ports."
MOST_TEXT = 1_000

Facts = dict[str, Any]


def facts_of_listing(listing_id: int, registry: FieldRegistry) -> Facts:
    """Every fact that is known of a listing, by its path; of ports, those that it has. Raises Listing.DoesNotExist."""
    listing = Listing.objects.filter(pk=listing_id)
    paths = [field.path for field in registry.fields]
    batch = load_facts(listing, fields=paths, registry=registry, year=revision_row().year, scores=False).batch
    if not len(batch):
        raise Listing.DoesNotExist(f"There is no listing {listing_id}.")
    found: Facts = {"price_usd": int(batch.price_cents[0]) / 100} if batch.priced[0] else {}
    for field in registry.fields:
        value = found.get(field.path, _value(batch, field.path, field.kind))
        if value is not None and not (field.path.startswith(PORTS) and not value):
            found[field.path] = value
    return found


def _value(batch: Batch, path: str, kind: Kind) -> Any:
    column = batch.columns.get(path)
    if column is None:
        return None
    if isinstance(column, CategoryColumn):
        code = int(column.codes[0])
        return column.categories[code][:MOST_TEXT] if code >= 0 else None
    if not column.present[0]:
        return None
    number = float(column.values[0])
    if kind is Kind.BOOLEAN:
        return bool(number)
    return int(number) if number.is_integer() else number


def as_row(facts: Mapping[str, Any], registry: FieldRegistry) -> Facts:
    """Facts as the engine reads them: ports that are not named are none."""
    none = {field.path: 0 for field in registry.fields if field.path.startswith(PORTS)}
    return {**none, **{registry.resolve(name).path: value for name, value in facts.items()}}
