"""What a record says of a listing beside its parts and its price: texts, ids, condition, state and market."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from catalog.recognition import Recognition, State, read_brand, read_screen, read_state, read_system, recognise
from catalog.recognition.labels import choice_named
from imports.resolving.addresses import address, item_number
from imports.resolving.custom import other_urls, raw_payload, texts_of
from imports.resolving.layout import Row, Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import Fact, Where
from imports.resolving.processors import Text
from imports.values.choices import STATES, market_named
from listings.choices import Condition, Marketplace, Status

LONGEST = {"form_factor": 64, "source": 100, "title": 255, "notes": 10_000, "ram_notes": 10_000}
MOST_KEPT = 2_000  # texts of each sort that are read once
CUT = ("...", "…")
PLAIN = ("seller", "source", "series", "model_number", "ram_notes", "notes")
# Flags of a text -> what is said of them.
SAID = {
    "untested": "it is said to be untested",
    "damaged": "it is said to be damaged",
    "locked": "it is said to be locked",
    "as_is": "it is sold as it is",
    "os_variants": "it names several operating systems: which one it is stays unknown",
    "gpu_variants": "it names several cards: which one it is stays unknown",
}


def facts_of(row: Row, texts: Sequence[Text], notes: Notes) -> dict[str, Fact]:
    """Facts by the fields of Listing; those of the columns first, then those of the title."""
    found = dict(_columns(row, notes))
    _identity(row, found, notes)
    if not row.layout.is_ours:
        for name, value, text in _from_texts(texts):
            found.setdefault(name, Fact(value, text.where, text.header))
        _finish_system(found, texts)
        _state(row, found, texts, notes)
    return found


def _columns(row: Row, notes: Notes) -> Iterator[tuple[str, Fact]]:
    is_ours = row.layout.is_ours
    for name in PLAIN:
        if stated := row.get(name):
            yield name, _fact(stated, _short(name, stated, notes))
    for name, read in (
        ("manufacturer", _brand),
        ("form_factor", _form),
        ("os_license", _system),
        ("device_model", str),
    ):
        if stated := row.get(name):
            value = stated.text if is_ours else read(stated.text)
            if value:
                yield name, _fact(stated, value[: LONGEST.get(name, 255)])
    if stated := row.get("condition"):
        yield from _condition(stated, notes)
    if stated := row.get("status"):
        status = STATES.get(stated.text.casefold())
        if status:
            yield "status", _fact(stated, status)
        else:
            notes.flag(stated.header, stated.text, f"it is none of {', '.join(Status.values)}: it is not taken")
    if stated := row.get("screen_in"):
        inches = _screen(stated.text)
        notes.keep("screen_in", f"{inches:g}" if inches else stated.text)
    if (stated := row.get("other_components")) and (texts := texts_of(stated, notes)):
        yield "other_components", _fact(stated, texts)
    if stated := row.get("other_urls"):
        yield "other_urls", _fact(stated, other_urls(stated, notes))
    if (stated := row.get("raw_payload")) and (payload := raw_payload(stated)):
        yield "raw_payload", _fact(stated, payload)


def _fact(stated: Stated, value: Any) -> Fact:
    return Fact(value, stated.where, stated.header)


def _short(name: str, stated: Stated, notes: Notes) -> str:
    most = LONGEST.get(name, 255)
    if len(stated.text) > most:
        notes.flag(stated.header, stated.text, f"it is longer than {most:,} characters, and cut there")
    return stated.text[:most]


@lru_cache(maxsize=MOST_KEPT)
def _screen(text: str) -> float | None:
    return read_screen(text)


@lru_cache(maxsize=MOST_KEPT)
def _state_of(text: str) -> State:
    return read_state(text)


def _brand(text: str) -> str:
    return read_brand(text) or text


@lru_cache(maxsize=MOST_KEPT)
def _form(text: str) -> str:
    """`Notebook/Laptop` is a laptop; words for no form we know stay as they are."""
    return recognise(text, is_title=False).machine.form_factor or text


@lru_cache(maxsize=MOST_KEPT)
def _system(text: str) -> str:
    return read_system(text).name or text


def _condition(stated: Stated, notes: Notes) -> Iterator[tuple[str, Fact]]:
    state = _state_of(stated.text)
    named = choice_named(stated.text, Condition.values) if state.condition is None else state.condition
    if named:
        yield "condition", _fact(stated, named)
    elif not state.flags:
        notes.keep("condition", stated.text)
        notes.flag(stated.header, stated.text, "it is no condition we know: it stays unstated")
    if "for_parts" in state.flags:
        yield "status", _fact(stated, Status.ARCHIVED.value)
        notes.flag(stated.header, stated.text, "for parts, or not working: kept as archived, and never ranked")
    for flag in state.flags:
        _note(flag, stated.header, stated.text, notes)


def _note(flag: str, header: str, text: str, notes: Notes) -> None:
    if flag in SAID:
        notes.flag(header, text, SAID[flag])
    elif flag.startswith("grade:"):
        notes.keep("grade", flag.removeprefix("grade:"))


def _identity(row: Row, found: dict[str, Fact], notes: Notes) -> None:
    """The address, the market and the number that the offer has there."""
    place = None
    if stated := row.get("listing_url"):
        try:
            place = address(stated.text)
            found["listing_url"] = _fact(stated, stated.text if row.layout.is_ours else place.url)
        except ValueError as error:
            notes.refuse(stated.header, stated.text, str(error))
    if market := row.get("marketplace"):
        found["marketplace"] = _fact(market, market_named(market.text) or Marketplace.OTHER.value)
    elif place is not None and place.marketplace and stated:
        found["marketplace"] = _fact(stated, place.marketplace)
    number = row.get("vendor_item_id")
    if number is not None:
        try:
            found["vendor_item_id"] = _fact(number, item_number(number.text))
        except ValueError as error:
            notes.refuse(number.header, number.text, str(error))
    if place is None or not place.item or not stated or row.layout.is_named("vendor_item_id"):
        return
    if number is not None and number.text != place.item:
        notes.keep("id", number.text)
    found["vendor_item_id"] = _fact(stated, place.item)


def _from_texts(texts: Sequence[Text]) -> Iterator[tuple[str, Any, Text]]:
    """(field, value, text) that titles say of the machine itself; specs say only its system and form."""
    for text in texts:
        said: Recognition = text.said
        is_title = text.where is Where.TITLE
        is_cut = text.text.rstrip().endswith(CUT)  # "Lenovo ThinkPa..."
        values = {
            "manufacturer": said.machine.brand,
            "device_model": None if is_cut else said.machine.model,
            "form_factor": said.machine.form_factor,
            "os_license": said.system.name,
            "condition": said.condition if is_title else None,
        }
        yield from ((name, value, text) for name, value in values.items() if value)


def _finish_system(found: dict[str, Fact], texts: Sequence[Text]) -> None:
    """A column of "Windows 10" beside a title of "Windows 10 Pro" is the latter."""
    stated = found.get("os_license")
    for text in texts:
        name = text.said.system.name
        if stated and name and name.startswith(f"{stated.value} "):
            found["os_license"] = Fact(name, text.where, text.header)
            return


def _state(row: Row, found: dict[str, Fact], texts: Sequence[Text], notes: Notes) -> None:
    for text in texts:
        for flag in text.said.flags:
            _note(flag, text.header, text.text, notes)
        if "for_parts" in text.said.flags and not _is_archived(found):
            found["status"] = Fact(Status.ARCHIVED.value, text.where, text.header)
            notes.flag(text.header, text.text, "for parts, or not working: kept as archived, and never ranked")
        if text.said.screen_in:
            notes.keep("screen_in", f"{text.said.screen_in:g}")


def _is_archived(found: dict[str, Fact]) -> bool:
    return "status" in found and found["status"].value == Status.ARCHIVED
