"""Three sides of a ruleset, row by row: what it was when the draft began, what it is now, and what the draft says.

Pure. A row that one side left alone is the other side's; one that both changed, and not into the same, collides, and a
person chooses. Nothing is mixed within a row: half of one rule and half of another is a rule that nobody wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from valuation.drafts.sides import GROUP, KINDS, RULE, Side
from valuation.history.states import Json

DRAFT, ORIGINAL = "draft", "original"
SIDES = (DRAFT, ORIGINAL)


@dataclass(frozen=True, slots=True)
class Collision:
    """A row that both sides changed. None: the side has no such row (any more)."""

    kind: str
    id: str
    base: Json | None
    original: Json | None
    draft: Json | None

    @property
    def key(self) -> str:
        """What `choices` name it by: `rule:12`."""
        return f"{self.kind}:{self.id}"

    @property
    def name(self) -> str:
        row = self.draft or self.original or self.base or {}
        return str(row.get("name", self.id))


@dataclass(frozen=True, slots=True)
class Merged:
    """What the ruleset will be, what both sides changed, and the keys of what nobody has chosen about.

    Until it is chosen, `result` has the draft's.
    """

    result: Side
    collisions: tuple[Collision, ...]
    open: tuple[Collision, ...]


def merge(base: Side, original: Side, draft: Side, choices: Mapping[str, str]) -> Merged:
    """`choices` say "draft" or "original" by the keys of collisions."""
    result: Side = {}
    collisions = []
    for kind in KINDS:
        sides = [side.get(kind, {}) for side in (base, original, draft)]
        rows: dict[str, Json] = {}
        for pk in dict.fromkeys(pk for side in sides[::-1] for pk in side):
            was, theirs, ours = (side.get(pk) for side in sides)
            if alike(ours, was) or alike(ours, theirs):
                row = theirs
            elif alike(theirs, was):
                row = ours
            else:
                found = Collision(kind, pk, was, theirs, ours)
                collisions.append(found)
                row = theirs if choices.get(found.key) == ORIGINAL else ours
            if row is not None:
                rows[pk] = row
        result[kind] = rows
    _keep_homes(result, draft, original, base)
    still = tuple(found for found in collisions if choices.get(found.key) not in SIDES)
    return Merged(result, tuple(collisions), still)


def _keep_homes(result: Side, *sides: Side) -> None:
    """A group that one side deleted stays where the other has put, changed or kept a rule in it."""
    for rule in result[RULE].values():
        home = str(rule["group_id"])
        if home not in result[GROUP]:
            result[GROUP][home] = next(side[GROUP][home] for side in sides if home in side[GROUP])


def alike(one: Json | None, other: Json | None) -> bool:
    """By their text: to Python, 1 and true are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
