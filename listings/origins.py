"""Where the values of a listing came from, and which of them somebody has corrected since.

A fact is kept as the import stored it. So no write of a listing has to leave word: a value that differs from its fact
was changed by somebody else than that import, and later imports leave it alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from catalog.choices import CustomFieldEntity
from catalog.custom_values import definitions
from dealbrain.text import nfc_json
from listings.choices import Whence
from listings.models import Listing, ListingOrigin

CUSTOM = "custom."  # `custom.<key>` is a custom field; every other name is a field of the listing
NOTHING = "–"
A_PERSON = "a person"
MOST_SHOWN = 200  # characters of a value


@dataclass(frozen=True, slots=True)
class OriginRow:
    """One value of a listing for people: its name, what the listing says, who said so, and what the import had said."""

    label: str
    value: str
    whence: str
    imported: str = ""


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


def describe(listing: Listing, origin: ListingOrigin | None) -> list[OriginRow]:
    """Where each imported value came from, in the order of the listing's fields. One query for custom fields."""
    facts = origin.facts if origin else {}
    changed = corrected(listing, origin)
    return [_row(listing, name, label, facts[name], name in changed) for name, label in _labels(facts)]


def _labels(names: Iterable[str]) -> list[tuple[str, str]]:
    """Those of these fields that there are, with their names for people."""
    fields = [(field.name, str(field.verbose_name)) for field in Listing._meta.concrete_fields]
    custom = any(name.startswith(CUSTOM) for name in names)
    known = definitions(CustomFieldEntity.LISTING) if custom else ()
    fields += [(f"{CUSTOM}{field.key}", field.label) for field in known]
    return [(name, f"{label[:1].upper()}{label[1:]}") for name, label in fields if name in names]


def _row(listing: Listing, name: str, label: str, fact: list[Any], is_corrected: bool) -> OriginRow:
    if is_corrected:
        is_part = not name.startswith(CUSTOM) and Listing._meta.get_field(name).is_relation
        return OriginRow(label, _shown(listing, name), A_PERSON, "another one" if is_part else _text(fact[1]))
    header = f' "{fact[2]}"' if len(fact) > 2 else ""
    return OriginRow(label, _shown(listing, name), f"{Whence(fact[0]).label}{header}")


def _shown(listing: Listing, name: str) -> str:
    if name.startswith(CUSTOM):
        return _text(stored(listing, name))
    field = Listing._meta.get_field(name)
    if getattr(field, "choices", None):
        return str(getattr(listing, f"get_{name}_display")()) or NOTHING
    value = getattr(listing, name) if field.is_relation else stored(listing, name)
    return NOTHING if value is None else _text(str(value) if field.is_relation else value)


def _text(value: Any) -> str:
    if value in (None, ""):
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
