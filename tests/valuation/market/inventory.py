"""An inventory in the database whose truth is known: prices made from parts, with noise, and some absurd ones."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from catalog.models import Cpu
from listings.models import Listing

RAM = {8: 40, 16: 80, 32: 150}
STORAGE = {256: 30, 512: 60, 1024: 110}
CONDITION = {"used": 0, "refurb": 30, "new": 90}
BASE, PER_MARK = 100, 0.02
MARKS = tuple(range(4_000, 24_000, 1_000))


def worth(ram: int, storage: int, mark: int, condition: str) -> float:
    """USD."""
    return BASE + RAM[ram] + STORAGE[storage] + PER_MARK * mark + CONDITION[condition]


def stock(count: int, *, seed: int = 1, junk: int = 0) -> list[Listing]:
    """`count` priced listings, the first `junk` of them at $12; nobody is told that they are there."""
    random = np.random.default_rng(seed)
    cpus = [Cpu.objects.get_or_create(name=f"Ryzen 5 {mark}", defaults={"cpu_mark_multi": mark})[0] for mark in MARKS]
    rows = []
    for number in range(count):
        cpu = cpus[random.integers(len(cpus))]
        ram, storage = int(random.choice(list(RAM))), int(random.choice(list(STORAGE)))
        condition = str(random.choice(list(CONDITION), p=[0.6, 0.2, 0.2]))
        assert cpu.cpu_mark_multi is not None
        asked = worth(ram, storage, cpu.cpu_mark_multi, condition) * float(np.exp(random.normal(0, 0.08)))
        rows.append(
            Listing(
                title=f"Machine {number}",
                price_usd=Decimal("12.00") if number < junk else Decimal(f"{asked:.2f}"),
                cpu=cpu,
                ram_gb=ram,
                primary_storage_gb=storage,
                condition=condition,
                device_model=f"Model {number % 60}",
            )
        )
    return Listing.objects.bulk_create(rows)
