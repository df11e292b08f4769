"""Where the values of a listing came from, and which of them somebody has corrected since.

A fact is kept as the import stored it. So no write of a listing has to leave word: a value that differs from its fact
was changed by somebody else than that import, and later imports leave it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from dealbrain.text import nfc_json
from listings.models import Listing, ListingOrigin

CUSTOM = "custom."  # `custom.<key>` is a custom field; every other name is a field of the listing


def stored(listing: Listing, name: str) -> Any:
    """What a listing says in this field, as facts keep it: JSON, parts by their ids, amounts as text.

    Raises FieldDoesNotExist.
    """
    if name.startswith(CUSTOM):
        return nfc_json(listing.attributes.get(name.removeprefix(CUSTOM)))
    field: Any = Listing._meta.get_field(name)
    value = getattr(listing, field.attname)
    if isinstance(value, Decimal):
        return f"{value:.{field.decimal_places}f}"
    return value.isoformat() if isinstance(value, date) else nfc_json(value)


def facts_of(listing: Listing, whence: Mapping[str, tuple[str, str] | str]) -> dict[str, list[Any]]:
    """Facts of these fields as they stand now, for `ListingOrigin.facts`.

    `whence` is {field: one of Whence, or (it, the header of the column)}.
    """
    facts = {}
    for name, said in whence.items():
        where, *header = (said,) if isinstance(said, str) else said
        facts[name] = [str(where), stored(listing, name), *filter(None, header)]
    return facts


def corrected(listing: Listing, origin: ListingOrigin | None) -> set[str]:
    """The fields that say something else than the import had stored."""
    facts = origin.facts if origin else {}
    return {name for name, fact in facts.items() if _differs(listing, name, fact)}


def _differs(listing: Listing, name: str, fact: list[Any]) -> bool:
    try:
        return bool(stored(listing, name) != fact[1])
    except FieldDoesNotExist:  # a field that there was once
        return False
