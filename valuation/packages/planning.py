"""What becomes of the rows that are there when others are wanted: which stay, which go, which are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from valuation.packages.content import GroupContent, RuleContent

Item = TypeVar("Item", GroupContent, RuleContent)


@dataclass(frozen=True, slots=True)
class Matched(Generic[Item]):
    """`kept` rows with what they are to be; `new` ones; and those that are `gone`."""

    kept: list[tuple[Item, Item]]
    new: list[Item]
    gone: list[Item]


def matched(stored: Sequence[Item], wanted: Sequence[Item]) -> Matched[Item]:
    """By their names. Both are in the order in which they run.

    Among rows of equal order the one with the lower id runs first. So a row that would run at another turn than it is
    wanted at cannot stay: it goes, and is made anew behind those before it.
    """
    by_name = {item.values["name"]: item for item in stored}
    kept: list[tuple[Item, Item]] = []
    new: list[Item] = []
    order: object = None
    last, is_behind_new = 0, False
    for item in wanted:
        if item.order != order:
            order, last, is_behind_new = item.order, 0, False
        found = by_name.get(item.values["name"])
        if found is not None and found.pk is not None and not is_behind_new and found.pk > last:
            kept.append((found, item))
            last = found.pk
        else:
            new.append(item)
            is_behind_new = True
    stay = {found.pk for found, _ in kept}
    return Matched(kept, new, [item for item in stored if item.pk not in stay])
