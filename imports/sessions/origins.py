"""What was imported last for each field of a listing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from imports.sessions.merging import UNKNOWN
from imports.sessions.plans import Origin
from listings.models import ListingOrigin

Facts = dict[str, list[Any]]
"""{field: [where, value, header]}, as `ListingOrigin` keeps them."""


class Bases:
    """The bases of the listings of a chunk, read at once."""

    def __init__(self, pks: Collection[int]) -> None:
        self._facts: dict[int, Facts] = {}
        if pks:
            self._facts = dict(ListingOrigin.objects.filter(pk__in=pks).values_list("pk", "facts"))

    def of(self, pk: int, field: str) -> Any:
        """The value as last imported; UNKNOWN where no import has written the field."""
        fact = self._facts.get(pk, {}).get(field)
        return UNKNOWN if fact is None else fact[1]

    def facts(self, pk: int) -> Facts:
        return self._facts.get(pk, {})


def as_facts(origins: Mapping[str, Origin]) -> Facts:
    return {
        name: [str(origin.where), origin.value, *([origin.header] if origin.header else [])]
        for name, origin in origins.items()
    }


def store(facts: Mapping[int, Facts]) -> None:
    """Write the origins of these listings, whether they have any or not."""
    rows = [ListingOrigin(listing_id=pk, facts=kept) for pk, kept in facts.items() if kept]
    ListingOrigin.objects.bulk_create(
        rows, batch_size=200, update_conflicts=True, unique_fields=["listing"], update_fields=["facts"]
    )
