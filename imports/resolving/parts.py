"""Names of processors and cards: which one of the catalog is meant, and what becomes of one that it does not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from catalog.recognition import Index, Match, part_key
from catalog.recognition.columns import is_family_alone
from catalog.recognition.desktops import DESKTOPS
from catalog.recognition.known import NUMBERS
from catalog.recognition.texts import fold, lower
from imports.mapping import AUTOMATIC
from imports.resolving.catalog import Catalog
from imports.resolving.layout import Stated
from imports.resolving.notes import Notes
from imports.resolving.outcomes import PartName, Where
from imports.resolving.said import Said

NEW, LEAVE = "new", "unknown"
MOST_ASKED = 5_000  # names of one file
SAMPLES, LONGEST_SAMPLE = 3, 200
key_of = lru_cache(maxsize=8_192)(part_key)
_REAL = frozenset(map(part_key, NUMBERS.values())) | DESKTOPS
# What is left of a name whose letters were left out: there is an i7-7600U, and no i7-7600.
_CUT_OFF = frozenset(key.rstrip("abcdefghijklmnopqrstuvwxyz") for key in _REAL) - _REAL
FAMILIES = frozenset(("i3", "i5", "i7", "i9"))
WORDS = {"cpu": "processor", "gpu": "graphics card"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer that is likely for a name, and how sure that is: a name of the catalog, NEW or LEAVE."""

    value: str
    confidence: float


def part_question(kind: str, name: str) -> str:
    """The key of the question about a name that the catalog does not have."""
    return f"part:{kind}:{key_of(name) or name.casefold()}"


def suggest(kind: str, name: str, match: Match, *, is_model: bool) -> Suggestion:
    """What is likely meant by a name that the catalog does not have. `is_model`: it is well-formed for its family.

    A processor that is known to exist, and one of a family that the catalog has nothing of, is new. Cards are read by
    the numbers that their families have, so that they exist.
    """
    if not is_model:
        return Suggestion(LEAVE, 0.5)
    key = key_of(name)
    if key in _REAL or kind == "gpu" or not (match.nearest or key in _CUT_OFF):
        return Suggestion(NEW, 0.97)
    for near in match.nearest:
        other = key_of(near)
        if other != key and (other.startswith(key) or key.startswith(other)):
            return Suggestion(near, 0.7)  # i5-8365 beside i5-8365U
    return Suggestion(LEAVE, 0.7) if key in _CUT_OFF else Suggestion(NEW, 0.8)


@dataclass(slots=True)
class Asked:
    """A name that the catalog does not have: how it is written, what it may be, and in how many records it stands."""

    kind: str
    name: str
    nearest: tuple[str, ...]
    likely: Suggestion
    texts: dict[str, None] = field(default_factory=dict)
    lines: int = 0


class Naming:
    """Gives the parts of records their names, by the catalog, by answers, and where that is sure, by themselves.

    `asked` takes in the names that the catalog does not have, by the keys of their questions, if somebody wants them.
    """

    def __init__(self, catalog: Catalog, said: Said) -> None:
        self.catalog = catalog
        self.said = said
        self.asked: dict[str, Asked] | None = None

    def name(
        self,
        kind: str,
        name: str,
        match: Match,
        notes: Notes,
        *,
        where: Where,
        header: str = "",
        text: str = "",
        is_model: bool = True,
    ) -> PartName | None:
        """The part of that name, which `text` says; None where it is not known and nobody said to make it."""
        if match.name is not None:
            return PartName(match.name, True, where, header)
        likely = suggest(kind, name, match, is_model=is_model)
        key = part_question(kind, name)
        self._ask(key, Asked(kind, name, match.nearest, likely), text or name)
        answer = self.said.answers.get(key, "")
        if not answer and likely.confidence >= AUTOMATIC:
            answer = likely.value
        if answer == NEW:
            return PartName(name, False, where, header)
        if answer and answer != LEAVE:
            known = self._names(kind).find(answer)
            if known is not None:
                return PartName(known, True, where, header)
        notes.keep(kind, name)
        if not answer:
            notes.flag(
                header, name, f"the catalog has no {WORDS[kind]} of this name: left unknown until it is answered"
            )
        return None

    def _ask(self, key: str, asked: Asked, text: str) -> None:
        if self.asked is None:
            return
        if key not in self.asked:
            if len(self.asked) >= MOST_ASKED:
                return
            self.asked[key] = asked
        self.asked[key].lines += 1
        if len(self.asked[key].texts) < SAMPLES:
            self.asked[key].texts.setdefault(text[:LONGEST_SAMPLE])

    def ours(self, kind: str, stated: Stated) -> PartName:
        """The part that our own export names: it is called so, wherever it came from."""
        names = self._names(kind)
        known = names.spelled(stated.text) or names.find(stated.text)
        return PartName(known or stated.text, known is not None, stated.where, stated.header)

    def spelled(self, kind: str, stated: Stated) -> PartName | None:
        """The part of the catalog that a cell names letter by letter."""
        known = self._names(kind).spelled(stated.text)
        return PartName(known, True, stated.where, stated.header) if known else None

    def is_family(self, words: str) -> bool:
        """Whether words name a family of processors and no more."""
        return not has_digit(words) or _is_family(words)

    def _names(self, kind: str) -> Index:
        return self.catalog.names(kind)


@lru_cache(maxsize=4_096)
def _is_family(words: str) -> bool:
    return is_family_alone(lower(fold(words)))


def is_like_a_model(text: str) -> bool:
    """Whether words that no family has may be the name of a part all the same: they hold a number."""
    words = [word for word in key_of(text).split() if not word.endswith("hz") and word not in FAMILIES]
    return len(text) <= 100 and len(words) <= 6 and any(len(word) > 1 and has_digit(word) for word in words)


def has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)
