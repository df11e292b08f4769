"""Which size is memory and which is a drive.

A label ("RAM", "NVMe SSD") belongs to the size before it or to the one behind it, and both are written: "16GB SSD 2GB
RAM", "RAM 16GB SSD 240GB", even "16GB SSD 240 GB". So each label is given its likeliest neighbour, all labels together:
a pairing counts for being close, and against itself for a size that its part does not come in. What no label took is
memory or a drive only where its size leaves no doubt. Several sizes of one part ("8/16GB", "up to 32GB") are variants,
and then nothing is said.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from .sizes import DRIVE_SIZES, MEMORY_SIZES, Label, Size, join_of
from .words import medium_of

_GAP = re.compile(
    r"(?:[\s,:;()\[\]|/+*=_.\"-]|(?:of|de|d'|du|total|internal|installed|fast|super|new|intel|samsung|kingston|crucial|"
    r"sandisk|toshiba|micron|seagate|wd|adata|hynix|dual|channel|onboard|soldered|"
    r"upgraded|the|unified|"
    r"shared|main|system|large|big|high|speed|premium|max|pamięci|brand|neue?|nuevo|type|typ|size|capacity|\d{4}\s?mhz|"
    r"2[.,]5)(?!\w)){0,16}"
)
_SMALL_MACHINE = re.compile(r"chromebook|chrome\s?os|tablet|stream|cloudbook|ipad|winbook|xe\d{3}c")
_LONGEST_GAP = 28
_COSTS = {"/": 4.0, "|": 4.0, ",": 2.0, ";": 4.0, "+": 4.0, "\n": 9.0, "*": 3.0, ")": 3.0}
_MOST_LABELS = 7
_NEVER = 99.0
_WEAK = frozenset(("rpm", "hd", "storage", "sata"))
_OLD_DISKS = frozenset((20, 30, 40, 60, 80, 100, 120, 160, 200, 250, 300, 320, 400, 500, 640, 750, 1000, 1500, 2000))


@dataclass(slots=True)
class Shares:
    """The sizes of a text by what they are of, with the label that says so, where one does."""

    memory: list[tuple[Size, Label | None]] = field(default_factory=list)
    drives: list[tuple[Size, Label | None]] = field(default_factory=list)
    memory_varies: bool = False
    storage_varies: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """Where a graphics card stands in a text, and the most memory that one of its kind has."""

    start: int
    end: int
    most_gb: float


def share_out(low: str, sizes: list[Size], labels: list[Label], *, cards: list[Card], only: str = "") -> Shares:
    """Give each size to memory or drives. `cards` are the graphics cards of the text, whose memory may follow them.

    `only` names the one role of a column ("memory", "drive"): there a size needs no label.
    """
    pairs = _pair(low, sizes, labels[:_MOST_LABELS] if len(labels) > _MOST_LABELS else labels)
    shares = Shares()
    left: list[Size] = []
    for size in sizes:
        label = pairs.get(id(size))
        role = label.role if label else ""
        if role == "memory":
            shares.memory.append((size, label))
        elif role == "drive":
            shares.drives.append((size, label))
        elif not role:
            left.append(size)
    if only:
        _all_to(shares, left, only)
    else:
        _share_rest(low, shares, sizes, left, cards)
    _split(low, shares)
    shares.memory_varies |= _vary(low, [size for size, _ in shares.memory])
    shares.storage_varies |= _drives_vary(low, shares)
    return shares


def _pair(low: str, sizes: list[Size], labels: list[Label]) -> dict[int, Label]:
    """Size (by identity) -> its label: the pairing of all labels that counts most."""
    options: list[list[tuple[float, int]]] = []
    for label in labels:
        before = max((at for at, size in enumerate(sizes) if size.end <= label.start + 1), default=None)
        after = next((at for at, size in enumerate(sizes) if size.start >= label.end - 1 and at != before), None)
        found = [(_worth(low, sizes[at], label, labels), at) for at in (before, after) if at is not None]
        options.append([option for option in found if option[0] > 0])
    best = _best(options, sizes, labels)
    return {id(sizes[at]): label for label, at in zip(labels, best, strict=True) if at is not None}


def _best(options: list[list[tuple[float, int]]], sizes: list[Size], labels: list[Label]) -> list[int | None]:
    """Try every choice; each label has two neighbours at most, and there are at most seven labels."""
    best: tuple[float, list[int | None]] = (-1.0, [None] * len(options))
    counts = Counter(size for choices in options for _, size in choices)
    contested = {size for size, count in counts.items() if count > 1}
    if not contested and all(len(choices) < 2 for choices in options):
        return [choices[0][1] if choices else None for choices in options]

    def choose(at: int, taken: dict[int, int], worth: float, chosen: list[int | None]) -> None:
        nonlocal best
        if at == len(options):
            worth += _rest_worth(sizes, labels, taken)
            if worth > best[0]:
                best = (worth, list(chosen))
            return
        for value, size in options[at]:
            if size not in taken:
                choose(at + 1, {**taken, size: at}, worth + value, [*chosen, size])
        if not options[at] or any(size in contested for _, size in options[at]):
            choose(at + 1, taken, worth, [*chosen, None])

    choose(0, {}, 0.0, [])
    return best[1]


def _rest_worth(sizes: list[Size], labels: list[Label], taken: dict[int, int]) -> float:
    """A choice that leaves memory for an unlabelled size is likelier than one that leaves a drive without a word."""
    roles = {labels[label].role for label in taken.values()}
    rest = [size.gb for at, size in enumerate(sizes) if at not in taken]
    if "memory" not in roles and any(gb in MEMORY_SIZES and gb <= 64 for gb in rest):
        return 3.0
    return 0.0


def _worth(low: str, size: Size, label: Label, labels: list[Label]) -> float:
    """How likely a label is of a size, from 0; never across another label or many words."""
    start, end = (size.end, label.start) if size.end <= label.start + 1 else (label.end, size.start)
    gap = low[start:end]
    if len(gap) > 1:  # beside a space there is nothing to look at
        if len(gap) > _LONGEST_GAP or not _GAP.fullmatch(gap):
            return 0.0
        if any(start <= other.start and other.end <= end for other in labels):
            return 0.0
    behind = size.start >= label.end - 1
    if label.role == "other" and gap.strip(" (-"):
        return 0.0  # "32GB+GPU"
    weak = label.kinds <= _WEAK
    worth = 5.0 if weak else 10.0
    if gap.strip(" "):
        worth -= sum(cost for sign, cost in _COSTS.items() if sign in gap)
    worth -= min(2.0, 0.25 * len(gap)) + (0.5 if behind else 0.0)
    worth -= 4.0 if behind and label.role == "other" else 0.0  # "NVIDIA 16GB RAM"
    if label.kinds == {"hd"} and (behind or size.gb not in _OLD_DISKS or gap.strip()):
        return 0.0  # "HD" is a screen's as often
    return max(0.0, worth - _oddness(size, label))


def _oddness(size: Size, label: Label) -> float:
    """What counts against a size for a part: memory of 300 GB, a hard disk of 8."""
    gb = size.gb
    if label.role == "memory":
        if "memory" in low_words(label) and gb >= 128 and size.count == 1:
            return 9.0
        return 0.0 if gb in MEMORY_SIZES and gb <= 256 else 6.0 if gb <= 256 else 9.5
    if label.role == "other":
        return 0.0 if gb <= 48 else _NEVER if label.kinds == {"card"} else 5.0
    if label.kinds & {"hdd", "hd", "rpm"} and not label.kinds & {"ssd"}:
        return 0.0 if gb >= 40 else 8.0 if gb >= 20 else _NEVER
    if label.kinds & {"emmc", "storage", "ufs"}:
        return 0.0 if gb >= 16 else _NEVER
    return _NEVER if gb < 16 else 3.0 if gb < 100 else 0.0


def low_words(label: Label) -> set[str]:
    """Kinds of a label of memory; a label with a generation is surely of memory."""
    return label.kinds if label.generation is None else set()


def _all_to(shares: Shares, left: list[Size], only: str) -> None:
    """In a column of memory, or of drives, every size without a label is one."""
    target = shares.memory if only == "memory" else shares.drives
    if only == "memory" and target:
        left = [size for size in left if size.gb <= 64]
    target.extend((size, None) for size in left)
    target.sort(key=lambda pair: pair[0].start)


def _share_rest(low: str, shares: Shares, sizes: list[Size], left: list[Size], cards: list[Card]) -> None:
    """Sizes without a label, in a title."""
    if shares.memory:
        left = [size for size in left if not _of_card(low, size, cards)]
    left = _join_neighbours(low, shares, sizes, left)
    known = {size.gb for size, _ in shares.memory}
    drives = {size.gb for size, _ in shares.drives}
    left = [size for size in left if size.gb not in drives or size.gb < 100]
    small = [size for size in left if size.gb in MEMORY_SIZES and size.gb <= 64]
    if not known:
        small = _without_card_memory(low, small, sizes, cards)
        _share_memory(low, shares, small, bool(drives) or any(size.gb >= 100 for size in left))
    elif not shares.drives:
        # "4GB RAM 64GB": the second is no memory
        more = [size for size in small if size.gb >= 32 and size.gb > max(known) and not _of_card(low, size, cards)]
        shares.drives.extend((size, None) for size in more[:1])
    if not (drives and len([size for size in left if size.gb >= 100]) > 2):
        shares.drives.extend((size, None) for size in left if size.gb >= 100)
    shares.drives.sort(key=lambda pair: pair[0].start)


def _join_neighbours(low: str, shares: Shares, sizes: list[Size], left: list[Size]) -> list[Size]:
    """Sizes joined to a labelled one share its part: "4GB+4GB RAM", "8/16GB RAM", "1TB + 1TB SSD"."""
    if not left:
        return left
    owners = {id(size): (shares.memory, label) for size, label in shares.memory}
    owners.update({id(size): (shares.drives, label) for size, label in shares.drives})
    rest: list[Size] = []
    for at in reversed(range(len(sizes))):
        size = sizes[at]
        if not any(size is other for other in left):
            continue
        following = sizes[at + 1] if at + 1 < len(sizes) else None
        owner = owners.get(id(following)) if following else None
        how = join_of(low, size, following) if following else ""
        if not owner or not how or following is None:
            rest.append(size)
            continue
        target, label = owner
        is_memory = target is shares.memory
        if is_memory and size.gb in MEMORY_SIZES and size.gb <= 64:
            target.append((size, label))
        elif not is_memory and size.gb >= 60 and how == "plus":
            target.append((size, label if size.gb == following.gb else None))
        elif not is_memory and size.gb >= 100 and size.gb != following.gb:
            shares.storage_varies |= how == "or" or (how == "space" and size.gb < max(500.0, following.gb))
            target.append((size, None))
        else:
            rest.append(size)
            continue
        owners[id(size)] = owner
    return rest[::-1]


def _without_card_memory(low: str, small: list[Size], sizes: list[Size], cards: list[Card]) -> list[Size]:
    """Without the memory of a card, which is the size behind it ("RTX 3060 6GB"): unless a drive follows at once
    ("RTX 4060 8GB/1TB") and no other size can be memory."""
    of_card = [size for size in small if _of_card(low, size, cards)]
    if not of_card:
        before = [
            size for size in small if any(0 <= card.start - size.end <= 1 and size.gb <= card.most_gb for card in cards)
        ]
        return [size for size in small if size not in before] or small
    others = [size for size in small if size not in of_card]
    after = next((size for size in sizes if size.start > of_card[0].start), None)
    paired = not others and after is not None and after.gb >= 100 and join_of(low, of_card[0], after)
    return of_card[:1] if paired else others


def _of_card(low: str, size: Size, cards: list[Card]) -> bool:
    return any(
        0 <= size.start - card.end <= 3 and not low[card.end : size.start].strip(" ,(|-") and size.gb <= card.most_gb
        for card in cards
    )


def _share_memory(low: str, shares: Shares, small: list[Size], has_drive: bool) -> None:
    """Sizes that can be memory, where no label says so."""
    if not small:
        return
    first, *others = small
    if not others:
        if first.gb >= 16 and not has_drive and _SMALL_MACHINE.search(low):
            return  # "Chromebook 32GB" is its drive as likely
        shares.memory.append((first, None))
        return
    second = others[0]
    if (
        all(size.gb == first.gb and size.count == first.count for size in others)
        and join_of(low, first, second) != "plus"
    ):
        shares.memory.append((first, None))
        return
    if has_drive and not join_of(low, first, second):
        bigger = [size for size in small if size.gb >= 8]
        if len(bigger) == 1:  # the other one is of a card or of some feature
            shares.memory.append((bigger[0], None))
            return
    shares.memory.extend((size, None) for size in small)


def _split(low: str, shares: Shares) -> None:
    """Of two sizes of memory that are too far apart for a choice, the greater is the drive: "4GB 64GB Memory",
    "(32GB, Celeron, 4GB)" of a small machine. "8/32GB" may be a choice."""
    if len(shares.memory) != 2:
        return
    less, more = sorted(shares.memory, key=lambda pair: pair[0].gb)
    apart = more[0].gb / less[0].gb
    small_machine = bool(_SMALL_MACHINE.search(low)) and more[0].gb >= 16
    if less[0].count > 1 or more[0].count > 1 or less[0].gb > 8:
        return
    if apart >= 16 or (not shares.drives and ((apart >= 8 and more[0].gb >= 32) or (small_machine and apart >= 4))):
        shares.memory.remove(more)
        shares.drives.append((more[0], None))


def _vary(low: str, sizes: list[Size]) -> bool:
    """Whether several sizes of memory are a choice, and no sum."""
    firm = [size for size in sizes if not size.up_to]
    if not firm:
        return bool(sizes)
    if len(firm) == 1:
        return False
    ordered = sorted(firm, key=lambda size: size.start)
    if all(join_of(low, left, right) == "plus" for left, right in pairwise(ordered)):
        return False
    return len({size.total for size in firm}) > 1 and not _is_breakdown(firm)


def _is_breakdown(sizes: list[Size]) -> bool:
    """ "16GB (2x8GB)" and "16GB (8GB+8GB)" say one thing twice."""
    biggest = max(sizes, key=lambda size: size.total)
    rest = sum(size.total for size in sizes if size is not biggest)
    return rest == biggest.total or all(size.total == biggest.total for size in sizes)


def _drives_vary(low: str, shares: Shares) -> bool:
    """Whether sizes of drives are a choice: "128GB/256GB SSD", "up to 4TB"."""
    if any(size.up_to for size, _ in shares.drives):
        return True
    ordered = sorted(shares.drives, key=lambda pair: pair[0].start)
    for (left, first), (right, _) in pairwise(ordered):
        if left.gb != right.gb and join_of(low, left, right) == "or" and (first is None or first.end <= left.start):
            return True
    return False


def medium(size: Size, label: Label | None) -> str:
    """The medium that a label gives to a drive of this size."""
    if label is None:
        return "unknown"
    said = medium_of(label.kinds)
    return "unknown" if said == "hdd" and size.gb < 16 else said


def is_drive_size(gb: float) -> bool:
    return gb in DRIVE_SIZES or gb >= 100
