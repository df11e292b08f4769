"""Texts of a file that follows our own columns, as `import_listings` reads them: dollars, dots for decimals."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from catalog.choices import DdrGeneration, StorageMedium
from dealbrain.numerals import is_number
from imports.values.capacities import capacity
from listings.choices import Condition, Marketplace, Status

MONEY = re.compile(r"(?:usd|us\$|\$)?\s*(\d[\d,]*(?:\.\d+)?)\s*(?:usd)?", re.IGNORECASE | re.ASCII)
DRIVE = re.compile(r"(\d+(?:\.\d+)?)\s*(gb|tb)\s*([^+/,;|]*)", re.IGNORECASE | re.ASCII)
# What is built into a processor and no card of its own: its mark belongs to the processor.
INTEGRATED = re.compile(
    r"\b(integrated|uhd|iris|hd graphics|radeon (\(tm\) )?graphics|radeon (rx )?vega \d{1,2}|radeon r\d|radeon \d{3}m\b"
    r"|adreno|arc (graphics|\d-core|1\d0[vt]))|^intel (hd|arc)$|^apple m\d",
    re.IGNORECASE,
)
MEDIA = (
    ("emmc", StorageMedium.EMMC),
    ("ufs", StorageMedium.UFS),
    ("hybrid", StorageMedium.HYBRID),
    ("sshd", StorageMedium.HYBRID),
    ("nvme", StorageMedium.NVME),
    ("pcie", StorageMedium.NVME),
    ("m.2", StorageMedium.NVME),
)
DISKS = (("hdd", StorageMedium.HDD), ("hard", StorageMedium.HDD))
CONDITIONS = {
    "new": Condition.NEW,
    "brand new": Condition.NEW,
    "open box": Condition.REFURB,
    "refurb": Condition.REFURB,
    "refurbished": Condition.REFURB,
    "used": Condition.USED,
    "pre-owned": Condition.USED,
}


@dataclass(frozen=True, slots=True)
class Drive:
    """Decimal GB and the medium."""

    capacity_gb: int
    medium: str


def text(raw: str) -> str:
    if "\x00" in raw:
        raise ValueError("it holds a NUL character")
    return raw


def price(raw: str) -> Decimal:
    """`$1,299.00`, `1299`, `1299.00 USD`, to the cent."""
    match = MONEY.fullmatch(raw)
    if not match:
        raise ValueError("a price in US dollars is needed, such as 1299.00 or $1,299.00")
    try:
        value = Decimal(match[1].replace(",", "")).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise ValueError("the price is too large") from error
    return value


def whole(raw: str) -> int:
    """`15287`, `15,287`, `15287.0`."""
    value = number(raw)
    if value != int(value):
        raise ValueError("a whole number is needed")
    return int(value)


def number(raw: str) -> float:
    digits = raw.replace(",", "").strip()
    if not is_number(digits):
        raise ValueError("a number is needed")
    value = float(digits)
    if not math.isfinite(value) or abs(value) > 1e12:
        raise ValueError("a number of ordinary size is needed")
    return value


def drives(raw: str) -> list[Drive]:
    """`1TB SSD`, `512GB NVMe + 1TB HDD`: at most two drives, the first is the primary one."""
    found = [
        Drive(capacity(f"{size} {unit}"), medium(rest) if rest.strip() else StorageMedium.UNKNOWN)
        for size, unit, rest in DRIVE.findall(raw)
    ]
    if not found or len(found) > 2:
        raise ValueError("one or two drives are needed, such as 512GB SSD or 256GB SSD + 1TB HDD")
    return found


def medium(raw: str) -> str:
    """The medium that a text names, `unknown` where it names none."""
    low = raw.lower()
    if low.strip() in StorageMedium.values:
        return low.strip()
    if found := next((found for word, found in MEDIA if word in low), None):
        return found
    if "ssd" in low:
        return StorageMedium.SATA_SSD if "sata" in low else StorageMedium.SSD
    return next((found for word, found in DISKS if word in low), StorageMedium.UNKNOWN)


def ddr(raw: str) -> str:
    low = raw.lower().replace(" ", "")
    known = sorted((value for value in DdrGeneration.values if value in low), key=len)
    if not known:
        raise ValueError(f"one of {', '.join(DdrGeneration.values)} is needed")
    return known[-1]


def condition(raw: str) -> str:
    low = raw.strip().lower()
    found = CONDITIONS.get(low) or next((value for word, value in CONDITIONS.items() if word in low), None)
    if found is None:
        raise ValueError(f"one of {', '.join(Condition.values)} is needed")
    return found


def status(raw: str) -> str:
    return _one_of(raw, Status.values)


def marketplace(raw: str) -> str:
    return _one_of(raw, Marketplace.values)


def day(raw: str) -> date:
    try:
        if not raw.isascii():
            raise ValueError(raw)
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ValueError("a date is needed, such as 2026-11-23") from error


def is_integrated(gpu_name: str) -> bool:
    """Whether a graphics name is a part of the processor, so that its mark is the processor's `igpu_mark`."""
    return bool(INTEGRATED.search(gpu_name))


def _one_of(raw: str, values: list[str]) -> str:
    if raw.strip().lower() not in values:
        raise ValueError(f"one of {', '.join(values)} is needed")
    return raw.strip().lower()
