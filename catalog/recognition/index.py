"""Names of a catalog, to be found by what people write for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from heapq import nlargest

from .keys import part_key, short_forms

NEAREST = 3
# Names that are compared letter by letter for the nearest ones; there are a few dozen of one family.
_MOST_COMPARED = 400
# Names without a match that are kept: the nearest ones take a while to find, and a file asks for one again and again.
_MOST_KEPT = 5_000
_NUMBER = re.compile(r"\d{2,}")


class How(StrEnum):
    """How a name was found."""

    EXACT = "exact"  # the same key: another spelling of the whole name
    ALIAS = "alias"  # a short form that one name alone has
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """What a text means in a catalog: the catalog's name, or, where it has none, the nearest three to ask about."""

    how: How
    name: str | None = None
    nearest: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.name is not None


UNKNOWN = Match(How.UNKNOWN)


class Index:
    """Names by normalised key and by short form. Built once; looking up reads two dictionaries.

    Where several names share a key the first wins, so callers give the names in the order they prefer them.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._spelled: dict[str, str] = {}
        self._exact: dict[str, str] = {}
        self._unknown: dict[str, Match] = {}
        for name in names:
            self._spelled.setdefault(_folded(name), name)
            self._exact.setdefault(part_key(name), name)
        self._exact.pop("", None)
        self._aliases = _aliases(self._exact)
        self._by_number: dict[str, list[str]] = {}
        self._by_family: dict[str, list[str]] = {}
        for key in self._exact:
            self._by_family.setdefault(key.split()[0], []).append(key)
            for number in _NUMBER.findall(key):
                self._by_number.setdefault(number, []).append(key)

    def __len__(self) -> int:
        return len(self._exact)

    def spelled(self, name: str) -> str | None:
        """The catalog's name that is written so, but for case and spaces; None where there is none.

        Two names may share a key ("RTX 4070" and "RTX 4070 Mobile"): who writes one of them means that one.
        """
        return self._spelled.get(_folded(name))

    def find(self, name: str) -> str | None:
        """The catalog's name for `name`, or None."""
        key = part_key(name)
        return self._exact.get(key) or self._aliases.get(key)

    def lookup(self, name: str) -> Match:
        """The catalog's name for `name`, how it was found, and the nearest three where it was not."""
        key = part_key(name)
        if key in self._exact:
            return Match(How.EXACT, self._exact[key])
        if key in self._aliases:
            return Match(How.ALIAS, self._aliases[key])
        if key not in self._unknown:
            if len(self._unknown) >= _MOST_KEPT:
                self._unknown.clear()
            self._unknown[key] = Match(How.UNKNOWN, None, self._nearest(key))
        return self._unknown[key]

    def _nearest(self, key: str) -> tuple[str, ...]:
        """Names with the same number first ("i5-6300" is likelier an i5-6300U than an i5-6400), then those alike."""
        numbers = _NUMBER.findall(key)
        if not numbers:
            return ()  # a family is near to everything
        family = key.split()[0] if key else ""
        near = dict.fromkeys(other for number in numbers for other in self._by_number.get(number, ())[:_MOST_COMPARED])
        near.update(dict.fromkeys(self._by_family.get(family, ())[:_MOST_COMPARED]))
        matcher = SequenceMatcher(b=key, autojunk=False)
        number = numbers[-1]

        def likeness(other: str) -> tuple[bool, float]:
            matcher.set_seq1(other)
            return number in other, matcher.ratio()

        return tuple(self._exact[other] for other in nlargest(NEAREST, near, key=likeness))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _aliases(exact: dict[str, str]) -> dict[str, str]:
    """Short form -> name, for the forms that mean one name only and are no name themselves."""
    meant: dict[str, str | None] = {}
    for key, name in exact.items():
        for form in short_forms(key):
            meant[form] = None if form in meant else name
    return {form: name for form, name in meant.items() if name is not None and form not in exact}
