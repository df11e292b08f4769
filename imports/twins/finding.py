"""Which listings of different sources may be one offer. Pure: no database.

1. Machines are put in groups of one processor, one amount of RAM and the same capacities of drives.
2. In a group they are sorted by price, once for each currency that prices are stated in (dollars are known of most).
   Each is compared with the next `MOST_NEIGHBOURS` of other sources, as long as the price is within 2 % of the higher
   one. Runs of one source are stepped over, so a group of n costs n steps and not n².
3. Of these, the ones that contradict each other are left out: another seller, another card, another kind of drive or
   memory. What one of the two does not state is no contradiction.
4. Titles are compared last, because that costs most: `MOST_COMPARED` at a time. `start` goes on where the last look
   ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from catalog.choices import DdrGeneration, StorageMedium
from dealbrain.folding import fold
from imports.sessions.identity import likeness
from imports.sessions.merging import SOLID

ALIKE = 0.6  # of titles; more than for one number, because a group's titles share the processor and the sizes already
NEAR = 50  # a fiftieth of the higher price, 2 %
MOST_NEIGHBOURS = 20  # of other sources, that one listing is compared with
MOST_COMPARED = 2_000  # titles in one look
MOST_PAIRS = 50  # found in one look
UNSTATED = ("", StorageMedium.UNKNOWN.value, DdrGeneration.UNKNOWN.value, None)

Pks = tuple[int, int]
"""Two listings, the lower id first."""


class Group(NamedTuple):
    """What machines must have in common: all of it is known, but that there may be no drives."""

    cpu: int
    ram_gb: int
    capacities: tuple[int, ...]  # GB, ascending


class Machine(NamedTuple):
    """A listing as it is compared. `prices` are cents by currency; `media` go with the capacities of the group."""

    pk: int
    group: Group
    source: tuple[str, str]  # marketplace and source
    title: str
    seller: str
    prices: dict[str, int]
    media: tuple[str, ...] = ()
    gpu: int | None = None
    generation: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two listings that may be one offer. `likeness` of their titles is from 0 to 1."""

    pks: Pks
    likeness: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a look has found, the most alike first; `next` is where to go on, None where all was looked at."""

    pairs: list[Pair]
    compared: int
    next: int | None


def find(machines: Iterable[Machine], *, apart: Collection[Pks] = (), start: int = 0) -> Found:
    """Pairs that may be one offer, but for those that somebody has told `apart`."""
    waiting = (pair for pair in candidates(machines) if _pks(*pair) not in apart)
    pairs: list[Pair] = []
    compared = 0
    for one, other in islice(waiting, start, start + MOST_COMPARED):
        compared += 1
        if (alike := likeness(one.title, other.title)) >= ALIKE:
            pairs.append(Pair(_pks(one, other), alike))
            if len(pairs) == MOST_PAIRS:
                break
    is_more = next(waiting, None) is not None
    pairs.sort(key=lambda pair: (-pair.likeness, pair.pks))
    return Found(pairs, compared, start + compared if is_more else None)


def candidates(machines: Iterable[Machine]) -> Iterator[tuple[Machine, Machine]]:
    """Pairs that agree in all but their titles, which nobody has looked at. The newest listings' groups come first."""
    groups: dict[Group, list[Machine]] = {}
    for machine in machines:
        groups.setdefault(machine.group, []).append(machine)
    for group in groups.values():
        if len(group) > 1 and any(machine.source != group[0].source for machine in group):
            yield from _within(group)


def _within(group: Sequence[Machine]) -> Iterator[tuple[Machine, Machine]]:
    seen: set[Pks] = set()
    for currency in sorted({currency for machine in group for currency in machine.prices}):
        priced = [machine for machine in group if currency in machine.prices]
        priced.sort(key=lambda machine: (machine.prices[currency], machine.pk))
        for one, other in _neighbours(priced, currency):
            pks = _pks(one, other)
            if pks not in seen and not contradict(one, other):
                seen.add(pks)
                yield one, other


def _neighbours(priced: Sequence[Machine], currency: str) -> Iterator[tuple[Machine, Machine]]:
    """Each machine with the next ones of other sources whose price is near."""
    after = _next_of_another_source(priced)
    for place, one in enumerate(priced):
        other, left = after[place], MOST_NEIGHBOURS
        while left and other < len(priced) and _is_near(one.prices[currency], priced[other].prices[currency]):
            if priced[other].source == one.source:
                other = after[other]
                continue
            yield one, priced[other]
            other, left = other + 1, left - 1


def _next_of_another_source(priced: Sequence[Machine]) -> list[int]:
    """For each place the next one that is of another source; the number of places where there is none."""
    after = [len(priced)] * len(priced)
    for place in range(len(priced) - 2, -1, -1):
        is_same = priced[place].source == priced[place + 1].source
        after[place] = after[place + 1] if is_same else place + 1
    return after


def agree(one: Machine, other: Machine) -> bool:
    """Whether two listings may still be one offer, whoever has chosen them."""
    return (
        one.group == other.group
        and one.source != other.source
        and any(_is_near(cents, other.prices[name]) for name, cents in one.prices.items() if name in other.prices)
        and not contradict(one, other)
        and likeness(one.title, other.title) >= ALIKE
    )


def contradict(one: Machine, other: Machine) -> bool:
    """Whether both state something, and not the same."""
    if one.gpu is not None and other.gpu is not None and one.gpu != other.gpu:
        return True
    if one.seller and other.seller and one.seller != other.seller and fold(one.seller) != fold(other.seller):
        return True
    return not _fits(one.generation, other.generation) or not _media_fit(one, other)


def _media_fit(one: Machine, other: Machine) -> bool:
    if one.media == other.media:
        return True
    orders = [other.media]
    if len(set(one.group.capacities)) < len(one.group.capacities):  # two drives of one size have no order
        orders.append(other.media[::-1])
    return any(all(map(_fits, one.media, media)) for media in orders)


def _fits(one: str, other: str) -> bool:
    """Whether two kinds can be one: an SSD of unstated kind may be any SSD."""
    if one == other or one in UNSTATED or other in UNSTATED:
        return True
    return StorageMedium.SSD.value in (one, other) and (one in SOLID or other in SOLID)


def _is_near(one: int, other: int) -> bool:
    return abs(one - other) * NEAR <= max(one, other)


def _pks(one: Machine, other: Machine) -> Pks:
    return (one.pk, other.pk) if one.pk < other.pk else (other.pk, one.pk)
