"""The meaning of columns as a person corrects it, over what was guessed."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from imports.headers import IGNORED, MEANINGS, normalised
from imports.mapping import Guess, guess
from imports.mapping import Mapping as Columns
from imports.mapping.kinds import FileKind, file_kind
from imports.reading import Detection
from imports.resolving.layout import is_our_export
from imports.resolving.said import Said
from imports.values.dates import DayOrder

NAMED = 12  # names in a message
HEADERS_ORDER = "day_order:headers"


class MappingError(ValueError):
    """A correction that names no column of the file, or nothing that a column can be; the nearest names are said."""


def canonical_columns(custom: Collection[str] = ()) -> list[str]:
    """What a column can be: our names, and `custom.<key>` for each custom field of listings."""
    return [*(name for name in MEANINGS if name != IGNORED), "price_usd", *(f"custom.{key}" for key in custom)]


def mapped(
    detection: Detection,
    said: Said,
    corrections: Mapping[str | int, str] | None = None,
    *,
    custom: Collection[str] = (),
    kind: FileKind | None = None,
) -> Columns:
    """What the columns of a file are: guessed, with the answers to what was asked, and corrected.

    `corrections` are {header or position (from 0): name}; "" and "-" leave a column out. Raises MappingError.
    """
    order = said.answers.get(HEADERS_ORDER)
    columns = guess(detection.columns, DayOrder(order) if order in set(DayOrder) else None)
    columns = _with_custom(_without_figures(columns), custom)
    if corrections:
        columns = corrected(columns, corrections, custom=custom)
    return replace(columns, kind=kind) if kind else columns


def _without_figures(columns: Columns) -> Columns:
    """In our own export, what is no column of ours is a figure or a number that the database gives."""
    if not is_our_export(item.header for item in columns.guesses):
        return columns
    ours = {"id", "created at", "updated at", "valued at"}
    guesses = (
        item
        if item.column and normalised(item.header) not in ours
        else replace(item, column=IGNORED, confidence=1.0, reason="a figure or a number of ours")
        for item in columns.guesses
    )
    return replace(columns, guesses=tuple(guesses))


def _with_custom(columns: Columns, custom: Collection[str]) -> Columns:
    """`custom.color`, and `attributes.color` of our own JSON lines, are the custom field `color`."""
    keys = set(custom)
    guesses = []
    for item in columns.guesses:
        prefix, _, key = item.header.strip().partition(".")
        if prefix.lower() in ("custom", "attributes") and key in keys:
            item = Guess(item.position, item.header, f"custom.{key}", 1.0, "a custom field")
        guesses.append(item)
    return replace(columns, guesses=tuple(guesses))


def corrected(columns: Columns, corrections: Mapping[str | int, str], *, custom: Collection[str] = ()) -> Columns:
    """The mapping with corrections. A guess that somebody gave to another column is dropped."""
    known = canonical_columns(custom)
    headers = [item.header for item in columns.guesses]
    wanted: dict[int, str] = {}
    for place, name in corrections.items():
        position = _position(place, columns.guesses, headers)
        column = name.strip()
        if column not in ("", IGNORED) and column not in known:
            raise MappingError(f'"{column[:60]}" is nothing that a column can be{_nearest(column, known)}')
        wanted[position] = column or IGNORED
    names = [name for name in wanted.values() if name != IGNORED]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MappingError(f"two columns would be {', '.join(twice)}: say which one it is")
    guesses = tuple(_corrected(item, wanted, set(names)) for item in columns.guesses)
    dated = tuple(item for item in columns.dated if item.position not in wanted)
    return replace(columns, guesses=guesses, dated=dated, kind=_kind(columns, guesses))


def _corrected(item: Guess, wanted: Mapping[int, str], taken: set[str]) -> Guess:
    if item.position in wanted:
        return Guess(item.position, item.header, wanted[item.position], 1.0, "said by a person")
    if item.column in taken:
        return Guess(item.position, item.header, "", 0.0, f"another column was said to be {item.column}")
    return item


def _kind(columns: Columns, guesses: Sequence[Guess]) -> FileKind:
    """Corrections may say what a file is about where nothing else did."""
    if columns.kind is not FileKind.UNKNOWN:
        return columns.kind
    return file_kind({item.column for item in guesses if item.column}, ())


def _position(place: str | int, guesses: Sequence[Guess], headers: Sequence[str]) -> int:
    if isinstance(place, int):
        if not any(item.position == place for item in guesses):
            raise MappingError(f"the file has no column {place}: it has columns 0 to {len(headers) - 1}")
        return place
    exact = [item.position for item in guesses if item.header == place]
    alike = exact or [item.position for item in guesses if item.header.strip().casefold() == place.strip().casefold()]
    if not alike:
        raise MappingError(f'the file has no column "{place[:60]}"{_nearest(place, headers)}')
    if len(alike) > 1:
        raise MappingError(f'{len(alike)} columns are called "{place[:60]}": say which by its position, from 0')
    return alike[0]


def _nearest(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.casefold(), [item.casefold() for item in names], n=3, cutoff=0.5)
    shown = [item for item in names if item.casefold() in near]
    if shown:
        return f": did you mean {' or '.join(shown[:3])}?"
    return f"; there are {', '.join(names[:NAMED])}{' and more' if len(names) > NAMED else ''}"
