"""Values of custom fields, components and addresses: what a cell holds that is more than one word or number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from catalog.recognition.labels import choice_named
from imports.reading import Cell, text_of
from imports.resolving.catalog import Catalog, CustomField
from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import Component, Fact
from imports.values.numbers import number
from imports.values.words import truth
from listings.choices import ComponentType
from listings.validation import MOST_COMPONENTS, validate_other_urls

ATTRIBUTES = "attributes"
MOST_QUANTITY = 1_000


def custom_values(row: Row, catalog: Catalog, notes: Notes) -> dict[str, Fact]:
    """Values of custom fields by key; a wrong one refuses the record, an unknown key is left out and named."""
    found: dict[str, Fact] = {}
    for key, stated in _stated(row, notes):
        field = catalog.custom.get(key)
        if field is None:
            notes.flag(stated.header, key, f'there is no custom field "{key}": it is left out')
            continue
        try:
            found[key] = Fact(_value(field, stated.cell), stated.where, stated.header)
        except ValueError as error:
            notes.refuse(stated.header, stated.text, f"{error}, or leave the column out")
    return found


def _stated(row: Row, notes: Notes) -> Iterator[tuple[str, Stated]]:
    for key in row.layout.custom():
        stated = row.get(f"custom.{key}")
        if stated is not None:
            yield key, stated
    whole = row.get(ATTRIBUTES)
    if whole is None:
        return
    try:
        found = _json(whole.text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        notes.refuse(
            whole.header, whole.text, 'an object is needed, such as {"color": "black"}, or leave the column out'
        )
        return
    for key, value in found.items():
        if value is not None and value != "":
            cell = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield str(key), Stated(cell, whole.where, whole.header)


def _value(field: CustomField, cell: Cell) -> Any:
    text = text_of(cell).strip()
    match field.data_type:
        case "number":
            return _number(cell)
        case "boolean":
            return truth(text)
        case "enum":
            return _option(field, text)
        case "multi_select":
            return [_option(field, part) for part in _list(text)]
        case "json":
            return _json(text)
    return text_of(cell)


def _number(cell: Cell) -> int | float:
    value = number(cell)
    if not value.is_finite() or abs(value) > Decimal(10) ** 12:
        raise ValueError("a number of ordinary size is needed")
    return int(value) if value == value.to_integral_value() else float(value)


def _option(field: CustomField, text: str) -> str:
    plain = {option.casefold(): option for option in field.options}
    found = field.options and (text if text in field.options else plain.get(text.casefold()))
    if not found:
        raise ValueError(f"one of {', '.join(field.options[:10])} is needed")
    return found


def _list(text: str) -> list[str]:
    if text.startswith("["):
        found = _json(text)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return found
        raise ValueError("a list of texts is needed")
    return [part.strip() for part in text.split(";" if ";" in text else ",") if part.strip()]


def _json(text: str) -> Any:
    """What a text of JSON says. Raises ValueError for what is none, or holds what no database can store."""
    try:
        found = json.loads(text, parse_constant=_no_number)
        if "\x00" in json.dumps(found, ensure_ascii=False).encode().decode().replace("\\u0000", "\x00"):
            raise ValueError(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("JSON is needed, without characters that nobody can see") from error
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def texts_of(stated: Stated, notes: Notes) -> list[str]:
    """A list of texts: as JSON, or parted by semicolons, or by commas where there are none."""
    try:
        found = _list(stated.text)
    except ValueError as error:
        notes.flag(stated.header, stated.text, f"{error}: it is left out")
        return []
    if len(found) > MOST_COMPONENTS:
        notes.flag(stated.header, stated.text, f"a listing has at most {MOST_COMPONENTS}: the others are left out")
    return found[:MOST_COMPONENTS]


def other_urls(stated: Stated, notes: Notes) -> list[dict[str, Any]]:
    """More addresses, as our export writes them; a wrong one refuses the record."""
    try:
        found = _json(stated.text) if stated.text.startswith("[") else [{"url": part} for part in stated.text.split()]
        validate_other_urls(found)
    except ValidationError as error:
        notes.refuse(stated.header, stated.text, " ".join(error.messages))
        return []
    except ValueError as error:
        notes.refuse(stated.header, stated.text, str(error))
        return []
    return list(found)


def raw_payload(stated: Stated) -> dict[str, Any]:
    """What an earlier importer was given, as our export writes it; anything else is no such thing."""
    try:
        found = _json(stated.text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def components(row: Row, notes: Notes) -> tuple[Component, ...] | None:
    """What comes with the machine, from a list of objects with `component_type` and `name`; None without a column."""
    if not row.layout.has("components"):
        return None
    stated = row.get("components")
    if stated is None:
        return ()
    try:
        items = _json(stated.text)
        if not isinstance(items, list) or len(items) > MOST_COMPONENTS:
            raise ValueError(f"a list of at most {MOST_COMPONENTS} is needed")
        return tuple(_component(item) for item in items)
    except ValueError as error:
        notes.refuse(stated.header, stated.text, f'{error}, such as [{{"component_type": "wifi", "name": "AX200"}}]')
        return ()


def _component(item: Any) -> Component:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"].strip():
        raise ValueError("each component is an object with a name")
    kind = choice_named(str(item.get("component_type", "")), ComponentType.values)
    quantity = item.get("quantity", 1)
    if not isinstance(quantity, int) or not 1 <= quantity <= MOST_QUANTITY:
        raise ValueError(f"the quantity of a component is from 1 to {MOST_QUANTITY:,}")
    metadata = item.get("metadata") or item.get("metadata_json") or {}
    if kind is None or not isinstance(metadata, dict):
        raise ValueError(f"component_type is one of {', '.join(ComponentType.values)}, and metadata an object")
    worth = item.get("adjustment_value_usd")
    try:
        worth = None if worth is None else Decimal(str(worth))
    except InvalidOperation as error:
        raise ValueError("adjustment_value_usd is a number of dollars") from error
    return Component(kind, item["name"].strip()[:255], quantity, metadata, worth)
