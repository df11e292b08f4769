"""Drives: their sizes and media, the SSD first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .capacities import medium, share_out
from .sizes import Label, Size, find_sizes, number_of
from .texts import fold, is_empty, lower
from .words import find_labels, medium_of

# Which drive is the main one: the fast one. Of two alike it is the one named first.
_RANK = {"nvme": 0, "sata_ssd": 0, "ssd": 0, "hybrid": 1, "ufs": 1, "emmc": 1, "unknown": 1, "hdd": 2}
_PLAIN = re.compile(r"\s{0,9}(\d{1,5}(?:[.,]\d{1,3})?)\s{0,9}$")
_FIRST_PLAIN = re.compile(r"(?<![\w.,])(\d{2,4})\s{0,2}\+\s{0,2}(?=\d)")
MOST_DRIVES = 8


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive: GB, of which a TB has 1000, and its medium; `ssd` is an SSD of unstated kind."""

    gb: float
    medium: str


@dataclass(frozen=True, slots=True)
class Drives:
    """What a text says of drives, the main one first. With `varies` it names a choice, and there are none."""

    drives: tuple[Drive, ...] = ()
    varies: bool = False


def read_drives(text: str | None) -> Drives:
    """What a cell of a column of drives says: "HDD 1TB (7200rpm)", "2x512GB SSD", "128+1Tb", "256"."""
    if text is None or is_empty(text):
        return Drives()
    raw = fold(text)
    low = lower(raw)
    plain = _PLAIN.match(low)
    if plain:
        gb = number_of(plain[1])
        return Drives((Drive(_whole(gb), "unknown"),)) if 1 <= gb <= 100_000 else Drives()
    sizes = [size for size in find_sizes(low, raw) if size.gb >= 1]
    shares = share_out(low, sizes, find_labels(low), cards=[], only="drive")
    return drives_of(low, shares.drives, varies=shares.storage_varies)


def read_medium(text: str | None) -> str | None:
    """The medium that a cell of a column of types or buses names: "PCI Express 4.0", "SSD (M.2 PCIe NVMe)". None where
    it names none, or two."""
    if text is None or is_empty(text):
        return None
    if lower(text).strip() in ("hybrid", "hybride", "híbrido", "hybrydowy", "hibrit"):
        return "hybrid"
    media = {medium_of(label.kinds) for label in find_labels(lower(fold(text))) if label.role == "drive"} - {"unknown"}
    if len(media) > 1 and "hdd" not in media and "emmc" not in media:
        media.discard("ssd")
    return media.pop() if len(media) == 1 else None


def drives_of(low: str, shares: list[tuple[Size, Label | None]], *, varies: bool = False) -> Drives:
    """Put together what was shared out to drives."""
    if varies:
        return Drives(varies=True)
    found: list[Drive] = []
    seen: dict[tuple[float, str], Size] = {}
    for size, label in shares:
        drive = Drive(_whole(size.gb), medium(size, label))
        twin = seen.get((drive.gb, drive.medium))
        if twin is not None and "+" not in low[min(twin.end, size.end) : max(twin.start, size.start)]:
            continue  # said twice, and no second drive
        seen[drive.gb, drive.medium] = size
        found.extend([drive] * size.count)
    found = _without_sums(found)
    found.sort(key=lambda drive: _RANK[drive.medium])
    return Drives(tuple(found[:MOST_DRIVES]))


def _without_sums(drives: list[Drive]) -> list[Drive]:
    """ "2TB (2x1TB SSD)" says the sum as well, which is no third drive."""
    whole = sum(drive.gb for drive in drives)
    sums = [drive for drive in drives if len(drives) > 2 and drive.gb * 2 == whole and drive.medium == "unknown"]
    return [drive for drive in drives if drive not in sums] if len(sums) == 1 else drives


def _whole(gb: float) -> float:
    return int(gb) if gb == int(gb) else round(gb, 2)
