"""Memory: how much, of which generation, in how many modules."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from .capacities import share_out
from .sizes import MEMORY_SIZES, Label, Size, find_sizes, number_of
from .texts import fold, is_empty, lower
from .words import find_labels

MOST_GB = 2048
_PLAIN = re.compile(r"\s{0,9}(\d{1,4}(?:[.,]\d{1,2})?)\s{0,9}$")
_SPEED = re.compile(r"(?<!\d)(\d{3,5})\s{0,2}(?:mhz|mt/s|мгц)")
_MODULES = frozenset(range(1, 9))


@dataclass(frozen=True, slots=True)
class Memory:
    """What a text says of memory, in GB and MHz. With `varies` it names several sizes, and `gb` is None."""

    gb: float | None = None
    generation: str | None = None
    speed_mhz: int | None = None
    modules: int | None = None
    varies: bool = False


def read_memory(text: str | None) -> Memory:
    """What a cell of a column of memory says: "2 x 8GB", "8 GB LPDDR5 5500 Mhz", "16"; "8GB|16GB" are variants."""
    if text is None or is_empty(text):
        return Memory()
    raw = fold(text)
    low = lower(raw)
    plain = _PLAIN.match(low)
    if plain:
        gb = number_of(plain[1])
        return Memory(_in_range(gb) if gb in MEMORY_SIZES or gb <= 8 else None)
    labels, sizes = find_labels(low), find_sizes(low, raw)
    shares = share_out(low, sizes, labels, cards=[], only="memory")
    memory = memory_of(low, shares.memory, labels, varies=shares.memory_varies)
    speed = _SPEED.search(low)
    if memory.speed_mhz is None and speed and 400 <= int(speed[1]) <= 10_000:
        return replace(memory, speed_mhz=int(speed[1]))
    return memory


def memory_of(
    low: str, shares: list[tuple[Size, Label | None]], labels: list[Label], *, varies: bool = False
) -> Memory:
    """Put together what the sizes and the labels of memory say."""
    said = [label for label in labels if label.role == "memory"]
    generations = {label.generation for label in said if label.generation}
    generation = generations.pop() if len(generations) == 1 else None
    speed = next((label.speed for label in said if label.speed), None)
    sizes = [size for size, _ in shares if not size.up_to]
    if varies or (shares and not sizes):
        return Memory(None, generation, speed, None, True)
    gb, modules = _total(low, sizes)
    return Memory(_in_range(gb), generation, speed, modules)


def _total(low: str, sizes: list[Size]) -> tuple[float | None, int | None]:
    """The sum of sizes, and the modules where the text counts them."""
    if not sizes:
        return None, None
    counted = [size for size in sizes if size.count > 1]
    if counted:
        adds = _adds(low, sizes)
        total = sum(size.total for size in counted)
        others = [size for size in sizes if size.count == 1] if adds else []
        if len(counted) > 1 and not (adds or any(size.gb == total for size in sizes)):
            others, counted = [], counted[:1]  # the same modules, said twice
        said = [*counted, *others]
        modules = sum(size.count for size in said)
        return sum(size.total for size in said), modules if modules in _MODULES else None
    if len(sizes) == 1:
        return sizes[0].gb, None
    biggest = max(sizes, key=lambda size: size.gb)
    rest = sum(size.gb for size in sizes if size is not biggest)
    if rest == biggest.gb and len(sizes) > 2:
        return biggest.gb, len(sizes) - 1
    if _adds(low, sizes):
        return sum(size.gb for size in sizes), len(sizes)
    return (biggest.gb, None) if len({size.gb for size in sizes}) == 1 else (None, None)


def _adds(low: str, sizes: list[Size]) -> bool:
    ordered = sorted(sizes, key=lambda size: size.start)
    return all("+" in low[left.end : right.start] for left, right in pairwise(ordered))


def _in_range(gb: float | None) -> float | None:
    if gb is None or not 0 < gb <= MOST_GB:
        return None
    return int(gb) if gb == int(gb) else round(gb, 4)
